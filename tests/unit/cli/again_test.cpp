#include "cli/again.h"

#include "cli/flags.h"

#include <gmock/gmock.h>

namespace kots_export::cli {

namespace {

struct Given {
  std::string again;
  std::string places;
};

// What is printed for a command line with subcommands `flyway` and `apply`.
Given given(std::vector<std::string> arguments) {
  CLI::App app;
  Flags flags;
  add_flags(app, flags);
  CLI::App* flyway = app.add_subcommand("flyway")->fallthrough();
  CLI::App* apply = app.add_subcommand("apply")->fallthrough();
  std::string file;
  apply->add_option("FILE", file);
  std::ranges::reverse(arguments);  // CLI11 takes a vector from its end
  app.parse(arguments);
  return {.again = again(app, apply->parsed() ? *apply : *flyway), .places = given_places(app)};
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

}  // namespace

}  // namespace kots_export::cli
