#include <kots_export/kube/http_status.h>
#include <kots_export/util/json.h>
#include <kots_export/util/text.h>

#include "migration/verify/cause.h"

#include <algorithm>
#include <functional>
#include <ranges>

namespace kots_export::migration {

using nlohmann::json;

namespace {

// When an event was last seen. Source: core/v1 Event, and events.k8s.io/v1, which leaves the old fields out.
std::string time_of(const json& event) {
  for (const auto& path : {std::initializer_list<std::string_view>{"series", "lastObservedTime"},
                           {"lastTimestamp"},
                           {"eventTime"},
                           {"metadata", "creationTimestamp"}})
    if (std::string time = util::text_at(event, path); !time.empty()) return time;
  return {};
}

// Why the server does not let this user `read`; empty where it does.
std::string why_forbidden(const std::function<void()>& read) {
  try {
    read();
    return {};
  } catch (const kube::ApiError& error) {
    if (error.code() != kube::http::kForbidden) throw;
    return error.why();
  }
}

}  // namespace

PodsAndEvents read_pods_and_events(Context& context) {
  PodsAndEvents seen;
  seen.no_pods = why_forbidden(
      [&] { seen.pods = context.client.list(require_resource(context.client, "", "Pod"), context.ns.name); });
  seen.no_events = why_forbidden([&] {
    seen.warnings = context.client.list({.gvr = {"", "v1", "events"}, .kind = "Event", .verbs = {}},
                                        context.ns.name, {}, "type=Warning");
  });
  std::ranges::stable_sort(seen.warnings, {}, time_of);
  return seen;
}

std::string uid_of(const json& object) { return util::text_at(object, {"metadata", "uid"}); }

std::vector<const json*> events_of(const PodsAndEvents& seen, std::string_view kind, std::string_view name,
                                   std::string_view uid) {
  std::vector<const json*> events;
  for (const json& event : seen.warnings) {
    const std::string about = util::text_at(event, {"involvedObject", "uid"});
    if (!uid.empty() && !about.empty() && about != uid) continue;
    if (util::text_at(event, {"involvedObject", "kind"}) == kind &&
        util::text_at(event, {"involvedObject", "name"}) == name)
      events.push_back(&event);
  }
  return events;
}

std::string newest_message(const PodsAndEvents& seen, std::string_view kind, const json& object,
                           std::span<const std::string_view> reasons) {
  const auto events = events_of(seen, kind, util::text_at(object, {"metadata", "name"}), uid_of(object));
  for (const json* event : events | std::views::reverse) {
    if (std::ranges::find(reasons, util::text_at(*event, {"reason"})) == reasons.end()) continue;
    // Source: client-go, tools/record, events_cache.go.
    constexpr std::string_view kCombined = "(combined from similar events): ";
    std::string message = util::text_at(*event, {"message"});
    if (message.starts_with(kCombined)) message.erase(0, kCombined.size());
    return util::printable(message);
  }
  return {};
}

std::string log_tail(Context& context, const std::string& pod, const std::string& container,
                     kube::Client::LogPart::Instance instance, int lines) {
  std::string log;
  try {
    log = context.client.log(context.ns.name, pod, container, {.last_lines = lines, .instance = instance})
              .value_or("");
  } catch (const kube::ApiError&) {
    return {};  // it has none yet, or this user may not read it
  }
  constexpr std::size_t kLongest = 300;
  std::string text;
  for (const auto line : std::views::split(util::trim(log), '\n')) {
    const std::string_view one = util::trim({line.begin(), line.end()});
    if (!one.empty()) text += (text.empty() ? "" : " | ") + std::string(one);
  }
  if (text.size() > kLongest) text = "..." + text.substr(text.size() - kLongest);
  return util::printable(text);
}

}  // namespace kots_export::migration
