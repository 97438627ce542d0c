#include "cli/again.h"

#include "cli/flags.h"

#include <cstdlib>

#include <gmock/gmock.h>

namespace kots_export::cli {

namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::IsEmpty;

struct Given {
  std::string again;
  std::string places;
  Flags flags;
};

// What is printed for a command line with subcommands `flyway` and `apply`.
Given given(std::vector<std::string> arguments) {
  CLI::App app;
  Given result;
  add_flags(app, result.flags);
  CLI::App* flyway = app.add_subcommand("flyway")->fallthrough();
  CLI::App* apply = app.add_subcommand("apply")->fallthrough();
  std::string file;
  apply->add_option("FILE", file);
  std::ranges::reverse(arguments);  // CLI11 takes a vector from its end
  app.parse(arguments);
  result.again = again(app, apply->parsed() ? *apply : *flyway);
  result.places = given_places(app);
  return result;
}

TEST(Again, IsTheCommandWithItsFlags) {
  EXPECT_EQ(given({}).again, "kots-export");
  EXPECT_EQ(given({"--timeout", "60", "flyway", "-n", "my ns", "-y"}).again,
            "kots-export flyway -n 'my ns' --timeout 60 -y");
  EXPECT_EQ(given({"apply", "a plan", "--context", "prod"}).again,
            "kots-export apply 'a plan' --context prod");
  EXPECT_EQ(given({"--as-group", "a", "--as-group=b", "-f", "flyway"}).again,
            "kots-export -f flyway --as-group a --as-group b");
  EXPECT_EQ(given({"--license-file", "-"}).again, "kots-export --license-file -");
}

TEST(Again, HoldsNoSecret) {
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{"-l", "hunter2"}, {"-lhunter2"}, {"--license=hunter2"}, {"-vlhunter2"}}) {
    SCOPED_TRACE(::testing::PrintToString(words));
    EXPECT_THAT(given(words).again, ::testing::ContainsRegex("kots-export --license-file FILE( -v)?$"));
  }
  EXPECT_EQ(given({"--token", "hunter2"}).again, "kots-export --token TOKEN");
}

TEST(GivenPlaces, NameFolderInstallationAndCluster) {
  EXPECT_EQ(given({"-n", "ci", "--output-dir", "out", "-y", "--timeout", "5", "--context", "prod", "-l", "x"})
                .places,
            " -n ci --output-dir out --context prod");
}

TEST(CommandsOfFlags, NameKubeconfigsThatWereGiven) {
  ::setenv("KUBECONFIG", "/b::/c", 1);
  EXPECT_THAT(commands(given({}).flags, "prod").kubeconfig, ElementsAre("/b", "/c"));
  EXPECT_THAT(commands(given({"--kubeconfig", "/a"}).flags, "prod").kubeconfig, ElementsAre("/a"));
  EXPECT_THAT(commands(given({"--kubeconfig", "a"}).flags, "prod").kubeconfig, ElementsAre(EndsWith("/a")));
  ::unsetenv("KUBECONFIG");
  EXPECT_THAT(commands(given({}).flags, "prod").kubeconfig, IsEmpty());
}

}  // namespace

}  // namespace kots_export::cli
