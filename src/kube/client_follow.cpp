#include <kots_export/kube/client.h>
#include <kots_export/kube/http_status.h>
#include <kots_export/util/json.h>
#include <kots_export/util/line_buffer.h>
#include <kots_export/util/text.h>

#include "kube/client_state.h"
#include "kube/log_follower.h"
#include "kube/own_answer.h"

#include <algorithm>
#include <list>
#include <random>

namespace kots_export::kube {

using nlohmann::json;

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kLongestPause{5000};

// How much longer than it was asked for a watch may take to end: then its server has forgotten it.
constexpr std::chrono::seconds kWatchGrace{30};

struct WatchStream {
  WatchSpec spec;
  std::string resource_version;  // empty: list first
  util::LineBuffer lines;
  bool open = false;
  bool finished = false;
  int failures = 0;
  std::exception_ptr last_failure = nullptr;  // nothing: the last try went well
  std::string why{};                          // of the last failure
  int gaps = 0;                               // in a row: it has to be listed again, and no event has come
  Clock::time_point not_before;
};

// All streams of one follow call, as a source for the transport.
class FollowSource : public RequestSource, public Client::Follow {
 public:
  FollowSource(std::vector<WatchSpec> watches, Clock::time_point until, std::chrono::milliseconds log_grace,
               std::chrono::milliseconds log_silence, std::function<bool()> interrupted)
      : until_(until),
        log_grace_(log_grace),
        log_silence_(log_silence),
        interrupted_(std::move(interrupted)) {
    for (auto& spec : watches)
      watches_.push_back({.spec = std::move(spec), .resource_version = {}, .lines = {}, .not_before = {}});
  }

  // --- Follow ---
  void add_log(LogSpec log) override { logs_.emplace_back(std::move(log), log_silence_); }
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
      if (auto exchange = log.next(now)) return exchange;
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
    const auto consider = [&](std::optional<Clock::time_point> when) {
      if (when && (!earliest || *when < *earliest)) earliest = when;
    };
    for (const auto& log : logs_) consider(log.wake_at());
    for (const auto& watch : watches_) {
      if (!watch.open && !watch.finished) consider(watch.not_before);
    }
    return earliest;
  }

  Flow tick() override {
    if (failure_) return Flow::stop;
    if (interrupted_ && interrupted_()) {
      interrupted_now_ = true;
      return Flow::stop;
    }
    const auto now = Clock::now();
    const bool logs_done = std::ranges::all_of(logs_, &LogFollower::finished);
    const bool watches_done = std::ranges::all_of(watches_, &WatchStream::finished);
    if (watches_done && (logs_done || (stop_at_ && now >= *stop_at_))) return Flow::stop;
    if (watches_done && !stop_at_) stop();
    if (now < until_) return Flow::go_on;
    timed_out_ = !watches_done;
    return Flow::stop;
  }

  [[nodiscard]] std::optional<Retry> next_retry() const override {
    const auto failed = std::ranges::find_if(watches_, [](const WatchStream& watch) {
      return !watch.open && !watch.finished && watch.last_failure;
    });
    if (failed == watches_.end()) return std::nullopt;
    return Retry{.method = Method::get,
                 .path = collection_path(failed->spec.resource.gvr, failed->spec.ns),
                 .why = failed->why,
                 .at = failed->not_before};
  }

  Client::FollowEnd result() const {
    if (failure_) std::rethrow_exception(failure_);
    if (interrupted_now_) throw Interrupted("stopped waiting", "What was started goes on in the cluster.");
    if (!timed_out_) return Client::FollowEnd::stopped;
    // Where the time ran out because nothing could be seen, that is what is to be told.
    for (const WatchStream& watch : watches_) {
      if (watch.last_failure && watch.spec.needed == WatchSpec::Needed::yes)
        std::rethrow_exception(watch.last_failure);
    }
    return Client::FollowEnd::timed_out;
  }

 private:
  static std::string selectors(const WatchSpec& spec) {
    std::string query;
    if (!spec.label_selector.empty()) query += "&labelSelector=" + util::percent_encode(spec.label_selector);
    if (!spec.field_selector.empty()) query += "&fieldSelector=" + util::percent_encode(spec.field_selector);
    return query;
  }

