#include <kots_export/util/text.h>

#include "cli/flags.h"
#include "cli/page.h"

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

// Indented lines become a block of code, which begins after an empty line.
std::string more_text(const std::string& more) {
  std::string text;
  bool in_block = false;
  std::istringstream lines(more);
  for (std::string line; std::getline(lines, line);) {
    const bool is_code = line.starts_with("  ");
    if (is_code != in_block) text += '\n';
    in_block = is_code;
    if (line != "Examples:") text += (is_code ? "  " : "") + line + '\n';
  }
  return text;
}

// The names of flags that other commands take too; their meaning stands where all of them are listed.
std::string names_of(const Section& section) {
  std::string text;
  for (const Entry& entry : section.entries)
    text += (text.empty() ? "" : ", ") + code(entry.name.substr(0, entry.name.find(' ')));
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
  for (const Section& section : page.flags) {
    if (section.heading == kFlagsHeading) text += table("flag", section.entries);
  }
  std::string shared;
  for (const Section& section : page.flags) {
    if (section.heading == kFlagsHeading) continue;
    const bool is_cluster = section.heading == kClusterHeading;
    shared += (shared.empty() ? "" : "; ") +
              (is_cluster ? std::string("those of the [cluster](#cluster)") : names_of(section));
  }
  if (!shared.empty())
    text += util::filled("\nTakes also, of the [shared flags](#flags-that-several-commands-take): {flags}.\n",
                         {{"flags", shared}});
  return text + more_text(page.more);
}

}  // namespace kots_export::cli
