#include "apiserver/rest.h"
#include "apiserver/selectors.h"
#include "apiserver/status.h"
#include "apiserver/wire.h"

#include <algorithm>
#include <charconv>
#include <chrono>

namespace kots_export::apiserver {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kBatch = 500;
// How often an idle watch looks whether its client is still there.
constexpr std::chrono::milliseconds kIdle{100};
constexpr std::chrono::seconds kBookmarkEvery{1};
constexpr std::chrono::minutes kLongest{30};

class Watch {
 public:
  Watch(const Call& call, Form form, Selector selector)
      : call_(call), form_(std::move(form)), selector_(std::move(selector)), name_space_(call.name_space()) {
    // A metadata-only watch is asked for with either name; its events hold single objects.
    if (form_.kind == Form::Kind::metadata_list) form_.kind = Form::Kind::metadata;
  }

  void run() {
    const std::optional<std::string> version = call_.request.parameter("resourceVersion");
    Clock::time_point end = Clock::now() + kLongest;
    if (const auto seconds = call_.request.parameter("timeoutSeconds")) {
      end = Clock::now() + std::chrono::seconds(std::strtoll(seconds->c_str(), nullptr, 10));
    }
    const bool from_now = !version || version->empty() || *version == "0";
    if (!from_now) seen_ = parse_version(*version);
    call_.answer.begin(200, "application/json");
    if (from_now) send_current();
    follow(end);
    call_.answer.end();
  }

 private:
  static std::uint64_t parse_version(const std::string& text) {
    std::uint64_t version = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), version);
    if (error == std::errc() && end == text.data() + text.size()) return version;
    throw bad_request("resourceVersion: Invalid value: \"" + text + "\"");
  }

  void send(const char* kind, const std::string& object) {
    call_.answer.chunk(std::string(R"({"type":")") + kind + R"(","object":)" + object + "}\n");
  }

  [[nodiscard]] bool concerns(const ObjectPtr& object) const {
    return object && (name_space_.empty() || object->name_space() == name_space_) &&
           (call_.info.name.empty() || object->name() == call_.info.name) && selector_.matches(*object);
  }

  void send_current() {
    const Snapshot snapshot = call_.cluster.store.list(call_.type(), name_space_);
    seen_ = snapshot.resource_version;
    for (const ObjectPtr& object : snapshot.objects) {
      if (concerns(object)) send("ADDED", object_text(*object, call_.version(), form_));
    }
  }

  // What matters is whether the object was and is within the selector: leaving it is a deletion to this
  // client.
  void send_event(const Event& event) {
    if (&event.object->type() != &call_.type()) return;
    const bool was = event.kind != EventKind::added && concerns(event.previous);
    const bool is = event.kind != EventKind::removed && concerns(event.object);
    if (!was && !is) return;
    const char* kind = was && is ? "MODIFIED" : is ? "ADDED" : "DELETED";
    send(kind, object_text(*event.object, call_.version(), form_));
  }

  void send_bookmark() {
    const std::string version = std::to_string(seen_);
    const bool plain = form_.kind == Form::Kind::plain;
    const Json bookmark = {
        {"kind", plain ? call_.type().kind : "PartialObjectMetadata"},
        {"apiVersion", plain ? call_.version().api_version() : "meta.k8s.io/" + form_.meta_version},
        {"metadata", {{"resourceVersion", version}, {"creationTimestamp", nullptr}}}};
    send("BOOKMARK", dump_json(bookmark));
  }

  void follow(Clock::time_point end) {
    const bool bookmarks = call_.request.flag("allowWatchBookmarks");
    Clock::time_point bookmark_due = Clock::now() + kBookmarkEvery;
    while (Clock::now() < end && !call_.cluster.store.closed() && !call_.answer.client_gone()) {
      const auto events =
          call_.cluster.store.events_after(seen_, kBatch, std::min(end, Clock::now() + kIdle));
      if (!events) {
        const std::string last = std::to_string(call_.cluster.store.resource_version());
        return send("ERROR", dump_json(expired("too old resource version: " + std::to_string(seen_) + " (" +
                                               last + ')')
                                           .to_status()));
      }
      for (const Event& event : *events) send_event(event);
      seen_ += events->size();
      if (bookmarks && Clock::now() >= bookmark_due) {
        send_bookmark();
        bookmark_due = Clock::now() + kBookmarkEvery;
      }
    }
  }

  const Call& call_;
  Form form_;
  Selector selector_;
  std::string name_space_;
  std::uint64_t seen_ = 0;
};

}  // namespace

void watch(const Call& call) {
  if (call.request.parameter("sendInitialEvents")) {
    throw ApiError(
        422, "Invalid",
        "ListOptions.meta.k8s.io \"\" is invalid: sendInitialEvents: Forbidden: sendInitialEvents is "
        "forbidden for watch unless the WatchList feature gate is enabled");
  }
  Selector selector(call.type(), call.request.parameter("labelSelector").value_or(""),
                    call.request.parameter("fieldSelector").value_or(""));
  Watch(call, negotiate(call.request), std::move(selector)).run();
}

}  // namespace kots_export::apiserver
