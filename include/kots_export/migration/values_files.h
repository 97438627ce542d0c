#pragma once

#include <kots_export/change/observer.h>
#include <kots_export/migration/context.h>
#include <kots_export/migration/paths.h>
#include <kots_export/util/secret.h>

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

// The values files of a folder: what runs write there, what people edit there, and the files of --values.
namespace kots_export::migration {

// A file of --values: it corrects the 4.x values. Its content goes with it, since the file may be gone when
// it is wanted again.
struct Correction {
  std::string path;  // as it was named
  Secret<std::string> yaml;
};

// Reads a file of --values ("-": standard input). Throws Error where that cannot be done, or it is no map.
[[nodiscard]] Correction read_correction(const std::string& file);

enum class OverwriteValues { no, yes };  // --overwrite-values

// Which file the 4.x values are written to.
struct ValuesPlace {
  enum class Action {
    create,     // there is no file yet
    leave,      // the file is as it would be written
    replace,    // the file is as a run wrote it; it is kept as a copy
    overwrite,  // the same with an edited one, as it was told
    beside,     // the file was edited, and stays; the values go to a new one
  };
  Action action = Action::create;
  std::filesystem::path file = {};
  Secret<std::string> edited = {};  // `beside`: what stands in the file that stays
};

// The values that a run writes.
struct ValuesPlan {
  Secret<std::string> v3;
  Secret<std::string> v4;                    // with the MongoDB password that was made for it
  std::vector<Correction> corrections = {};  // merged into v4, in their order
  enum class From { flags, earlier_run } corrections_from = From::flags;
  ValuesPlace place = {};

  // The values that the upgrade will use.
  [[nodiscard]] const Secret<std::string>& in_use() const {
    return place.action == ValuesPlace::Action::beside ? place.edited : v4;
  }
};

// The corrections of the last run of this folder, where it was for the context's installation; else none, and
// the observer is told of those of another. Throws Error where the record of them cannot be read.
[[nodiscard]] std::vector<Correction> kept_corrections(Context& context, const Paths& paths);

// Decides from what is in the folder. A file counts as edited where its content is none that a run wrote
// there; so does one of which nothing is recorded. Reads only.
[[nodiscard]] ValuesPlace place_values(const Paths& paths, const Secret<std::string>& v4,
                                       OverwriteValues overwrite);

// The values file of a folder, as it stands there.
struct ValuesFile {
  std::filesystem::path path;
  std::chrono::system_clock::time_point written;
  enum class By { run, person } by = By::run;  // person: edited, as place_values counts it
};

// Nothing where there is none. Throws Error where it cannot be read.
[[nodiscard]] std::optional<ValuesFile> find_values_file(const Paths& paths);

// Tells what people have to know of `values` before they are written.
void tell_place(change::Observer& observer, const ValuesPlan& values, const Paths& paths);

// Writes both files, and the record of them. The place is decided anew: the file may have been edited since
// the plan was made. Throws Error.
void write_values(Context& context, const ValuesPlan& values, const Paths& paths, OverwriteValues overwrite);

}  // namespace kots_export::migration
