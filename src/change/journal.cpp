#include <kots_export/change/change_json.h>
#include <kots_export/change/journal.h>
#include <kots_export/util/time.h>

#include "change/words.h"

#include <chrono>

#include <nlohmann/json.hpp>

namespace kots_export::change {

using nlohmann::json;

namespace {

// Bytes of a server's message that are not UTF-8 must not stop the journal.
std::string line(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
}

json first_line(const RunHeader& header) {
  json first{{"event", "run"},
             {"format", kJournalFormat},
             {"run", header.run},
             {"started", header.started},
             {"version", header.version},
             {"server", header.server},
             {"context", header.context},
             {"namespace", header.ns},
             {"namespaceUid", header.namespace_uid},
             {"release", header.release},
             {"user", header.user},
             {"process", header.process}};
  if (!header.rolls_back.empty()) first["rollsBack"] = header.rolls_back;
  return first;
}

util::AppendFile begin_journal(const std::filesystem::path& backup_folder, const RunHeader& header,
                               const util::Fsync& sync) {
  util::create_private_folder(backup_folder, sync);
  util::require_own_folder(backup_folder);
  const auto folder = backup_folder / header.run;
  const auto path = folder / "journal.jsonl";
  try {
    util::create_private_folder(folder, sync);
    util::AppendFile file(path, sync);
    file.append_to_disk(line(first_line(header)));
    return file;
  } catch (const Error&) {
    // A run that never began is not to be listed as one that was interrupted.
    std::error_code ignored;
    std::filesystem::remove(path, ignored);
    std::filesystem::remove(folder, ignored);
    throw;
  }
}

}  // namespace

Journal::Journal(const std::filesystem::path& backup_folder, const RunHeader& header, const util::Fsync& sync)
    : file_(begin_journal(backup_folder, header, sync)) {}

void Journal::record(std::span<const Change* const> changes, std::size_t first_id) {
  std::string lines;
  for (const Change* change : changes) {
    json entry = to_json(*change);
    entry["event"] = "change";
    entry["id"] = first_id++;
    lines += line(entry);
  }
  file_.append_to_disk(lines);
}

void Journal::record_outcome(std::size_t id, const ChangeOutcome& outcome) {
  json entry{{"event", "outcome"}, {"id", id}, {"status", to_string(outcome.status)}};
  if (!outcome.error.empty()) entry["error"] = outcome.error;
  // From then on an API server may still be at work on what it did not answer.
  if (outcome.tries == ChangeOutcome::Tries::one_unanswered)
    entry["unansweredAt"] = util::rfc3339(std::chrono::system_clock::now());
  if (!outcome.object.uid.empty()) {
    entry["uid"] = outcome.object.uid;
    entry["resourceVersion"] = outcome.object.resource_version;
  }
  file_.append(line(entry));
}

void Journal::record_end(RunEnd end, std::size_t left) {
  json entry{{"event", "end"},
             {"result", word_of(kRunEnds, end)},
             {"at", util::rfc3339(std::chrono::system_clock::now())}};
  if (left > 0) entry["left"] = left;
  file_.append_to_disk(line(entry));
}

}  // namespace kots_export::change
