#include <kots_export/util/text.h>

#include "cli/flags.h"
#include "cli/page.h"

#include <algorithm>
#include <sstream>
#include <string_view>

namespace kots_export::cli {

namespace {

constexpr std::size_t kColumns = 80;
constexpr std::size_t kIndent = 2;
constexpr std::size_t kHelpColumn = 30;

// The words of `text` in lines of at most `width`.
std::vector<std::string> wrapped(const std::string& text, std::size_t width) {
  std::vector<std::string> lines(1);
  std::istringstream words(text);
  for (std::string word; words >> word;) {
    if (!lines.back().empty() && lines.back().size() + 1 + word.size() > width) lines.emplace_back();
    if (!lines.back().empty()) lines.back() += ' ';
    lines.back() += word;
  }
  return lines;
}

// A name, and beside it, or below it where it is long, its help.
std::string two_columns(std::string name, const std::string& help, std::size_t column) {
  const auto lines = wrapped(help, kColumns - column);
  std::string text(kIndent, ' ');
  text += name;
  if (text.size() + 1 >= column) {
    text += '\n';
    text.append(column, ' ');
  } else {
    text.append(column - text.size(), ' ');
  }
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (i > 0) text.append(column, ' ');
    text += lines[i] + '\n';
  }
  return text;
}

std::string with_letter(const Entry& entry) {
  return (entry.letter.empty() ? std::string(4, ' ') : entry.letter + ", ") + entry.name;
}

std::string commands_text(const std::vector<Section>& sections) {
  std::size_t longest = 0;
  for (const Section& section : sections) {
    for (const Entry& entry : section.entries) longest = std::max(longest, entry.name.size());
  }
  std::string text;
  for (const Section& section : sections) {
    text += "\n" + section.heading + ":\n";
    for (const Entry& entry : section.entries)
      text += two_columns(entry.name, entry.help, kIndent + longest + 2);
  }
  return text;
}

std::string section_text(const std::string& heading, const Section& section) {
  std::string text = "\n" + heading + ":\n";
  for (const Entry& entry : section.entries) text += two_columns(with_letter(entry), entry.help, kHelpColumn);
  return text;
}

std::string heading_of(const Section& section) {
  return section.heading == kFlagsHeading ? section.heading
                                          : util::filled("{group} flags", {{"group", section.heading}});
}

}  // namespace

std::string sentence(std::string text) {
  if (!text.empty() && text.front() >= 'a' && text.front() <= 'z')
    text.front() = static_cast<char>(text.front() - 'a' + 'A');
  return text.ends_with('.') ? text : text + ".";
}

std::string help_text(const Page& page) {
  std::string text;
  for (const std::string& line : wrapped(sentence(page.what), kColumns)) text += line + '\n';
  text += "\nUsage:\n";
  for (const std::string& line : wrapped(page.usage, kColumns - kIndent)) text += "  " + line + '\n';
  text += commands_text(page.commands);
  if (!page.arguments.empty())
    text += commands_text({Section{.heading = "Arguments", .entries = page.arguments}});
  bool has_cluster = false;
  for (const Section& section : page.flags) {
    has_cluster = has_cluster || section.heading == kClusterHeading;
    if (section.heading != kClusterHeading) text += section_text(heading_of(section), section);
  }
  if (has_cluster)
    text +=
        "\nThe flags that say which cluster are kubectl's: --kubeconfig, --context and\n"
        "others. `kots-export options` lists them.\n";
  if (!page.more.empty()) text += "\n" + page.more + "\n";
  return text;
}

std::string flags_text(const Page& page) {
  std::string text;
  for (const Section& section : page.flags) text += section_text(heading_of(section), section);
  return text.substr(std::min<std::size_t>(1, text.size()));
}

}  // namespace kots_export::cli
