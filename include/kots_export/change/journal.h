#pragma once

#include <kots_export/change/change.h>
#include <kots_export/change/observer.h>
#include <kots_export/util/files.h>

#include <filesystem>
#include <span>
#include <string>

// The record of a run: backup/<run>/journal.jsonl, one JSON object a line, private to its owner (it holds
// before-images of Secrets). docs/recovery.md describes the format for people; change/journal_reader.h reads
// it.
//   {"event":"run","format":2,...}    first: where and when
//   {"event":"change","id":N,...}     before a request is sent, forced to the disk
//   {"event":"outcome","id":N,...}    after its reply
//   {"event":"end","result":"...",...} when and how it ended: complete, failed, interrupted
namespace kots_export::change {

// The version of the format. A reader refuses a newer one.
inline constexpr int kJournalFormat = 3;

// Where a run worked. What could not be read is empty.
struct RunHeader {
  std::string run;            // its name: sorts by time, is a file name
  std::string started;        // RFC 3339, UTC
  std::string version;        // of kots-export
  std::string server;         // address of the API server
  std::string context;        // of the kubeconfig
  std::string ns;             // namespace
  std::string namespace_uid;  // tells this namespace of this cluster from every other
  std::string release;        // Helm release
  std::string rolls_back;     // the run that this one undoes; empty for all others
  std::string user;           // who ran it: user of the cluster, user and host of the machine
  std::string process;        // util::process_identity() of who wrote it
};

// complete: the run did all it was to do. failed: an error ended it. interrupted: Ctrl-C or a signal did.
enum class RunEnd { complete, failed, interrupted };

class Journal {
 public:
  // Creates `backup_folder`/`header.run` (0700) and its journal file (0600) with the header line, all of it
  // on the disk, names included, when this returns. Throws Error, also where `backup_folder` is another
  // user's or others may write to it.
  Journal(const std::filesystem::path& backup_folder, const RunHeader& header,
          const util::Fsync& sync = ::fsync);

  // Appends `changes` with ids first_id, first_id+1, ... and forces them to the disk: they may be sent once
  // this returns. Throws Error; then none of them may be sent, and none of them stands in the file. After a
  // failed fsync the journal is broken: whatever is recorded later throws too, for nobody knows what the disk
  // holds.
  void record(std::span<const Change* const> changes, std::size_t first_id);
  // Appends an outcome. Not forced: a Change without one is unknown, and read back from the cluster.
  void record_outcome(std::size_t id, const ChangeOutcome& outcome);
  // Appends how the run ended and how many of its Changes were not begun, and forces all to the disk.
  void record_end(RunEnd end, std::size_t left = 0);

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return file_.path(); }

 private:
  util::AppendFile file_;
};

}  // namespace kots_export::change
