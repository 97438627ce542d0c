#pragma once

#include <kots_export/change/journal.h>
#include <kots_export/change/observer.h>
#include <kots_export/util/error.h>

#include <chrono>
#include <filesystem>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

// Reads what change/journal.h wrote: the runs below backup/, and what each did.
namespace kots_export::change {

struct JournalEntry {
  std::size_t id = 0;
  Change change;
  // Unknown also where the run ended before the journal could say more: whether the Change was carried out
  // has to be read from the cluster.
  ChangeOutcome outcome{.status = ChangeOutcome::Status::unknown, .error = {}, .object = {}};
};

// One run, from its journal.
struct RunRecord {
  RunHeader header;
  std::vector<JournalEntry> entries;  // in the order in which they were sent
  std::optional<RunEnd> end;          // nothing: it is under way, or was killed
  std::string ended;                  // RFC 3339, UTC; empty where it is not known
  std::size_t left = 0;               // Changes that it knew of when it stopped, and had not begun
  // Until then nobody answered a request of the run that an API server may still be at work on; nothing where
  // each was answered.
  std::optional<std::chrono::system_clock::time_point> unanswered_until;
  std::filesystem::path path;
};

// Reads one journal. A last line that was cut in the middle is left out: its Change was never sent, its
// outcome is unknown. Throws Error where the file cannot be read, its first line is none of a run (one that
// was killed before it was written has sent nothing), a line before the last is broken, or the format is
// newer than ours.
[[nodiscard]] RunRecord read_journal(const std::filesystem::path& file);

// A journal that read_journal cannot read.
struct BrokenJournal {
  std::string run;  // the name of its folder
  std::filesystem::path path;
  Error error;
};

struct Runs {
  std::vector<RunRecord> runs;
  std::vector<BrokenJournal> broken;  // they stop nobody from reading the others
};

// Reads every run of `backup_folder`, both kinds in the order of their names; none where the folder is
// missing. What the runs did is outlined: of their Changes only manifests of creates stand in it, for
// was_created(); read_journal() gives one run with all. Throws Error where the folder cannot be read.
[[nodiscard]] Runs read_runs(const std::filesystem::path& backup_folder);

// Warns of each of them (id "journal.unreadable").
void tell_broken(Observer& observer, std::span<const BrokenJournal> broken);

// A run is rolled back where a complete run says that it rolls it back and is not rolled back itself. No
// clock is asked which was first: a run can name only one that was there before it. A run without an end is
// running where its process is known to be there, else it was interrupted.
enum class RunState { complete, failed, interrupted, running, rolled_back };
[[nodiscard]] RunState state_of(const RunRecord& run, std::span<const RunRecord> runs);
[[nodiscard]] std::string_view to_string(RunState state);  // "complete", "rolled back"

// True where the entry's Change was done, or may have been.
[[nodiscard]] bool may_have_happened(const JournalEntry& entry);

// Whether something of the run is still there to be put back: what it made and took away again, as a database
// migration does with its Job, is not; nor is what another of `runs` took away.
[[nodiscard]] bool has_something_to_undo(const RunRecord& run, std::span<const RunRecord> runs);

// True where a run created `live`: by the UID that the server gave it, or,
// where that outcome was lost, by `live` holding everything of the manifest that was sent. (Nothing is
// written onto an object to mark it as ours: what a rollback restores is to be as it was, and regcred as
// kubectl makes it. An object that agrees with our manifest in every field, under the name that was free when
// we planned, is ours or cannot be told from it.)
[[nodiscard]] bool was_created(std::span<const RunRecord> runs, const kube::ObjectRef& object,
                               const nlohmann::json& live);

}  // namespace kots_export::change
