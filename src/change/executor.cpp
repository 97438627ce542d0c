#include <kots_export/change/executor.h>

#include "change/batch.h"

#include <string>
#include <unordered_set>

namespace kots_export::change {

namespace {

// In a dry run nothing makes room: the server would refuse to create what the same plan deletes first.
Plan without_recreations(const Plan& plan) {
  std::unordered_set<kube::ObjectKey> deleted;
  for (const Change& change : plan.changes) {
    if (change.verb == Verb::remove) deleted.insert(kube::key_of(change.object));
  }
  Plan tried = plan;
  std::erase_if(tried.changes, [&](const Change& change) {
    return change.verb == Verb::create && deleted.contains(kube::key_of(change.object));
  });
  return tried;
}

}  // namespace

Executor::Executor(kube::Client& client, Observer& observer, ExecutorOptions options)
    : client_(client), observer_(observer), options_(std::move(options)) {}

Executor::~Executor() = default;

std::string Executor::journal_path() const { return journal_ ? journal_->path().string() : std::string(); }

bool Executor::may_stream() const {
  return options_.dry_run == kube::DryRun::none && (confirmed_ || !options_.confirm);
}

void Executor::confirm(const Plan& plan) {
  if (confirmed_ || plan.empty() || options_.dry_run != kube::DryRun::none) return;
  if (options_.confirm && !options_.confirm(plan)) {
    throw Error("nothing was changed", "not confirmed", "Answer yes, or give --yes.");
  }
  confirmed_ = true;
}

Execution Executor::run(const Plan& plan, OnRefusal on_refusal) {
  observer_.planned(plan, options_.dry_run);
  if (plan.empty() || options_.dry_run == kube::DryRun::client) {
    totals_ += summarize(plan);
    return {};
  }
  confirm(plan);
  if (options_.dry_run == kube::DryRun::server) {
    const Plan tried = without_recreations(plan);
    PlanSource source(tried);
    return carry_out(source, on_refusal);
  }
  (void)journal();  // and the lock with it, while the connection is free for it
  PlanSource source(plan);
  return carry_out(source, on_refusal);
}

Execution Executor::run(ChangeSource& source) { return carry_out(source, OnRefusal::fail); }

void Executor::complete() {
  if (journal_) journal_->record_end();
}

Journal* Executor::journal() {
  if (options_.dry_run != kube::DryRun::none) return nullptr;
  if (!journal_ && options_.open_journal) journal_ = options_.open_journal();
  return journal_.get();
}

Execution Executor::carry_out(ChangeSource& source, OnRefusal on_refusal) {
  Batch batch(source, {.observer = observer_,
                       .options = options_,
                       .open_journal = [this] { return journal(); },
                       .next_id = next_id_,
                       .totals = totals_});
  client_.run(batch);
  Execution result = batch.result(on_refusal);
  refused_ += result.refused;
  return result;
}

}  // namespace kots_export::change
