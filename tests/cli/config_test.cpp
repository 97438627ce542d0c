#include "cli/installation.h"

#include <gmock/gmock.h>

// `config` as an operator uses it: to see which cluster is about to be changed.
namespace kots_export::test {

namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class Config : public ::testing::Test {
 protected:
  Finished run(std::vector<std::string> arguments) { return installation_.run(std::move(arguments)); }

  Installation installation_;
};

TEST_F(Config, ViewShowsWhereItWasReadAndNoSecret) {
  const Finished run = this->run({"config", "view", "--minify"});

  EXPECT_EQ(run.exit_code, 0) << run.err;
  EXPECT_THAT(run.out, AllOf(HasSubstr("current-context: test"), HasSubstr("server: https://127.0.0.1:"),
                             HasSubstr("client-key-data: DATA+OMITTED")));
  EXPECT_THAT(run.err, HasSubstr("read: " + installation_.server.kubeconfig_path().string()));
}

TEST_F(Config, ViewRawIsTheWholeDocument) {
  const Finished run = this->run({"config", "view", "--raw", "-o", "json"});

  const json document = json::parse(run.out);
  EXPECT_EQ(document["kind"], "Config");
  EXPECT_THAT(document["users"][0]["user"]["client-key-data"].get<std::string>(), Not(HasSubstr("OMITTED")));
}

TEST_F(Config, ContextsNamesServerAndFile) {
  const Finished run = this->run({"config", "contexts", "-o", "json"});

  const json contexts = json::parse(run.out);
  ASSERT_EQ(contexts.size(), 1U);
  EXPECT_EQ(contexts[0]["name"], "test");
  EXPECT_EQ(contexts[0]["current"], true);
  EXPECT_THAT(contexts[0]["server"].get<std::string>(), HasSubstr("https://127.0.0.1:"));
}

TEST_F(Config, ContextsIsATable) {
  EXPECT_THAT(this->run({"config", "contexts"}).out,
              AllOf(HasSubstr("CURRENT   NAME"), HasSubstr("*         test")));
}

TEST_F(Config, UnknownContextIsAnError) {
  const Finished run = this->run({"config", "view", "--minify", "--context", "gone"});

  EXPECT_EQ(run.exit_code, 1);
  EXPECT_THAT(run.err, HasSubstr("there is no context \"gone\""));
}

TEST_F(Config, NothingIsSent) {
  (void)this->run({"config", "view"});
  (void)this->run({"config", "contexts"});

  EXPECT_TRUE(installation_.server.requests().empty());
}

TEST_F(Config, EveryChangingCommandNamesItsTargetFirst) {
  const Finished run = this->run({"annotate", "--dry-run=client"});

  EXPECT_THAT(run.err, AllOf(HasSubstr("cluster: https://127.0.0.1:"), HasSubstr("context: test"),
                             HasSubstr("user: admin")));
}

}  // namespace

}  // namespace kots_export::test
