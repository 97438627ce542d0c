#include <kots_export/helm/storage.h>
#include <kots_export/util/error.h>

#include "apiserver/fixture.h"
#include "unit/support/api_connection.h"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace kots_export::helm {

namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr const char* kNs = "circleci-server";

class Storage : public ::testing::Test {
 protected:
  Storage() { server.seed("{apiVersion: v1, kind: Namespace, metadata: {name: circleci-server}}"); }

  void add_release(const std::string& name, int revision, const std::string& status = "deployed") {
    server.seed(json{
        {"apiVersion", "testing/v1"},
        {"kind", "HelmRelease"},
        {"name", name},
        {"namespace", kNs},
        {"revision", revision},
        {"status", status},
        {"chartName", "circleci-server"},
        {"chartVersion", "3.4.4"},
        {"config", {{"a", 1}}},
        {"manifest",
         ""}}.dump());
  }

  // Stores a Secret with the name of revision 1 and other data; returns what
  // reading it says.
  std::string refusal(const json& data) {
    server.put({{"apiVersion", "v1"},
                {"kind", "Secret"},
                {"type", "helm.sh/release.v1"},
                {"metadata", {{"name", secret_name("circleci-server", 1)}, {"namespace", kNs}}},
                {"data", data}});
    try {
      (void)read_revision(connection.client, list_revisions().front());
      return "";
    } catch (const Error& error) {
      return std::string(error.what()) + " | " + error.hint();
    }
  }

  std::vector<StoredRevision> list_revisions(const std::string& release = "circleci-server") {
    std::vector<StoredRevision> revisions = list_releases(connection.client, kNs);
    std::erase_if(revisions, [&](const StoredRevision& stored) { return stored.release != release; });
    return revisions;
  }
  std::vector<int> revisions(const std::string& release = "circleci-server") {
    std::vector<int> numbers;
    for (const StoredRevision& stored : list_revisions(release)) numbers.push_back(stored.revision);
    return numbers;
  }

  apiserver::ApiServer server;
  test::ApiConnection connection{server};
};

TEST_F(Storage, NamesSecretsAsHelmDoes) {
  EXPECT_EQ(secret_name("circleci-server", 12), "sh.helm.release.v1.circleci-server.v12");
}

TEST_F(Storage, ListsRevisionsByNumber) {
  for (const int revision : {10, 2, 9, 1}) add_release("circleci-server", revision);

  EXPECT_THAT(revisions(), ElementsAre(1, 2, 9, 10));
}

TEST_F(Storage, TellsTheStatusOfEach) {
  add_release("circleci-server", 1, "superseded");

  const auto stored = list_revisions();

  ASSERT_EQ(stored.size(), 1U);
  EXPECT_EQ(stored.front().status, "superseded");
  EXPECT_EQ(stored.front().secret.name, "sh.helm.release.v1.circleci-server.v1");
}

TEST_F(Storage, TakesNoOtherReleaseForIts) {
  add_release("circleci-server.v1", 3);
  add_release("circleci-server-2", 1);
  add_release("circleci", 1);
  for (const char* name : {"v", "v0", "v-1", "v1x", "v1.v2", "v99999999999"}) {
    server.put({{"apiVersion", "v1"},
                {"kind", "Secret"},
                {"type", "helm.sh/release.v1"},
                {"metadata",
                 {{"name", std::string("sh.helm.release.v1.circleci-server.") + name}, {"namespace", kNs}}}});
  }

  EXPECT_THAT(revisions(), IsEmpty());
  EXPECT_THAT(revisions("circleci-server.v1"), ElementsAre(2, 3));
}

TEST_F(Storage, ReadsARevision) {
  add_release("circleci-server", 1);

  const Release release = read_revision(connection.client, list_revisions().front());

  EXPECT_EQ(release.chart_version, "3.4.4");
}

TEST_F(Storage, SaysThatARevisionIsGone) {
  add_release("circleci-server", 1);
  const auto stored = list_revisions().front();
  server.remove("Secret", kNs, stored.secret.name);

  try {
    (void)read_revision(connection.client, stored);
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), AllOf(HasSubstr(stored.secret.name), HasSubstr("it is gone")));
  }
}

TEST_F(Storage, NamesTheSecretThatIsDamaged) {
  const auto named = AllOf(HasSubstr("sh.helm.release.v1.circleci-server.v1"), HasSubstr("--revision"));
  EXPECT_THAT(refusal(json::object()), AllOf(named, HasSubstr("no data.release")));
  EXPECT_THAT(refusal({{"other", "eA=="}}), AllOf(named, HasSubstr("no data.release")));
  EXPECT_THAT(refusal({{"release", ""}}), AllOf(named, HasSubstr("damaged")));
  EXPECT_THAT(refusal({{"release", "eA=="}}), AllOf(named, HasSubstr("Helm's base64")));
}

}  // namespace

}  // namespace kots_export::helm
