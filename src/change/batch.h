#pragma once

#include <kots_export/change/executor.h>
#include <kots_export/change/source.h>

#include "change/fate.h"

#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace kots_export::change {

// The Changes of one source under way: pulls them, has them journalled, gives the transport their requests
// and reads the answers. Holds what is in flight and one journal group; deletes wait here until everything
// else is done.
class Batch : public kube::RequestSource {
 public:
  struct Tools {
    Observer& observer;
    const ExecutorOptions& options;
    Journal* journal = nullptr;  // null: nothing is recorded
    std::size_t& next_id;        // by which the journal knows the next Change
    // Told of each Change that ended.
    std::function<void(const Change&, const ChangeOutcome&)> on_outcome;
  };
  Batch(ChangeSource& source, Tools tools) : source_(source), tools_(std::move(tools)) {}

  std::optional<kube::Exchange> next() override;
  std::optional<std::chrono::steady_clock::time_point> wake_at() override;
  kube::Flow tick() override;
  [[nodiscard]] std::optional<kube::Retry> next_retry() const override;

  // To be called once the transport is through. Throws as Executor::run does.
  Execution result(OnFailure on_failure);
  // To be called in its place where the transport threw: tells of what is not going to be sent, or not again.
  void finish_unsent();

 private:
  // A Change that is in the journal, until its outcome is known.
  struct Write {
    Change change;
    std::size_t id = 0;
    int attempts = 0;
    Tries tries = Tries::all_answered;
    std::chrono::steady_clock::time_point first_sent{};
    std::chrono::steady_clock::time_point not_before{};        // of its next try
    std::optional<std::chrono::milliseconds> asked_to_wait{};  // by the answer to the last try
    std::string doubt{};                                       // why there is a next try
  };
  using WritePtr = std::shared_ptr<Write>;

  std::optional<kube::Exchange> next_read();
  std::optional<Change> next_change();
  [[nodiscard]] bool is_time_for_deletes();
  [[nodiscard]] bool is_dry_run() const;
  bool journal_next_group();
  bool in_journal(const std::function<void(Journal&)>& write);
  std::optional<kube::Exchange> next_again();
  [[nodiscard]] const Write* first_again() const;  // null: nothing is to be sent again
  kube::Exchange send(const WritePtr& write);
  kube::Exchange read_back(const WritePtr& write, ReadBack why);
  void settle(const WritePtr& write, Fate fate);
  [[nodiscard]] bool is_last_try(const Write& write, std::chrono::milliseconds pause) const;
  void try_again(const WritePtr& write, const SendAgain& why);
  void finish(const Write& write, const ChangeOutcome& outcome);
  ChangeOutcome leave_unsent(const Change& change);

  ChangeSource& source_;
  Tools tools_;
  std::deque<WritePtr> ready_;  // in the journal, not sent yet
  std::deque<kube::Exchange> read_backs_;
  std::vector<WritePtr> again_;  // to be sent once more, at their time
  std::deque<Change> deletes_;
  enum class Phase { changes, deletes } phase_ = Phase::changes;
  std::size_t reads_in_flight_ = 0;
  std::set<WritePtr> in_flight_;  // or its read-back is
  std::size_t pulled_ = 0;
  std::size_t settled_ = 0;
  bool interrupted_ = false;
  bool said_what_it_waits_for_ = false;
  std::exception_ptr failure_;  // of the journal
  Execution result_;
};

}  // namespace kots_export::change
