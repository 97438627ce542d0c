#pragma once

#include "cli/flags.h"

#include <algorithm>
#include <string>
#include <vector>

namespace kots_export::cli {

// What the flags of a command line are parsed to.
inline Flags parsed(std::vector<std::string> arguments) {
  CLI::App app;
  Flags flags;
  add_flags(app, flags);
  std::ranges::reverse(arguments);  // CLI11 takes a vector from its end
  app.parse(arguments);
  return flags;
}

}  // namespace kots_export::cli
