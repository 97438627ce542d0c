// Prints docs/commands.md.
#include "cli/page.h"
#include "cli/program.h"

#include <iostream>

namespace {

constexpr std::string_view kIntroduction = R"(# Commands

This page is made from the program (`tests/docs/commands_page.cpp`), as `--help` and the manual pages are.
[usage.md](usage.md) tells more of what the commands do: questions, exit codes, values files, dry runs, saved plans.

`kots-export help COMMAND`, or `--help` behind any command, shows its flags and examples; `kots-export options` those that
several commands take. Flags stand before or after the command. A command refuses a flag that it does not use. `DURATION` is `30s`, `10m`,
`1h30m`; a bare number is seconds. The script's letters `-a`, `-l`, `-r`, `-d` and `-f` work where the script had them:
without a command, and with its steps.
)";

}  // namespace

int main() {
  using namespace kots_export::cli;
  const Program program;
  std::cout << kIntroduction << "\n| command | what it does |\n|---|---|\n";
  for (const Section& section : page_of(program.app).commands) {
    for (const Entry& entry : section.entries)
      std::cout << "| [`" << entry.name << "`](#" << entry.name << ") | " << entry.help << " |\n";
  }
  std::cout << "\n## Flags that several commands take\n" << markdown_tables(shared_flags());
  for (const CLI::App* command : commands_below(program.app)) {
    if (command != &program.app) std::cout << markdown_section(page_of(*command));
  }
}
