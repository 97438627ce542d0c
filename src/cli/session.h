#pragma once

#include <kots_export/change/executor.h>
#include <kots_export/change/journal.h>
#include <kots_export/change/lease.h>
#include <kots_export/change/renewing_transport.h>
#include <kots_export/change/run_details.h>
#include <kots_export/kube/curl_transport.h>
#include <kots_export/kube/watched_transport.h>
#include <kots_export/migration/context.h>
#include <kots_export/migration/message.h>
#include <kots_export/migration/paths.h>
#include <kots_export/migration/saved_plan.h>
#include <kots_export/ui/log_view.h>
#include <kots_export/ui/plan_header.h>

#include "cli/options.h"
#include "cli/views.h"

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace kots_export::cli {

// What a command that talks to a cluster works with: from Options to a migration::Context, and the end of it.
class Session {
 public:
  // Reads the kubeconfig; sends nothing yet. For commands that write, prepares the log file in a writable
  // folder. `check` shows every check, and changes nothing whatever --dry-run says. `options` outlive it.
  enum class Access { read, check, write };
  Session(const Options& options, Access access);

  [[nodiscard]] migration::Context& context() { return context_; }
  [[nodiscard]] const migration::Paths& paths() const { return paths_; }
  [[nodiscard]] change::Observer& observer() { return views_; }
  // Whether the operator wants the work to stop. Whatever waits asks this several times a second, so it is
  // also what keeps the view of the run alive.
  [[nodiscard]] bool interrupted();
  [[nodiscard]] const std::string& server() const { return config_.server; }
  // What stands above a plan of this session.
  [[nodiscard]] ui::PlanHeader header() const;
  // From here on the plan is this one of a file.
  void takes(const migration::SavedPlan& saved);
  // Shows the plan of a dry run; in the document, what values every run plans.
  void show_plan(const migration::MigrationPlan& plan);
  // The same of Changes that are no part of the migration: a rollback's, a Secret's.
  void show_plan(const change::Plan& plan);
  // A transport to another server, with the proxy of the environment and the system's roots.
  [[nodiscard]] std::unique_ptr<kube::Transport> transport_to(const std::string& url);

  // What the journal of this session says of it; `rolls_back` names the run that it undoes. Reads the
  // namespace's UID from the cluster where no check has; left empty where that may not be read.
  [[nodiscard]] change::RunHeader run_header();
  void rolls_back(std::string run) { rolls_back_ = std::move(run); }

  // Once something was written: notes in the journal that `error` ended the run, and adds to it how far the
  // run came, and the ways on and back.
  void failed(Error& error) noexcept;

  // Tells what the checks said. Returns the exit code; throws the Error of those that failed.
  int finish_checks();
  // Tells how a command that writes ended, and what comes next. Returns the exit code; throws Error where the
  // server refused something in a dry run.
  int finish(const std::optional<migration::NextSteps>& next = std::nullopt);

 private:
  [[nodiscard]] std::filesystem::path log_file() const {
    return paths_.logs() / ("kots-export-" + run_ + ".log");
  }
  // Behind other lines; empty where there is no log.
  [[nodiscard]] std::string line_of_log() const {
    return log_ ? "\nlog: " + log_file().string() : std::string();
  }
  change::ExecutorOptions executor_options(Access access);
  bool confirm(const change::Plan& plan);
  // Takes away the log file and the folders that this session made, as far as they are empty.
  void leave_nothing();
  // Takes the lock, then opens the journal.
  std::unique_ptr<change::Journal> begin_writing();
  [[nodiscard]] std::string last_words(const std::filesystem::path& journal) const;
  change::LeaseOptions lock_options();
  void guard_sockets(std::optional<std::chrono::nanoseconds> until) const;
  void describe_target();  // in the document, and where events are told
  [[nodiscard]] std::string remark_on_dry_run() const;
  void print_end();
  // What a report tells of the run, beside its journal.
  void keep_details(std::optional<change::RunDetails::End> end = std::nullopt) noexcept;
  [[nodiscard]] change::RunDetails::Left left() const;
  [[nodiscard]] std::string how_it_stopped() const;

  const Options& options_;
  migration::Paths paths_;
  std::vector<std::filesystem::path> made_folders_;  // that were not there before, innermost last
  std::string run_;                                  // name of this run, sorts by time
  std::string started_;                              // RFC 3339
  std::string rolls_back_;
  std::optional<ui::PlanHeader> of_file_;  // where the plan is one of a file
  std::optional<ui::LogView> log_;
  change::DetailsRecorder details_;
  Views views_;
  kube::ResolvedConfig config_;
  std::unique_ptr<kube::CredentialSource> credentials_;
  kube::CurlTransport transport_;
  kube::WatchedTransport watched_;
  change::Lease lock_;
  change::RenewingTransport renewing_;  // what goes to the server goes through it
  kube::Client client_;
  change::Executor executor_;
  migration::Context context_;
};

// Does `work` in a Session; an error that leaves it goes through failed(). Returns what `work` returns.
int in_session(const Options& options, Session::Access access, const std::function<int(Session&)>& work);

}  // namespace kots_export::cli
