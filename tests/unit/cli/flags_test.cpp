#include "cli/flags.h"

#include "parsed.h"

#include <gmock/gmock.h>

namespace kots_export::cli {

namespace {

TEST(Flags, HaveTheScriptsShortForms) {
  const Flags flags =
      parsed({"-n", "ci", "-a", "server", "-l", "license", "-r", "0", "-f", "flyway", "-d", "-v"});

  EXPECT_EQ(flags.ns, "ci");
  EXPECT_EQ(flags.release, "server");
  EXPECT_EQ(flags.license, "license");
  EXPECT_EQ(flags.annotate, "0");
  EXPECT_EQ(flags.func, "flyway");
  EXPECT_TRUE(flags.dev);
  EXPECT_TRUE(flags.verbose);
}

TEST(Flags, HaveTheScriptsLongForms) {
  const Flags flags = parsed({"--namespace", "ci", "--release-name", "server", "--license", "license",
                              "--annotate", "1", "--func", "cleanup_kots", "--dev", "--verbose"});

  EXPECT_EQ(flags.ns, "ci");
  EXPECT_EQ(flags.release, "server");
  EXPECT_EQ(flags.func, "cleanup_kots");
}

TEST(Flags, RefuseValuesThatMakeNoSense) {
  const std::vector<std::vector<std::string>> cases = {{"-f", "everything"},
                                                       {"-r", "2"},
                                                       {"-r", ""},
                                                       {"--revision", "0"},
                                                       {"--revision", "-1"},
                                                       {"--revision", "one"},
                                                       {"--dry-run", "maybe"},
                                                       {"--concurrency", "0"},
                                                       {"--concurrency", "257"},
                                                       {"-n"},
                                                       {"--no-such-flag"}};
  for (const auto& arguments : cases) {
    SCOPED_TRACE(::testing::PrintToString(arguments));
    EXPECT_THROW((void)parsed(arguments), CLI::ParseError);
  }
}

}  // namespace

}  // namespace kots_export::cli
