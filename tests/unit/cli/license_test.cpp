#include "cli/license.h"

#include <kots_export/util/error.h>

#include "parsed.h"

#include <cstdlib>

#include <gtest/gtest.h>

namespace kots_export::cli {

namespace {

Options options(const std::vector<std::string>& arguments) {
  const Flags flags = parsed(arguments);
  return options_of({.flags = flags, .line = {}});
}

// Tests run without a terminal: nothing is asked.
TEST(ReadLicense, PrefersTheFlagThenTheEnvironment) {
  ::setenv("CIRCLECI_LICENSE", " from the environment\n", 1);
  EXPECT_EQ(read_license(options({"-l", "from the flag"})).reveal(), "from the flag");
  EXPECT_EQ(read_license(options({})).reveal(), "from the environment");
  ::unsetenv("CIRCLECI_LICENSE");
  EXPECT_THROW((void)read_license(options({})), UsageError);
  EXPECT_TRUE(given_license(options({}).license).empty());
}

TEST(ReadLicense, IsNotToldToReadItInTwoPlaces) {
  EXPECT_THROW((void)options({"--license", "text", "--license-file", "file"}), UsageError);
}

}  // namespace

}  // namespace kots_export::cli
