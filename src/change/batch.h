#pragma once

#include <kots_export/change/executor.h>
#include <kots_export/change/source.h>

#include "change/fate.h"

#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <string>

namespace kots_export::change {

// The Changes of one source under way: pulls them, has them journalled, gives the transport their requests
// and reads the answers. Holds what is in flight and one journal group; deletes wait here until everything
// else is done.
class Batch : public kube::RequestSource {
 public:
  struct Tools {
    Observer& observer;
    const ExecutorOptions& options;
    std::function<Journal*()> open_journal;  // asked for the first Change; null: nothing is recorded
    std::size_t& next_id;                    // by which the journal knows the next Change
    PlanSummary& totals;                     // of the Executor
  };
  Batch(ChangeSource& source, Tools tools) : source_(source), tools_(std::move(tools)) {}

  std::optional<kube::Exchange> next() override;

  // To be called once the transport is through. Throws as Executor::run does.
  Execution result(OnRefusal on_refusal);

 private:
  // A Change that is in the journal, until its outcome is known.
  struct Write {
    Change change;
    std::size_t id = 0;
    int attempts = 0;
  };
  using WritePtr = std::shared_ptr<Write>;

  std::optional<kube::Exchange> next_read();
  std::optional<Change> next_change();
  [[nodiscard]] bool is_time_for_deletes();
  [[nodiscard]] bool is_dry_run() const;
  bool journal_next_group();
  bool in_journal(const std::function<void(Journal&)>& write);
  kube::Exchange send(const WritePtr& write);
  kube::Exchange read_back(const WritePtr& write, std::string doubt);
  void settle(const WritePtr& write, Fate fate);
  void finish(const Write& write, const ChangeOutcome& outcome);

  ChangeSource& source_;
  Tools tools_;
  Journal* journal_ = nullptr;
  std::deque<WritePtr> ready_;        // in the journal, not sent yet
  std::deque<kube::Exchange> again_;  // second tries and read-backs
  std::deque<Change> deletes_;
  enum class Phase { changes, deletes } phase_ = Phase::changes;
  std::size_t reads_in_flight_ = 0;
  std::size_t pulled_ = 0;
  std::size_t settled_ = 0;
  bool interrupted_ = false;
  std::exception_ptr failure_;  // of the journal
  Execution result_;
};

}  // namespace kots_export::change
