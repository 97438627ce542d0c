#pragma once

#include <kots_export/change/observer.h>
#include <kots_export/migration/message.h>
#include <kots_export/ui/colour.h>
#include <kots_export/ui/document.h>
#include <kots_export/ui/json_view.h>
#include <kots_export/ui/messages.h>
#include <kots_export/ui/next_steps.h>
#include <kots_export/ui/plan_header.h>
#include <kots_export/ui/terminal.h>
#include <kots_export/util/error.h>
#include <kots_export/util/files.h>
#include <kots_export/util/text.h>

#include "cli/options.h"

#include <iostream>
#include <string>
#include <utility>

#include <nlohmann/json.hpp>

namespace kots_export::cli {

// Whether that stream takes colour.
inline ui::Colour colour_of(ui::Stream stream) {
  return ui::wants_colour(stream) ? ui::Colour::yes : ui::Colour::no;
}

inline bool is_markdown(const OutputOptions& output) {
  return output.format == OutputOptions::Format::markdown;
}

// What the commands that ask no cluster know of the next steps, for the installation that the options name.
[[nodiscard]] migration::MessageOptions message_options(const Options& options,
                                                        const std::filesystem::path& values_file);

// The next steps on standard output, or in the document.
inline void show(const OutputOptions& output, const migration::NextSteps& steps) {
  if (output.document != nullptr) return output.document->next_steps(steps);
  const ui::Document document = ui::document_of(steps);
  if (is_markdown(output)) return ui::write_markdown(std::cout, document);
  ui::write_text(std::cout, document, colour_of(ui::Stream::out));
}

// What the work, or a plan in a file, is for: "target" of the document.
inline nlohmann::json target_json(const ui::PlanHeader& header) {
  return {{"server", header.server},
          {"context", header.context},
          {"user", header.user},
          {"namespace", header.ns},
          {"release", header.release}};
}

// "-" for what is another name of standard output, or input: such a file cannot be opened where it is a
// socket, and is not to be begun anew.
inline std::string output_name(std::string file) {
  return file == "/dev/stdout" || file == "/dev/fd/1" || file == "/proc/self/fd/1" ? "-" : std::move(file);
}
inline std::string input_name(std::string file) {
  return file == "/dev/stdin" || file == "/dev/fd/0" || file == "/proc/self/fd/0" ? "-" : std::move(file);
}

// Throws UsageError where a command's result and the document of -o would both go to standard output.
inline void require_free_stdout(const OutputOptions& output, const std::string& file) {
  if (file == "-" && output.document != nullptr)
    throw UsageError(
        util::filled("-o {format} and - both want standard output", {{"format", to_string(output.format)}}),
        {}, "Name a file instead of -, or leave -o out.");
}

// Writes what a command makes (a values file, a report; 0600, an older one is kept beside it), or to standard
// output where `file` is "-". In a dry run it only tells that it would write a file.
inline void write_result(const Options& options, const std::string& file, std::string_view role,
                         const std::string& text, change::Observer& observer) {
  if (file == "-") {
    if (!(std::cout << text << std::flush)) throw Error("cannot write to standard output");
    return;
  }
  if (options.change.is_dry_run()) return observer.note("values.would-be-written", {{"file", file}});
  const std::filesystem::path path(file);
  util::create_private_folder(path.parent_path());
  if (const auto copy = util::write_private_file(path, text, util::Existing::keep_copy)) {
    observer.note("values.copy-kept", {{"file", file}, {"copy", copy->string()}});
  }
  observer.file_written(role, file);
}

}  // namespace kots_export::cli
