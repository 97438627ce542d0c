#include <kots_export/ui/messages.h>

#include <gmock/gmock.h>

namespace kots_export::ui {

namespace {

using change::Notice;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(TextOfNotice, FillsInItsArguments) {
  EXPECT_EQ(text_of(Notice{.id = "values.copy-kept", .args = {{"file", "a.yaml"}, {"copy", "a.yaml.1"}}}),
            "a.yaml was there already: the old one is kept as a.yaml.1");
}

TEST(TextOfNotice, TakesAnArgumentForWhatItIs) {
  // An argument that looks like a placeholder is not filled in again, and does
  // not make it run for ever.
  EXPECT_EQ(text_of(Notice{.id = "values.copy-kept", .args = {{"file", "{copy}{file}"}, {"copy", "c"}}}),
            "{copy}{file} was there already: the old one is kept as c");
}

TEST(TextOfNotice, ShowsAnUnknownIdWithItsArguments) {
  EXPECT_EQ(text_of(Notice{.id = "new.thing", .args = {{"a", "1"}, {"b", "2"}}}), "new.thing a=1 b=2");
}

TEST(HeadingOf, HasWordsForEveryStep) {
  for (const char* step :
       {"checks", "export", "transform", "annotate", "kots_cleanup", "flyway", "postgres", "secret"}) {
    EXPECT_THAT(heading_of(step, Tense::done), HasSubstr(": ")) << step;
  }
  EXPECT_EQ(heading_of("unknown", Tense::done), "unknown");
}

TEST(HeadingOf, WhereNothingIsChangedDoesNotSayThatItIs) {
  for (const char* step : {"apply", "fix-manifest", "annotate", "kots_cleanup", "flyway", "postgres"})
    EXPECT_THAT(heading_of(step, Tense::planned), HasSubstr(": plan ")) << step;
  EXPECT_EQ(heading_of("export", Tense::planned), heading_of("export", Tense::done));
}

TEST(RoleOf, HasWordsForEveryFile) {
  for (const char* role : {"values", "values-3.x", "migrator-log"}) EXPECT_NE(role_of(role), role);
  EXPECT_EQ(role_of("unknown"), "unknown");
}

TEST(TextOfSummary, CountsInBothTenses) {
  const change::PlanSummary summary{.create = 1, .patch = 2, .remove = 3, .already_right = 4};
  EXPECT_EQ(text_of(summary, Tense::planned), "2 to patch, 3 to delete, 1 to create, 4 unchanged");
  EXPECT_EQ(text_of(summary, Tense::done), "2 patched, 3 deleted, 1 created, 4 unchanged");
}

TEST(TextOfError, SaysWhatWhyAndWhatToDo) {
  EXPECT_EQ(text_of(Error("cannot read it", "permission denied", "Ask the owner.")),
            "error: cannot read it: permission denied\nhint: Ask the owner.\n");
  EXPECT_EQ(text_of(Error("cannot read it")), "error: cannot read it\n");
}

TEST(TextOfError, HasALongCommandOfTheHintOnALineOfItsOwn) {
  const std::string kubectl = "kubectl -n circleci-server describe job circle-migrator";
  const std::string helm = "helm history circleci-server -n circleci-server --max 5";
  EXPECT_EQ(
      text_of(Error("no", {}, "Look at `" + kubectl + "`. Then `helm upgrade`. `" + helm + "` says more.")),
      "error: no\nhint: Look at\n    " + kubectl + "\n  Then `helm upgrade`.\n    " + helm +
          "\n  says more.\n");
  EXPECT_EQ(text_of(Error("no", {}, "Run it again: `" + kubectl + "`. To go back: `" + helm + "`.")),
            "error: no\nhint: Run it again:\n    " + kubectl + "\n  To go back:\n    " + helm + "\n");
  EXPECT_EQ(text_of(Error("no", {}, "`" + kubectl + "`")), "error: no\nhint: " + kubectl + "\n");
}

TEST(TextOfError, IsColouredWhereThatIsWanted) {
  EXPECT_EQ(text_of(Error("no", {}, "do"), Colour::yes),
            "\x1b[31merror:\x1b[0m no\n\x1b[33mhint:\x1b[0m do\n");
}

TEST(TextOfNotice, LetsNoForeignNameMakeALineOfItsOwn) {
  EXPECT_EQ(text_of(change::Notice{.id = "lock.taken-over", .args = {{"holder", "jo\nwarning: \x1b[2J"}}}),
            "the lock of jo\\nwarning: \\x1b[2J is taken over");
}

TEST(TextOfError, LetsNoForeignBytesMoveTheCursor) {
  EXPECT_THAT(text_of(Error("cannot read \x1b[2Jfile", "bad\rname")),
              AllOf(Not(HasSubstr("\x1b")), Not(HasSubstr("\r"))));
}

}  // namespace

}  // namespace kots_export::ui
