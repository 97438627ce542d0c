#pragma once

#include <kots_export/ui/progress_view.h>
#include <kots_export/util/error.h>

#include <chrono>
#include <functional>
#include <ostream>
#include <string>

#include <nlohmann/json_fwd.hpp>

namespace kots_export::ui {

// Events as JSON, one a line, each with "time" and "event": for --log-format json (docs/json.md). Secrets are
// masked as everywhere.
class EventView : public ProgressView {
 public:
  // Which requests it tells of, as -v does for people.
  enum class Requests { none, lines, bodies };
  // Everything, or what --quiet leaves: what failed, beside what tell() is called for.
  enum class Says { everything, failures };
  using SystemClock = std::function<std::chrono::system_clock::time_point()>;
  EventView(const Progress& progress, std::ostream& out, Requests requests, Says says = Says::everything,
            SystemClock now = std::chrono::system_clock::now);

  // Sentences are for people.
  std::ostream& lines() override { return nowhere_; }
  [[nodiscard]] bool shows_steps() const override { return true; }

  // What is no event of the run: where it works, how it ended. `fields` is an object.
  void tell(const std::string& event, const nlohmann::json& fields);

  void request_done(const kube::Request& request, const kube::Outcome& outcome,
                    std::chrono::milliseconds took) override;
  void step_started(std::string_view step) override;
  void step_done(std::string_view step) override;
  void planned(const change::Plan& plan, kube::DryRun dry_run) override;
  void change_done(const change::Change& change, const change::ChangeOutcome& outcome) override;
  void check_done(const change::CheckOutcome& check) override;
  void job_seen(const change::JobState& state) override;
  void log_line(std::string_view source, std::string_view line) override;
  void notice(const change::Notice& notice) override;
  void file_written(std::string_view what, const std::string& path) override;

 protected:
  void turn() override;

 private:
  // Tells what is no failure.
  void say(const std::string& event, const nlohmann::json& fields);

  std::ostream& out_;
  Requests requests_;
  Says says_;
  SystemClock now_;
  std::ostream nowhere_{nullptr};
  Progress::TimePoint written_;
};

// The line of an error that ends a command.
[[nodiscard]] std::string event_of(const Error& error, int exit_code);

}  // namespace kots_export::ui
