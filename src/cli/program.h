#pragma once

#include "cli/commands.h"
#include "cli/flags.h"

#include <memory>
#include <vector>

#include <CLI/CLI.hpp>

namespace kots_export::cli {

// All commands with all their flags: what the command line is parsed by, and what the help, the manual pages
// and the completion are read from.
struct Program {
  CLI::App app;
  Flags flags;
  std::vector<Declared> commands;

  Program();
  Program(const Program&) = delete;  // `app` refers to `flags`
  Program& operator=(const Program&) = delete;
};

}  // namespace kots_export::cli
