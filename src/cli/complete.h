#pragma once

#include "cli/flags.h"

#include <functional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

// What a shell offers for the word under the cursor. The protocol is that of cobra's programs (kubectl,
// helm), which kubectl 1.26 and later asks of its plugins too: a candidate a line, a tab before what it
// means, and at the end a line ":DIRECTIVE".
namespace kots_export::cli {

// What the shell does beside offering the candidates (cobra's ShellCompDirective).
enum class Directive : int { files = 0, no_files = 4, folders = 16 };

struct Candidate {
  std::string word;
  std::string help;
};

struct Completion {
  std::vector<Candidate> candidates;
  Directive directive = Directive::no_files;
};

// What is to be completed, where its candidates are not words that are known beforehand.
enum class Live { contexts, clusters, users, namespaces, releases, runs, checks };

// Finds live values; `before` are the words that stand before, with the flags that say which cluster.
using LiveValues = std::function<std::vector<Candidate>(Live, const std::vector<std::string>& before)>;

// The hidden command that the scripts of `kots-export completion` call.
inline constexpr const char* kCompleteCommand = "__complete";

// Completes the last of `words`, which stand behind the program's name; it may be empty.
[[nodiscard]] Completion complete(const CLI::App& app, const std::vector<std::string>& words,
                                  const LiveValues& live);

// Runs `kots-export __complete WORDS...`: prints the completion. Whatever fails, nothing is offered: a shell
// has no place for an error. Returns the exit code.
int print_completion(const std::vector<std::string>& words);

}  // namespace kots_export::cli
