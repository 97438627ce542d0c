#include "kube/log_follower.h"

#include <kots_export/kube/http_status.h>
#include <kots_export/util/json.h>
#include <kots_export/util/text.h>

#include "kube/client_state.h"
#include "kube/own_answer.h"

#include <algorithm>

namespace kots_export::kube {

using nlohmann::json;

namespace {

using Clock = std::chrono::steady_clock;

// The rest of a log that has ended is there at once.
constexpr std::chrono::milliseconds kLongestRest{60'000};

// How many tries in a row may fail (about ten minutes): the log is worth less than what it tells of.
constexpr int kLogTries = kStreamTries * 10;

std::string pod_path(const LogSpec& spec) {
  return "/api/v1/namespaces/" + util::percent_encode(spec.ns) + "/pods/" + util::percent_encode(spec.pod);
}

bool has_ended(const json& pod, const std::string& container) {
  const std::string phase = util::text_at(pod, {"status", "phase"});
  if (phase == "Succeeded" || phase == "Failed") return true;
  const json* statuses = util::find_at(pod, {"status", "containerStatuses"});
  if (statuses == nullptr || !statuses->is_array()) return false;
  return std::ranges::any_of(*statuses, [&](const json& status) {
    return util::text_at(status, {"name"}) == container &&
           util::find_at(status, {"state", "terminated"}) != nullptr;
  });
}

}  // namespace

std::optional<Exchange> LogFollower::next(TimePoint now) {
  if (finished_) return std::nullopt;
  if (!open_ && not_before_ <= now) return open(reading_);
  const bool is_silent = open_ && reading_ == Reading::follow && now - last_heard_ >= silence_;
  if (is_silent && !looking_) return look_at_pod();
  return std::nullopt;
}

std::optional<LogFollower::TimePoint> LogFollower::wake_at() const {
  if (finished_) return std::nullopt;
  if (!open_) return not_before_;
  if (looking_ || reading_ == Reading::rest) return std::nullopt;
  return last_heard_ + silence_;
}

Exchange LogFollower::open(Reading reading) {
  open_ = true;
  last_heard_ = Clock::now();
  to_skip_ = received_;
  const int stream = ++stream_;
  Request request = log_request(spec_.ns, spec_.pod, spec_.container);
  if (reading == Reading::follow) request.path.insert(request.path.find("container="), "follow=true&");
  if (reading == Reading::rest) request.timeout = kLongestRest;
  return {.request = std::move(request),
          .done =
              [this, stream, expected = request](Outcome outcome) {
                if (stream == stream_) on_end(believed(expected, std::move(outcome)));
              },
          .on_data =
              [this, stream](std::string_view data) {
                if (stream != stream_) return Flow::stop;
                take(data);
                return Flow::go_on;
              },
          .kind = Exchange::Kind::stream};
}

void LogFollower::take(std::string_view data) {
  failures_ = 0;
  last_heard_ = Clock::now();
  const std::size_t known = std::min(to_skip_, data.size());
  to_skip_ -= known;
  data.remove_prefix(known);
  received_ += data.size();
  lines_.feed(data, [this](std::string_view line) {
    spec_.on_line(line);
    return true;
  });
}

void LogFollower::on_end(const Outcome& outcome) {
  open_ = false;
  not_before_ = Clock::now() + kStreamPause;
  const auto* reply = std::get_if<Reply>(&outcome);
  if (reply != nullptr && http::is_success(reply->status)) return finish();
  // 400 is the answer for a container that does not run yet.
  const bool is_refused =
      reply != nullptr && reply->status != http::kBadRequest && !http::is_passing(reply->status);
  if (is_refused || ++failures_ >= kLogTries) finished_ = true;
}

Exchange LogFollower::look_at_pod() {
  looking_ = true;
  const Request request = get_json(pod_path(spec_), {"Pod"});
  return {.request = request,
          .done = [this, request](Outcome outcome) { on_pod(believed(request, std::move(outcome))); },
          .on_data = {}};
}

// A stream whose Pod has ended ends by itself, if nothing on the way keeps it open.
void LogFollower::on_pod(const Outcome& outcome) {
  looking_ = false;
  const auto now = Clock::now();
  const bool still_silent = open_ && reading_ == Reading::follow && now - last_heard_ >= silence_;
  const auto* reply = std::get_if<Reply>(&outcome);
  if (!still_silent) return;
  last_heard_ = now;
  if (reply == nullptr) return;
  if (reply->status == http::kNotFound) return finish();
  if (!http::is_success(reply->status) ||
      !has_ended(json::parse(reply->body, nullptr, false), spec_.container))
    return;
  reading_ = Reading::rest;
  ++stream_;
  open_ = false;
  not_before_ = now;
}

void LogFollower::finish() {
  if (const std::string rest = lines_.take_rest(); !rest.empty()) spec_.on_line(rest);
  ++stream_;
  finished_ = true;
}

}  // namespace kots_export::kube
