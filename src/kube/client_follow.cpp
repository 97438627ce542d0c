#include <kots_export/kube/client.h>
#include <kots_export/kube/http_status.h>
#include <kots_export/util/json.h>
#include <kots_export/util/text.h>

#include "kube/client_state.h"
#include "kube/retry.h"

#include <algorithm>
#include <list>
#include <random>

namespace kots_export::kube {

using nlohmann::json;

namespace {

using Clock = std::chrono::steady_clock;

// Between two tries of the same stream; it grows with each that fails.
constexpr std::chrono::milliseconds kPause{300};
constexpr std::chrono::milliseconds kLongestPause{5000};
constexpr int kTries = 24;  // in a row that fail (about a minute) before the operator hears of it

// What a server that is overloaded or restarting answers: it will be well again.
bool is_passing(int status) { return http::is_server_error(status) || status == http::kTooManyRequests; }

// Cuts a stream of bytes into lines.
class LineBuffer {
 public:
  template <typename OnLine>
  void feed(std::string_view data, OnLine&& on_line) {
    // What was there before holds no line feed: a line of many pieces is not searched again for each.
    std::size_t searched = buffer_.size();
    buffer_.append(data);
    std::size_t start = 0;
    for (std::size_t end = 0; (end = buffer_.find('\n', searched)) != std::string::npos; searched = start) {
      const std::string_view line = std::string_view(buffer_).substr(start, end - start);
      start = end + 1;
      if (!on_line(line)) break;
    }
    buffer_.erase(0, start);
  }
  [[nodiscard]] std::string take_rest() { return std::exchange(buffer_, {}); }

 private:
  std::string buffer_;
};

struct WatchStream {
  WatchSpec spec;
  std::string resource_version;  // empty: list first
  LineBuffer lines;
  bool open = false;
  bool finished = false;
  int failures = 0;
  Clock::time_point not_before;
};

struct LogStream {
  LogSpec spec;
  LineBuffer lines;
  std::size_t received = 0;  // bytes of the log so far
  std::size_t to_skip = 0;   // after a cut a log starts anew: bytes that are known already
  bool open = false;
  bool finished = false;
  int failures = 0;
  Clock::time_point not_before;
};

// All streams of one follow call, as a source for the transport.
class FollowSource : public RequestSource, public Client::Follow {
 public:
  FollowSource(std::vector<WatchSpec> watches, Clock::time_point until, std::chrono::milliseconds log_grace,
               std::function<bool()> interrupted)
      : until_(until), log_grace_(log_grace), interrupted_(std::move(interrupted)) {
    for (auto& spec : watches)
      watches_.push_back({.spec = std::move(spec), .resource_version = {}, .lines = {}, .not_before = {}});
  }

  // --- Follow ---
  void add_log(LogSpec log) override {
    logs_.push_back({.spec = std::move(log), .lines = {}, .not_before = {}});
  }
  void stop() override {
    if (stop_at_) return;
    stop_at_ = Clock::now() + log_grace_;
    for (auto& watch : watches_) watch.finished = true;
  }

  // --- RequestSource ---
  std::optional<Exchange> next() override {
    if (failure_) return std::nullopt;
    const auto now = Clock::now();
    for (auto& log : logs_) {
      if (!log.open && !log.finished && log.not_before <= now) return open(log);
    }
    for (auto& watch : watches_) {
      if (!watch.open && !watch.finished && watch.not_before <= now)
        return watch.resource_version.empty() ? list(watch) : open(watch);
    }
    return std::nullopt;
  }

  std::optional<Clock::time_point> wake_at() override {
    if (failure_) return std::nullopt;
    std::optional<Clock::time_point> earliest;
    const auto consider = [&](const auto& stream) {
      if (!stream.open && !stream.finished && (!earliest || stream.not_before < *earliest))
        earliest = stream.not_before;
    };
    std::ranges::for_each(logs_, consider);
    std::ranges::for_each(watches_, consider);
    return earliest;
  }

  Flow tick() override {
    if (failure_) return Flow::stop;
    if (interrupted_ && interrupted_()) {
      interrupted_now_ = true;
      return Flow::stop;
    }
    const auto now = Clock::now();
    const bool logs_done = std::ranges::all_of(logs_, &LogStream::finished);
    const bool watches_done = std::ranges::all_of(watches_, &WatchStream::finished);
    if (watches_done && (logs_done || (stop_at_ && now >= *stop_at_))) return Flow::stop;
    if (watches_done && !stop_at_) stop();
    if (now < until_) return Flow::go_on;
    timed_out_ = !watches_done;
    return Flow::stop;
  }

