#pragma once

#include <kots_export/change/observer.h>

#include <filesystem>
#include <memory>
#include <vector>

namespace kots_export::ui {

// Writes what happens into a log file (0600) with times, for the time after: logs/kots-export-<time>.log.
// Names, verbs and outcomes only; never an object's content.
class LogView : public change::Observer {
 public:
  // Creates the file; its folder must exist. Throws Error.
  explicit LogView(const std::filesystem::path& file);
  ~LogView() override;

  void step_started(std::string_view step) override;
  void step_done(std::string_view step) override;
  void planned(const change::Plan& plan, kube::DryRun dry_run) override;
  void change_done(const change::Change& change, const change::ChangeOutcome& outcome) override;
  void check_done(const change::CheckOutcome& check) override;
  void notice(const change::Notice& notice) override;
  void file_written(std::string_view what, const std::string& path) override;

 private:
  struct Log;
  std::unique_ptr<Log> log_;
};

// Tells several observers the same, in their order. They outlive it.
class MultiView : public change::Observer {
 public:
  void add(change::Observer& observer) { observers_.push_back(&observer); }

  void request_done(const kube::Request& request, const kube::Outcome& outcome,
                    std::chrono::milliseconds took) override;
  void traffic(const kube::Traffic& now) override;
  void steps_ahead(std::span<const std::string_view> steps) override;
  void step_started(std::string_view step) override;
  void step_done(std::string_view step) override;
  void planned(const change::Plan& plan, kube::DryRun dry_run) override;
  void change_started(const change::Change& change) override;
  void change_done(const change::Change& change, const change::ChangeOutcome& outcome) override;
  void plan_done() override;
  void check_done(const change::CheckOutcome& check) override;
  void expected(std::size_t changes) override;
  void job_seen(const change::JobState& state) override;
  void log_line(std::string_view source, std::string_view line) override;
  void notice(const change::Notice& notice) override;
  void file_written(std::string_view what, const std::string& path) override;
  void waiting() override;

 private:
  std::vector<change::Observer*> observers_;
};

}  // namespace kots_export::ui