  static std::string action_of(const WatchStream& watch) {
    return util::filled("watch {resource}", {{"resource", watch.spec.resource.gvr.resource}});
  }

  // --- Watches ---

  Exchange list(WatchStream& watch) {
    watch.open = true;
    const Request request = get_json(
        collection_path(watch.spec.resource.gvr, watch.spec.ns) + "?watch=false" + selectors(watch.spec),
        {watch.spec.resource.kind + "List"});
    return {.request = request,
            .done = [this, &watch,
                     request](Outcome outcome) { on_list(watch, believed(request, std::move(outcome))); },
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
    // Without a version it would only be asked for again and again.
    if (version.empty()) return try_again(watch, not_json(action_of(watch)));
    watch.failures = 0;
    watch.last_failure = nullptr;
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
    const int seconds = watch_seconds_(random_);
    const std::string query = "?watch=true&allowWatchBookmarks=true&resourceVersion=" +
                              util::percent_encode(watch.resource_version) +
                              "&timeoutSeconds=" + std::to_string(seconds);
    Request request =
        get_json(collection_path(watch.spec.resource.gvr, watch.spec.ns) + query + selectors(watch.spec), {});
    request.timeout = std::chrono::seconds(seconds) + kWatchGrace;
    return {.request = std::move(request),
            .done = [this, &watch](const Outcome& outcome) { on_watch_end(watch, outcome); },
            .on_data =
                [this, &watch](std::string_view data) {
                  watch.failures = 0;
                  watch.last_failure = nullptr;
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
    watch.gaps = 0;
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
    if (std::holds_alternative<Reply>(outcome) && std::get<Reply>(outcome).status == http::kGone)
      watch.resource_version.clear();
    // A list goes well each time; a server that then knows nothing of its version is asked ever more slowly.
    if (watch.resource_version.empty()) ++watch.gaps;
    watch.not_before = Clock::now() + pause_after(std::max(watch.gaps, 1));
    if (const auto* reply = std::get_if<Reply>(&outcome)) {
      if (reply->status != http::kGone && !http::is_success(reply->status)) refused(watch, *reply);
      return;
    }
    const auto& failure = std::get<TransportFailure>(outcome);
    if (failure.kind != TransportFailure::Kind::cancelled)
      try_again(watch, ConnectionError(action_of(watch), failure));
  }

  void refused(WatchStream& watch, const Reply& reply) {
    const ApiError error = api_error(action_of(watch), reply);
    if (http::is_passing(reply.status) || !is_status(reply)) return try_again(watch, error);
    give_up(watch, error);
  }

  void deliver(WatchStream& watch, const WatchEvent& event) {
    if (watch.spec.on_event(event) == Flow::stop) watch.finished = true;
  }

  static std::chrono::milliseconds pause_after(int failures) {
    return std::min(kStreamPause * failures, kLongestPause);
  }

  template <typename E>
  void try_again(WatchStream& watch, const E& error) {
    watch.not_before = Clock::now() + pause_after(++watch.failures);
    watch.last_failure = std::make_exception_ptr(error);
    watch.why = error.what();
    if (watch.failures >= kStreamTries) give_up(watch, error);
  }

  template <typename E>
  void give_up(WatchStream& watch, const E& error) {
    watch.finished = true;
    if (watch.spec.needed == WatchSpec::Needed::yes) fail(error);
  }

  template <typename E>
  void fail(E error) {
    if (!failure_) failure_ = std::make_exception_ptr(std::move(error));
  }

  // Lists, not vectors: exchanges under way refer to their streams.
  std::list<WatchStream> watches_;
  std::list<LogFollower> logs_;
  Clock::time_point until_;
  std::chrono::milliseconds log_grace_;
  std::chrono::milliseconds log_silence_;
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
  FollowSource source(std::move(watches), until, log_grace, state_->retry.log_silence, state_->interrupted);
  started(source);
  // Not through the retries of single requests: streams come back by their own rules.
  state_->transport.run(source);
  return source.result();
}

}  // namespace kots_export::kube
