#include <kots_export/migration/secret.h>
#include <kots_export/util/base64.h>
#include <kots_export/util/error.h>

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
using ::testing::HasSubstr;
using ::testing::Not;

// A registry and its token server: one scripted transport for each address.
class Registry : public ::testing::Test {
 protected:
  // Why the registry refuses; "" where it accepts.
  std::string refusal(const std::string& server = "cciserver.azurecr.io") {
    const SecretOptions options{
        .server = server, .username = "user", .password = Secret<std::string>("pass"), .email = {}};
    try {
      verify_registry_credentials(options, [this](const std::string& url) { return borrow(url); });
      return "";
    } catch (const Error& error) {
      return std::string(error.what()) + " | " + error.hint();
    }
  }

  // The first Authorization header that was sent to `url`; "" where there was
  // none.
  std::string authorization(const std::string& url) {
    for (const auto& request : at(url).requests())
      for (const auto& [name, value] : request.headers)
        if (name == "Authorization") return value;
    return "";
  }

  test::ScriptedTransport& at(const std::string& url) { return servers_[url]; }

  static kube::Reply challenge(const std::string& text) {
    return text_reply(401, "", {{"www-authenticate", text}});
  }

  const std::string kRegistry = "https://cciserver.azurecr.io";
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
  std::unique_ptr<kube::Transport> borrow(const std::string& url) {
    return std::make_unique<Borrowed>(at(url));
  }

  std::map<std::string, test::ScriptedTransport> servers_;
};

TEST_F(Registry, GivesATokenForGoodCredentials) {
  at(kRegistry).get("/v2/", challenge(R"(Bearer realm="https://cciserver.azurecr.io/oauth2/token",)"
                                      R"(service="cciserver.azurecr.io")"));
  at(kRegistry).get("/oauth2/token", ok({{"access_token", "t"}}));

  EXPECT_EQ(refusal(), "");

  EXPECT_EQ(at(kRegistry).requests().at(1).path, "/oauth2/token?service=cciserver.azurecr.io");
  EXPECT_EQ(authorization(kRegistry), kBasic);
}

TEST_F(Registry, GetsTheCredentialsOnlyAtTheTokenServer) {
  at(kRegistry).get("/v2/", challenge(R"(bearer Service="x y",realm="https://auth.example.com/token?a=b")"));
  at("https://auth.example.com").get("/token", ok({{"token", "t"}}));

  EXPECT_EQ(refusal(), "");

  EXPECT_EQ(authorization(kRegistry), "");
  EXPECT_EQ(authorization("https://auth.example.com"), kBasic);
}

TEST_F(Registry, RefusesBadCredentials) {
  at(kRegistry).get("/v2/", challenge(R"(Bearer realm="https://cciserver.azurecr.io/oauth2/token")"));
  at(kRegistry).get("/oauth2/token", text_reply(401, R"({"errors":[{"code":"UNAUTHORIZED"}]})"));

  EXPECT_THAT(refusal(), AllOf(HasSubstr("does not accept the credentials of user"), HasSubstr("401"),
                               Not(HasSubstr("pass "))));
}

TEST_F(Registry, WithBasicAuthenticationIsAskedAgain) {
  at(kRegistry).get_once("/v2/", challenge("Basic realm=\"registry\""));
  at(kRegistry).get_once("/v2/", text_reply(200, "{}"));

  EXPECT_EQ(refusal(), "");
  EXPECT_EQ(authorization(kRegistry), kBasic);
}

TEST_F(Registry, WithBasicAuthenticationRefusesBadCredentials) {
  at(kRegistry).get("/v2/", challenge("Basic realm=\"registry\""));

  EXPECT_THAT(refusal(), HasSubstr("401"));
}

TEST_F(Registry, ThatIsOpenNeedsNoCredentials) {
  at(kRegistry).get("/v2/", text_reply(200, "{}"));

  EXPECT_EQ(refusal(), "");
  EXPECT_EQ(authorization(kRegistry), "");
}

TEST_F(Registry, ThatIsNoRegistrySaysSo) {
  at(kRegistry).get("/v2/", text_reply(404, "not found"));

  EXPECT_THAT(refusal(), HasSubstr("404 to GET /v2/"));
}

TEST_F(Registry, IsToldApartFromOneThatIsDown) {
  at(kRegistry).get("/v2/", test::connection_refused());

  EXPECT_THAT(refusal(), AllOf(HasSubstr("cannot reach the registry"), HasSubstr("connection refused")));
}

TEST_F(Registry, GetsNoPasswordOverAPlainConnection) {
  at(kRegistry).get("/v2/", challenge(R"(Bearer realm="http://auth.example.com/token")"));

  EXPECT_THAT(refusal(), HasSubstr("does not use TLS"));
  EXPECT_TRUE(at("http://auth.example.com").requests().empty());
}

TEST_F(Registry, OnHttpMayHaveItsTokenServerThere) {
  at("http://localhost:5000").get("/v2/", challenge(R"(Bearer realm="http://localhost:5000/token")"));
  at("http://localhost:5000").get("/token", ok({{"token", "t"}}));

  EXPECT_EQ(refusal("http://localhost:5000"), "");
}

TEST_F(Registry, SendsAStrangeChallenge) {
  for (const char* header : {"Bearer ", "Bearer realm", "Bearer realm=\"\"", "Bearer realm=\"https://a",
                             "Bearer service=\"x\"", "Bearer realm=x"}) {
    SCOPED_TRACE(header);
    test::ScriptedTransport& server = at(kRegistry);
    server = test::ScriptedTransport();
    server.get("/v2/", challenge(header));
    EXPECT_NE(refusal(), "");
  }
}

TEST_F(Registry, GivesNoToken) {
  for (const char* body : {"", "[]", "{}", "<html>"}) {
    SCOPED_TRACE(body);
    test::ScriptedTransport& server = at(kRegistry);
    server = test::ScriptedTransport();
    server.get("/v2/", challenge(R"(Bearer realm="https://cciserver.azurecr.io/oauth2/token")"));
    server.get("/oauth2/token", text_reply(200, body));
    EXPECT_THAT(refusal(), HasSubstr("gave no token"));
  }
}

}  // namespace

}  // namespace kots_export::migration
