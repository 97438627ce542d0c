#include "cli/session.h"

#include <kots_export/ui/effects_view.h>
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

std::unique_ptr<kube::Transport> Session::transport_to(const std::string& url) {
  kube::ResolvedConfig config;
  config.server = url;
  auto options =
      curl_options(options_.cluster, kube::proxy_from_environment(url, kube::Environment::of_process()));
  options.longest_body = std::size_t{4} << 20;  // a manifest's, OCI Distribution Specification 1.1
  return std::make_unique<OwningTransport>(config, options, views_, kept(options_));
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

}  // namespace kots_export::cli
