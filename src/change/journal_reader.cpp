#include <kots_export/change/journal_reader.h>
#include <kots_export/util/files.h>

#include <algorithm>
#include <map>

#include <nlohmann/json.hpp>

namespace kots_export::change {

using nlohmann::json;

namespace {

std::string text(const json& value, const char* key) {
  const auto found = value.find(key);
  return found != value.end() && found->is_string() ? found->get<std::string>() : std::string();
}

Verb verb_of(const std::string& word) {
  if (word == "create") return Verb::create;
  return word == "delete" ? Verb::remove : Verb::patch;
}

kube::Propagation propagation_of(const std::string& word) {
  if (word == "Orphan") return kube::Propagation::orphan;
  return word == "Foreground" ? kube::Propagation::foreground : kube::Propagation::background;
}

ChangeOutcome::Status status_of(const std::string& word) {
  if (word == "done") return ChangeOutcome::Status::done;
  return word == "gone" ? ChangeOutcome::Status::gone : ChangeOutcome::Status::refused;
}

kube::ObjectRef object_of(const json& value) {
  const std::string version = text(value, "apiVersion");
  const auto slash = version.find('/');
  kube::GroupVersionResource gvr{.group = slash == std::string::npos ? "" : version.substr(0, slash),
                                 .version = slash == std::string::npos ? version : version.substr(slash + 1),
                                 .resource = text(value, "resource")};
  return {.gvr = std::move(gvr),
          .kind = text(value, "kind"),
          .ns = text(value, "namespace"),
          .name = text(value, "name"),
          .uid = text(value, "uid"),
          .resource_version = text(value, "resourceVersion")};
}

RunHeader header_of(const json& line) {
  return {.run = text(line, "run"),
          .started = text(line, "started"),
          .version = text(line, "version"),
          .server = text(line, "server"),
          .context = text(line, "context"),
          .ns = text(line, "namespace"),
          .namespace_uid = text(line, "namespaceUid"),
          .release = text(line, "release"),
          .rolls_back = text(line, "rollsBack")};
}

JournalEntry entry_of(const json& line) {
  return {.id = line.at("id").get<std::size_t>(),
          .change = {.verb = verb_of(text(line, "verb")),
                     .step = text(line, "step"),
                     .object = object_of(line.at("object")),
                     .before = line.at("before"),
                     .after = line.at("after"),
                     .propagation = propagation_of(text(line, "propagation")),
                     .why = text(line, "why")},
          .outcome = std::nullopt};
}

// Puts the lines of one journal together.
class Reader {
 public:
  explicit Reader(RunRecord& run) : run_(run) {}

  void read(const json& line) {
    const std::string event = text(line, "event");
    if (event == "run") return read_header(line);
    if (event == "change") {
      run_.entries.push_back(entry_of(line));
      place_[run_.entries.back().id] = run_.entries.size() - 1;
    } else if (event == "outcome") {
      read_outcome(line);
    } else if (event == "end") {
      run_.end = RunRecord::End::complete;
    }
  }

 private:
  void read_header(const json& line) {
    if (const int format = line.at("format").get<int>(); format > kJournalFormat) {
      throw Error("cannot read " + run_.path.string(),
                  "its format " + std::to_string(format) + " is newer than this kots-export knows",
                  "Use the version of kots-export that wrote it, or a later one.");
    }
    run_.header = header_of(line);
  }

  void read_outcome(const json& line) {
    const auto place = place_.find(line.at("id").get<std::size_t>());
    if (place == place_.end()) return;
    JournalEntry& entry = run_.entries[place->second];
    ChangeOutcome outcome;
    outcome.status = status_of(text(line, "status"));
    outcome.error = text(line, "error");
    outcome.object = entry.change.object;
    outcome.object.uid = text(line, "uid");
    outcome.object.resource_version = text(line, "resourceVersion");
    entry.outcome = std::move(outcome);
  }

  RunRecord& run_;
  std::map<std::size_t, std::size_t> place_;  // id to index
};

bool is_same(const kube::ObjectRef& left, const kube::ObjectRef& right) {
  return left.gvr.group == right.gvr.group && left.gvr.resource == right.gvr.resource &&
         left.ns == right.ns && left.name == right.name;
}

}  // namespace

RunRecord read_journal(const std::filesystem::path& file) {
  RunRecord run;
  run.path = file;
  run.header.run = file.parent_path().filename().string();
  Reader reader(run);
  const std::string content = util::read_file(file);
  std::string_view rest = content;
  for (std::size_t number = 1; !rest.empty(); ++number) {
    const auto end = rest.find('\n');
    if (end == std::string_view::npos) break;  // cut in the middle
    try {
      reader.read(json::parse(rest.substr(0, end)));
    } catch (const json::exception&) {
      // A file system that lost power can keep a last line's length and not its bytes.
      if (end + 1 == rest.size()) break;
      throw Error(
          "cannot read " + file.string(), "line " + std::to_string(number) + " is broken",
          "The journal was edited or the disk is damaged; each whole line can still be read by hand.");
    }
    rest.remove_prefix(end + 1);
  }
  return run;
}

std::vector<RunRecord> read_runs(const std::filesystem::path& backup_folder) {
  std::error_code none;
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(backup_folder, none)) {
    const auto file = entry.path() / "journal.jsonl";
    if (std::filesystem::exists(file, none)) files.push_back(file);
  }
  std::ranges::sort(files);
  std::vector<RunRecord> runs;
  for (const auto& file : files) runs.push_back(read_journal(file));
  return runs;
}

RunState state_of(const RunRecord& run, std::span<const RunRecord> runs) {
  const bool undone = std::ranges::any_of(runs, [&](const RunRecord& other) {
    return other.header.rolls_back == run.header.run && other.header.run > run.header.run &&
           state_of(other, runs) == RunState::complete;
  });
  if (undone) return RunState::rolled_back;
  return run.end == RunRecord::End::complete ? RunState::complete : RunState::interrupted;
}

std::string_view to_string(RunState state) {
  switch (state) {
    case RunState::complete:
      return "complete";
    case RunState::interrupted:
      return "interrupted";
    case RunState::rolled_back:
      return "rolled back";
  }
  return "";
}

bool was_created(std::span<const RunRecord> runs, const kube::ObjectRef& object, const json& live) {
  const std::string uid = text(live.value("metadata", json::object()), "uid");
  const auto made_it = [&](const JournalEntry& entry) {
    if (entry.change.verb != Verb::create || !is_same(entry.change.object, object)) return false;
    if (!entry.outcome) return holds_all(live, entry.change.after);
    return entry.outcome->status == ChangeOutcome::Status::done && entry.outcome->object.uid == uid;
  };
  return std::ranges::any_of(runs,
                             [&](const RunRecord& run) { return std::ranges::any_of(run.entries, made_it); });
}

bool holds_all(const json& live, const json& wanted) {
  if (wanted.is_object()) {
    if (!live.is_object()) return wanted.empty() && live.is_null();
    for (const auto& [key, value] : wanted.items()) {
      const auto found = live.find(key);
      if (!holds_all(found == live.end() ? json(nullptr) : *found, value)) return false;
    }
    return true;
  }
  if (wanted.is_array()) {
    if (!live.is_array()) return wanted.empty() && live.is_null();
    return std::ranges::equal(live, wanted, [](const json& l, const json& w) { return holds_all(l, w); });
  }
  return live == wanted;
}

}  // namespace kots_export::change
