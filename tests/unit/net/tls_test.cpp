#include <kots_export/net/tls.h>
#include <kots_export/util/certificate.h>
#include <kots_export/util/error.h>

#include "apiserver/certificates.h"
#include "apiserver/fixture.h"

#include <csignal>

#include <gmock/gmock.h>

namespace kots_export::net {

namespace {

using apiserver::ApiServer;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using Came = TlsAnswer::Came;
using Until = TlsQuestion::Until;

// Servers that want Nomad's byte, and whole programs, are asked in tests/verify.
class TlsTest : public ::testing::Test {
 protected:
  TlsTest() { std::signal(SIGPIPE, SIG_IGN); }  // as the program has it
};

TEST_F(TlsTest, ShowsTheChainAndTheStatusOfHttp) {
  const ApiServer server;
  const TlsAnswer answer =
      ask({.host = "127.0.0.1", .port = server.port(), .server_name = "localhost", .until = Until::http});
  EXPECT_EQ(answer.came, Came::http) << answer.why;
  EXPECT_EQ(answer.http_status, 403);
  EXPECT_TRUE(util::names_host(answer.chain, "localhost"));
  EXPECT_EQ(util::chain_problem(answer.chain, server.ca_pem()), std::nullopt);
}

TEST_F(TlsTest, ShowsACertificateThatNobodyShouldTrust) {
  const ApiServer server({.cert_expired = true});
  const TlsAnswer answer = ask({.host = "127.0.0.1", .port = server.port(), .server_name = "localhost"});
  EXPECT_EQ(answer.came, Came::tls);
  EXPECT_THAT(util::certificates_in(answer.chain), Not(IsEmpty()));
}

TEST_F(TlsTest, SaysThatNobodyListens) {
  const TlsAnswer answer = ask({.host = "127.0.0.1", .port = 9});
  EXPECT_EQ(answer.came, Came::nowhere);
  EXPECT_THAT(answer.why, HasSubstr("refused"));
  EXPECT_EQ(ask({.host = "no.such.name.invalid"}).came, Came::nowhere);
}

TEST_F(TlsTest, SaysThatThereIsNoTls) {
  const ApiServer server({.http = true});
  EXPECT_EQ(ask({.host = "127.0.0.1", .port = server.port()}).came, Came::connected);
  EXPECT_EQ(ask({.host = "127.0.0.1", .port = server.port(), .until = Until::connected}).came,
            Came::connected);
}

TEST_F(TlsTest, EndsAtItsTimeAndWhenItIsInterrupted) {
  const ApiServer server({.faults = {"hold"}});
  const TlsQuestion question{.host = "127.0.0.1",
                             .port = server.port(),
                             .server_name = "localhost",
                             .until = Until::http,
                             .timeout = std::chrono::milliseconds(300)};
  const TlsAnswer answer = ask(question);
  EXPECT_EQ(answer.came, Came::tls);
  EXPECT_EQ(answer.why, "no answer in time");
  TlsQuestion stopped = question;
  stopped.interrupted = [] { return true; };
  EXPECT_THROW((void)ask(stopped), Interrupted);
}

TEST_F(TlsTest, RefusesAPairThatIsNone) {
  const ApiServer server;
  const auto one = apiserver::make_authority("one");
  const auto other = apiserver::make_authority("other");
  EXPECT_THROW((void)ask({.host = "127.0.0.1",
                          .port = server.port(),
                          .certificate = one.certificate_pem,
                          .key = Secret<std::string>(other.key_pem)}),
               Error);
  EXPECT_EQ(ask({.host = "127.0.0.1",
                 .port = server.port(),
                 .certificate = one.certificate_pem,
                 .key = Secret<std::string>(one.key_pem)})
                .came,
            Came::tls);
}

}  // namespace

}  // namespace kots_export::net
