#include <kots_export/util/error.h>

#include <gtest/gtest.h>

namespace kots_export {

namespace {

TEST(Error, SaysWhatAndWhyInOneLine) {
  const Error error("cannot read the file", "permission denied", "Run it as the owner.");

  EXPECT_STREQ(error.what(), "cannot read the file: permission denied");
  EXPECT_EQ(error.headline(), "cannot read the file");
  EXPECT_EQ(error.why(), "permission denied");
  EXPECT_EQ(error.hint(), "Run it as the owner.");
}

TEST(Error, WithoutAReasonEndsAfterWhatFailed) {
  EXPECT_STREQ(Error("there is no values file").what(), "there is no values file");
}

TEST(Error, SaysWhetherItsHintTellsTheWayOn) {
  EXPECT_FALSE(Error("stopped", "", "Log in again first.").tells_way_on());
  EXPECT_FALSE(Error("stopped").tells_way_on());
  Error error("stopped", "", Hint::with_way_on("Run it again."));
  EXPECT_TRUE(error.tells_way_on());
  EXPECT_EQ(error.hint(), "Run it again.");
  error.set_hint("Look at it.");
  EXPECT_FALSE(error.tells_way_on());
}

TEST(Error, EndsTheProcessWithTheCodeOfItsKind) {
  EXPECT_EQ(Error("").exit_code(), ExitCode::failed);
  EXPECT_EQ(UsageError("").exit_code(), ExitCode::usage);
  EXPECT_EQ(Interrupted("").exit_code(), ExitCode::interrupted);
  EXPECT_EQ(Error("", "", "", ExitCode::check_failed).exit_code(), ExitCode::check_failed);
}

TEST(Error, KeepsItsKindWhenCaughtAsTheBase) {
  try {
    throw Interrupted("stopped", "Run it again.");
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "stopped: interrupted");
    EXPECT_EQ(error.exit_code(), ExitCode::interrupted);
  }
}

}  // namespace

}  // namespace kots_export
