#include <kots_export/kube/client.h>
#include <kots_export/util/error.h>

#include "apiserver/fixture.h"
#include "unit/support/api_connection.h"
#include "unit/support/problem.h"
#include "unit/support/scripted_transport.h"

#include <array>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace kots_export::kube {

namespace {

using nlohmann::json;
using test::problem;
using ::testing::AllOf;
using ::testing::HasSubstr;

// --- Over TLS, on a server ---

class ExecOnServer : public ::testing::Test {
 protected:
  ExecOnServer() {
    server.put({{"apiVersion", "v1"},
                {"kind", "Pod"},
                {"metadata", {{"name", "p"}, {"namespace", "n"}}},
                {"spec",
                 {{"containers",
                   {{{"name", "c"}, {"image", "i"}, {"env", {{{"name", "A"}, {"value", value}}}}}}}}}});
  }
  Client::ExecResult run(const std::vector<std::string>& command, std::size_t limit = std::size_t{1} << 20) {
    return connection.client.exec("n", "p", "c", command, limit);
  }

  // Longer than one frame of 16 bits, so that every form of a frame's length is
  // on the wire.
  const std::string value = "p@ss w0rd'\"&%+#\n" + std::string(70'000, 'x');
  apiserver::ApiServer server;
  test::ApiConnection connection{server};
};

TEST_F(ExecOnServer, BringsTheOutput) {
  const Client::ExecResult result = run({"printenv", "A"});

  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(result.out, value + "\n");
  EXPECT_EQ(result.err, "");
}

TEST_F(ExecOnServer, BringsTheExitCodeAndTheErrors) {
  EXPECT_EQ(run({"printenv", "NOT_SET"}).exit_code, 1);
  const Client::ExecResult result = run({"sh", "-c", "no-such-program"});
  EXPECT_EQ(result.exit_code, 127);
  EXPECT_THAT(result.err, HasSubstr("not found"));
}

TEST_F(ExecOnServer, SaysWhyTheContainerCannotRunIt) {
  EXPECT_THAT(problem([&] { (void)run({"no-such-program"}); }), HasSubstr("executable file not found"));
}

TEST_F(ExecOnServer, StopsAtTheLimit) {
  EXPECT_THAT(problem([&] { (void)run({"printenv", "A"}, 1000); }), HasSubstr("more than 1000 bytes"));
}

TEST_F(ExecOnServer, SaysWhatTheServerRefuses) {
  const std::array<std::string, 1> command = {"true"};
  EXPECT_THAT(problem([&] { (void)connection.client.exec("n", "gone", "c", command); }),
              HasSubstr("not found"));
  server.deny("jane * pods/exec");
  test::ApiConnection jane(server, {}, {.as = "jane"});
  EXPECT_THAT(problem([&] { (void)jane.client.exec("n", "p", "c", command); }),
              AllOf(HasSubstr("run true in Pod p"), HasSubstr("forbidden"), HasSubstr("403")));
}

TEST_F(ExecOnServer, IsRefusedWithAWrongToken) {
  test::ApiConnection stranger(server, {}, {.token = Secret<std::string>("wrong")});

  const std::array<std::string, 1> command = {"true"};
  EXPECT_THAT(problem([&] { (void)stranger.client.exec("n", "p", "c", command); }), HasSubstr("401"));
}

// --- Against a script ---

class ExecByScript : public ::testing::Test {
 protected:
  Client::ExecResult run() {
    const std::array<std::string, 2> command = {"printenv", "A B"};
    return client.exec("n/s", "p", "c", command);
  }
  void messages(std::vector<std::string> all) { server.on_websocket({.messages = std::move(all)}); }

  test::ScriptedTransport server;
  bool interrupted = false;
  Client client{server, test::kQuickRetries, [this] { return interrupted; }};
};

const char* const kSuccess = "\x03{\"status\":\"Success\"}";

TEST_F(ExecByScript, EncodesEveryPartOfThePath) {
  messages({kSuccess});
  (void)run();

  EXPECT_EQ(server.requests().front().path,
            "/api/v1/namespaces/n%2Fs/pods/p/"
            "exec?container=c&stdout=true&stderr=true&command=printenv&command="
            "A%20B");
}

TEST_F(ExecByScript, JoinsWhatComesInPieces) {
  messages({"\x01one ", "\x02oops", "\x01two", "", "\x01", "\x03{\"status\":", "\x03\"Success\"}"});

  const auto result = run();

  EXPECT_EQ(result.out, "one two");
  EXPECT_EQ(result.err, "oops");
  EXPECT_EQ(result.exit_code, 0);
}

TEST_F(ExecByScript, DoesNotTakeABrokenStreamForSuccess) {
  messages({"\x01half of the passw"});

  EXPECT_THAT(problem([&] { (void)run(); }), HasSubstr("ended before the command did"));
}

TEST_F(ExecByScript, SaysWhyTheContainerCouldNotRunIt) {
  messages(
      {"\x03{\"status\":\"Failure\",\"reason\":\"InternalError\","
       "\"message\":\"no such executable\\u001b[0m\"}"});

  EXPECT_THAT(problem([&] { (void)run(); }), HasSubstr("no such executable\\x1b[0m"));
}

TEST_F(ExecByScript, StopsOnCtrlC) {
  messages({kSuccess});
  interrupted = true;

  EXPECT_THROW((void)run(), Interrupted);
}

}  // namespace

}  // namespace kots_export::kube
