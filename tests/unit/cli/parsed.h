#pragma once

#include "cli/flags.h"

#include <algorithm>
#include <string>
#include <vector>

namespace kots_export::cli {

// What the flags of a command line are parsed to, by a command that takes them all.
inline Flags parsed(std::vector<std::string> arguments) {
  CLI::App app;
  Flags flags;
  take_flags(app, flags, kShared | FlagSet::script, Letters::script);
  std::ranges::reverse(arguments);  // CLI11 takes a vector from its end
  app.parse(arguments);
  return flags;
}

}  // namespace kots_export::cli
