#include <kots_export/change/change_json.h>
#include <kots_export/change/holds.h>
#include <kots_export/change/journal_reader.h>
#include <kots_export/util/files.h>
#include <kots_export/util/json.h>
#include <kots_export/util/process.h>
#include <kots_export/util/text.h>
#include <kots_export/util/time.h>

#include "change/words.h"

#include <algorithm>
#include <map>
#include <set>

namespace kots_export::change {

using nlohmann::json;
using util::text_at;

namespace {

RunHeader header_of(const json& line) {
  return {.run = text_at(line, {"run"}),
          .started = text_at(line, {"started"}),
          .version = text_at(line, {"version"}),
          .server = text_at(line, {"server"}),
          .context = text_at(line, {"context"}),
          .ns = text_at(line, {"namespace"}),
          .namespace_uid = text_at(line, {"namespaceUid"}),
          .release = text_at(line, {"release"}),
          .rolls_back = text_at(line, {"rollsBack"}),
          .user = text_at(line, {"user"}),
          .process = text_at(line, {"process"})};
}

JournalEntry entry_of(const json& line) {
  return {.id = member(line, "id", json::value_t::number_integer, "change").get<std::size_t>(),
          .change = change_from_json(line, "change")};
}

// Not a broken line: the whole journal is of another version.
class NewerFormat : public Error {
 public:
  using Error::Error;
};

// What is kept of the Changes of a journal.
enum class Content { whole, outline };

void reduce_to_outline(Change& change) {
  change.before = nullptr;
  if (change.verb != Verb::create) change.after = nullptr;
}

// Puts the lines of one journal together.
class Reader {
 public:
  Reader(RunRecord& run, Content content) : run_(run), content_(content) {}

  void read(const json& line) {
    const std::string event = text_at(line, {"event"});
    if (event.empty()) throw Error("it has no event");
    if (event != "run" && !has_header_) throw Error("the run's first line is missing");
    if (event == "run") {
      has_header_ = true;
      run_.header = header_of(line);
      return require_known_format(line);
    }
    if (event == "change") {
      run_.entries.push_back(entry_of(line));
      if (content_ == Content::outline) reduce_to_outline(run_.entries.back().change);
      place_[run_.entries.back().id] = run_.entries.size() - 1;
      without_outcome_.insert(run_.entries.size() - 1);
    } else if (event == "outcome") {
      read_outcome(line);
    } else if (event == "end") {
      // Until format 3 only runs that were complete had an end.
      run_.ended = text_at(line, {"at"});
      if (const auto left = line.find("left"); left != line.end() && left->is_number_unsigned())
        run_.left = left->get<std::size_t>();
      run_.end = value_of(kRunEnds, text_at(line, {"result"})).value_or(RunEnd::complete);
    }
  }

  [[nodiscard]] bool has_header() const { return has_header_; }

  // A run that was killed: its last requests are no older than what it wrote last.
  void end(std::chrono::system_clock::time_point last_written) {
    if (without_outcome_.empty()) return;
    run_.unanswered_until = std::max(run_.unanswered_until.value_or(last_written), last_written);
  }

 private:
  void require_known_format(const json& line) const {
    const auto format = member(line, "format", json::value_t::number_integer, "run").get<int>();
    if (format <= kJournalFormat) return;
    throw NewerFormat(
        util::filled("cannot read {file}", {{"file", run_.path}}),
        util::filled("its format {format} is newer than this kots-export knows", {{"format", format}}),
        "Use the version of kots-export that wrote it, or a later one.");
  }

  void read_outcome(const json& line) {
    const auto place =
        place_.find(member(line, "id", json::value_t::number_integer, "outcome").get<std::size_t>());
    if (place == place_.end()) return;
    JournalEntry& entry = run_.entries[place->second];
    const std::string word = text_at(line, {"status"});
    const auto status = value_of(kStatuses, word);
    if (!status) throw Error(util::filled("outcome.status is unknown: {word}", {{"word", word}}));
    entry.outcome = {.status = *status, .error = text_at(line, {"error"}), .object = entry.change.object};
    entry.outcome.object.uid = text_at(line, {"uid"});
    entry.outcome.object.resource_version = text_at(line, {"resourceVersion"});
    without_outcome_.erase(place->second);
    if (const auto at = util::parse_rfc3339(text_at(line, {"unansweredAt"}))) {
      entry.outcome.tries = ChangeOutcome::Tries::one_unanswered;
      run_.unanswered_until = std::max(run_.unanswered_until.value_or(*at), *at);
    }
  }

