#include "cli/session.h"

#include <kots_export/migration/checks.h>
#include <kots_export/ui/effects_view.h>
#include <kots_export/ui/messages.h>
#include <kots_export/ui/plan_view.h>
#include <kots_export/util/files.h>
#include <kots_export/util/interrupt.h>
#include <kots_export/util/process.h>
#include <kots_export/util/random.h>
#include <kots_export/util/stop_guard.h>
#include <kots_export/util/text.h>
#include <kots_export/util/time.h>

#include "cli/output.h"
#include "cli/owning_transport.h"
#include "cli/question.h"

#include <chrono>
#include <ctime>
#include <iostream>
#include <ranges>

#include <nlohmann/json.hpp>
#include <unistd.h>

namespace kots_export::cli {

namespace {

// 20261124T101530.482Z-k3f9: sorts by time, and two runs of one moment differ.
std::string new_run_name(std::chrono::system_clock::time_point now) {
  constexpr std::size_t kSuffix = 4;
  constexpr int kThousand = 1000;
  const auto millis =
      std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count() % kThousand;
  return util::utc_text(std::chrono::system_clock::to_time_t(now), "%Y%m%dT%H%M%S.") +
         std::to_string(kThousand + millis).substr(1) + "Z-" +
         util::random_string(kSuffix, "abcdefghijklmnopqrstuvwxyz0123456789");
}

kube::CurlOptions curl_options(const ClusterOptions& cluster, std::string proxy) {
  kube::CurlOptions options;
  options.max_in_flight = cluster.concurrency + 1;  // one for the lock's renewal, whatever else is in flight
  options.proxy = std::move(proxy);
  options.system_roots_file = kube::Environment::of_process().get("SSL_CERT_FILE").value_or("");
  options.user_agent = std::string("kots-export/") + KOTS_EXPORT_VERSION;
  return options;
}

// Those of `wanted` and of the folders above them that are not there, the outer ones first.
std::vector<std::filesystem::path> missing_folders(const std::vector<std::filesystem::path>& wanted) {
  std::vector<std::filesystem::path> missing;
  std::error_code ignored;
  for (const auto& folder : wanted) {
    std::filesystem::path path;
    for (const auto& part : std::filesystem::absolute(folder).lexically_normal()) {
      path /= part;
      if (!std::filesystem::exists(path, ignored)) missing.push_back(path);
    }
  }
  return missing;
}

// Bodies are held twice only where they are shown.
kube::WatchedTransport::Keep kept(const Options& options) {
  return options.output.verbosity == OutputOptions::Verbosity::bodies ? kube::WatchedTransport::Keep::whole
                                                                      : kube::WatchedTransport::Keep::line;
}

bool is_pending(const change::PlanSummary& summary) {
  return summary.create + summary.patch + summary.remove > 0;
}

}  // namespace

Session::Session(const Options& options, Access access)
    : options_(options),
      paths_(options.installation.paths),
      run_(new_run_name(std::chrono::system_clock::now())),
      started_(util::utc_text(std::time(nullptr), "%Y-%m-%dT%H:%M:%SZ")),
      views_(options, access == Access::check ? std::optional(ui::Detail::verbose) : std::nullopt),
      config_(kube::resolve(options.cluster.overrides, kube::Environment::of_process())),
      credentials_(kube::make_credential_source(config_, [this] { return interrupted(); })),
      transport_(config_, *credentials_,
                 curl_options(options.cluster, kube::proxy_for(config_, kube::Environment::of_process()))),
      watched_(transport_, views_, kept(options)),
      lock_(watched_, views_, lock_options()),
      renewing_(watched_, lock_, views_, [this](auto until) { guard_sockets(until); }),
      client_(renewing_, {.total = options.cluster.request_timeout}, [this] { return interrupted(); }),
      executor_(client_, views_, executor_options(access)),
      context_{.client = client_,
               .executor = executor_,
               .observer = views_,
               .ns = {options.installation.ns},
               .release = options.installation.release,
               .commands = cli::commands(options, config_.context),
               .other_run = [this] { return lock_.other_run(options_.installation.ns); },
               .credential = [this] { return kube::credential_facts(config_, *credentials_); },
               .transport_to = [this](const std::string& url) { return transport_to(url); }} {
  if (config_.tls.verify == kube::TlsConfig::Verify::no) views_.warn("tls.not-verified");
  describe_target();
  if (access == Access::read) return;
  ui::write_text(views_.lines(), {.title = {}, .blocks = {target_of(header())}}, ui::Colour::no);
  if (executor_.dry_run() != kube::DryRun::none) {
    views_.head(header());
    return;
  }
  made_folders_ = missing_folders({paths_.logs(), paths_.output()});
  util::require_writable_folder(paths_.logs());
  log_.emplace(log_file());
  views_.add(*log_);
  views_.add(details_);
}

bool Session::interrupted() {
  views_.waiting();
  return util::interrupted();
}

void Session::describe_target() {
  if (options_.output.verbosity != OutputOptions::Verbosity::quiet)
    views_.tell("target", target_json(header()));
  ui::JsonView* document = options_.output.document;
  if (document == nullptr) return;
  document->set("target", target_json(header()));
  document->set("dryRun", kube::to_string(options_.change.dry_run));
}

ui::PlanHeader Session::header() const {
  ui::PlanHeader header{.server = config_.server,
                        .context = config_.context,
                        .user = config_.user,
                        .ns = options_.installation.ns,
                        .release = options_.installation.release,
                        .chart = migration::known_chart_version(context_),
                        // A rollback goes to no chart.
                        .target_version = rolls_back_.empty() ? options_.installation.target_version : "",
                        .time = started_,
                        .version = KOTS_EXPORT_VERSION,
                        .timeout = options_.migration.timeout};
  if (!of_file_) return header;
  header.chart = of_file_->chart;
  header.target_version = of_file_->target_version;
  header.time = of_file_->time;
  header.version = of_file_->version;
  return header;
}

void Session::takes(const migration::SavedPlan& saved) {
  of_file_ = ui::header_of(saved);
  if (executor_.dry_run() == kube::DryRun::none && options_.change.consent == ChangeOptions::Consent::given)
    ui::write_text(views_.lines(), {.title = {}, .blocks = {origin_of(header())}}, ui::Colour::no);
}

void Session::show_plan(const migration::MigrationPlan& plan) {
  ui::JsonView* document = options_.output.document;
  if (document != nullptr && plan.values) document->set("values", ui::json_of(*plan.values));
  if (executor_.dry_run() == kube::DryRun::none) return;
  const ui::PlanHeader now = header();  // in which the chart is known
  if (document == nullptr) return views_.show(plan, now);
  document->set("effects", ui::json_of(migration::effects_of(plan, now.timeout)));
}

void Session::show_plan(const change::Plan& plan) {
  if (executor_.dry_run() == kube::DryRun::none) return;
  const ui::PlanHeader now = header();
  ui::JsonView* document = options_.output.document;
  if (document == nullptr) return views_.show(plan, now);
  document->set("effects", ui::json_of(migration::effects_of(plan, now.timeout)));
}

change::ExecutorOptions Session::executor_options(Access access) {
  change::ExecutorOptions options{
      .dry_run = access == Access::check ? kube::DryRun::client : options_.change.dry_run,
      .begin_writing = [this] { return begin_writing(); },
      .confirm = {},
      .interrupted = [this] { return interrupted(); },
      .request_timeout = options_.cluster.request_timeout,
      .server_patience = options_.change.settle_time};
  if (options_.change.consent == ChangeOptions::Consent::asked_for)
    options.confirm = [this](const change::Plan& plan) { return confirm(plan); };
  return options;
}

bool Session::confirm(const change::Plan& plan) {
  // A context says nothing of a server that was named beside it.
  views_.rest();
  const bool has_context = !config_.context.empty() && options_.cluster.overrides.server.empty();
  try {
    const std::string where =
        has_context ? util::filled("context {context}", {{"context", config_.context}}) : config_.server;
    if (ask_to_change(options_, header(), plan, where,
                      context_.is_backup_missing ? Backup::missing : Backup::not_asked_for))
      return true;
  } catch (...) {
    leave_nothing();
    throw;
  }
  leave_nothing();
  return false;
}

void Session::leave_nothing() {
  views_.leave_nothing();
  std::error_code ignored;
  if (log_) std::filesystem::remove(log_file(), ignored);
  // What is not empty stays.
  for (const auto& folder : made_folders_ | std::views::reverse) std::filesystem::remove(folder, ignored);
}

change::LeaseOptions Session::lock_options() {
  change::LeaseOptions options;
  options.holder = util::user_at_host() + "/" + std::to_string(::getpid()) + "/" + run_;
  options.process = util::process_identity();
  options.duration = options_.change.lock_duration;
  options.take = options_.change.lock;
  options.show_command =
      cli::commands(options_, config_.context)
          .kubectl(options_.installation.ns, std::string("get lease ") + change::kLockName + " -o yaml");
  options.interrupted = [this] { return interrupted(); };
  return options;
}

// A process that was stopped sends nothing that it was just about to send; see docs/architecture.md.
void Session::guard_sockets(std::optional<std::chrono::nanoseconds> until) const {
  if (!until) return util::stop_guard::disarm();
  // What is sent as late as that still arrives before the lease runs out.
  util::stop_guard::arm(*until, lock_.duration() / 6);
}

change::RunHeader Session::run_header() {
  change::RunHeader header{.run = run_,
                           .started = started_,
                           .version = KOTS_EXPORT_VERSION,
                           .server = config_.server,
                           .context = config_.context,
                           .ns = options_.installation.ns,
                           .namespace_uid = {},
                           .release = options_.installation.release,
                           .rolls_back = rolls_back_,
                           .user = config_.user + " (" + util::user_at_host() + ")",
                           .process = util::process_identity()};
  try {
    (void)migration::find_namespace(context_);
  } catch (const kube::ApiError&) {
    // The server's address has to do.
  }
  header.namespace_uid = context_.namespace_uid.value_or("");
  return header;
}

std::unique_ptr<change::Journal> Session::begin_writing() {
  lock_.acquire(options_.installation.ns);
  auto journal = std::make_unique<change::Journal>(paths_.backup(), run_header());
  if (options_.output.document != nullptr) options_.output.document->set("journal", journal->path().string());
  util::set_last_words(last_words(journal->path()));
  return journal;
}

// Of a run that a second signal ends. As an event it has no time: nobody knows yet when that will be.
std::string Session::last_words(const std::filesystem::path& journal) const {
  const std::string log = log_ ? log_file().string() : "";
  const char* words = rolls_back_.empty() ? "Run the same command again to go on, or `{command}` to go back."
                                          : "Run the same command again to go on.";
  const std::string ways =
      util::filled(words, {{"command", context_.commands.kots_export("rollback " + run_)}});
  if (options_.output.log == OutputOptions::Log::json) {
    const nlohmann::json event{
        {"event", "endedAtOnce"}, {"journal", journal.string()}, {"log", log}, {"hint", ways}};
    return event.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
  }
  const std::string where = util::filled("ended at once; what was sent, or may have been, is in {journal}",
                                         {{"journal", util::printable(journal.string())}});
  return "\n" + where + util::printable(line_of_log()) + "\n" + ways + "\n";
}

std::unique_ptr<kube::Transport> Session::transport_to(const std::string& url) {
  kube::ResolvedConfig config;
  config.server = url;
  auto options =
      curl_options(options_.cluster, kube::proxy_from_environment(url, kube::Environment::of_process()));
  options.longest_body = std::size_t{4} << 20;  // a manifest's, OCI Distribution Specification 1.1
  return std::make_unique<OwningTransport>(config, options, views_, kept(options_));
}

// Of a server's dry run: also whether what is not refused was tried at all.
std::string Session::remark_on_dry_run() const {
  const change::OutcomeCounts& counts = executor_.counts();
  const change::PlanSummary& totals = executor_.totals();
  if (executor_.dry_run() != kube::DryRun::server || !is_pending(totals))
    return "dry run: nothing was changed";
  const char* words =
      counts.not_tried > 0
          ? "the server takes {taken} of {count}, {untried} cannot be tried; dry run: nothing was changed"
          : "the server takes {taken} of {count}; dry run: nothing was changed";
  return util::filled(words, {{"taken", counts.done + counts.gone},
                              {"count", totals.create + totals.patch + totals.remove},
                              {"untried", counts.not_tried}});
}

void Session::print_end() {
  const change::PlanSummary& totals = executor_.totals();
  views_.end();
  if (executor_.dry_run() != kube::DryRun::none) {
    if (options_.output.document != nullptr) return;
    return views_.show(ui::end_of(totals, {{remark_on_dry_run()}}));
  }
  std::ostream& lines = views_.result_lines();
  const std::size_t gone = executor_.counts().gone;
  const char* words = is_pending(totals) && gone > 0 ? "done: {changes}, {gone} gone already ({time})"
                      : is_pending(totals)           ? "done: {changes} ({time})"
                      : gone > 0 ? "nothing to do: {changes}, {gone} gone already ({time})"
                                 : "nothing to do: {changes} ({time})";
  lines << util::filled(words, {{"changes", ui::text_of(totals, ui::Tense::done)},
                                {"gone", gone},
                                {"time", util::elapsed_text(views_.elapsed())}})
        << std::endl;
  if (!executor_.journal_path().empty()) lines << "journal: " << executor_.journal_path() << std::endl;
  if (log_) lines << "log: " << log_file().string() << std::endl;
  views_.tell("done", {{"patched", totals.patch},
                       {"deleted", totals.remove},
                       {"created", totals.create},
                       {"alreadyRight", totals.already_right},
                       {"gone", gone},
                       {"milliseconds", views_.elapsed().count()},
                       {"journal", executor_.journal_path()},
                       {"log", log_ ? log_file().string() : ""}});
}

// What streams goes out before all is known.
change::RunDetails::Left Session::left() const {
  using Left = change::RunDetails::Left;
  const bool is_known = !executor_.has_streamed() || executor_.counts_with_rest().not_sent == 0;
  return is_known ? Left::known : Left::expected;
}

std::string Session::how_it_stopped() const {
  const change::OutcomeCounts counts = executor_.counts_with_rest();
  const bool all_are_known = left() == change::RunDetails::Left::known;
  return ui::text_of(change::Notice{.id = all_are_known ? "run.stopped" : "run.stopped-early",
                                    .args = {{"done", std::to_string(counts.done + counts.gone)},
                                             {"refused", std::to_string(counts.refused)},
                                             {"unknown", std::to_string(counts.unknown)},
                                             {"left", std::to_string(counts.not_sent)},
                                             {"time", util::elapsed_text(views_.elapsed())}}});
}

void Session::failed(Error& error) noexcept {
  views_.stopped();
  if (executor_.journal_path().empty()) return;
  try {
    executor_.end(util::interrupted() ? change::RunEnd::interrupted : change::RunEnd::failed);
  } catch (const Error&) {
    // Of a disk that is full the error itself tells.
  }
  // A run that has done nothing has no way back of its own: another's would be undone.
  const bool has_written = executor_.counts().done + executor_.counts().unknown > 0;
  const bool can_go_back = rolls_back_.empty() && error.leaves_way_back() && has_written;
  keep_details(change::RunDetails::End{.step = details_.step_at_work(),
                                       .why = error.what(),
                                       .hint = error.hint(),
                                       .can_go_on = !error.tells_way_on(),
                                       .can_go_back = can_go_back});
  error.set_state(how_it_stopped() + "\njournal: " + executor_.journal_path() + line_of_log());
  std::string hint = error.hint();
  const auto add = [&hint](const std::string& sentence) { hint += (hint.empty() ? "" : " ") + sentence; };
  if (!error.tells_way_on()) add("Run the same command again to go on: it does only what is left.");
  if (can_go_back)
    add(util::filled("To go back to what was there before: `{command}`.",
                     {{"command", context_.commands.kots_export("rollback " + run_)}}));
  error.set_hint(hint);
}

// Nothing depends on it: where it cannot be written, a report goes without times and checks.
void Session::keep_details(std::optional<change::RunDetails::End> end) noexcept {
  if (executor_.journal_path().empty()) return;
  try {
    change::RunDetails details = details_.details();
    details.chart = header().chart;
    details.target_version = header().target_version;
    details.left = left();
    details.helm_force = ui::word_of(context_.helm_force);
    details.end = std::move(end);
    change::write_run_details(std::filesystem::path(executor_.journal_path()).parent_path(), details);
  } catch (const std::exception&) {
    return;
  }
}

int in_session(const Options& options, Session::Access access, const std::function<int(Session&)>& work) {
  Session session(options, access);
  try {
    return work(session);
  } catch (Error& error) {
    session.failed(error);
    throw;
  }
}

int Session::finish_checks() {
  views_.end();
  migration::throw_if_checks_failed(context_);
  if (options_.output.document == nullptr) std::cout << "\nNo check failed." << std::endl;
  return static_cast<int>(ExitCode::done);
}

int Session::finish(const std::optional<migration::NextSteps>& next) {
  executor_.end(change::RunEnd::complete);
  keep_details();
  lock_.release();
  print_end();
  if (options_.output.document != nullptr)
    options_.output.document->already_right(executor_.totals().already_right);
  if (next && options_.output.format == OutputOptions::Format::text) std::cout << '\n';
  if (next) show(options_.output, *next);
  const bool is_dry_run = executor_.dry_run() != kube::DryRun::none;
  if (is_dry_run && executor_.counts().failed() > 0) {
    throw Error(
        util::filled("the server refuses {count} of these changes", {{"count", executor_.counts().failed()}}),
        {}, "Fix the causes that are shown above, then try again with --dry-run=server.");
  }
  migration::throw_if_checks_failed(context_);
  const bool asks = is_dry_run && options_.change.detailed_exit_code == ChangeOptions::DetailedExitCode::yes;
  return static_cast<int>(asks && is_pending(executor_.totals()) ? ExitCode::changes_pending
                                                                 : ExitCode::done);
}

}  // namespace kots_export::cli
