#include "change/batch.h"

#include <span>
#include <vector>

namespace kots_export::change {

namespace {

// How often one Change is sent at most when its fate is unknown or it lost a race.
constexpr int kAttempts = 4;
// Changes that are forced to the disk together: one fsync serves what is about to be in flight.
constexpr std::size_t kJournalGroup = 128;
// Created objects that are remembered for the caller: a step that wants them creates few.
constexpr std::size_t kRememberedCreates = 64;

template <typename T>
T take_front(std::deque<T>& queue) {
  T front = std::move(queue.front());
  queue.pop_front();
  return front;
}

}  // namespace

std::optional<kube::Exchange> Batch::next() {
  if (!again_.empty()) return take_front(again_);
  if (failure_) return std::nullopt;
  interrupted_ = interrupted_ || (tools_.options.interrupted && tools_.options.interrupted());
  if (interrupted_) return std::nullopt;
  if (auto read = next_read()) return read;
  if (ready_.empty() && !journal_next_group()) return std::nullopt;
  const WritePtr write = take_front(ready_);
  tools_.observer.change_started(write->change);
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
  };
  return read;
}

// Deletes come last, and only where nothing before them was refused.
std::optional<Change> Batch::next_change() {
  while (phase_ == Phase::changes) {
    auto change = source_.next_change();
    if (!change) break;
    ++pulled_;
    tools_.totals.count(change->verb);
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
  if (!rest_is_done || (result_.refused > 0 && !is_dry_run())) return false;
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
  if (journal_ == nullptr) journal_ = tools_.open_journal();
  const bool recorded = in_journal([&](Journal& journal) { journal.record(group, first_id); });
  if (!recorded) ready_.clear();
  return recorded;
}

// A journal that cannot be written (disk full) ends the run, but not before what is in flight has come back.
bool Batch::in_journal(const std::function<void(Journal&)>& write) {
  if (journal_ == nullptr) return true;
  try {
    write(*journal_);
    return true;
  } catch (const Error&) {
    if (!failure_) failure_ = std::current_exception();
    return false;
  }
}

kube::Exchange Batch::send(const WritePtr& write) {
  ++write->attempts;
  return {
      .request = write_request(write->change, tools_.options.dry_run),
      .done = [this, write](kube::Outcome outcome) { settle(write, fate_of_write(write->change, outcome)); },
      .on_data = {}};
}

kube::Exchange Batch::read_back(const WritePtr& write, std::string doubt) {
  return {
      .request = kube::get_request(write->change.object),
      .done = [this, write, doubt = std::move(doubt)](
                  kube::Outcome outcome) { settle(write, fate_of_read_back(write->change, outcome, doubt)); },
      .on_data = {}};
}

void Batch::settle(const WritePtr& write, Fate fate) {
  if (const auto* outcome = std::get_if<ChangeOutcome>(&fate)) return finish(*write, *outcome);
  if (auto* unknown = std::get_if<ReadBack>(&fate))
    return again_.push_back(read_back(write, std::move(unknown->doubt)));
  if (write->attempts < kAttempts) return again_.push_back(send(write));
  finish(*write, {.status = ChangeOutcome::Status::refused,
                  .fate = ChangeOutcome::Fate::unknown,
                  .error = std::get<SendAgain>(fate).doubt,
                  .object = write->change.object});
}

void Batch::finish(const Write& write, const ChangeOutcome& outcome) {
  ++settled_;
  switch (outcome.status) {
    case ChangeOutcome::Status::done:
      ++result_.done;
      if (write.change.verb == Verb::create && result_.created.size() < kRememberedCreates)
        result_.created.push_back(outcome.object);
      break;
    case ChangeOutcome::Status::gone:
      ++result_.gone;
      break;
    case ChangeOutcome::Status::refused:
      ++result_.refused;
      result_.refusals.push_back({write.change.object, outcome.error});
      break;
  }
  in_journal([&](Journal& journal) { journal.record_outcome(write.id, outcome); });
  tools_.observer.change_done(write.change, outcome);
}

Execution Batch::result(OnRefusal on_refusal) {
  if (failure_) std::rethrow_exception(failure_);
  if (interrupted_) {
    for (const WritePtr& write : ready_) {
      const ChangeOutcome not_sent{
          .status = ChangeOutcome::Status::refused, .error = "not sent", .object = write->change.object};
      in_journal([&](Journal& journal) { journal.record_outcome(write->id, not_sent); });
    }
    while (source_.next_change()) ++pulled_;  // what is known of the rest
    const std::string where = journal_ != nullptr ? journal_->path().string() : "the journal";
    throw Interrupted(
        std::to_string(pulled_ - settled_) + " of " + std::to_string(pulled_) + " changes were not sent",
        "What was sent is done and in " + where +
            ". Run the same command again to go on: it does only what is left. `kots-export rollback` goes "
            "back "
            "to what was there before.");
  }
  if (result_.refused > 0 && on_refusal == OnRefusal::fail && !is_dry_run()) {
    throw Error(std::to_string(result_.refused) + " of " + std::to_string(pulled_) + " changes were refused",
                result_.refusals.front().error,
                "Mend the cause and run the same command again: it does only what is left.");
  }
  if (phase_ == Phase::changes) source_.finish();
  tools_.totals.already_right += source_.already_right();
  return std::move(result_);
}

}  // namespace kots_export::change
