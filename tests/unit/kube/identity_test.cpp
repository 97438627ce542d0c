#include <kots_export/kube/identity.h>
#include <kots_export/util/base64.h>

#include "apiserver/fixture.h"
#include "unit/support/scripted_transport.h"
#include "unit/support/temporary_folder.h"

#include <algorithm>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace kots_export::kube {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;

constexpr std::time_t kEnd = 1893456000;  // 2030-01-01

std::string jwt(const json& claims) {
  std::string payload = util::base64_encode(claims.dump());
  std::ranges::replace(payload, '+', '-');
  std::ranges::replace(payload, '/', '_');
  payload.erase(payload.find_last_not_of('=') + 1);
  return "eyJhbGciOiJub25lIn0." + payload + ".c2lnbmF0dXJl";
}

ResolvedConfig with_token(const std::string& token) {
  ResolvedConfig config;
  config.auth.token = Secret<std::string>(token);
  return config;
}

CredentialFacts facts_of(const ResolvedConfig& config) {
  return credential_facts(config, *make_credential_source(config));
}

TEST(CredentialFacts, OfATokenAreItsClaims) {
  for (const char* subject : {"system:serviceaccount:ci:kots", "j\u00f6rg?>", "ab"}) {  // every padding
    SCOPED_TRACE(subject);
    const CredentialFacts facts = facts_of(with_token(jwt({{"sub", subject}, {"exp", kEnd}})));
    EXPECT_EQ(facts.kind, "token");
    ASSERT_TRUE(facts.user);
    EXPECT_EQ(facts.user->name, subject);
    EXPECT_EQ(facts.ends, kEnd);
    EXPECT_FALSE(facts.is_renewed);
  }
}

TEST(CredentialFacts, OfWhatIsNoJwtAreNone) {
  for (const std::string token : {"secret", "a.b", "a.!!.c", "a.bm8.c", "kubeconfig-u-abc:def"}) {
    SCOPED_TRACE(token);
    const CredentialFacts facts = facts_of(with_token(token));
    EXPECT_EQ(facts.kind, "");
    EXPECT_FALSE(facts.user);
    EXPECT_FALSE(facts.ends);
  }
}

TEST(CredentialFacts, TakeNoEndThatIsNoTime) {
  for (const json& end : {json("soon"), json(-1), json(1e300), json(nullptr)}) {
    SCOPED_TRACE(end.dump());
    EXPECT_FALSE(facts_of(with_token(jwt({{"exp", end}}))).ends);
  }
}

TEST(CredentialFacts, OfACertificateAreItsSubjectAndItsLastDay) {
  const apiserver::ApiServer server;
  ResolvedConfig config;
  config.tls.client_cert_pem = server.client_certificate("jane", {"ops", "ci"}).certificate;

  const CredentialFacts facts = facts_of(config);

  EXPECT_EQ(facts.kind, "client certificate");
  ASSERT_TRUE(facts.user);
  EXPECT_EQ(facts.user->name, "jane");
  EXPECT_THAT(facts.user->groups, ::testing::UnorderedElementsAre("ops", "ci"));
  ASSERT_TRUE(facts.ends);
  EXPECT_GT(*facts.ends, std::time(nullptr));
}

TEST(CredentialFacts, NameTheOneWhoIsImpersonated) {
  ResolvedConfig config = with_token(jwt({{"sub", "jane"}, {"exp", kEnd}}));
  config.impersonation.user = "admin";
  config.impersonation.groups = {"ops"};

  const CredentialFacts facts = facts_of(config);

  EXPECT_EQ(facts.user->name, "admin");
  EXPECT_EQ(facts.ends, kEnd);
}

TEST(CredentialFacts, KnowThatATokenFileIsRenewed) {
  const test::TemporaryFolder folder;
  test::write_bytes(folder / "token", jwt({{"sub", "kots"}, {"exp", kEnd}}) + "\n");
  ResolvedConfig config;
  config.auth.token_file = folder / "token";

  const CredentialFacts facts = facts_of(config);

  EXPECT_TRUE(facts.is_renewed);
  EXPECT_EQ(facts.ends, kEnd);
}

class AskWhoIAm : public ::testing::Test {
 protected:
  void answer(const std::string& path, const Reply& reply) {
    transport.add({.method = Method::post, .path = path, .answer = reply});
  }

  test::ScriptedTransport transport;
  Client client{transport, {.attempts = 1}};
  const json review{{"kind", "SelfSubjectReview"},
                    {"status", {{"userInfo", {{"username", "jane"}, {"groups", {"ops", "ci"}}}}}}};
};

TEST_F(AskWhoIAm, ReadsTheReview) {
  answer("/authentication.k8s.io/v1/selfsubjectreviews", test::reply(201, review));
  const auto user = ask_who_i_am(client);
  ASSERT_TRUE(user);
  EXPECT_EQ(user->name, "jane");
  EXPECT_THAT(user->groups, ElementsAre("ops", "ci"));
}

TEST_F(AskWhoIAm, AsksTheBetaWhereThereIsNoOther) {
  answer("/v1beta1/selfsubjectreviews", test::reply(201, review));
  EXPECT_TRUE(ask_who_i_am(client));
  EXPECT_EQ(transport.requests().size(), 2U);
}

TEST_F(AskWhoIAm, DoesNotKnowWhereItIsNotServed) { EXPECT_FALSE(ask_who_i_am(client)); }

TEST_F(AskWhoIAm, DoesNotKnowWhereItMayNotAsk) {
  answer("/v1/", test::status_reply(403, "Forbidden"));
  EXPECT_FALSE(ask_who_i_am(client));
  EXPECT_EQ(transport.requests().size(), 1U);
}

TEST_F(AskWhoIAm, FailsWhereTheServerKnowsNoSuchUser) {
  answer("/v1/", test::status_reply(401, "Unauthorized"));
  EXPECT_THROW((void)ask_who_i_am(client), ApiError);
}

}  // namespace
}  // namespace kots_export::kube
