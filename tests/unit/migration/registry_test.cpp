#include <kots_export/migration/registry.h>
#include <kots_export/util/base64.h>

#include "unit/support/scripted_transport.h"

#include <map>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace kots_export::migration {

namespace {

using nlohmann::json;
using test::ok;
using test::text_reply;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using Kind = RegistryAnswer::Kind;

// A registry and its token server: one scripted transport for each address.
class Registry : public ::testing::Test {
 protected:
  // Whether it has "image:1".
  RegistryAnswer find(const std::string& server = "cciserver.azurecr.io") {
    return client(server).find("image", "1", login());
  }
  RegistryAnswer log_in() { return client("cciserver.azurecr.io").log_in(login()); }

  // What each request to `url` had as Authorization; "" for none.
  std::vector<std::string> authorizations(const std::string& url) {
    std::vector<std::string> all;
    for (const auto& request : at(url).requests()) {
      const auto found = std::ranges::find(request.headers, "Authorization",
                                           [](const auto& header) { return header.first; });
      all.push_back(found == request.headers.end() ? "" : found->second);
    }
    return all;
  }

  test::ScriptedTransport& at(const std::string& url) { return servers_[url]; }
  test::ScriptedTransport& begin_anew() { return servers_[kRegistry] = test::ScriptedTransport(); }

  static kube::Reply challenge(const std::string& text) {
    return text_reply(401, R"({"errors":[{"code":"UNAUTHORIZED"}]})", {{"www-authenticate", text}});
  }

  const std::string kRegistry = "https://cciserver.azurecr.io";
  const std::string kManifest = "/v2/image/manifests/1";
  const std::string kTokenServer = "https://auth.example.com";
  const std::string kBearer = R"(Bearer realm="https://auth.example.com/token",service="s")";
  const std::string kBasic = "Basic " + util::base64_encode("user:pass");

 private:
  class Borrowed : public kube::Transport {
   public:
    explicit Borrowed(kube::Transport& to) : to_(to) {}
    void run(kube::RequestSource& source) override { to_.run(source); }
    [[nodiscard]] std::size_t max_in_flight() const override { return to_.max_in_flight(); }
    kube::WebSocketResult websocket(const kube::Request& request, std::string_view protocol,
                                    const std::function<kube::Flow(std::string_view)>& on_message) override {
      return to_.websocket(request, protocol, on_message);
    }

   private:
    kube::Transport& to_;
  };

  static RegistryLogin login() { return {.username = "user", .password = Secret<std::string>("pass")}; }
  RegistryClient client(const std::string& server) {
    return RegistryClient(server,
                          [this](const std::string& url) { return std::make_unique<Borrowed>(at(url)); });
  }

