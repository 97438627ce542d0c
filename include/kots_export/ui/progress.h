#pragma once

#include <kots_export/change/observer.h>

#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace kots_export::ui {

// How far a run is: told by its events, read by the views that show it (ui/progress_text).
class Progress : public change::Observer {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;
  using Clock = std::function<TimePoint()>;
  explicit Progress(Clock now = &std::chrono::steady_clock::now) : now_(std::move(now)) {}

  struct Step {
    enum class State { ahead, running, done, failed } state = State::ahead;
    std::string name;
    TimePoint since{};                  // it runs
    std::chrono::milliseconds took{0};  // of one that has ended
    std::size_t done = 0;               // Changes that have ended well
    std::size_t refused = 0;            // by the server
    std::size_t unknown = 0;            // that may have been made, or not
    std::size_t not_sent = 0;           // that nobody tried
    std::size_t total = 0;              // all that are known; 0: nothing is counted
    std::size_t checks = 0;             // that have ended
    std::size_t findings = 0;           // warnings and failures among them
    [[nodiscard]] std::size_t failed() const { return refused + unknown; }
    [[nodiscard]] std::size_t ended() const { return done + failed() + not_sent; }
  };
  struct Job {
    change::JobState state;
    TimePoint since;
    std::optional<TimePoint> last_line;
  };
  // Changes that are done per second, of the last seconds; and how long those that are left will take.
  struct Rate {
    double per_second = 0;
    std::chrono::seconds left{0};
  };

  [[nodiscard]] TimePoint now() const { return now_(); }
  [[nodiscard]] const std::vector<Step>& steps() const { return steps_; }
  // The step that runs, or nothing.
  [[nodiscard]] const Step* running() const;
  [[nodiscard]] const std::optional<Job>& job() const { return job_; }
  [[nodiscard]] const kube::Traffic& traffic() const { return traffic_; }
  // Nothing until it can be told, while nothing moves or the server wants to be waited for longer than that,
  // and once a Change was not made: then the step stops.
  [[nodiscard]] std::optional<Rate> rate() const;

  // The run has ended: a step that still runs has failed, and those ahead are left.
  void end();
  [[nodiscard]] bool has_ended() const { return has_ended_; }

  void traffic(const kube::Traffic& now) override { traffic_ = now; }
  void steps_ahead(std::span<const std::string_view> steps) override;
  void step_started(std::string_view step) override;
  void step_done(std::string_view step) override;
  void planned(const change::Plan& plan, kube::DryRun dry_run) override;
  void expected(std::size_t changes) override;
  void change_done(const change::Change& change, const change::ChangeOutcome& outcome) override;
  void plan_done() override;
  void check_done(const change::CheckOutcome& check) override;
  void job_seen(const change::JobState& state) override;
  void log_line(std::string_view source, std::string_view line) override;

 private:
  struct Sample {
    TimePoint at;
    std::size_t done = 0;
  };
  Step* running_step();
  void end_step(Step& step, Step::State state);

  Clock now_;
  std::vector<Step> steps_;
  std::size_t earlier_plans_ = 0;  // Changes of the running step's plans that have ended
  std::deque<Sample> samples_;     // of the plan that runs
  TimePoint last_done_{};          // a Change
  std::optional<Job> job_;
  kube::Traffic traffic_;
  bool has_ended_ = false;
};

}  // namespace kots_export::ui
