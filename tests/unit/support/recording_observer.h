#pragma once

#include <kots_export/change/observer.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kots_export::test {

// Keeps what it was told.
class RecordingObserver : public change::Observer {
 public:
  void steps_ahead(std::span<const std::string_view> names) override {
    ahead.assign(names.begin(), names.end());
  }
  void step_started(std::string_view step) override { steps.emplace_back(step); }
  void expected(std::size_t count) override { counts.push_back(count); }
  void job_seen(const change::JobState& state) override { jobs.push_back(state); }
  void change_done(const change::Change& change, const change::ChangeOutcome& /*outcome*/) override {
    changes.push_back(std::string(to_string(change.verb)) + " " + kube::describe(change.object));
  }
  void check_done(const change::CheckOutcome& check) override { checks.push_back(check); }
  void log_line(std::string_view /*source*/, std::string_view line) override { lines.emplace_back(line); }
  void notice(const change::Notice& notice) override { notices.push_back(notice); }
  void file_written(std::string_view what, const std::string& path) override {
    files.emplace_back(what, path);
  }

  // The first notice of that id, or nothing.
  [[nodiscard]] const change::Notice* find(std::string_view id) const {
    const auto found = std::ranges::find(notices, id, &change::Notice::id);
    return found == notices.end() ? nullptr : &*found;
  }
  // The value of an argument of the first notice of that id; "" where there is none.
  [[nodiscard]] std::string argument(std::string_view id, std::string_view name) const {
    const change::Notice* notice = find(id);
    if (notice == nullptr) return {};
    const auto found = std::ranges::find(notice->args, name, &std::pair<std::string, std::string>::first);
    return found == notice->args.end() ? std::string() : found->second;
  }

  std::vector<std::string> ahead;
  std::vector<std::string> steps;
  std::vector<std::size_t> counts;  // of Changes that were expected
  std::vector<change::JobState> jobs;
  std::vector<std::string> changes;
  std::vector<change::CheckOutcome> checks;
  std::vector<std::string> lines;
  std::vector<change::Notice> notices;
  std::vector<std::pair<std::string, std::string>> files;
};

}  // namespace kots_export::test
