#pragma once

#include <kots_export/change/change.h>
#include <kots_export/change/observer.h>
#include <kots_export/util/files.h>

#include <filesystem>
#include <span>
#include <string>

// The record of a run: backup/<run>/journal.jsonl, one JSON object a line, private to its owner (it holds
// before-images of Secrets). Lines: {"event":"run",...} first, {"event":"change","id":N,...} before a request
// is sent,
// {"event":"outcome","id":N,...} after its reply.
namespace kots_export::change {

class Journal {
 public:
  // Creates `backup_folder`/`run` (0700) and its journal file (0600). `run` is unique, sorts by time, and is
  // a file name. `header` is written into the first line (namespace, release, server, version). Throws Error.
  Journal(const std::filesystem::path& backup_folder, const std::string& run, const nlohmann::json& header);

  // Appends `changes` with ids first_id, first_id+1, ... and forces them to the disk: they may be sent once
  // this returns. Throws Error; then none of them may be sent.
  void record(std::span<const Change* const> changes, std::size_t first_id);
  // Appends an outcome. Not forced: a lost outcome is read back from the cluster.
  void record_outcome(std::size_t id, const ChangeOutcome& outcome);

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return file_.path(); }

 private:
  util::AppendFile file_;
};

// A Change as the journal writes it.
[[nodiscard]] nlohmann::json to_json(const Change& change);

}  // namespace kots_export::change
