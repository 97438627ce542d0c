#include "cli/page.h"

#include "cli/program.h"

#include <algorithm>
#include <sstream>

#include <gmock/gmock.h>

namespace kots_export::cli {

namespace {

using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

// Every command that people see, the program itself first.
std::vector<Page> every_page() {
  const Program program;
  std::vector<Page> pages;
  for (const CLI::App* command : commands_below(program.app)) pages.push_back(page_of(*command));
  return pages;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

std::vector<Entry> flags_of(const Page& page) {
  std::vector<Entry> flags;
  for (const Section& section : page.flags)
    flags.insert(flags.end(), section.entries.begin(), section.entries.end());
  return flags;
}

Page page(const std::string& name) {
  const auto pages = every_page();
  return *std::ranges::find(pages, "kots-export" + (name.empty() ? "" : " " + name), &Page::name);
}

TEST(Page, KnowsEveryCommand) {
  std::vector<std::string> names;
  for (const Page& each : every_page()) names.push_back(each.name);
  EXPECT_THAT(names, ::testing::IsSupersetOf({"kots-export", "kots-export plan", "kots-export plan show",
                                              "kots-export runs show", "kots-export config view",
                                              "kots-export completion"}));
}

TEST(Page, SaysWhatEveryCommandAndFlagIsFor) {
  for (const Page& each : every_page()) {
    SCOPED_TRACE(each.name);
    EXPECT_NE(each.what, "");
    for (const Entry& argument : each.arguments) EXPECT_NE(argument.help, "") << argument.name;
    for (const Entry& flag : flags_of(each)) EXPECT_NE(flag.help, "") << flag.name;
    for (const Section& section : each.commands) {
      for (const Entry& command : section.entries) EXPECT_NE(command.help, "") << command.name;
    }
  }
}

// "FILE", "none|client|server": as people write them, and not as the parser does.
TEST(Page, HasPlaceholdersThatPeopleUse) {
  for (const Page& each : every_page()) {
    SCOPED_TRACE(each.name);
    for (const Entry& flag : flags_of(each)) {
      const std::size_t space = flag.name.rfind(' ');
      const std::string placeholder = space == std::string::npos ? "" : flag.name.substr(space + 1);
      EXPECT_THAT(placeholder, Not(::testing::MatchesRegex("(.*[:{ ].*|TEXT|U?INT|FLOAT)"))) << flag.name;
    }
  }
}

TEST(Page, HasThreeToSixExamples) {
  for (const Page& each : every_page()) {
    SCOPED_TRACE(each.name);
    EXPECT_THAT(each.more, HasSubstr("Examples:\n"));
    const auto lines = lines_of(each.more);
    const auto examples =
        std::ranges::count_if(lines, [](const auto& line) { return line.starts_with("  # "); });
    EXPECT_GE(examples, 3);
    EXPECT_LE(examples, 6);
  }
}

TEST(HelpText, HasNoLineOverEightyColumns) {
  for (const Page& each : every_page()) {
    SCOPED_TRACE(each.name);
    for (const std::string& line : lines_of(help_text(each))) EXPECT_LE(line.size(), 80U) << line;
  }
}

TEST(HelpText, ShowsTheCommandsOwnFlagsFirst) {
  const std::string text = help_text(page("plan"));
  EXPECT_THAT(text, HasSubstr("Usage:\n  kots-export plan [COMMAND] [STEP] [flags]\n"));
  EXPECT_LT(text.find("--out FILE"), text.find("\nInstallation flags:\n  -n, --namespace NAMESPACE"));
  EXPECT_THAT(text, HasSubstr("--dry-run client|server"));
}

TEST(HelpText, ShowsAnArgumentThatIsAFlagTooAsBoth) {
  EXPECT_THAT(help_text(page("apply")),
              AllOf(HasSubstr("\nArguments:\n  FILE  "), HasSubstr("\n  -f, --filename FILE  ")));
}

TEST(HelpText, SaysWhereTheFlagsOfTheClusterAre) {
  EXPECT_THAT(help_text(page("plan")),
              AllOf(HasSubstr("`kots-export options` lists them"), Not(HasSubstr("--tls-server-name"))));
  EXPECT_THAT(help_text(page("diff")), Not(HasSubstr("kots-export options")));
}

TEST(HelpText, HasOnlyFlagsThatTheCommandTakes) {
  EXPECT_THAT(help_text(page("runs")), Not(HasSubstr("--license")));
  EXPECT_THAT(help_text(page("flyway")), HasSubstr("--timeout DURATION"));
  EXPECT_THAT(help_text(page("flyway")), HasSubstr("-a, --release-name RELEASE"));
  EXPECT_THAT(help_text(page("plan")), Not(HasSubstr("-a, ")));
  EXPECT_THAT(help_text(page("plan show")), AllOf(HasSubstr("-v, --verbose"), Not(HasSubstr("each check"))));
}

// What one form shows, the others do.
TEST(Pages, LackNoFlag) {
  const std::string shared = markdown_tables(shared_flags());
  for (const Page& each : every_page()) {
    SCOPED_TRACE(each.name);
    const std::string manual = man_page(each, "1");
    const std::string markdown = markdown_section(each) + shared;
    for (const Entry& flag : flags_of(each)) {
      const std::string name = flag.name.substr(0, flag.name.find(' '));
      if (name == "--help") continue;  // every command has it
      std::string in_man;
      for (const char c : name) in_man += c == '-' ? std::string("\\-") : std::string(1, c);
      EXPECT_THAT(manual, HasSubstr("\\fB" + in_man + "\\fR"));
      EXPECT_THAT(markdown, HasSubstr("`" + name));
    }
  }
}

// Those of the program itself too, which stands for the whole migration.
TEST(MarkdownPage, LacksNoFlag) {
  const Program program;
  const std::string text = markdown_page(program.app);
  for (const Page& each : every_page()) {
    SCOPED_TRACE(each.name);
    EXPECT_THAT(text, HasSubstr("    " + each.usage + "\n"));
    for (const Entry& flag : flags_of(each)) {
      if (flag.name == "--help") continue;
      EXPECT_THAT(text, HasSubstr("`" + flag.name.substr(0, flag.name.find(' '))));
    }
  }
  EXPECT_THAT(text, HasSubstr("| `-f`, `--func all\\|"));
  EXPECT_THAT(text, HasSubstr("| `--version` | show the version; "));
}

TEST(ManPage, IsOneOfSectionOne) {
  const std::string text = man_page(page("plan show"), "1.2.3");
  EXPECT_THAT(text,
              AllOf(::testing::StartsWith(".TH KOTS\\-EXPORT\\-PLAN\\-SHOW 1 \"\" \"kots\\-export 1.2.3\"\n"),
                    HasSubstr(".SH NAME\nkots\\-export\\-plan\\-show \\- show a saved plan"),
                    HasSubstr(".SH EXAMPLES\n.EX\n"), ContainsRegex("kots\\\\-export\\\\-plan \\(1\\)")));
}

TEST(ManPage, TakesTextForNoMacro) {
  Page odd{.name = "kots-export odd",
           .usage = "kots-export odd [flags]",
           .what = ".SH is text, and so is C:\\new",
           .commands = {},
           .arguments = {},
           .flags = {},
           .more = "'quoted'\n"};
  EXPECT_THAT(man_page(odd, "1"),
              AllOf(HasSubstr("\n\\&.SH is text, and so is C:\\enew.\n"), HasSubstr("\n\\&'quoted'\n")));
}

TEST(MarkdownSection, KeepsBarsOutOfTables) {
  EXPECT_THAT(markdown_tables(shared_flags()), HasSubstr("`--dry-run none\\|client\\|server`"));
}

}  // namespace

}  // namespace kots_export::cli
