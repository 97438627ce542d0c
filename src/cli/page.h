#pragma once

#include <string>
#include <vector>

#include <CLI/CLI.hpp>

// What there is to know of a command, read from how it was declared. --help, the man pages and
// docs/commands.md are three writers of the same page, so that none of them lacks a flag.
namespace kots_export::cli {

// A flag, an argument or a subcommand.
struct Entry {
  std::string letter;  // "-n", mostly empty; of a flag
  std::string name;    // "--namespace NAMESPACE", "FILE", "plan"
  std::string help;
};

// What stands under one heading.
struct Section {
  std::string heading;
  std::vector<Entry> entries;
};

// The heading of a command's own flags.
inline constexpr const char* kFlagsHeading = "Flags";

struct Page {
  std::string name;   // "kots-export plan show"
  std::string usage;  // "kots-export plan show FILE [flags]"
  std::string what;   // its first line, and perhaps more
  std::vector<Section> commands;
  std::vector<Entry> arguments;
  std::vector<Section> flags;  // its own first
  std::string more;            // paragraphs and indented blocks; "Examples:" is the heading of one
};

// "Show every change." for "show every change", which stands in lists.
[[nodiscard]] std::string sentence(std::string text);

[[nodiscard]] Page page_of(const CLI::App& command);

// The commands that people see, below `command` and `command` itself, in their order.
[[nodiscard]] std::vector<const CLI::App*> commands_below(const CLI::App& command);

// For --help: no line is longer than 80 columns. The flags of the cluster are many, and kubectl's: of them it
// only says where they are listed.
[[nodiscard]] std::string help_text(const Page& page);
// What `kots-export options` prints: all the flags of a page, those of the cluster too.
[[nodiscard]] std::string flags_text(const Page& page);

// A manual page of section 1, in man(7)'s macros.
[[nodiscard]] std::string man_page(const Page& page, const std::string& version);

// The flags that several commands take: a page of no command.
[[nodiscard]] Page shared_flags();

// The flags of a page as tables of docs/commands.md, under a heading each.
[[nodiscard]] std::string markdown_tables(const Page& page);
// A section of docs/commands.md: of flags that other commands take too it has the names alone.
[[nodiscard]] std::string markdown_section(const Page& page);
// All of docs/commands.md but its introduction: the commands, the shared flags, and a section each.
[[nodiscard]] std::string markdown_page(const CLI::App& program);

}  // namespace kots_export::cli
