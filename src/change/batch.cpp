#include "change/batch.h"

#include <kots_export/kube/status.h>
#include <kots_export/util/text.h>

#include <algorithm>
#include <span>

namespace kots_export::change {

using Clock = std::chrono::steady_clock;
using Status = ChangeOutcome::Status;

namespace {

// How often one Change is sent at most when its fate is unknown or it lost a race.
constexpr int kAttempts = 5;
constexpr int kAttemptsWhenAsked = 10;  // where the server says when to come again; as client-go does
// Changes that are forced to the disk together: one fsync serves what is about to be in flight.
constexpr std::size_t kJournalGroup = 128;

kube::Method method_of(Verb verb) {
  switch (verb) {
    case Verb::create:
      return kube::Method::post;
    case Verb::remove:
      return kube::Method::del;
    case Verb::patch:
      break;
  }
  return kube::Method::patch;
}

// How many are not sent for it, the end of the run tells: more than this batch knows of.
std::string what_failed(const OutcomeCounts& counts) {
  const std::string refused = util::counted(counts.refused, "change");
  const std::string unknown = util::counted(counts.unknown, "change");
  if (counts.refused == 0 && counts.unknown == 0)
    return util::filled("{changes} not sent", {{"changes", util::counted(counts.not_sent, "change")}});
  if (counts.refused == 0) return util::filled("{changes} in an unknown state", {{"changes", unknown}});
  if (counts.unknown == 0) return util::filled("{changes} refused", {{"changes", refused}});
  return util::filled("{changes} refused, {unknown} in an unknown state",
                      {{"changes", refused}, {"unknown", unknown}});
}

template <typename T>
T take_front(std::deque<T>& queue) {
  T front = std::move(queue.front());
  queue.pop_front();
  return front;
}

}  // namespace

std::optional<kube::Exchange> Batch::next() {
  // What was sent is read back to the end, also where nothing new is started: the journal is to say how it
  // ended.
  if (!read_backs_.empty()) return take_front(read_backs_);
  if (failure_) return std::nullopt;
  interrupted_ = interrupted_ || (tools_.options.interrupted && tools_.options.interrupted());
  if (interrupted_) return std::nullopt;
  if (auto again = next_again()) return again;
  if (auto read = next_read()) return read;
  if (ready_.empty() && !journal_next_group()) return std::nullopt;
  const WritePtr write = take_front(ready_);
  tools_.observer.change_started(write->change);
  return send(write);
}

std::optional<Clock::time_point> Batch::wake_at() {
  const Write* write = first_again();
  return write == nullptr ? std::nullopt : std::optional(write->not_before);
}

// Where no try is made any more, none is waited for; result() tells what is left of them.
const Batch::Write* Batch::first_again() const {
  if (failure_ || interrupted_ || again_.empty()) return nullptr;
  return std::ranges::min_element(again_, {}, &Write::not_before)->get();
}

// Also while a server that hangs answers nothing: the operator is to know what is waited for.
kube::Flow Batch::tick() {
  const bool stopping = interrupted_ || (tools_.options.interrupted && tools_.options.interrupted());
  if (stopping && !said_what_it_waits_for_ && !in_flight_.empty()) {
    said_what_it_waits_for_ = true;
    tools_.observer.note("executor.stopping", {{"requests", util::counted(in_flight_.size(), "request")}});
  }
  return kube::Flow::go_on;
}

std::optional<kube::Retry> Batch::next_retry() const {
  const Write* write = first_again();
  if (write == nullptr) return std::nullopt;
  // Of a create too the object's path: that says which one it is.
  return kube::Retry{.method = method_of(write->change.verb),
                     .path = kube::object_path(write->change.object),
                     .why = write->doubt,
                     .at = write->not_before};
}

std::optional<kube::Exchange> Batch::next_again() {
  const auto due = std::ranges::find_if(
      again_, [now = Clock::now()](const WritePtr& write) { return write->not_before <= now; });
  if (due == again_.end()) return std::nullopt;
  const WritePtr write = *due;
  again_.erase(due);
  return send(write);
}

std::optional<kube::Exchange> Batch::next_read() {
  if (phase_ == Phase::deletes) return std::nullopt;
  auto read = source_.next_read();
  if (!read) return std::nullopt;
  ++reads_in_flight_;
  read->done = [this, done = std::move(read->done)](kube::Outcome outcome) {
    --reads_in_flight_;
    done(std::move(outcome));
    if (const auto expected = source_.expected()) tools_.observer.expected(*expected);
  };
  return read;
}

// Deletes come last, and only where nothing before them failed.
std::optional<Change> Batch::next_change() {
  while (phase_ == Phase::changes) {
    auto change = source_.next_change();
    if (!change) break;
    ++pulled_;
    if (change->verb != Verb::remove) return change;
    deletes_.push_back(std::move(*change));
  }
  if (deletes_.empty() || !is_time_for_deletes()) return std::nullopt;
  return take_front(deletes_);
}

// The server's dry run is to show every refusal, and deletes nothing.
bool Batch::is_dry_run() const { return tools_.options.dry_run != kube::DryRun::none; }

bool Batch::is_time_for_deletes() {
  if (phase_ == Phase::deletes) return true;
  const bool rest_is_done = reads_in_flight_ == 0 && ready_.empty() && settled_ + deletes_.size() == pulled_;
  if (!rest_is_done || (result_.counts.failed() > 0 && !is_dry_run())) return false;
  source_.finish();
  phase_ = Phase::deletes;
  return true;
}

// False where there is nothing to send now; a Change that is not in the journal is not sent.
bool Batch::journal_next_group() {
  std::vector<const Change*> group;
  const std::size_t first_id = tools_.next_id;
  while (ready_.size() < kJournalGroup) {
    auto change = next_change();
    if (!change) break;
    ready_.push_back(std::make_shared<Write>(Write{.change = std::move(*change), .id = tools_.next_id++}));
    group.push_back(&ready_.back()->change);
  }
  if (group.empty()) return false;
  const bool recorded = in_journal([&](Journal& journal) { journal.record(group, first_id); });
  if (!recorded) {
    for (const WritePtr& write : ready_) leave_unsent(write->change);
    ready_.clear();
    tools_.next_id = first_id;
  }
  return recorded;
}

// A journal that cannot be written (disk full) ends the run, but not before what is in flight has come back.
bool Batch::in_journal(const std::function<void(Journal&)>& write) {
  if (tools_.journal == nullptr) return true;
  try {
    write(*tools_.journal);
    return true;
  } catch (const Error&) {
    if (!failure_) failure_ = std::current_exception();
    return false;
  }
}

kube::Exchange Batch::send(const WritePtr& write) {
  if (++write->attempts == 1) write->first_sent = Clock::now();
  in_flight_.insert(write);
  return {.request = write_request(write->change, tools_.options.dry_run),
          .done =
              [this, write](kube::Outcome outcome) {
                in_flight_.erase(write);
                write->asked_to_wait = kube::retry_after(outcome);
                settle(write, fate_of_write(write->change, outcome, write->tries));
              },
          .on_data = {}};
}

kube::Exchange Batch::read_back(const WritePtr& write, ReadBack why) {
  in_flight_.insert(write);
  return {.request = kube::get_request(write->change.object),
          .done =
              [this, write, why = std::move(why)](kube::Outcome outcome) {
                in_flight_.erase(write);
                settle(write, fate_of_read_back(write->change, outcome, why));
              },
          .on_data = {}};
}

void Batch::settle(const WritePtr& write, Fate fate) {
  if (const auto* outcome = std::get_if<ChangeOutcome>(&fate)) return finish(*write, *outcome);
  if (auto* unread = std::get_if<ReadBack>(&fate)) {
    write->tries = unread->tries;
    // A server's dry run leaves nothing that could be read.
    if (is_dry_run()) return try_again(write, {unread->doubt, unread->tries});
    return read_backs_.push_back(read_back(write, std::move(*unread)));
  }
  try_again(write, std::get<SendAgain>(fate));
}

bool Batch::is_last_try(const Write& write, std::chrono::milliseconds pause) const {
  const auto limit = tools_.options.request_timeout;
  const bool is_out_of_time = limit.count() > 0 && Clock::now() + pause >= write.first_sent + limit;
  return is_out_of_time || write.attempts >= (write.asked_to_wait ? kAttemptsWhenAsked : kAttempts);
}

void Batch::try_again(const WritePtr& write, const SendAgain& why) {
  const auto pause = write->asked_to_wait.value_or(tools_.options.first_delay * (1 << (write->attempts - 1)));
  if (failure_ || interrupted_ || is_last_try(*write, pause))
    return finish(*write, give_up(write->change, why));
  write->not_before = Clock::now() + pause;
  write->doubt = why.doubt;
  again_.push_back(write);
}

void Batch::finish(const Write& write, const ChangeOutcome& outcome) {
  ++settled_;
  result_.counts.count(outcome.status);
  if (outcome.status != Status::done && outcome.status != Status::gone)
    result_.failures.push_back({write.change.object, outcome.status, outcome.error});
  in_journal([&](Journal& journal) { journal.record_outcome(write.id, outcome); });
  tools_.on_outcome(write.change, outcome);
  tools_.observer.change_done(write.change, outcome);
}

ChangeOutcome Batch::leave_unsent(const Change& change) {
  ChangeOutcome outcome{.status = Status::not_sent, .error = {}, .object = change.object};
  ++settled_;
  result_.counts.count(outcome.status);
  tools_.on_outcome(change, outcome);
  tools_.observer.change_done(change, outcome);
  return outcome;
}

void Batch::finish_unsent() {
  for (const WritePtr& write : in_flight_)
    finish(*write, give_up(write->change, {"no answer", Tries::one_unanswered}));
  in_flight_.clear();
  for (const WritePtr& write : again_) finish(*write, give_up(write->change, {write->doubt, write->tries}));
  again_.clear();
  for (const WritePtr& write : ready_) {
    const ChangeOutcome outcome = leave_unsent(write->change);
    in_journal([&](Journal& journal) { journal.record_outcome(write->id, outcome); });
  }
  ready_.clear();
}

Execution Batch::result(OnFailure on_failure) {
  finish_unsent();
  for (const Change& change : deletes_) leave_unsent(change);
  const auto ended_early = interrupted_ || failure_;
  if (ended_early) {
    while (const auto change = source_.next_change()) {  // what is known of the rest
      ++pulled_;
      leave_unsent(*change);
    }
  }
  tools_.observer.plan_done();
  if (failure_) std::rethrow_exception(failure_);
  // Where all was done before the stop could stop anything, it is for what comes next to hear.
  if (interrupted_ && result_.counts.failed() > 0)
    throw Interrupted("the run was stopped before all changes were made");
  if (result_.counts.failed() > 0 && on_failure == OnFailure::fail && !is_dry_run())
    throw NotMade(what_failed(result_.counts), result_.failures.front().error, result_.counts);
  if (phase_ == Phase::changes) source_.finish();
  return std::move(result_);
}

}  // namespace kots_export::change