  Client::FollowEnd result() const {
    if (failure_) std::rethrow_exception(failure_);
    if (interrupted_now_) throw Interrupted("stopped waiting", "What was started goes on in the cluster.");
    return timed_out_ ? Client::FollowEnd::timed_out : Client::FollowEnd::stopped;
  }

 private:
  static std::string selectors(const WatchSpec& spec) {
    std::string query;
    if (!spec.label_selector.empty()) query += "&labelSelector=" + util::percent_encode(spec.label_selector);
    if (!spec.field_selector.empty()) query += "&fieldSelector=" + util::percent_encode(spec.field_selector);
    return query;
  }

  static Request get(std::string path) {
    return {.method = Method::get,
            .path = std::move(path),
            .headers = {{"Accept", "application/json"}},
            .body = {},
            .timeout = {}};
  }

  static std::string action_of(const WatchStream& watch) { return "watch " + watch.spec.gvr.resource; }

  // --- Watches ---

  Exchange list(WatchStream& watch) {
    watch.open = true;
    return {.request =
                get(collection_path(watch.spec.gvr, watch.spec.ns) + "?watch=false" + selectors(watch.spec)),
            .done = [this, &watch](const Outcome& outcome) { on_list(watch, outcome); },
            .on_data = {}};
  }

  void on_list(WatchStream& watch, const Outcome& outcome) {
    watch.open = false;
    const auto* reply = std::get_if<Reply>(&outcome);
    if (reply == nullptr)
      return try_again(watch, ConnectionError(action_of(watch), std::get<TransportFailure>(outcome)));
    if (!http::is_success(reply->status)) return refused(watch, *reply);
    const json page = json::parse(reply->body, nullptr, false);
    const std::string version = util::text_at(page, {"metadata", "resourceVersion"});
    // Not a list of an API server: without a version it would only be asked for again and again.
    if (version.empty()) return try_again(watch, not_json(action_of(watch)));
    watch.failures = 0;
    watch.resource_version = version;
    for (const json& object : page.value("items", json::array())) {
      if (watch.finished) return;
      deliver(watch, {.type = WatchEvent::Type::added, .object = object});
    }
    if (!watch.finished && watch.spec.on_listed && watch.spec.on_listed() == Flow::stop)
      watch.finished = true;
  }

  Exchange open(WatchStream& watch) {
    watch.open = true;
    watch.lines = {};
    const std::string query = "?watch=true&allowWatchBookmarks=true&resourceVersion=" +
                              util::percent_encode(watch.resource_version) +
                              "&timeoutSeconds=" + std::to_string(watch_seconds_(random_));
    return {.request = get(collection_path(watch.spec.gvr, watch.spec.ns) + query + selectors(watch.spec)),
            .done = [this, &watch](const Outcome& outcome) { on_watch_end(watch, outcome); },
            .on_data =
                [this, &watch](std::string_view data) {
                  watch.failures = 0;
                  watch.lines.feed(
                      data, [&](std::string_view line) { return on_event(watch, line) == Flow::go_on; });
                  return watch.finished || watch.resource_version.empty() ? Flow::stop : Flow::go_on;
                },
            .kind = Exchange::Kind::stream};
  }

  Flow on_event(WatchStream& watch, std::string_view line) {
    const json event = json::parse(line, nullptr, false);
    if (!event.is_object() || !event.contains("object")) {
      // Not an API server's answer: the list tells what is wrong.
      watch.resource_version.clear();
      return Flow::stop;
    }
    const json& object = event["object"];
    const std::string type = event.value("type", "");
    if (type == "ERROR") {
      // 410: what happened since is forgotten; list again. Anything else too: the list tells what is wrong.
      watch.resource_version.clear();
      return Flow::stop;
    }
    const std::string version = object.value("metadata", json::object()).value("resourceVersion", "");
    if (!version.empty()) watch.resource_version = version;
    using Type = WatchEvent::Type;
    const Type kind = type == "ADDED"      ? Type::added
                      : type == "DELETED"  ? Type::deleted
                      : type == "BOOKMARK" ? Type::bookmark
                                           : Type::modified;
    deliver(watch, {.type = kind, .object = object});
    return watch.finished ? Flow::stop : Flow::go_on;
  }