  std::map<std::string, test::ScriptedTransport> servers_;
};

TEST_F(Registry, GivesAnImageForAToken) {
  at(kRegistry).get_once(kManifest, challenge(kBearer));
  at(kTokenServer).get("/token", ok({{"access_token", "t"}}));
  at(kRegistry).get_once(kManifest, ok({{"schemaVersion", 2}}));

  EXPECT_EQ(find().kind, Kind::yes);

  EXPECT_EQ(at(kTokenServer).requests().at(0).path, "/token?service=s&scope=repository%3Aimage%3Apull");
  EXPECT_THAT(authorizations(kTokenServer), ElementsAre(kBasic));
  EXPECT_THAT(authorizations(kRegistry), ElementsAre("", "Bearer t"));
}

TEST_F(Registry, GivesAnImageForBasicAuthentication) {
  at(kRegistry).get_once(kManifest, challenge("Basic realm=\"registry\""));
  at(kRegistry).get_once(kManifest, ok({{"schemaVersion", 2}}));

  EXPECT_EQ(find().kind, Kind::yes);
  EXPECT_THAT(authorizations(kRegistry), ElementsAre("", kBasic));
}

TEST_F(Registry, MayNameItsTokenServerInAnyWay) {
  for (const auto& [realm, path] : std::map<std::string, std::string>{
           {R"(bearer Service="x y", realm="https://auth.example.com/token?a=b")",
            "/token?a=b&service=x%20y&scope=repository%3Aimage%3Apull"},
           {R"(BEARER realm="https://auth.example.com")", "/?scope=repository%3Aimage%3Apull"},
           {R"(Bearer realm=https://auth.example.com?a=b)", "/?a=b&scope=repository%3Aimage%3Apull"}}) {
    SCOPED_TRACE(realm);
    begin_anew().get(kManifest, challenge(realm));
    at(kTokenServer) = test::ScriptedTransport();
    at(kTokenServer).get("/", ok({{"token", "t"}}));
    (void)find();
    ASSERT_EQ(at(kTokenServer).requests().size(), 1U);
    EXPECT_EQ(at(kTokenServer).requests().at(0).path, path);
  }
}

TEST_F(Registry, IsFoundInEveryWayToWriteIt) {
  for (const char* server :
       {"cciserver.azurecr.io/", "https://cciserver.azurecr.io", "https://cciserver.azurecr.io/v1/"}) {
    SCOPED_TRACE(server);
    begin_anew().get(kManifest, ok({{"schemaVersion", 2}}));
    EXPECT_EQ(find(server).kind, Kind::yes);
  }
}

TEST_F(Registry, MayOfferSeveralSchemes) {
  kube::Reply both = challenge("Negotiate");
  both.headers.emplace_back("www-authenticate", "Basic realm=\"registry\"");
  at(kRegistry).get_once(kManifest, both);
  at(kRegistry).get_once(kManifest, ok({{"schemaVersion", 2}}));

  EXPECT_EQ(find().kind, Kind::yes);
}

TEST_F(Registry, ThatIsOpenGetsNoCredentials) {
  at(kRegistry).get(kManifest, ok({{"schemaVersion", 2}}));

  EXPECT_EQ(find().kind, Kind::yes);
  EXPECT_THAT(authorizations(kRegistry), ElementsAre(""));
}

TEST_F(Registry, RefusesAWrongPassword) {
  at(kRegistry).get(kManifest, challenge("Basic realm=\"registry\""));

  const RegistryAnswer answer = find();

  EXPECT_EQ(answer.kind, Kind::refused);
  EXPECT_EQ(answer.why, "it answers 401");
}

TEST_F(Registry, RefusesAWrongPasswordByItsTokenServer) {
  at(kRegistry).get(kManifest, challenge(kBearer));
  at(kTokenServer).get("/token", text_reply(401, R"({"errors":[{"message":"no such user"}]})"));

  const RegistryAnswer answer = find();

  EXPECT_EQ(answer.kind, Kind::refused);
  EXPECT_THAT(answer.why, AllOf(HasSubstr(kTokenServer), HasSubstr("answers 401 (no such user)")));
}

TEST_F(Registry, RefusesATokenThatIsForSomethingElse) {
  at(kRegistry).get_once(kManifest, challenge(kBearer));
  at(kTokenServer).get("/token", ok({{"token", "t"}}));
  at(kRegistry).get_once(kManifest, text_reply(403, R"({"errors":[{"code":"DENIED","message":"no pull"}]})"));

  const RegistryAnswer answer = find();

  EXPECT_EQ(answer.kind, Kind::refused);
  EXPECT_EQ(answer.why, "it answers 403 (no pull)");
}

TEST_F(Registry, HasNoSuchImage) {
  at(kRegistry).get_once(kManifest, challenge("Basic realm=\"registry\""));
  at(kRegistry).get_once(kManifest, text_reply(404, R"({"errors":[{"message":"manifest unknown"}]})"));

  const RegistryAnswer answer = find();

  EXPECT_EQ(answer.kind, Kind::missing);
  EXPECT_EQ(answer.why, "it answers 404 (manifest unknown)");
}

TEST_F(Registry, AsksForALoginAlone) {
  at(kRegistry).get_once("/v2/", challenge(kBearer));
  at(kTokenServer).get("/token", ok({{"token", "t"}}));
  at(kRegistry).get_once("/v2/", text_reply(200, "{}"));

  EXPECT_EQ(log_in().kind, Kind::yes);
  EXPECT_EQ(at(kTokenServer).requests().at(0).path, "/token?service=s");
}

TEST_F(Registry, IsKnownByItsHeaderToo) {
  at(kRegistry).get("/v2/", text_reply(200, "", {{"docker-distribution-api-version", "registry/2.0"}}));
  EXPECT_EQ(log_in().kind, Kind::yes);
}

TEST_F(Registry, SaysNothingOfTheImageWhereItIsNotReachedOrInTrouble) {
  const std::vector<std::pair<test::Answer, std::string>> answers = {
      {test::connection_refused(), "connection refused"},
      {test::reset(), "cut"},
      {text_reply(500, "{}"), "500"},
      {text_reply(503, "<html>"), "503"},
      {text_reply(429, "{}", {{"retry-after", "60"}}), "429"},
      {text_reply(302, "", {{"location", "https://portal.example.com"}}), "302"},
      {text_reply(200, "<html>", {{"content-type", "text/html"}}), "not a registry (200, text/html)"},
      {text_reply(401, "<html>", {{"www-authenticate", "Basic"}}), "not a registry (401"},
      {text_reply(404, "not found"), "not a registry (404"},
      // Before anybody has shown credentials: a rule about addresses.
      {text_reply(403, R"({"errors":[{"message":"client with IP 192.0.2.1 is not allowed"}]})"), "192.0.2.1"},
      {challenge("Negotiate"), "neither Basic nor Bearer"},
  };
  for (const auto& [given, words] : answers) {
    SCOPED_TRACE(words);
    begin_anew().get(kManifest, given);
    const RegistryAnswer answer = find();
    EXPECT_EQ(answer.kind, Kind::unknown);
    EXPECT_THAT(answer.why, HasSubstr(words));
    EXPECT_THAT(authorizations(kRegistry), ElementsAre(""));  // asked once, and shown nothing
  }
}

TEST_F(Registry, SaysNothingOfTheImageWhereItsTokenServerIsInTrouble) {
  for (const test::Answer& given : std::vector<test::Answer>{
           test::connection_refused(), text_reply(503, ""), text_reply(200, ""), text_reply(200, "[]"),
           text_reply(200, "{}"), text_reply(200, "<html>"), ok({{"token", "a\r\nX-Header: b"}})}) {
    begin_anew().get(kManifest, challenge(kBearer));
    at(kTokenServer) = test::ScriptedTransport();
    at(kTokenServer).get("/token", given);
    EXPECT_EQ(find().kind, Kind::unknown);
    EXPECT_EQ(at(kRegistry).requests().size(), 1U);
  }
}

TEST_F(Registry, MayNotSendThePasswordOverAPlainConnection) {
  at(kRegistry).get(kManifest, challenge(R"(Bearer realm="http://auth.example.com/token")"));

  const RegistryAnswer answer = find();

  EXPECT_EQ(answer.kind, Kind::unknown);
  EXPECT_THAT(answer.why, HasSubstr("does not use TLS"));
  EXPECT_THAT(at("http://auth.example.com").requests(), IsEmpty());
}

TEST_F(Registry, OnHttpMayHaveItsTokenServerThere) {
  test::ScriptedTransport& server = at("http://localhost:5000");
  server.get_once(kManifest, challenge(R"(Bearer realm="http://localhost:5000/token")"));
  server.get("/token", ok({{"token", "t"}}));
  server.get_once(kManifest, ok({{"schemaVersion", 2}}));

  EXPECT_EQ(find("http://localhost:5000").kind, Kind::yes);
}

TEST_F(Registry, MaySendAStrangeChallenge) {
  for (const char* header :
       {"Bearer", "Bearer ", "Bearer realm", "Bearer realm=\"\"", "Bearer realm=\"https://a",
        "Bearer =,=", "Bearer service=\"x\"", "Bearer realm=x", "", "Bearer realm=\"\\\""}) {
    SCOPED_TRACE(header);
    begin_anew().get(kManifest, challenge(header));
    EXPECT_EQ(find().kind, Kind::unknown);
  }
}

TEST_F(Registry, IsNotQuotedWhereItRepeatsThePassword) {
  at(kRegistry).get(kManifest, challenge(kBearer));
  at(kTokenServer).get("/token", text_reply(401, R"({"errors":[{"message":"user:pass is wrong"}]})"));

  EXPECT_THAT(find().why, AllOf(HasSubstr("401"), Not(HasSubstr("pass"))));
}

TEST_F(Registry, IsQuotedInPrintableText) {
  at(kRegistry).get_once(kManifest, challenge("Basic"));
  at(kRegistry).get_once(kManifest, text_reply(403, "{\"errors\":[{\"message\":\"\\u001b[2J\"}]}"));

  EXPECT_THAT(find().why, HasSubstr("\\x1b[2J"));
}

}  // namespace

}  // namespace kots_export::migration
