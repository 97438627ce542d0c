#include <kots_export/change/executor.h>
#include <kots_export/util/text.h>
#include <kots_export/util/time.h>

#include "change/batch.h"

#include <algorithm>
#include <string>
#include <thread>

namespace kots_export::change {

using Clock = std::chrono::steady_clock;

namespace {

constexpr std::chrono::milliseconds kTick{50};

// In a dry run nothing makes room: the server would refuse to create what the same plan deletes first.
bool is_recreated(const Plan& plan, const Change& change) {
  return change.verb == Verb::create && std::ranges::any_of(plan.changes, [&](const Change& other) {
           return other.verb == Verb::remove && other.needs.empty() &&
                  kube::key_of(other.object) == kube::key_of(change.object);
         });
}

// "Change 2 (create Job circle-migrator)": the one of `plan` that makes what `need` names.
std::string maker_of(const Plan& plan, const Change::Need& need) {
  const auto maker = std::ranges::find_if(plan.changes, [&](const Change& change) {
    return change.verb == Verb::create && kube::key_of(change.object) == kube::key_of(need.created);
  });
  const std::string object = kube::describe(need.created);
  if (maker == plan.changes.end()) return util::filled("create {object}", {{"object", object}});
  return util::filled("Change {number} (create {object})",
                      {{"number", maker - plan.changes.begin() + 1}, {"object", object}});
}

// Some Changes of a plan, each copied only when it is about to be sent: plans are long.
class ReadyChanges : public ChangeSource {
 public:
  ReadyChanges(const Executor& executor, std::vector<const Change*> changes)
      : executor_(executor), changes_(std::move(changes)) {}
  std::optional<Change> next_change() override {
    if (next_ == changes_.size()) return std::nullopt;
    return executor_.with_known_uids(*changes_[next_++]);
  }

 private:
  const Executor& executor_;
  std::vector<const Change*> changes_;
  std::size_t next_ = 0;
};

// A source whose first Change is looked for by itself: a run that finds nothing to do writes nothing.
class FromFirstChange : public ChangeSource, public kube::RequestSource {
 public:
  FromFirstChange(ChangeSource& source, const kube::Client& client) : source_(source), client_(client) {}

  // As reads for the client, until there is one.
  std::optional<kube::Exchange> next() override {
    if (!first_) first_ = source_.next_change();
    return first_ ? std::nullopt : source_.next_read();
  }
  kube::Flow tick() override { return client_.interrupted() ? kube::Flow::stop : kube::Flow::go_on; }
  [[nodiscard]] bool has_one() const { return first_.has_value(); }

  // As the Changes, from that one on.
  std::optional<Change> next_change() override {
    return first_ ? std::exchange(first_, std::nullopt) : source_.next_change();
  }
  std::optional<kube::Exchange> next_read() override { return source_.next_read(); }
  void finish() override { source_.finish(); }
  [[nodiscard]] std::optional<std::size_t> expected() const override { return source_.expected(); }
  [[nodiscard]] std::size_t already_right() const override { return source_.already_right(); }

