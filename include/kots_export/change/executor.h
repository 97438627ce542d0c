#pragma once

#include <kots_export/change/change.h>
#include <kots_export/change/journal.h>
#include <kots_export/change/observer.h>
#include <kots_export/change/source.h>
#include <kots_export/kube/client.h>
#include <kots_export/util/error.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace kots_export::change {

struct ExecutorOptions {
  kube::DryRun dry_run = kube::DryRun::none;
  // Takes the lock and opens the journal. Called once, before the first write of the run and never while
  // requests are in flight; not called in a dry run. May be empty in tests.
  std::function<std::unique_ptr<Journal>()> begin_writing;
  // Asked before the first Change of a plan that writes; false ends with Cancelled. Throws where nobody can
  // be asked. Empty where nobody is to be asked: then plans may stream.
  std::function<bool(const Plan&)> confirm;
  // Asked often; true: no new Change is started, those in flight are waited for, then Interrupted is thrown.
  std::function<bool()> interrupted;
  // Before the second try of a write; twice as long before each further one.
  std::chrono::milliseconds first_delay{200};
  // Of one write with all its tries; zero: none. One that is under way is read back all the same.
  std::chrono::milliseconds request_timeout{0};
  // How long a write whose answer was lost may still take effect in the API server.
  std::chrono::milliseconds server_patience = kServerPatience;
};

// A Change that is not as it should be: refused, unknown or not sent.
struct Failure {
  kube::ObjectRef object;
  ChangeOutcome::Status status = ChangeOutcome::Status::refused;
  std::string error;
};

// Whether a plan some of whose Changes failed ends with an Error or with its Execution.
enum class OnFailure { fail, report };

// What became of a plan.
struct Execution {
  OutcomeCounts counts;
  std::vector<Failure> failures;
};

// Changes of a plan failed, after the others were done.
class NotMade : public Error {
 public:
  NotMade(std::string what, std::string why, const OutcomeCounts& counts)
      : Error(std::move(what), std::move(why)), counts_(counts) {}
  // How the plan's Changes ended.
  [[nodiscard]] const OutcomeCounts& counts() const noexcept { return counts_; }

 private:
  OutcomeCounts counts_;
};

// Carries out plans: the only code that writes to a cluster.
//  - Changes of one plan run side by side, as many as the transport allows; plans run one after the other.
//  - Changes are pulled one journal group at a time, and a source's reads run beside its writes: memory holds
//    what is in flight, however long the plan.
//  - Deletes of a plan start when its creates and patches are done, and only where none of them failed.
//  - Every Change is in the journal, fsynced, before its request is sent.
//  - Only an answer that is the object that was written is `done`. Anything else that is no clear refusal
//    leaves the fate unknown: the object is read back, and the same write goes again, under the same
//    preconditions, while it is not found done. change/fate.h has the rules.
//  - What was created by a try that nobody answered is not deleted while another such try may still arrive.
//  - DryRun::client sends nothing; DryRun::server sends every request with dryRun=All, whatever is refused,
//    but for Changes that need what another one of the plan creates.
class Executor {
 public:
  Executor(kube::Client& client, Observer& observer, ExecutorOptions options);
  ~Executor();

  // Shows `plan` to the observer and carries it out. Throws NotMade where a Change failed (after the others
  // were done; the text names the first and counts the rest), Interrupted, and what begin_writing and the
  // journal throw. With OnFailure::report failed Changes are only told in the result. The server's dry run
  // reports them always.
  Execution run(const Plan& plan, OnFailure on_failure = OnFailure::fail);

  // The same for Changes that become known on the way. Nothing is shown or asked: only where may_stream().
  // Where the source gives no Change, nothing is written: neither lock nor journal.
  Execution run(ChangeSource& source);

  // True where changes may go out before all are known: no dry run, and nobody left to ask.
  [[nodiscard]] bool may_stream() const;

  // True once Changes went out that way.
  [[nodiscard]] bool has_streamed() const noexcept { return has_streamed_; }

  // Asks options.confirm once for all that follows (a command of several plans shows them joined); later
  // calls and run() do not ask again. Nothing is asked for an empty plan or in a dry run. Throws Cancelled
  // where the answer is no.
  void confirm(const Plan& plan);

  // Takes the lock and opens the journal, where that has not been done; nothing in a dry run. run() calls it
  // before its first write.
  void begin_writing();

  [[nodiscard]] kube::DryRun dry_run() const noexcept { return options_.dry_run; }
  // Writes into the journal, where there is one, how the run ended.
  void end(RunEnd end);

  // `change` with the UIDs that it needs, of what this Executor has created. Those that are not known stay.
  [[nodiscard]] Change with_known_uids(Change change) const;

  // All Changes that were done so far, or would have been in a dry run.
  [[nodiscard]] const PlanSummary& totals() const noexcept { return totals_; }
  // How all Changes so far ended.
  [[nodiscard]] const OutcomeCounts& counts() const noexcept { return counts_; }
  // Of a run that stopped: counts(), and as not sent also what of the confirmed plan was not begun.
  [[nodiscard]] OutcomeCounts counts_with_rest() const;
  // The journal's path; empty as long as nothing was written.
  [[nodiscard]] std::string journal_path() const;

 private:
  Execution carry_out(ChangeSource& source, OnFailure on_failure);
  void wait_for_unanswered_creates(const Plan& plan);
  // The first of what `change` needs that this Executor has not created; null where there is none.
  [[nodiscard]] const Change::Need* missing_need(const Change& change) const;

  kube::Client& client_;
  Observer& observer_;
  ExecutorOptions options_;
  std::unique_ptr<Journal> journal_;
  std::size_t next_id_ = 1;
  bool confirmed_ = false;
  bool has_streamed_ = false;
  std::size_t planned_ = 0;  // Changes of what was to be confirmed: at least so many
  PlanSummary totals_;
  OutcomeCounts counts_;
  // What was created: its UID, and until when an unanswered try of its create may still arrive.
  struct Created {
    std::string uid;
    std::chrono::steady_clock::time_point settled;
  };
  std::unordered_map<kube::ObjectKey, Created> created_;
};

}  // namespace kots_export::change
