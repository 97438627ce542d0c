#include <kots_export/ui/json_view.h>
#include <kots_export/ui/masking.h>
#include <kots_export/ui/messages.h>
#include <kots_export/ui/next_steps.h>
#include <kots_export/util/text.h>
#include <kots_export/util/time.h>

#include "ui/json_parts.h"
#include "ui/release_edit.h"

namespace kots_export::ui {

using nlohmann::json;

namespace {

using TimePoint = std::chrono::system_clock::time_point;

double seconds_between(TimePoint from, TimePoint to) {
  return static_cast<double>(std::chrono::duration_cast<std::chrono::milliseconds>(to - from).count()) / 1000;
}

JsonView::ChangeKey key_of(const change::Change& change) {
  return {change.verb, kube::key_of(change.object), change.step};
}

}  // namespace

JsonView::JsonView(std::string command, std::string version, Clock now)
    : now_(std::move(now)), start_(now_()) {
  document_ = {{"apiVersion", "kots-export/v1"},
               {"kind", "Report"},
               {"command", std::move(command)},
               {"version", std::move(version)},
               {"startedAt", util::rfc3339(start_)},
               {"dryRun", "none"},
               {"target", nullptr},
               {"steps", json::array()},
               {"checks", json::array()},
               {"notices", json::array()},
               {"files", json::array()},
               {"journal", nullptr},
               {"nextSteps", nullptr},
               {"error", nullptr}};
}

void JsonView::step_started(std::string_view step) { running_[std::string(step)] = now_(); }

void JsonView::step_done(std::string_view step) {
  const auto running = running_.extract(std::string(step));
  if (running.empty()) return;
  document_["steps"].push_back(
      {{"name", step}, {"seconds", seconds_between(running.mapped(), now_())}, {"status", "done"}});
}

json& JsonView::entry_of(const change::Change& change) {
  const auto [known, is_new] = open_.try_emplace(key_of(change), changes_.size());
  if (is_new) {
    json entry{{"verb", to_string(change.verb)},
               {"step", change.step},
               {"object", json_of(change.object)},
               {"before", masked(change.before, change.object.kind)},
               {"after", masked(change.after, change.object.kind)},
               {"why", change.why},
               {"outcome", nullptr}};
    entry["needs"] = json::array();
    for (const change::Change::Need& need : change.needs)
      entry["needs"].push_back({{"created", json_of(need.created)}, {"at", need.at}});
    if (auto edit = release_edit(change)) entry["manifestDiff"] = std::move(*edit);
    if (change.verb == change::Verb::remove) entry["propagationPolicy"] = kube::to_string(change.propagation);
    changes_.push_back(std::move(entry));
  }
  return changes_[known->second];
}

void JsonView::planned(const change::Plan& plan, kube::DryRun dry_run) {
  document_["dryRun"] = kube::to_string(dry_run);
  already_right_ += plan.already_right;
  for (const auto& change : plan.changes) entry_of(change);
}

void JsonView::change_started(const change::Change& change) { entry_of(change); }

void JsonView::change_done(const change::Change& change, const change::ChangeOutcome& outcome) {
  json& entry = entry_of(change);
  entry["outcome"] = {{"status", to_string(outcome.status)}};
  if (!outcome.error.empty()) entry["outcome"]["message"] = util::printable(outcome.error);
  if (!outcome.hint.empty()) entry["outcome"]["hint"] = util::printable(outcome.hint);
  if (!outcome.object.uid.empty()) entry["object"]["uid"] = outcome.object.uid;
  open_.erase(key_of(change));
}

void JsonView::check_done(const change::CheckOutcome& check) {
  document_["checks"].push_back(json_of(check));
}

void JsonView::notice(const change::Notice& notice) { document_["notices"].push_back(json_of(notice)); }

void JsonView::file_written(std::string_view what, const std::string& path) {
  document_["files"].push_back({{"role", what}, {"path", path}});
}

void JsonView::next_steps(const migration::NextSteps& steps) { document_["nextSteps"] = json_of(steps); }

void JsonView::failed(const Error& error) { document_["error"] = json_of(error); }

json JsonView::document(int exit_code) const {
  json result = document_;
  for (const auto& [step, since] : running_) {
    result["steps"].push_back(
        {{"name", step}, {"seconds", seconds_between(since, now_())}, {"status", "failed"}});
  }
  json summary{{"patch", 0}, {"delete", 0}, {"create", 0}, {"alreadyRight", already_right_}};
  for (const auto status : change::kOutcomeStatuses) summary[std::string(to_string(status))] = 0;
  const auto count = [&summary](const json& key) {
    json& counter = summary[key.get_ref<const std::string&>()];
    counter = counter.get<std::size_t>() + 1;
  };
  for (const auto& change : changes_) {
    count(change["verb"]);
    if (change["outcome"].is_object()) count(change["outcome"]["status"]);
  }
  result["summary"] = std::move(summary);
  result["changes"] = changes_;
  result["seconds"] = seconds_between(start_, now_());
  result["exitCode"] = exit_code;
  return result;
}

}  // namespace kots_export::ui
