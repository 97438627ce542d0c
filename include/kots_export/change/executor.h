#pragma once

#include <kots_export/change/change.h>
#include <kots_export/change/journal.h>
#include <kots_export/change/observer.h>
#include <kots_export/change/source.h>
#include <kots_export/kube/client.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace kots_export::change {

struct ExecutorOptions {
  kube::DryRun dry_run = kube::DryRun::none;
  // Opens the journal when the first Change is about to be sent; not called in a dry run. May be empty in
  // tests.
  std::function<std::unique_ptr<Journal>()> open_journal;
  // Asked before the first Change of a plan that writes; false ends with Error ("not confirmed"). Empty
  // where nobody is to be asked: then plans may stream.
  std::function<bool(const Plan&)> confirm;
  // Asked often; true: no new Change is started, those in flight are waited for, then Interrupted is thrown.
  std::function<bool()> interrupted;
};

// A Change that the server refused, or whose fate is not known.
struct Refusal {
  kube::ObjectRef object;
  std::string error;
};

// Whether a plan some of whose Changes were refused ends with an Error or with its Execution.
enum class OnRefusal { fail, report };

// What became of a plan whose Changes were all carried out.
struct Execution {
  std::size_t done = 0;
  std::size_t gone = 0;
  std::size_t refused = 0;
  std::vector<Refusal> refusals;         // OnRefusal::report: each of them
  std::vector<kube::ObjectRef> created;  // with their UIDs; the first 64, for steps that go on from them
};

// Carries out plans: the only code that writes to a cluster.
//  - Changes of one plan run side by side, as many as the transport allows; plans run one after the other.
//  - Changes are pulled one journal group at a time, and a source's reads run beside its writes: memory holds
//  what is in flight, however long the plan.
//  - Deletes of a plan start when its creates and patches are done, and only where none of them was refused.
//  - Every Change is in the journal, fsynced, before its request is sent.
//  - A write whose fate is unknown (connection cut, 5xx) is read back and sent again only where it did not
//  happen;
//    a 409 reads the object again: same UID is tried again, another UID is refused ("was replaced").
//  - DryRun::client sends nothing; DryRun::server sends every request with dryRun=All, whatever is refused.
class Executor {
 public:
  Executor(kube::Client& client, Observer& observer, ExecutorOptions options);
  ~Executor();

  // Shows `plan` to the observer and carries it out. Throws Error where a Change was refused (after the
  // others were done; the text names the first and counts the rest), Interrupted, and the journal's Error.
  // With OnRefusal::report refused Changes are only told in the result.
  // The server's dry run reports them always.
  Execution run(const Plan& plan, OnRefusal on_refusal = OnRefusal::fail);

  // The same for Changes that become known on the way. Nothing is shown or asked: only where may_stream().
  Execution run(ChangeSource& source);

  // True where changes may go out before all are known: no dry run, and nobody left to ask.
  [[nodiscard]] bool may_stream() const;

  // Asks options.confirm once for all that follows (a command of several plans shows them joined); later
  // calls and run() do not ask again. Nothing is asked for an empty plan or in a dry run. Throws Error where
  // the answer is no.
  void confirm(const Plan& plan);

  [[nodiscard]] kube::DryRun dry_run() const noexcept { return options_.dry_run; }
  // Writes into the journal, where there is one, that the run did all it was to do.
  void complete();

  // All Changes that were carried out so far, or would have been in a dry run.
  [[nodiscard]] const PlanSummary& totals() const noexcept { return totals_; }
  // Changes that were refused so far.
  [[nodiscard]] std::size_t refused() const noexcept { return refused_; }
  // The journal's path; empty as long as nothing was written.
  [[nodiscard]] std::string journal_path() const;

 private:
  Execution carry_out(ChangeSource& source, OnRefusal on_refusal);
  // Opens it where there is none yet; null in a dry run.
  Journal* journal();

  kube::Client& client_;
  Observer& observer_;
  ExecutorOptions options_;
  std::unique_ptr<Journal> journal_;
  std::size_t next_id_ = 1;
  bool confirmed_ = false;
  PlanSummary totals_;
  std::size_t refused_ = 0;
};

}  // namespace kots_export::change