 private:
  ChangeSource& source_;
  const kube::Client& client_;
  std::optional<Change> first_;
};

}  // namespace

Executor::Executor(kube::Client& client, Observer& observer, ExecutorOptions options)
    : client_(client), observer_(observer), options_(std::move(options)) {}

Executor::~Executor() = default;

std::string Executor::journal_path() const { return journal_ ? journal_->path().string() : std::string(); }

bool Executor::may_stream() const {
  return options_.dry_run == kube::DryRun::none && (confirmed_ || !options_.confirm);
}

void Executor::confirm(const Plan& plan) {
  if (options_.dry_run == kube::DryRun::none) planned_ = std::max(planned_, plan.changes.size());
  if (confirmed_ || plan.empty() || options_.dry_run != kube::DryRun::none) return;
  if (options_.confirm && !options_.confirm(plan)) throw Cancelled("Cancelled; nothing was changed.");
  confirmed_ = true;
}

void Executor::begin_writing() {
  if (options_.dry_run != kube::DryRun::none || journal_ || !options_.begin_writing) return;
  journal_ = options_.begin_writing();
}

const Change::Need* Executor::missing_need(const Change& change) const {
  const auto missing = std::ranges::find_if(change.needs, [this](const Change::Need& need) {
    return !created_.contains(kube::key_of(need.created));
  });
  return missing == change.needs.end() ? nullptr : &*missing;
}

Change Executor::with_known_uids(Change change) const {
  std::erase_if(change.needs, [&](const Change::Need& need) {
    const auto known = created_.find(kube::key_of(need.created));
    if (known == created_.end()) return false;
    fill_in(change, need, known->second.uid);
    return true;
  });
  return change;
}

Execution Executor::run(const Plan& plan, OnFailure on_failure) {
  observer_.planned(plan, options_.dry_run);
  totals_.already_right += plan.already_right;
  if (plan.empty()) return {};
  if (options_.dry_run == kube::DryRun::client) {
    PlanSummary would = summarize(plan);
    would.already_right = 0;
    totals_ += would;
    return {};
  }
  confirm(plan);
  std::vector<const Change*> ready;
  for (const Change& change : plan.changes) {
    if (options_.dry_run == kube::DryRun::server && is_recreated(plan, change)) continue;
    const Change::Need* missing = missing_need(change);
    if (missing == nullptr) {
      ready.push_back(&change);
      continue;
    }
    if (options_.dry_run == kube::DryRun::none)
      throw Error(util::filled("cannot {verb} {object}",
                               {{"verb", to_string(change.verb)}, {"object", kube::describe(change.object)}}),
                  util::filled("{object} was not created by this run",
                               {{"object", kube::describe(missing->created)}}));
    const ChangeOutcome not_tried{
        .status = ChangeOutcome::Status::not_tried,
        .error = util::filled("cannot be tried: needs {change}", {{"change", maker_of(plan, *missing)}}),
        .object = change.object};
    counts_.count(not_tried.status);
    totals_.count(change.verb);
    observer_.change_done(change, not_tried);
  }
  begin_writing();
  wait_for_unanswered_creates(plan);
  ReadyChanges source(*this, std::move(ready));
  return carry_out(source, on_failure);
}

Execution Executor::run(ChangeSource& source) {
  FromFirstChange changes(source, client_);
  client_.run(changes);
  if (client_.interrupted()) throw Interrupted("stopped before anything was changed");
  if (!changes.has_one()) {
    source.finish();
    totals_.already_right += source.already_right();
    return {};
  }
  begin_writing();
  has_streamed_ = true;
  if (const auto expected = source.expected()) observer_.expected(*expected);
  Execution execution = carry_out(changes, OnFailure::fail);
  totals_.already_right += source.already_right();
  return execution;
}

OutcomeCounts Executor::counts_with_rest() const {
  OutcomeCounts counts = counts_;
  const std::size_t ended = counts.done + counts.gone + counts.failed();
  if (planned_ > ended) counts.not_sent += planned_ - ended;
  return counts;
}

void Executor::end(RunEnd end) {
  if (!journal_) return;
  if (end == RunEnd::complete) return journal_->record_end(end);
  const OutcomeCounts all = counts_with_rest();
  const std::size_t begun = next_id_ - 1;
  journal_->record_end(end, all.done + all.gone + all.failed() - begun);
}

// The echo of a create whose answer was lost would bring back what is deleted before it arrives.
void Executor::wait_for_unanswered_creates(const Plan& plan) {
  Clock::time_point until;
  for (const Change& change : plan.changes) {
    const auto created = created_.find(kube::key_of(change.object));
    if (change.verb == Verb::remove && created != created_.end())
      until = std::max(until, created->second.settled);
  }
  const auto left = until - Clock::now();
  if (options_.dry_run != kube::DryRun::none || left.count() <= 0) return;
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(left);
  observer_.note("executor.waiting-for-unanswered",
                 {{"seconds", std::to_string(seconds.count())}, {"time", util::elapsed_text(seconds)}});
  while (Clock::now() < until) {
    if (options_.interrupted && options_.interrupted())
      throw Interrupted("stopped while waiting for a request that was not answered");
    std::this_thread::sleep_for(kTick);
  }
}

Execution Executor::carry_out(ChangeSource& source, OnFailure on_failure) {
  const auto on_outcome = [this](const Change& change, const ChangeOutcome& outcome) {
    counts_.count(outcome.status);
    if (outcome.status != ChangeOutcome::Status::done) return;
    totals_.count(change.verb);
    if (change.verb != Verb::create) return;
    const bool unanswered = outcome.tries == ChangeOutcome::Tries::one_unanswered;
    created_[kube::key_of(change.object)] = {
        .uid = outcome.object.uid,
        .settled = unanswered ? Clock::now() + options_.server_patience : Clock::time_point()};
  };
  const std::size_t before = counts_.done + counts_.gone + counts_.failed();
  // Of a run that stops, what is left is told as what was expected on the way.
  const auto note_expected = [&] {
    if (const auto expected = source.expected()) planned_ = std::max(planned_, before + *expected);
  };
  Batch batch(source, {.observer = observer_,
                       .options = options_,
                       .journal = journal_.get(),
                       .next_id = next_id_,
                       .on_outcome = on_outcome});
  try {
    client_.run(batch);
  } catch (...) {
    batch.finish_unsent();
    note_expected();
    observer_.plan_done();
    throw;
  }
  note_expected();
  return batch.result(on_failure);
}

}  // namespace kots_export::change
