#include "kube/own_answer.h"

#include <kots_export/kube/access.h>
#include <kots_export/kube/client.h>

#include "apiserver/fixture.h"
#include "unit/support/api_connection.h"
#include "unit/support/scripted_transport.h"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

// What a gateway, a portal or another server answers in the API server's place is never taken for its word.
namespace kots_export::kube {

namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;

const ApiResource kConfigMaps{.gvr = {"", "v1", "configmaps"}, .kind = "ConfigMap", .verbs = {}};
const ApiResource kThings{.gvr = {"example.com", "v1", "things"}, .kind = "Thing", .verbs = {}};
const ObjectRef kConfigMap{.gvr = kConfigMaps.gvr,
                           .kind = kConfigMaps.kind,
                           .ns = "n",
                           .name = "kept",
                           .uid = {},
                           .resource_version = {}};

// A read of what is there, as text.
struct Read {
  const char* name;
  std::function<std::string(Client&)> run;
};

std::string list_metadata(Client& client) {
  std::string names;
  client.list_metadata(std::span(&kConfigMaps, 1), "n", [&](const ObjectMetadata& object) {
    if (object.ref.name == "kept") names += object.ref.name;
  });
  return names;
}

const Read kReads[] = {
    {"metadata list", list_metadata},
    {"list",
     [](Client& client) {
       return std::to_string(client.list(kConfigMaps, "n", {}, "metadata.name=kept").size());
     }},
    {"object",
     [](Client& client) {
       const auto found = client.get(kConfigMap);
       return found ? (*found)["metadata"]["name"].get<std::string>() : "none";
     }},
    {"metadata",
     [](Client& client) {
       const auto found = client.get_metadata(kConfigMap);
       return found ? found->ref.name : "none";
     }},
    {"discovery",
     [](Client& client) {
       return std::string(client.find_resource("", "Endpoints") != nullptr ? "served" : "not served");
     }},
    {"serves",
     [](Client& client) {
       const std::pair<std::string, std::string> kind{"batch/v1", "CronJob"};
       return std::string(client.serves(std::span(&kind, 1)).front() ? "served" : "not served");
     }},
    {"review",
     [](Client& client) {
       const AccessQuestion question{.verb = "get", .object = kConfigMap};
       return std::string(review_access(client, std::span(&question, 1)).front() == Access::allowed
                              ? "allowed"
                              : "not allowed or unknown");
     }},
};

class OwnAnswer : public ::testing::TestWithParam<const char*> {
 protected:
  OwnAnswer() {
    server.put(json::parse(
        R"({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "kept", "namespace": "n"}})"));
  }
  apiserver::ApiServer server;
};

TEST_P(OwnAnswer, OfSomethingElseIsNotBelievedAndAskedForAgain) {
  for (const Read& read : kReads) {
    SCOPED_TRACE(read.name);
    test::ApiConnection undisturbed(server);
    const std::string expected = read.run(undisturbed.client);
    server.add_fault(std::string(GetParam()) + " times=2");
    test::ApiConnection connection(server);
    EXPECT_EQ(read.run(connection.client), expected);
    server.clear_faults();
  }
}

TEST_P(OwnAnswer, OfSomethingElseEachTimeIsAnError) {
  server.add_fault(GetParam());
  for (const Read& read : kReads) {
    SCOPED_TRACE(read.name);
    test::ApiConnection connection(server);
    EXPECT_THROW((void)read.run(connection.client), Error);
  }
}

INSTANTIATE_TEST_SUITE_P(Answers, OwnAnswer,
                         ::testing::Values("html", "html status=404", "html status=403", "html status=410",
                                           "body={}", R"(body={"kind":"PodList","items":[]})",
                                           R"(body={"kind":"Status","status":"Success"})",
                                           R"(status=404 body={"message":"no_route"})"));

std::string problem(const std::function<void()>& action) {
  try {
    action();
    return "";
  } catch (const Error& error) {
    return std::string(error.what()) + " -> " + error.hint();
  }
}

class ForeignAnswer : public ::testing::Test {
 protected:
  std::string problem_with(Reply reply) {
    server.get("", std::move(reply));
    return problem([this] { (void)client.get(kConfigMap); });
  }
  test::ScriptedTransport server;
  Client client{server, test::kQuickRetries};
};

TEST_F(ForeignAnswer, SaysWhatCameAndWhereToLook) {
  EXPECT_THAT(problem_with(test::text_reply(404, "<html>no such site</html>")),
              AllOf(HasSubstr("cannot read ConfigMap kept: the answer (404) is a web page"),
                    HasSubstr("check --context and the proxy")));
}

TEST_F(ForeignAnswer, IsAnotherObjectsToo) {
  EXPECT_THAT(problem_with(test::ok({{"kind", "ConfigMap"}, {"metadata", {{"name", "other"}}}})),
              HasSubstr("the answer is not the ConfigMap that was asked for"));
}

TEST_F(ForeignAnswer, IsAListThatDoesNotSayOfWhichMomentItIs) {
  server.get("", test::ok({{"kind", "ConfigMapList"}, {"items", json::array()}}));
  EXPECT_THAT(problem([this] { (void)list_metadata(client); }), HasSubstr("of which moment"));
}

TEST_F(ForeignAnswer, MayBeLong) {
  json other{{"kind", "ConfigMap"}, {"metadata", {{"name", "other"}}}};
  other["data"]["long"] = std::string(100'000, 'x');
  EXPECT_THAT(problem_with(test::ok(other)), HasSubstr("not the ConfigMap"));
}

TEST_F(ForeignAnswer, AsALongListIsSeenByItsReader) {
  json pods{{"kind", "PodList"}, {"items", json::array()}, {"long", std::string(100'000, 'x')}};
  server.get("", test::ok(pods));
  EXPECT_THAT(problem([this] { (void)list_metadata(client); }), HasSubstr("the answer is a PodList"));
}

// The API server's own refusal without a Status; balancers write the same.
TEST_F(ForeignAnswer, PageNotFoundIsTheServersWordOnlyWhereAVersionMayBeMissing) {
  server.get("", test::text_reply(404, "404 page not found\n"));
  client.list_metadata(std::span(&kThings, 1), "n", [](const ObjectMetadata&) { FAIL(); });
  EXPECT_THAT(problem([this] { (void)client.get(kConfigMap); }), HasSubstr("not a Kubernetes Status"));
}

}  // namespace

}  // namespace kots_export::kube
