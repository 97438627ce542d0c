#include <kots_export/ui/progress.h>

#include <algorithm>
#include <cmath>

namespace kots_export::ui {

using std::chrono::milliseconds;

namespace {

// A rate is that of the last seconds: the server may slow down. In the first one it tells nothing.
constexpr std::chrono::seconds kRateWindow{10};
constexpr std::chrono::seconds kFirstRate{1};
constexpr milliseconds kBetweenSamples{250};
// Where nothing has ended for so long, what was fast before says nothing of when the rest will be done.
constexpr std::chrono::seconds kStandstill{3};

}  // namespace

Progress::Step* Progress::running_step() {
  const auto found = std::ranges::find(steps_, Step::State::running, &Step::state);
  return found == steps_.end() ? nullptr : &*found;
}

const Progress::Step* Progress::running() const {
  const auto found = std::ranges::find(steps_, Step::State::running, &Step::state);
  return found == steps_.end() ? nullptr : &*found;
}

void Progress::end_step(Step& step, Step::State state) {
  step.state = state;
  step.took = std::chrono::duration_cast<milliseconds>(now_() - step.since);
  earlier_plans_ = 0;
  samples_.clear();
  job_.reset();
}

void Progress::end() {
  has_ended_ = true;
  if (Step* step = running_step()) end_step(*step, Step::State::failed);
}

void Progress::steps_ahead(std::span<const std::string_view> steps) {
  for (const std::string_view step : steps) steps_.push_back({.name = std::string(step)});
}

void Progress::step_started(std::string_view step) {
  auto at = std::ranges::find_if(
      steps_, [&](const Step& known) { return known.state == Step::State::ahead && known.name == step; });
  if (at == steps_.end()) {
    // One that nobody announced comes before those that are to follow.
    at = steps_.insert(std::ranges::find(steps_, Step::State::ahead, &Step::state),
                       {.name = std::string(step)});
  }
  at->state = Step::State::running;
  at->since = now_();
}

void Progress::step_done(std::string_view step) {
  Step* running = running_step();
  if (running != nullptr && running->name == step) end_step(*running, Step::State::done);
}

void Progress::planned(const change::Plan& plan, kube::DryRun dry_run) {
  if (dry_run == kube::DryRun::client) return;
  expected(plan.changes.size());
}

void Progress::expected(std::size_t changes) {
  Step* step = running_step();
  if (step == nullptr) return;
  step->total = std::max(earlier_plans_ + changes, step->ended());
  if (samples_.empty()) samples_.push_back({.at = now_(), .done = step->done});
}

void Progress::change_done(const change::Change&, const change::ChangeOutcome& outcome) {
  Step* step = running_step();
  if (step == nullptr) return;
  change::OutcomeCounts one;
  one.count(outcome.status);
  step->refused += one.refused;
  step->unknown += one.unknown;
  step->not_sent += one.not_sent;
  if (one.failed() == 0) ++step->done;
  step->total = std::max(step->total, step->ended());
  if (one.failed() > 0) return;
  last_done_ = now_();
  if (samples_.empty() || last_done_ - samples_.back().at < kBetweenSamples) return;
  samples_.push_back({.at = last_done_, .done = step->done});
  while (samples_.size() > 2 && last_done_ - samples_[1].at >= kRateWindow) samples_.pop_front();
}

void Progress::plan_done() {
  samples_.clear();
  Step* step = running_step();
  if (step == nullptr) return;
  // Of what was expected on the way some may have needed nothing; but where the run stopped, it is left.
  if (step->not_sent == 0) step->total = step->ended();
  earlier_plans_ = step->total;
}

std::optional<Progress::Rate> Progress::rate() const {
  const Step* step = running();
  if (step == nullptr || samples_.empty() || step->done == samples_.front().done) return std::nullopt;
  if (step->ended() > step->done) return std::nullopt;
  const TimePoint now = now_();
  const std::chrono::duration<double> time = now - samples_.front().at;
  if (time < kFirstRate || now - last_done_ >= kStandstill) return std::nullopt;
  const double per_second = static_cast<double>(step->done - samples_.front().done) / time.count();
  const double wanted = static_cast<double>(step->total - step->done) / per_second;
  const std::chrono::seconds left{std::llround(std::ceil(wanted))};
  // Nothing ends before what the server wants to be waited for.
  if (traffic_.pause && traffic_.pause->left > left) return std::nullopt;
  return Rate{.per_second = per_second, .left = left};
}

void Progress::check_done(const change::CheckOutcome& check) {
  Step* step = running_step();
  if (step == nullptr) return;
  ++step->checks;
  using Status = change::CheckOutcome::Status;
  if (check.status == Status::warning || check.status == Status::failed) ++step->findings;
}

void Progress::job_seen(const change::JobState& state) {
  if (job_ && job_->state.job == state.job) {
    job_->state = state;
    return;
  }
  job_ = Job{.state = state, .since = now_(), .last_line = std::nullopt};
}

void Progress::log_line(std::string_view, std::string_view) {
  if (job_) job_->last_line = now_();
}

}  // namespace kots_export::ui
