#include "cli/again.h"

#include "cli/program.h"
#include "cli/typed_words.h"

#include <algorithm>

#include <gmock/gmock.h>

namespace kots_export::cli {

namespace {

struct Given {
  std::string again;
  std::string places;
};

Given given(const std::vector<std::string>& arguments) {
  Program program;
  std::vector<std::string> words = ordered_words(program.app, arguments);
  std::ranges::reverse(words);  // CLI11 takes them from the end
  program.app.parse(words);
  return {.again = again(program.app), .places = given_places(program.app)};
}

TEST(Again, IsTheCommandWithItsFlags) {
  EXPECT_EQ(given({}).again, "kots-export");
  EXPECT_EQ(given({"--timeout", "60", "flyway", "-n", "my ns", "-y"}).again,
            "kots-export flyway -n 'my ns' --timeout 60 -y");
  EXPECT_EQ(given({"-a", "mine", "plan", "annotate"}).again, "kots-export plan annotate --release-name mine");
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
  // Other commands do not have the letter.
  EXPECT_EQ(given({"flyway", "-a", "mine"}).places, " --release-name mine");
}

}  // namespace

}  // namespace kots_export::cli