  void on_watch_end(WatchStream& watch, const Outcome& outcome) {
    watch.open = false;
    watch.not_before = Clock::now() + kPause;
    if (const auto* reply = std::get_if<Reply>(&outcome)) {
      if (reply->status == http::kGone) {
        watch.resource_version.clear();
      } else if (!http::is_success(reply->status)) {
        refused(watch, *reply);
      }
      return;
    }
    const auto& failure = std::get<TransportFailure>(outcome);
    if (failure.kind != TransportFailure::Kind::cancelled)
      try_again(watch, ConnectionError(action_of(watch), failure));
  }

  void refused(WatchStream& watch, const Reply& reply) {
    const ApiError error = api_error(action_of(watch), reply);
    if (is_passing(reply.status)) return try_again(watch, error);
    give_up(watch, error);
  }

  void deliver(WatchStream& watch, const WatchEvent& event) {
    if (watch.spec.on_event(event) == Flow::stop) watch.finished = true;
  }

  template <typename E>
  void try_again(WatchStream& watch, const E& error) {
    watch.not_before = Clock::now() + std::min(kPause * ++watch.failures, kLongestPause);
    if (watch.failures >= kTries) give_up(watch, error);
  }

  template <typename E>
  void give_up(WatchStream& watch, const E& error) {
    watch.finished = true;
    if (watch.spec.needed == WatchSpec::Needed::yes) fail(error);
  }

  // --- Logs ---

  Exchange open(LogStream& log) {
    log.open = true;
    log.to_skip = log.received;
    const std::string path = "/api/v1/namespaces/" + util::percent_encode(log.spec.ns) + "/pods/" +
                             util::percent_encode(log.spec.pod) +
                             "/log?follow=true&container=" + util::percent_encode(log.spec.container);
    return {.request = get(path),
            .done = [this, &log](const Outcome& outcome) { on_log_end(log, outcome); },
            .on_data =
                [&log](std::string_view data) {
                  take(log, data);
                  return Flow::go_on;
                },
            .kind = Exchange::Kind::stream};
  }

  static void take(LogStream& log, std::string_view data) {
    log.failures = 0;
    const std::size_t known = std::min(log.to_skip, data.size());
    log.to_skip -= known;
    data.remove_prefix(known);
    log.received += data.size();
    log.lines.feed(data, [&log](std::string_view line) {
      log.spec.on_line(line);
      return true;
    });
  }

  void on_log_end(LogStream& log, const Outcome& outcome) {
    log.open = false;
    log.not_before = Clock::now() + kPause;
    const auto* reply = std::get_if<Reply>(&outcome);
    if (reply != nullptr && http::is_success(reply->status)) {
      if (const std::string rest = log.lines.take_rest(); !rest.empty()) log.spec.on_line(rest);
      log.finished = true;
      return;
    }
    // 400 is the answer for a container that does not run yet.
    const bool is_refused =
        reply != nullptr && reply->status != http::kBadRequest && !is_passing(reply->status);
    if (is_refused || ++log.failures >= kTries * 10) log.finished = true;
  }

  template <typename E>
  void fail(E error) {
    if (!failure_) failure_ = std::make_exception_ptr(std::move(error));
  }

  // Lists, not vectors: exchanges under way refer to their streams.
  std::list<WatchStream> watches_;
  std::list<LogStream> logs_;
  Clock::time_point until_;
  std::chrono::milliseconds log_grace_;
  std::function<bool()> interrupted_;
  std::optional<Clock::time_point> stop_at_;
  // A watch ends by itself, so that one that a balancer forgot is not listened to for ever. Source:
  // client-go's reflector, which takes five to ten minutes.
  std::uniform_int_distribution<int> watch_seconds_{240, 300};
  std::minstd_rand random_{std::random_device{}()};
  bool timed_out_ = false;
  bool interrupted_now_ = false;
  std::exception_ptr failure_;
};

}  // namespace

Client::FollowEnd Client::follow(std::vector<WatchSpec> watches, std::chrono::steady_clock::time_point until,
                                 const std::function<void(Follow&)>& started,
                                 std::chrono::milliseconds log_grace) {
  FollowSource source(std::move(watches), until, log_grace, state_->interrupted);
  started(source);
  // Not through the retries of single requests: streams come back by their own rules.
  state_->transport.run(source);
  return source.result();
}

}  // namespace kots_export::kube
