#pragma once

namespace kots_export::cli {

// The whole program: parses the command line, runs one command, prints what went wrong. Returns the exit code
// (util/error.h has their meanings). Throws nothing.
int run_app(int argc, char** argv);

}  // namespace kots_export::cli
