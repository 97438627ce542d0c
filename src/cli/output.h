#pragma once

#include <kots_export/change/observer.h>
#include <kots_export/util/error.h>
#include <kots_export/util/files.h>

#include <iostream>
#include <string>

namespace kots_export::cli {

// Writes a values file (0600, an older one is kept beside it), or to standard output where `file` is "-".
inline void write_values(const std::string& file, std::string_view role, const std::string& yaml,
                         change::Observer& observer) {
  if (file == "-") {
    if (!(std::cout << yaml << std::flush)) throw Error("cannot write to standard output");
    return;
  }
  const std::filesystem::path path(file);
  util::create_private_folder(path.parent_path());
  if (const auto copy = util::write_private_file(path, yaml, util::Existing::keep_copy)) {
    observer.note("values.copy-kept", {{"file", file}, {"copy", copy->string()}});
  }
  observer.file_written(role, file);
}

}  // namespace kots_export::cli
