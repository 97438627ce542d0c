#include <kots_export/ui/log_view.h>
#include <kots_export/ui/messages.h>
#include <kots_export/util/files.h>
#include <kots_export/util/text.h>

#include "ui/one_line.h"

#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/spdlog.h>

namespace kots_export::ui {

struct LogView::Log {
  spdlog::logger logger;
};

namespace {

std::shared_ptr<spdlog::sinks::sink> open_sink(const std::filesystem::path& file) {
  // The file is made with its mode before spdlog, which does not know modes, opens it.
  const util::AppendFile made(file);
  try {
    return std::make_shared<spdlog::sinks::basic_file_sink_st>(file.string());
  } catch (const spdlog::spdlog_ex& error) {
    throw Error(util::filled("cannot write {file}", {{"file", file}}), error.what());
  }
}

}  // namespace

LogView::LogView(const std::filesystem::path& file)
    : log_(std::make_unique<Log>(Log{spdlog::logger("kots-export", open_sink(file))})) {
  log_->logger.set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %l %v");
  log_->logger.flush_on(spdlog::level::info);
  // Of a disk that is full the run itself tells; spdlog would write a line of its own onto the terminal.
  log_->logger.set_error_handler([](const std::string&) {});
}

LogView::~LogView() = default;

void LogView::step_started(std::string_view step) { log_->logger.info("step {} started", step); }

void LogView::step_done(std::string_view step) { log_->logger.info("step {} done", step); }

void LogView::planned(const change::Plan& plan, kube::DryRun dry_run) {
  if (plan.empty()) return;
  const char* words = dry_run == kube::DryRun::none ? "planned: {changes}" : "planned (dry run): {changes}";
  log_->logger.info("{}", util::filled(words, {{"changes", text_of(summarize(plan), Tense::planned)}}));
}

void LogView::change_done(const change::Change& change, const change::ChangeOutcome& outcome) {
  const auto verb = to_string(change.verb);
  const auto object = kube::describe(change.object);
  switch (outcome.status) {
    case change::ChangeOutcome::Status::done:
      log_->logger.info("{} {}: done", verb, object);
      break;
    case change::ChangeOutcome::Status::gone:
      log_->logger.info("{} {}: was gone", verb, object);
      break;
    case change::ChangeOutcome::Status::not_tried:
      log_->logger.info("{} {}: {}", verb, object, one_line(outcome.error));
      break;
    case change::ChangeOutcome::Status::refused:
    case change::ChangeOutcome::Status::unknown:
    case change::ChangeOutcome::Status::not_sent:
      log_->logger.error("{} {}: {}: {}", verb, object, to_string(outcome.status), one_line(outcome.error));
      break;
  }
}

void LogView::check_done(const change::CheckOutcome& check) {
  log_->logger.info("check {}: {} {}", check.id, to_string(check.status), util::printable(check.detail));
}

void LogView::notice(const change::Notice& notice) {
  if (notice.level == change::Notice::Level::warning) {
    log_->logger.warn("{}", util::printable(text_of(notice)));
  } else {
    log_->logger.info("{}", util::printable(text_of(notice)));
  }
}

void LogView::file_written(std::string_view what, const std::string& path) {
  log_->logger.info("wrote {}: {}", role_of(what), path);
}

void MultiView::request_done(const kube::Request& request, const kube::Outcome& outcome,
                             std::chrono::milliseconds took) {
  for (auto* observer : observers_) observer->request_done(request, outcome, took);
}
void MultiView::traffic(const kube::Traffic& now) {
  for (auto* observer : observers_) observer->traffic(now);
}
void MultiView::steps_ahead(std::span<const std::string_view> steps) {
  for (auto* observer : observers_) observer->steps_ahead(steps);
}
void MultiView::step_started(std::string_view step) {
  for (auto* observer : observers_) observer->step_started(step);
}
void MultiView::step_done(std::string_view step) {
  for (auto* observer : observers_) observer->step_done(step);
}
void MultiView::planned(const change::Plan& plan, kube::DryRun dry_run) {
  for (auto* observer : observers_) observer->planned(plan, dry_run);
}
void MultiView::change_started(const change::Change& change) {
  for (auto* observer : observers_) observer->change_started(change);
}
void MultiView::change_done(const change::Change& change, const change::ChangeOutcome& outcome) {
  for (auto* observer : observers_) observer->change_done(change, outcome);
}
void MultiView::plan_done() {
  for (auto* observer : observers_) observer->plan_done();
}

void MultiView::check_done(const change::CheckOutcome& check) {
  for (auto* observer : observers_) observer->check_done(check);
}
void MultiView::expected(std::size_t changes) {
  for (auto* observer : observers_) observer->expected(changes);
}
void MultiView::job_seen(const change::JobState& state) {
  for (auto* observer : observers_) observer->job_seen(state);
}
void MultiView::log_line(std::string_view source, std::string_view line) {
  for (auto* observer : observers_) observer->log_line(source, line);
}
void MultiView::notice(const change::Notice& notice) {
  for (auto* observer : observers_) observer->notice(notice);
}
void MultiView::file_written(std::string_view what, const std::string& path) {
  for (auto* observer : observers_) observer->file_written(what, path);
}
void MultiView::waiting() {
  for (auto* observer : observers_) observer->waiting();
}

}  // namespace kots_export::ui
