#include "cli/complete.h"

#include "cli/program.h"

#include <gmock/gmock.h>

namespace kots_export::cli {

namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::IsSupersetOf;
using ::testing::Not;

// What is offered; live values are two, and `before` gets what was known when they were asked for.
struct Offered {
  std::vector<std::string> words;
  Directive directive;
  std::vector<std::string> before;
};

Offered offered(const std::vector<std::string>& words) {
  const Program program;
  Offered result{};
  const Completion completion =
      complete(program.app, words, [&](Live /*what*/, const std::vector<std::string>& before) {
        result.before = before;
        return std::vector<Candidate>{{.word = "live-1", .help = "one"}, {.word = "live:2", .help = {}}};
      });
  result.directive = completion.directive;
  for (const Candidate& candidate : completion.candidates) result.words.push_back(candidate.word);
  return result;
}

TEST(Complete, OffersCommands) {
  EXPECT_THAT(offered({""}).words, IsSupersetOf({"plan", "apply", "kots_cleanup", "help", "completion"}));
  EXPECT_THAT(offered({"pl"}).words, ElementsAre("plan"));
  EXPECT_THAT(offered({"-n", "ci", "pl"}).words, ElementsAre("plan"));
  EXPECT_THAT(offered({"config", ""}).words, ElementsAre("view", "contexts"));
  EXPECT_THAT(offered({"plan", ""}).words, IsSupersetOf({"show", "annotate", "flyway"}));
  EXPECT_THAT(offered({"help", "config", ""}).words, ElementsAre("view", "contexts"));
  EXPECT_THAT(offered({"help", "pl"}).words, ElementsAre("plan"));
  EXPECT_EQ(offered({""}).directive, Directive::no_files);
}

TEST(Complete, OffersTheFlagsOfTheCommand) {
  EXPECT_THAT(offered({"plan", "--"}).words,
              AllOf(IsSupersetOf({"--out", "--namespace", "--context"}), Not(Contains("--yes"))));
  EXPECT_THAT(offered({"runs", "--"}).words, Not(Contains("--license")));
  EXPECT_THAT(offered({"plan", "--dry-run=client", "--dr"}).words, IsEmpty());
  EXPECT_THAT(offered({"plan", "--values", "a", "--valu"}).words, ElementsAre("--values"));
  EXPECT_THAT(offered({"plan", "--", "--"}).words, IsEmpty());
}

TEST(Complete, OffersTheValuesOfAFlag) {
  EXPECT_THAT(offered({"annotate", "--dry-run", ""}).words, ElementsAre("none", "client", "server"));
  EXPECT_THAT(offered({"annotate", "--dry-run=s"}).words, ElementsAre("server"));
  EXPECT_THAT(offered({"plan", "-o", "j"}).words, ElementsAre("json"));
  EXPECT_THAT(offered({"check", "fl"}).words, ElementsAre("flyway"));
  EXPECT_THAT(offered({"annotate", "--dry-run", "client", ""}).words, IsEmpty());
  EXPECT_THAT(offered({"annotate", "--no-such-flag="}).words, IsEmpty());
}

TEST(Complete, OffersLiveValues) {
  EXPECT_THAT(offered({"plan", "--context", ""}).words, ElementsAre("live-1", "live:2"));
  EXPECT_THAT(offered({"plan", "--namespace=live-"}).words, ElementsAre("live-1"));
  EXPECT_THAT(offered({"rollback", ""}).words, ElementsAre("live-1", "live:2"));
  EXPECT_THAT(offered({"runs", "show", ""}).words, ElementsAre("live-1", "live:2"));
}

// The flag that waits for its value says nothing yet; those before it choose the cluster.
TEST(Complete, KnowsTheFlagsBeforeALiveValue) {
  EXPECT_THAT(offered({"plan", "--context", "prod", "-n", ""}).before,
              ElementsAre("plan", "--context", "prod"));
}

TEST(Complete, LeavesFilesToTheShell) {
  EXPECT_EQ(offered({"apply", ""}).directive, Directive::files);
  EXPECT_EQ(offered({"plan", "--out", ""}).directive, Directive::files);
  EXPECT_EQ(offered({"diff", "a", ""}).directive, Directive::files);
  EXPECT_EQ(offered({"plan", "--output-dir", ""}).directive, Directive::folders);
  EXPECT_EQ(offered({"diff", "a", "b", ""}).directive, Directive::no_files);
}

}  // namespace

}  // namespace kots_export::cli
