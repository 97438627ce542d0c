#include "cli/typed_words.h"

#include "cli/choices.h"
#include "cli/page.h"
#include "cli/program.h"

#include <algorithm>

#include <gmock/gmock.h>

namespace kots_export::cli {

namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<std::string> ordered(std::vector<std::string> typed) {
  const Program program;
  return ordered_words(program.app, std::move(typed));
}

TEST(OrderedWords, PutFlagsBehindTheirCommand) {
  EXPECT_THAT(ordered({"-n", "ci", "plan", "annotate"}), ElementsAre("plan", "-n", "ci", "annotate"));
  EXPECT_THAT(ordered({"--yes", "flyway", "-n=ci"}), ElementsAre("flyway", "--yes", "-n", "ci"));
  EXPECT_THAT(ordered({"-o", "json", "plan", "--full", "show", "a.plan"}),
              ElementsAre("plan", "show", "-o", "json", "--full", "a.plan"));
  EXPECT_THAT(ordered({"-n", "plan", "--yes"}), ElementsAre("-n", "plan", "--yes"));
  EXPECT_THAT(ordered({"--context=", "plan"}), ElementsAre("plan", "--context", ""));
  EXPECT_THAT(ordered({"diff", "a", "--", "-b"}), ElementsAre("diff", "a", "--", "-b"));
  EXPECT_THAT(ordered({}), ElementsAre());
}

TEST(OrderedWords, TranslateTheScriptsLettersForACommand) {
  EXPECT_THAT(ordered({"-a", "mine", "plan"}), ElementsAre("plan", "--release-name", "mine"));
  EXPECT_THAT(ordered({"-amine", "plan"}), ElementsAre("plan", "--release-name=mine"));
  EXPECT_THAT(ordered({"-a", "mine", "-f", "flyway"}), ElementsAre("-a", "mine", "-f", "flyway"));
}

TEST(OrderedWords, TakeTheBritishSpelling) {
  EXPECT_THAT(ordered({"--licence", "x", "--licence-file=y"}),
              ElementsAre("--license", "x", "--license-file=y"));
}

// The error of a line, and its hint.
std::string error_of(const std::vector<std::string>& typed) {
  Program program;
  std::vector<std::string> words = ordered_words(program.app, typed);
  std::ranges::reverse(words);
  try {
    program.app.parse(words);
  } catch (const CLI::ParseError& error) {
    const UsageError told = usage_error(program.app, error);
    return told.headline() + " | " + told.hint();
  }
  return "";
}

TEST(UsageErrors, SayWhatMayHaveBeenMeant) {
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases = {
      {{"plann"}, "unknown command \"plann\", did you mean plan? | `kots-export --help` lists commands."},
      {{"config", "vieww"}, "unknown command \"vieww\", did you mean view?"},
      {{"frobnicate"}, "unknown command \"frobnicate\" | "},
      {{"plan", "--fulll"}, "unknown flag --fulll, did you mean --full? | `kots-export plan --help`"},
      {{"--licens-file", "x"}, "unknown flag --licens-file, did you mean --license-file?"},
      {{"--fulll=1", "plan"}, "unknown flag --fulll, did you mean --full?"},
      {{"plan", "anotate"},
       "STEP: unknown step \"anotate\", did you mean annotate? | Write run, fix-manifest, annotate, "},
      {{"plan", "shwo"}, "STEP: unknown step \"shwo\", did you mean show? | Write run, "},
      {{"plan", "shwo", "a.plan"},
       "unknown command \"shwo\", did you mean show? | `kots-export plan --help`"},
      {{"plan", "annotate", "a.plan"}, "kots-export plan does not take \"a.plan\""},
      {{"-f", "flyaway"}, "--func: unknown step \"flyaway\", did you mean flyway?"},
      {{"--dry-run", "sever"},
       "--dry-run: unknown value \"sever\", did you mean server? | Write none, client or server."},
      {{"completion", "bahs"},
       "SHELL: unknown value \"bahs\", did you mean bash? | Write bash, zsh or fish."},
      {{"completion", "BASH"}, "SHELL: unknown value \"BASH\", did you mean bash?"},
      {{"-o", "xml"}, "--output: unknown value \"xml\" | Write json, yaml or markdown."},
      {{"--concurrency", "257"}, "--concurrency: \"257\" is not possible | Write a number from 1 to 256."},
      {{"--revision", "one"}, "--revision: \"one\" is not possible | Write a number from 1 to 1000000."},
      {{"-n", ""}, "--namespace: is empty: is a variable not set?"},
      {{"--namespace="}, "--namespace: is empty"},
      {{"-a", ""}, "--release-name: is empty"},
      {{"--context", ""}, "--context: is empty: is a variable not set?"},
      {{"--values", ""}, "--values: is empty"},
      {{"plan", "--out", ""}, "--out: is empty"},
      {{"plan", "show", ""}, "is empty"},
      {{"rollback", ""}, "RUN: is empty"},
      {{"runs", "-n", ""}, "--namespace: is empty"}};
  for (const auto& [typed, wanted] : cases) {
    SCOPED_TRACE(::testing::PrintToString(typed));
    EXPECT_THAT(error_of(typed), HasSubstr(wanted));
  }
}

// Whatever the choices are: a word that is none of them is named.
TEST(UsageErrors, NameAWordThatIsNoneOfTheChoices) {
  const Program program;
  std::size_t seen = 0;
  for (const CLI::App* command : commands_below(program.app)) {
    for (const CLI::Option* option : command->get_options()) {
      if (choices_of(*option).empty()) continue;
      SCOPED_TRACE(command->get_name() + " " + option->get_name());
      std::vector<std::string> typed;
      for (const CLI::App* above = command; above != &program.app; above = above->get_parent())
        typed.insert(typed.begin(), above->get_name());
      if (!option->get_positional()) typed.push_back("--" + option->get_lnames().front());
      typed.emplace_back("qqqqq");
      EXPECT_THAT(error_of(typed), AllOf(HasSubstr("\"qqqqq\""), HasSubstr(" | Write ")));
      ++seen;
    }
  }
  EXPECT_GT(seen, 10U);
}

TEST(UsageErrors, RefuseFlagsThatACommandDoesNotUse) {
  EXPECT_THAT(error_of({"runs", "--license", "x"}),
              HasSubstr("kots-export runs takes no --license | `kots-export runs --help` lists"));
  EXPECT_THAT(error_of({"--dry-run=server", "runs"}), HasSubstr("kots-export runs takes no --dry-run"));
  EXPECT_THAT(error_of({"plan", "--dry-run=none"}), HasSubstr("unknown value \"none\""));
  EXPECT_THAT(error_of({"plan", "-a", "x"}), HasSubstr("kots-export plan takes no -a"));
  EXPECT_THAT(error_of({"plan", "show", "a.plan", "--progress=plain"}),
              HasSubstr("plan show takes no --progress"));
  EXPECT_THAT(error_of({"--out", "x"}), HasSubstr("the whole migration takes no --out"));
}

// The script took all of its flags with each of its steps.
TEST(UsageErrors, AreNoneForTheScriptsLines) {
  EXPECT_EQ(error_of({"-f", "annotate", "-l", "x", "-r", "1", "-n", "ci", "-a", "server", "-d", "-v"}), "");
  EXPECT_EQ(error_of({"annotate", "-n", "ci", "-a", "server", "-d", "-v"}), "");
}

TEST(UsageErrors, AreNoneForAFlagWhoseValueMayBeLeftOut) {
  EXPECT_EQ(error_of({"verify", "--wait", "-n", "ci"}), "");
  EXPECT_EQ(error_of({"verify", "--wait", "5m"}), "");
  EXPECT_EQ(error_of({"verify", "--wait"}), "");
}

TEST(UsageErrors, SayWhatIsMissing) {
  EXPECT_THAT(error_of({"diff", "a"}),
              HasSubstr("kots-export diff needs NEW | Usage: kots-export diff OLD NEW [flags]"));
  EXPECT_THAT(error_of({"config"}), HasSubstr("kots-export config needs a command"));
  EXPECT_THAT(error_of({"plan", "-n"}), HasSubstr("--namespace needs a value: NAMESPACE"));
  EXPECT_THAT(error_of({"plan", "-n", "a", "-n", "b"}), HasSubstr("--namespace was given more than once"));
  EXPECT_THAT(error_of({"runs", "lately"}), HasSubstr("unknown command \"lately\""));
  EXPECT_THAT(error_of({"diff", "a", "b", "c"}), HasSubstr("kots-export diff does not take \"c\""));
}

}  // namespace

}  // namespace kots_export::cli
