#include <kots_export/migration/pull_secret.h>
#include <kots_export/util/base64.h>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace kots_export::migration {

namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr const char* kHost = "cciserver.azurecr.io";

PullSecret read(const std::string& content, const std::string& type = "kubernetes.io/dockerconfigjson") {
  return read_pull_secret({{"type", type}, {"data", {{".dockerconfigjson", util::base64_encode(content)}}}},
                          kHost);
}
PullSecret read_auths(const json& auths) { return read(json{{"auths", auths}}.dump()); }

// Its logins as "user:password".
std::vector<std::string> logins(const PullSecret& secret) {
  std::vector<std::string> all;
  for (const RegistryLogin& login : secret.logins)
    all.push_back(login.username + ":" + login.password.reveal());
  return all;
}

json entry(const std::string& login) { return {{"auth", util::base64_encode(login)}}; }

// As the kubelet does: reports of people who wrote the registry in each of these ways.
TEST(PullSecret, TakesEveryWayToWriteTheRegistry) {
  for (const char* key : {"cciserver.azurecr.io", "cciserver.azurecr.io/", "http://cciserver.azurecr.io",
                          "https://cciserver.azurecr.io", "https://cciserver.azurecr.io/",
                          "https://cciserver.azurecr.io/v1/", "https://cciserver.azurecr.io/v2/",
                          "*.azurecr.io", "https://*.azurecr.io/", "cci*.azurecr.io", "*.*.io"}) {
    SCOPED_TRACE(key);
    EXPECT_THAT(logins(read_auths({{key, entry("u:p")}})), ElementsAre("u:p"));
  }
}

TEST(PullSecret, OfAnotherPlaceIsNone) {
  for (const char* key :
       {"docker.io", "cciserver.azurecr.io:443", "*.io", "*", "azurecr.io", "https://cciserver.azurecr.io/v1",
        "cciserver.azurecr.io/circle-migrator", "ftp://cciserver.azurecr.io"}) {
    SCOPED_TRACE(key);
    EXPECT_THAT(read_auths({{key, entry("u:p")}}).unusable, HasSubstr("no entry for cciserver.azurecr.io"));
  }
}

TEST(PullSecret, IsTriedFromItsNarrowestEntryOn) {
  const PullSecret secret = read_auths({{"*.azurecr.io", entry("wide:1")},
                                        {"https://cciserver.azurecr.io", entry("narrow:2")},
                                        {"docker.io", entry("other:3")}});
  EXPECT_THAT(logins(secret), ElementsAre("narrow:2", "wide:1"));
}

TEST(PullSecret, HasItsLoginInEitherForm) {
  EXPECT_THAT(logins(read_auths({{kHost, {{"username", "u"}, {"password", "p:q"}}}})), ElementsAre("u:p:q"));
  EXPECT_THAT(logins(read_auths({{kHost, {{"username", "old"}, {"password", "old"}, {"auth", "dTpwOnE="}}}})),
              ElementsAre("u:p:q"));
  // Without padding, and in lines.
  EXPECT_THAT(logins(read_auths({{kHost, {{"auth", "dTpw\nOnE\n"}}}})), ElementsAre("u:p:q"));
}

TEST(PullSecret, WithoutALoginIsUseless) {
  for (const json& given : std::vector<json>{json::object(),
                                             {{"identitytoken", "t"}},
                                             {{"password", "p"}},
                                             {{"username", ""}},
                                             json(nullptr),
                                             json("text")}) {
    SCOPED_TRACE(given.dump());
    EXPECT_THAT(read_auths({{kHost, given}}).unusable, HasSubstr("no user name and password"));
  }
}

// The kubelet reads all of it or nothing.
TEST(PullSecret, WithADamagedEntryIsUseless) {
  for (const char* auth : {"eA==", "%%%", "dTpw!", " dTpwOnE="}) {
    SCOPED_TRACE(auth);
    const PullSecret secret = read_auths({{kHost, entry("u:p")}, {"docker.io", {{"auth", auth}}}});
    EXPECT_THAT(secret.unusable, HasSubstr("auth of its entry docker.io is not base64"));
    EXPECT_TRUE(secret.logins.empty());
  }
}

TEST(PullSecret, OfAnotherFormIsUseless) {
  EXPECT_THAT(read("{}", "Opaque").unusable, HasSubstr("its type is Opaque"));
  for (const char* content : {"not json", "[]", ""})
    EXPECT_THAT(read(content).unusable, HasSubstr("not JSON"));
  for (const char* content : {"{}", R"({"auths": null})", R"({"auths": []})"})
    EXPECT_THAT(read(content).unusable, HasSubstr("no entry"));
}

}  // namespace

}  // namespace kots_export::migration
