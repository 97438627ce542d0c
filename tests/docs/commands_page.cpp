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
  const kots_export::cli::Program program;
  std::cout << kIntroduction << '\n' << kots_export::cli::markdown_page(program.app);
}
