#include <kots_export/ui/event_view.h>
#include <kots_export/ui/masking.h>
#include <kots_export/ui/progress_text.h>
#include <kots_export/util/text.h>
#include <kots_export/util/time.h>

#include "ui/json_parts.h"

#include <algorithm>
#include <cmath>

namespace kots_export::ui {

using nlohmann::json;

namespace {

std::string line_of(std::chrono::system_clock::time_point now, const std::string& event, const json& fields) {
  // "time" and "event" first: whoever reads the lines by eye looks for these.
  std::string rest = fields.dump(-1, ' ', false, json::error_handler_t::replace);
  rest = rest == "{}" ? "}" : "," + rest.substr(1);
  return R"({"time":")" + util::rfc3339(now) + R"(","event":)" + json(event).dump() + rest;
}

json json_of(const kube::Headers& headers) {
  json result = json::array();
  for (const auto& [name, value] : headers)
    result.push_back({{"name", name}, {"value", util::printable(masked_header(name, value))}});
  return result;
}

}  // namespace

EventView::EventView(const Progress& progress, std::ostream& out, Requests requests, Says says,
                     SystemClock now)
    : ProgressView(progress),
      out_(out),
      requests_(requests),
      says_(says),
      now_(std::move(now)),
      written_(progress.now()) {}

void EventView::tell(const std::string& event, const json& fields) {
  // As one write: the words of a second signal are not to come between a line and its end.
  out_ << line_of(now_(), event, fields) + "\n" << std::flush;
  written_ = progress().now();
}

void EventView::say(const std::string& event, const json& fields) {
  if (says_ == Says::everything) tell(event, fields);
}

void EventView::request_done(const kube::Request& request, const kube::Outcome& outcome,
                             std::chrono::milliseconds took) {
  if (requests_ == Requests::none) return;
  json event{{"method", kube::to_string(request.method)},
             {"path", masked_path(request.path)},
             {"milliseconds", took.count()}};
  const auto* reply = std::get_if<kube::Reply>(&outcome);
  if (reply != nullptr) {
    event["status"] = reply->status;
  } else {
    event["failure"] = util::printable(std::get<kube::TransportFailure>(outcome).text);
  }
  if (requests_ == Requests::bodies) {
    event["request"] = {{"headers", json_of(request.headers)},
                        {"body", masked_body(request.path, request.body)}};
    if (reply != nullptr)
      event["answer"] = {{"headers", json_of(reply->headers)},
                         {"body", masked_body(request.path, reply->body)}};
  }
  say("request", event);
}

void EventView::step_started(std::string_view step) { say("stepStarted", {{"step", step}}); }

void EventView::step_done(std::string_view step) {
  const auto& steps = progress().steps();
  const auto done = std::ranges::find_if(steps.rbegin(), steps.rend(),
                                         [&](const Progress::Step& known) { return known.name == step; });
  json event{{"step", step}};
  if (done != steps.rend()) event["milliseconds"] = done->took.count();
  say("stepDone", event);
}

void EventView::planned(const change::Plan& plan, kube::DryRun dry_run) {
  const change::PlanSummary summary = summarize(plan);
  say("planned", {{"dryRun", kube::to_string(dry_run)},
                  {"patch", summary.patch},
                  {"delete", summary.remove},
                  {"create", summary.create},
                  {"alreadyRight", summary.already_right}});
}

void EventView::change_done(const change::Change& change, const change::ChangeOutcome& outcome) {
  using Status = change::ChangeOutcome::Status;
  // What was not sent because the run stopped is counted at its end.
  const bool was_left = outcome.status == Status::not_sent && outcome.error.empty();
  const bool has_failed = outcome.status != Status::done && outcome.status != Status::gone && !was_left;
  if (says_ == Says::failures && !has_failed) return;
  json event{{"step", change.step},
             {"verb", to_string(change.verb)},
             {"object", ui::json_of(change.object)},
             {"status", to_string(outcome.status)}};
  if (!outcome.error.empty()) event["message"] = util::printable(outcome.error);
  if (!outcome.hint.empty()) event["hint"] = util::printable(outcome.hint);
  tell("changeDone", event);
}

void EventView::check_done(const change::CheckOutcome& check) {
  if (says_ == Says::failures && check.status != change::CheckOutcome::Status::failed) return;
  tell("checkDone", ui::json_of(check));
}

void EventView::job_seen(const change::JobState& state) {
  say("job", {{"job", state.job}, {"pod", state.pod}, {"phase", state.phase}, {"reason", state.reason}});
}

void EventView::log_line(std::string_view source, std::string_view line) {
  say("log", {{"source", source}, {"line", util::printable(line)}});
}

void EventView::notice(const change::Notice& notice) { say("notice", ui::json_of(notice)); }

void EventView::file_written(std::string_view what, const std::string& path) {
  say("fileWritten", {{"role", what}, {"path", path}});
}

void EventView::turn() {
  if (progress().now() - written_ < kLongestSilence) return;
  const Progress::Step* step = progress().running();
  json event{{"step", step == nullptr ? json() : json(step->name)}};
  if (step != nullptr && step->total > 0) {
    event["done"] = step->done;
    event["failed"] = step->failed();
    event["total"] = step->total;
  }
  if (const auto rate = progress().rate()) {
    event["perSecond"] = std::round(rate->per_second);
    event["secondsLeft"] = rate->left.count();
  }
  const auto& oldest = progress().traffic().oldest;
  if (oldest && oldest->since >= kSlowAnswer) {
    event["unanswered"] = {{"request", kube::request_text(oldest->method, oldest->path)},
                           {"milliseconds", oldest->since.count()}};
  }
  say("progress", event);
}

std::string event_of(const Error& error, int exit_code) {
  json event = json_of(error);
  event["exitCode"] = exit_code;
  return line_of(std::chrono::system_clock::now(), "error", event);
}

}  // namespace kots_export::ui
