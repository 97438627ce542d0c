#include <kots_export/migration/values_files.h>
#include <kots_export/util/files.h>
#include <kots_export/util/sha256.h>
#include <kots_export/values/values_file.h>
#include <kots_export/values/yaml.h>

#include "migration/values_record.h"

#include <algorithm>

namespace kots_export::migration {

namespace {

using Action = ValuesPlace::Action;

// Without a record every file counts as edited, so one that cannot be read is as good as none.
std::vector<std::string> written_before(const Paths& paths) {
  try {
    const auto record = read_values_record(paths);
    return record ? record->written : std::vector<std::string>();
  } catch (const Interrupted&) {
    throw;
  } catch (const Error&) {
    return {};
  }
}

bool holds(const std::vector<std::string>& sums, const std::string& sum) {
  return std::ranges::find(sums, sum) != sums.end();
}

void write_one(Context& context, const std::filesystem::path& file, std::string_view role,
               const Secret<std::string>& yaml) {
  if (const auto copy = util::write_private_file(file, yaml.reveal(), util::Existing::keep_copy))
    context.observer.note("values.copy-kept", {{"file", file.string()}, {"copy", copy->string()}});
  context.observer.file_written(role, file.string());
}

// Written before the values are: a run that is killed in between leaves no file that counts as edited.
void record_values(const Context& context, const ValuesPlan& values, const Paths& paths, Action action) {
  const std::string sum = util::sha256(values.v4.reveal());
  std::vector<std::string> written = written_before(paths);
  if (action != Action::beside) {
    // Of the earlier contents the one counts that stands there.
    const auto standing = util::read_file_if_exists(paths.values());
    const std::string standing_sum = standing ? util::sha256(*standing) : std::string();
    std::erase_if(written, [&](const std::string& earlier) { return earlier != standing_sum; });
  }
  if (!holds(written, sum)) written.push_back(sum);
  write_values_record(paths, {.written = std::move(written),
                              .ns = context.ns.name,
                              .namespace_uid = context.namespace_uid.value_or(""),
                              .release = context.release,
                              .corrections = values.corrections});
}

// The new file of an earlier run that has become the values file is of no use any more.
void remove_new_file_if_taken(const Paths& paths, const Secret<std::string>& v4) {
  if (util::is_stream(paths.values_new())) return;
  if (util::read_file_if_exists(paths.values_new()) != v4.reveal()) return;
  std::error_code ignored;
  std::filesystem::remove(paths.values_new(), ignored);
}

std::string names_of(const std::vector<Correction>& corrections) {
  std::string text;
  for (const Correction& correction : corrections) text += (text.empty() ? "" : ", ") + correction.path;
  return text;
}

}  // namespace

Correction read_correction(const std::string& file) {
  Correction correction{.path = file == "-" ? "standard input" : file,
                        .yaml = Secret<std::string>(util::read_file(file))};
  values::require_map_in(values::parse_yaml(correction.yaml.reveal(), correction.path), correction.path);
  return correction;
}

std::vector<Correction> kept_corrections(Context& context, const Paths& paths) {
  auto record = read_values_record(paths);
  if (!record || record->corrections.empty()) return {};
  const std::string uid = context.namespace_uid.value_or("");
  const bool same_namespace = record->ns == context.ns.name &&
                              (record->namespace_uid.empty() || uid.empty() || record->namespace_uid == uid);
  if (same_namespace && record->release == context.release) return std::move(record->corrections);
  context.observer.note(
      "values.corrections-of-another",
      {{"files", names_of(record->corrections)}, {"namespace", record->ns}, {"release", record->release}});
  return {};
}

ValuesPlace place_values(const Paths& paths, const Secret<std::string>& v4, OverwriteValues overwrite) {
  const std::filesystem::path file = paths.values();
  const auto standing = util::is_stream(file) ? std::nullopt : util::read_file_if_exists(file);
  if (!standing) return {.action = Action::create, .file = file};
  if (*standing == v4.reveal()) return {.action = Action::leave, .file = file};
  if (holds(written_before(paths), util::sha256(*standing))) return {.action = Action::replace, .file = file};
  if (overwrite == OverwriteValues::yes) return {.action = Action::overwrite, .file = file};
  return {.action = Action::beside, .file = paths.values_new(), .edited = Secret<std::string>(*standing)};
}

std::optional<ValuesFile> find_values_file(const Paths& paths) {
  const std::filesystem::path path = paths.values();
  const auto standing = util::is_stream(path) ? std::nullopt : util::read_file_if_exists(path);
  if (!standing) return std::nullopt;
  return ValuesFile{.path = path,
                    .written = std::chrono::file_clock::to_sys(std::filesystem::last_write_time(path)),
                    .by = holds(written_before(paths), util::sha256(*standing)) ? ValuesFile::By::run
                                                                                : ValuesFile::By::person};
}

void tell_place(change::Observer& observer, const ValuesPlan& values, const Paths& paths) {
  const std::string corrections = names_of(values.corrections);
  const bool are_kept = values.corrections_from == ValuesPlan::From::earlier_run;
  if (are_kept && !corrections.empty()) observer.note("values.corrections-kept", {{"files", corrections}});
  if (values.place.action != Action::beside) return;
  const std::string file = paths.values().string();
  observer.note("values.edited", {{"file", file}, {"new", values.place.file.string()}});
  if (!are_kept && !corrections.empty())
    observer.warn("values.edited-not-corrected", {{"files", corrections}, {"file", file}});
}

void write_values(Context& context, const ValuesPlan& values, const Paths& paths, OverwriteValues overwrite) {
  const ValuesPlace place = place_values(paths, values.v4, overwrite);
  write_one(context, paths.values_v3(), "values-3.x", values.v3);
  record_values(context, values, paths, place.action);
  write_one(context, place.file, place.action == Action::beside ? "values-new" : "values", values.v4);
  if (place.action != Action::beside) remove_new_file_if_taken(paths, values.v4);
}

}  // namespace kots_export::migration
