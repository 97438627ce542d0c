#include <kots_export/util/base64.h>

#include "apiserver/rest.h"
#include "apiserver/selectors.h"
#include "apiserver/status.h"
#include "apiserver/wire.h"

#include <algorithm>

namespace kots_export::apiserver {
namespace {

constexpr const char* kExpired =
    "The provided continue parameter is too old to display a consistent list result. You can start a new "
    "list "
    "without the continue parameter, or use the continue token in this response to retrieve the remainder of "
    "the "
    "results. Continuing with the provided token results in an inconsistent list - objects that were "
    "created, "
    "modified, or deleted between the time the first chunk was returned and now may show up in the list.";

// Where a paged list goes on: the snapshot's resourceVersion (-1: whatever is there now) and the first key.
struct Continuation {
  long long resource_version = 0;
  std::string start;
};

std::string to_token(const Continuation& continuation) {
  const Json token = {
      {"v", "meta.k8s.io/v1"}, {"rv", continuation.resource_version}, {"start", continuation.start}};
  std::string text = util::base64_encode(dump_json(token));
  std::replace(text.begin(), text.end(), '+', '-');
  std::replace(text.begin(), text.end(), '/', '_');
  text.erase(std::find(text.begin(), text.end(), '='), text.end());
  return text;
}

Continuation from_token(std::string text) {
  std::replace(text.begin(), text.end(), '-', '+');
  std::replace(text.begin(), text.end(), '_', '/');
  while (text.size() % 4 != 0) text += '=';
  const Json token = Json::parse(util::base64_decode(text).value_or(""), nullptr, false);
  Continuation continuation{integer_member(token, {"rv"}, 0), text_member(token, {"start"})};
  if (continuation.resource_version == 0) throw bad_request("continue key is not valid");
  return continuation;
}

long long parse_limit(const Request& request) {
  const std::string text = request.parameter("limit").value_or("0");
  char* end = nullptr;
  const long long limit = std::strtoll(text.c_str(), &end, 10);
  if (end == text.c_str() || *end != '\0') throw bad_request("limit: not a number");
  return limit;
}

SnapshotPtr find_snapshot(const Call& call, const std::optional<Continuation>& continuation) {
  Store& store = call.cluster.store;
  const std::string name_space = call.name_space();
  if (!continuation || continuation->resource_version < 0) {
    return std::make_shared<const Snapshot>(store.list(call.type(), name_space));
  }
  SnapshotPtr kept =
      store.kept(call.type(), name_space, static_cast<std::uint64_t>(continuation->resource_version));
  if (!kept) {
    ApiError error = expired(kExpired);
    error.set_continue(to_token({-1, continuation->start}));
    throw error;
  }
  return kept;
}

}  // namespace

void get_object(const Call& call) {
  const Form form = negotiate(call.request);
  const ObjectPtr object = call.cluster.store.get(call.type(), call.name_space(), call.info.name);
  if (!object) throw not_found(call.type(), call.info.name);
  call.send_json(200, object_text(*object, call.version(), form));
}

void list_objects(const Call& call) {
  const Form form = negotiate(call.request);
  const Selector selector(call.type(), call.request.parameter("labelSelector").value_or(""),
                          call.request.parameter("fieldSelector").value_or(""));
  const long long limit = parse_limit(call.request);
  std::optional<Continuation> continuation;
  if (const auto token = call.request.parameter("continue"); token && !token->empty()) {
    continuation = from_token(*token);
  }
  const SnapshotPtr snapshot = find_snapshot(call, continuation);
  auto at = snapshot->objects.begin();
  if (continuation) {
    at =
        std::lower_bound(at, snapshot->objects.end(), continuation->start,
                         [](const ObjectPtr& object, const std::string& key) { return object->key() < key; });
  }
  std::vector<ObjectPtr> page;
  for (; at != snapshot->objects.end(); ++at) {
    if (!selector.matches(**at)) continue;
    if (limit > 0 && page.size() == static_cast<std::size_t>(limit)) break;
    page.push_back(*at);
  }
  Json metadata = {{"resourceVersion", std::to_string(snapshot->resource_version)}};
  if (at != snapshot->objects.end()) {
    // The page ends before `at`, the first object of the next one.
    metadata["continue"] = to_token({static_cast<long long>(snapshot->resource_version), (*at)->key()});
    if (selector.matches_everything()) metadata["remainingItemCount"] = snapshot->objects.end() - at;
    call.cluster.store.keep(call.type(), call.name_space(), snapshot);
  }
  if (call.cluster.registry.minor() < 20) metadata["selfLink"] = call.request.path;
  std::string text = list_head(call.type(), call.version(), form, metadata);
  for (const ObjectPtr& object : page) {
    text += entry_text(*object, call.version(), form);
    text += ',';
  }
  if (!page.empty()) text.pop_back();
  call.send_json(200, text += "]}");
}

}  // namespace kots_export::apiserver