  RunRecord& run_;
  Content content_;
  bool has_header_ = false;
  std::map<std::size_t, std::size_t> place_;  // id to index
  std::set<std::size_t> without_outcome_;     // indexes
};

// What is wrong with one line of a journal; whether that matters is known with the next one.
struct Trouble {
  std::string what;
  enum class Kind { no_json, other } kind = Kind::other;
};

[[noreturn]] void fail(const RunRecord& run, const Trouble& trouble) {
  throw Error(util::filled("cannot read {file}", {{"file", run.path}}), trouble.what,
              "The journal was edited or the disk is damaged; each whole line can still be read by hand.");
}

// A FIFO to which nobody writes would keep whoever opens it.
void require_regular_file(const std::filesystem::path& path) {
  std::error_code failed;
  if (std::filesystem::is_regular_file(path, failed)) return;
  throw Error(util::filled("cannot read the journal {file}", {{"file", path}}),
              failed ? failed.message() : "it is no file");
}

RunRecord read(const std::filesystem::path& file, Content content) {
  require_regular_file(file);
  RunRecord run;
  run.path = file;
  run.header.run = file.parent_path().filename().string();
  Reader reader(run, content);
  std::optional<Trouble> trouble;
  std::size_t number = 0;
  std::string first_bytes;
  util::read_lines(file, [&](std::string_view line, util::LineEnd end) {
    if (trouble) fail(run, *trouble);
    if (++number == 1) first_bytes = line.substr(0, 64);
    if (end == util::LineEnd::missing) return;  // cut in the middle
    try {
      reader.read(json::parse(line));
    } catch (const NewerFormat&) {
      throw;
    } catch (const json::exception&) {
      trouble = {.what = util::filled("line {line} is broken", {{"line", number}}),
                 .kind = Trouble::Kind::no_json};
    } catch (const Error& error) {
      trouble = {.what = util::filled("line {line} cannot be understood: {why}",
                                      {{"line", number}, {"why", error.what()}})};
    }
  });
  // A file system that lost power can keep a last line's length and not its bytes.
  if (trouble && trouble->kind != Trouble::Kind::no_json) fail(run, *trouble);
  if (!reader.has_header()) {
    constexpr std::string_view kBeginning = R"({"event":"run")";
    const bool was_cut = std::filesystem::file_size(file) == 0 || first_bytes.starts_with(kBeginning);
    throw Error(util::filled("cannot read {file}", {{"file", run.path}}), "it has no whole first line",
                was_cut
                    ? "A run that was cut off before it sent anything leaves such a file; it can be deleted."
                    : "The disk is damaged, or it is no journal.");
  }
  reader.end(util::last_written(file));
  return run;
}

std::vector<std::filesystem::path> journals_in(const std::filesystem::path& backup_folder) {
  std::error_code failed;
  std::vector<std::filesystem::path> files;
  std::filesystem::directory_iterator entries(backup_folder, failed);
  if (failed == std::errc::no_such_file_or_directory) return files;
  for (; !failed && entries != std::filesystem::directory_iterator(); entries.increment(failed)) {
    auto file = entries->path() / "journal.jsonl";
    std::error_code ignored;
    const auto status = std::filesystem::status(file, ignored);
    if (status.type() != std::filesystem::file_type::not_found) files.push_back(std::move(file));
  }
  if (failed)
    throw Error(util::filled("cannot read the folder {folder}", {{"folder", backup_folder}}),
                failed.message());
  std::ranges::sort(files);
  return files;
}

// `depth` ends the search in journals that somebody edited so that they name each other.
bool is_undone(const std::string& run, std::span<const RunRecord> runs, std::size_t depth) {
  return depth > 0 && std::ranges::any_of(runs, [&](const RunRecord& other) {
           return other.header.rolls_back == run && other.end == RunEnd::complete &&
                  !is_undone(other.header.run, runs, depth - 1);
         });
}

}  // namespace

RunRecord read_journal(const std::filesystem::path& file) { return read(file, Content::whole); }

Runs read_runs(const std::filesystem::path& backup_folder) {
  Runs all;
  for (const auto& file : journals_in(backup_folder)) {
    try {
      all.runs.push_back(read(file, Content::outline));
    } catch (const Error& error) {
      all.broken.push_back({.run = file.parent_path().filename().string(), .path = file, .error = error});
    }
  }
  return all;
}

void tell_broken(Observer& observer, std::span<const BrokenJournal> broken) {
  for (const BrokenJournal& journal : broken)
    observer.warn("journal.unreadable",
                  {{"run", journal.run}, {"why", util::printable(journal.error.why())}});
}

RunState state_of(const RunRecord& run, std::span<const RunRecord> runs) {
  if (is_undone(run.header.run, runs, runs.size())) return RunState::rolled_back;
  if (!run.end) return util::is_running(run.header.process) ? RunState::running : RunState::interrupted;
  switch (*run.end) {
    case RunEnd::complete:
      return RunState::complete;
    case RunEnd::failed:
      return RunState::failed;
    case RunEnd::interrupted:
      break;
  }
  return RunState::interrupted;
}

std::string_view to_string(RunState state) {
  switch (state) {
    case RunState::complete:
      return "complete";
    case RunState::failed:
      return "failed";
    case RunState::interrupted:
      return "interrupted";
    case RunState::running:
      return "running";
    case RunState::rolled_back:
      return "rolled back";
  }
  return "";
}

bool may_have_happened(const JournalEntry& entry) {
  using Status = ChangeOutcome::Status;
  return entry.outcome.status == Status::done || entry.outcome.status == Status::unknown;
}

bool has_something_to_undo(const RunRecord& run, std::span<const RunRecord> runs) {
  using Status = ChangeOutcome::Status;
  std::set<std::string> deleted;
  for (const RunRecord& other : runs) {
    for (const JournalEntry& entry : other.entries) {
      if (entry.change.verb == Verb::remove && entry.outcome.status == Status::done)
        deleted.insert(entry.change.object.uid);
    }
  }
  std::set<kube::ObjectKey> made;
  std::set<kube::ObjectKey> gone;
  for (const JournalEntry& entry : run.entries) {
    const Status status = entry.outcome.status;
    if (entry.change.verb == Verb::create && may_have_happened(entry))
      made.insert(kube::key_of(entry.change.object));
    if (entry.change.verb == Verb::remove && (status == Status::done || status == Status::gone))
      gone.insert(kube::key_of(entry.change.object));
  }
  return std::ranges::any_of(run.entries, [&](const JournalEntry& entry) {
    const kube::ObjectKey key = kube::key_of(entry.change.object);
    if (entry.change.undo == Undo::delete_only &&
        (entry.change.verb != Verb::create || deleted.contains(entry.outcome.object.uid)))
      return false;
    return may_have_happened(entry) && !(made.contains(key) && gone.contains(key));
  });
}

bool was_created(std::span<const RunRecord> runs, const kube::ObjectRef& object, const json& live) {
  const std::string uid = text_at(live, {"metadata", "uid"});
  const auto made_it = [&](const JournalEntry& entry) {
    if (entry.change.verb != Verb::create || kube::key_of(entry.change.object) != kube::key_of(object))
      return false;
    if (entry.outcome.status == ChangeOutcome::Status::unknown) return holds(live, entry.change.after);
    return entry.outcome.status == ChangeOutcome::Status::done && entry.outcome.object.uid == uid;
  };
  return std::ranges::any_of(runs,
                             [&](const RunRecord& run) { return std::ranges::any_of(run.entries, made_it); });
}

}  // namespace kots_export::change
