#include <kots_export/util/text.h>

#include "cli/flags.h"
#include "cli/page.h"

#include <algorithm>
#include <iterator>
#include <sstream>

namespace kots_export::cli {

namespace {

// As text in a table's cell.
std::string cell(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '|' || c == '<' || c == '*' || c == '_') out += '\\';
    out += c;
  }
  return out;
}

// A cell of code; a bar ends a cell even there.
std::string code(const std::string& text) {
  std::string out = "`";
  for (const char c : text) out += c == '|' ? std::string("\\|") : std::string(1, c);
  return out + "`";
}

std::string row(const Entry& entry) {
  return "| " + (entry.letter.empty() ? "" : code(entry.letter) + ", ") + code(entry.name) + " | " +
         cell(entry.help) + " |\n";
}

// Every command has --help: it is in no table.
std::string table(const std::string& of, const std::vector<Entry>& entries) {
  const bool is_empty = entries.empty() || (entries.size() == 1 && entries.front().name == "--help");
  if (is_empty) return "";
  std::string text = "\n| " + of + " | meaning (default) |\n|---|---|\n";
  for (const Entry& entry : entries) {
    if (entry.name != "--help") text += row(entry);
  }
  return text;
}

// Indented lines become a block of code, which begins after an empty line as a paragraph does.
std::string more_text(const std::string& more) {
  if (more.empty()) return "";
  std::string text = "\n";
  bool is_apart = true;
  bool in_block = false;
  std::istringstream lines(more);
  for (std::string line; std::getline(lines, line);) {
    if (line == "Examples:") continue;
    const bool is_code = line.starts_with("  ");
    if ((line.empty() || is_code != in_block) && !is_apart) text += '\n';
    is_apart = line.empty();
    in_block = is_code;
    if (!line.empty()) text += (is_code ? "  " : "") + line + '\n';
  }
  return text;
}

std::string name_of(const Entry& flag) { return flag.name.substr(0, flag.name.find(' ')); }

// Whether it stands where all flags are listed that several commands take.
bool is_shared(const Entry& flag) {
  static const Page shared = shared_flags();
  return std::ranges::any_of(shared.flags, [&](const Section& section) {
    return std::ranges::find(section.entries, name_of(flag), name_of) != section.entries.end();
  });
}

// Those of `section` that are, or are not, explained elsewhere.
std::vector<Entry> entries_of(const Section& section, bool shared) {
  std::vector<Entry> entries;
  for (const Entry& entry : section.entries) {
    const bool is_own = section.heading == kFlagsHeading || !is_shared(entry);
    if (is_own != shared) entries.push_back(entry);
  }
  return entries;
}

// The names of flags that other commands take too; their meaning stands where all of them are listed.
std::string names_of(const std::vector<Entry>& entries) {
  std::string text;
  for (const Entry& entry : entries) text += (text.empty() ? "" : ", ") + code(name_of(entry));
  return text;
}

}  // namespace

std::string markdown_tables(const Page& page) {
  std::string text;
  for (const Section& section : page.flags)
    text += "\n### " + section.heading + "\n" + table("flag", section.entries);
  return text;
}

std::string markdown_section(const Page& page) {
  std::string text = "\n## " + page.name.substr(page.name.find(' ') + 1) + "\n\n" + sentence(page.what) +
                     "\n\n    " + page.usage + "\n";
  text += table("argument", page.arguments);
  std::vector<Entry> own;
  std::string shared;
  for (const Section& section : page.flags) {
    std::ranges::move(entries_of(section, false), std::back_inserter(own));
    const std::vector<Entry> others = entries_of(section, true);
    if (others.empty()) continue;
    const bool is_cluster = section.heading == kClusterHeading;
    shared += (shared.empty() ? "" : "; ") +
              (is_cluster ? std::string("those of the [cluster](#cluster)") : names_of(others));
  }
  text += table("flag", own);
  if (!shared.empty())
    text += util::filled("\nTakes also, of the [shared flags](#flags-that-several-commands-take): {flags}.\n",
                         {{"flags", shared}});
  return text + more_text(page.more);
}

std::string markdown_page(const CLI::App& program) {
  std::string text = "| command | what it does |\n|---|---|\n";
  for (const Section& section : page_of(program).commands) {
    for (const Entry& entry : section.entries)
      text += "| [`" + entry.name + "`](#" + entry.name + ") | " + entry.help + " |\n";
  }
  text += "\n## Flags that several commands take\n" + markdown_tables(shared_flags());
  for (const CLI::App* command : commands_below(program)) text += markdown_section(page_of(*command));
  return text;
}

}  // namespace kots_export::cli
