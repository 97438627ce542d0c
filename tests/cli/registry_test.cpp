#include "cli/registry.h"

#include "cli/installation.h"

#include <gmock/gmock.h>

// What a run does where the registry is asked; the registry's answers themselves: tests/registry.
namespace kots_export::test {

namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

Finished run_with(const Installation& installation, std::map<std::string, std::string> environment,
                  std::vector<std::string> more = {}) {
  return installation.run(Start{.arguments = Installation::whole_run(std::move(more)),
                                .environment = std::move(environment),
                                .input = {},
                                .folder = {},
                                .meanwhile = {}});
}

TEST(RegistryIsAsked, AndWhatItAcceptsIsNotSpokenOf) {
  const Installation installation;

  const Finished run = run_with(installation, {});

  EXPECT_EQ(run.exit_code, 0) << run.err;
  EXPECT_THAT(run.err, Not(HasSubstr("azurecr.io gives")));
}

TEST(RegistryIsAsked, AndWhatItRefusesStopsTheRunBeforeItsFirstWrite) {
  Installation installation;
  ASSERT_EQ(installation
                .run({"secret", "--yes", "--force", "--docker-username", "server-user", "--docker-password",
                      "not-this-one"})
                .exit_code,
            0);
  installation.server.clear_requests();

  const Finished run = run_with(installation, {});

  EXPECT_EQ(run.exit_code, 4);
  EXPECT_THAT(run.err, AllOf(HasSubstr("does not give image circle-migrator"), HasSubstr("401"),
                             HasSubstr("--force --docker-username USER"), Not(HasSubstr("not-this-one"))));
  EXPECT_EQ(installation.server.count_writes(), 0U);
}

TEST(RegistryIsAsked, AndOneThatIsNotReachedIsAWarningAlone) {
  const Installation installation;

  // Nobody listens at port 9.
  const Finished run = run_with(installation, {{"HTTPS_PROXY", "http://127.0.0.1:9"}});

  EXPECT_EQ(run.exit_code, 0) << run.err;
  EXPECT_THAT(run.err, AllOf(HasSubstr("could not check whether Secret regcred can pull "),
                             HasSubstr(": no connection"), HasSubstr("HTTPS_PROXY"),
                             Not(HasSubstr("in the kubeconfig"))));
}

TEST(RegistryIsAsked, UnlessItIsLeftOut) {
  const Installation installation;

  const Finished run = run_with(installation, {{"HTTPS_PROXY", "http://127.0.0.1:9"}},
                                {"--skip-check", "registry-image", "--skip-check", "registry-chart"});

  EXPECT_EQ(run.exit_code, 0) << run.err;
  EXPECT_THAT(run.err, Not(HasSubstr("azurecr.io gives")));
}

}  // namespace

}  // namespace kots_export::test
