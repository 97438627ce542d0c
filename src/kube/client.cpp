#include <kots_export/kube/client.h>
#include <kots_export/kube/http_status.h>
#include <kots_export/util/text.h>

#include "kube/builtin_resources.h"
#include "kube/client_state.h"
#include "kube/own_answer.h"
#include "kube/retry.h"

#include <algorithm>

namespace kots_export::kube {

using nlohmann::json;

namespace {

constexpr const char* kMetadataOnly =
    "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json";

const std::string* find_value(const std::vector<std::pair<std::string, std::string>>& pairs,
                              std::string_view key) {
  const auto found = std::ranges::lower_bound(pairs, key, {}, &std::pair<std::string, std::string>::first);
  return found != pairs.end() && found->first == key ? &found->second : nullptr;
}

std::vector<std::pair<std::string, std::string>> sorted_pairs(const json& metadata, const char* name) {
  std::vector<std::pair<std::string, std::string>> pairs;
  const auto map = metadata.find(name);
  if (map == metadata.end() || !map->is_object()) return pairs;
  for (const auto& [key, value] : map->items()) {
    if (value.is_string()) pairs.emplace_back(key, value.get<std::string>());
  }
  std::ranges::sort(pairs);
  return pairs;
}

std::string text_of(const json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

}  // namespace

const std::string* ObjectMetadata::label(std::string_view key) const { return find_value(labels, key); }
const std::string* ObjectMetadata::annotation(std::string_view key) const {
  return find_value(annotations, key);
}

ObjectMetadata metadata_of(const json& object, const GroupVersionResource& gvr, const std::string& kind) {
  const auto found = object.find("metadata");
  const json& metadata = found != object.end() && found->is_object() ? *found : json::object();
  return {.ref = {.gvr = gvr,
                  .kind = kind,
                  .ns = text_of(metadata, "namespace"),
                  .name = text_of(metadata, "name"),
                  .uid = text_of(metadata, "uid"),
                  .resource_version = text_of(metadata, "resourceVersion")},
          .labels = sorted_pairs(metadata, "labels"),
          .annotations = sorted_pairs(metadata, "annotations"),
          .life = text_of(metadata, "deletionTimestamp").empty() ? ObjectMetadata::Life::alive
                                                                 : ObjectMetadata::Life::terminating};
}

Request get_json(std::string path, std::vector<std::string> kinds, const char* accept) {
  return {.method = Method::get,
          .path = std::move(path),
          .headers = {{"Accept", accept}},
          .body = {},
          .timeout = {},
          .expected = {.kinds = std::move(kinds), .name = {}}};
}

Request log_request(const std::string& ns, const std::string& pod, const std::string& container) {
  return {.method = Method::get,
          .path = "/api/v1/namespaces/" + util::percent_encode(ns) + "/pods/" + util::percent_encode(pod) +
                  "/log?container=" + util::percent_encode(container),
          .headers = {},
          .body = {},
          .timeout = {},
          .expected = {.kinds = {}, .content_type = "text/plain"}};
}

Error not_json(const std::string& action) {
  return Error(util::filled("cannot {action}", {{"action", action}}), kNotJson, kForeignAnswerHint);
}

json parse_body(const std::string& body, const std::string& action) {
  json parsed = json::parse(body, nullptr, false);
  if (!parsed.is_object()) throw not_json(action);
  return parsed;
}

Reply reply_of(const Client& client, std::optional<Outcome>& outcome, const std::string& action) {
  if (client.interrupted())
    throw Interrupted(util::filled("stopped while trying to {action}", {{"action", action}}));
  if (!outcome) throw Error(util::filled("cannot {action}", {{"action", action}}), "no answer");
  if (auto* failure = std::get_if<TransportFailure>(&*outcome))
    throw ConnectionError(action, std::move(*failure));
  return std::get<Reply>(std::move(*outcome));
}

Client::Client(Transport& transport, RetryPolicy retry, std::function<bool()> interrupted)
    : state_(std::make_unique<State>(State{.transport = transport,
                                           .retry = retry,
                                           .interrupted = std::move(interrupted),
                                           .pace = Pace(transport.max_in_flight()),
                                           .discovered = std::nullopt,
                                           .moved_kinds = std::nullopt,
                                           .reached = false})) {}

Client::~Client() = default;

bool Client::interrupted() const { return state_->is_interrupted(); }

void Client::run(RequestSource& source) {
  RetryingSource retrying(source, state_->retry, state_->interrupted, state_->reached);
  PacedSource paced(retrying, state_->pace);
  state_->transport.run(paced);
}

Reply Client::send(Request request, const std::string& action) {
  std::optional<Outcome> result;
  ListedRequests source(*this);
  source.add({.request = std::move(request),
              .done = [&result](Outcome outcome) { result = std::move(outcome); },
              .on_data = {}});
  run(source);
  return reply_of(*this, result, action);
}

std::span<const ApiResource> Client::resources() {
  if (!state_->discovered) state_->discovered = discover(*this);
  return state_->discovered->resources;
}

const ApiResource* Client::find_resource(std::string_view group, std::string_view kind) {
  const auto find = [&](std::span<const ApiResource> among) -> const ApiResource* {
    const auto found = std::ranges::find_if(among, [&](const ApiResource& resource) {
      return resource.gvr.group == group && resource.kind == kind;
    });
    return found == among.end() ? nullptr : &*found;
  };
  if (const ApiResource* builtin = find_builtin(group, kind)) return builtin;
  if (!is_known(group, kind)) {
    if (const ApiResource* found = find(resources())) return found;
    const auto failed = state_->discovered->failed_groups.find(group);
    if (failed != state_->discovered->failed_groups.end()) std::rethrow_exception(failed->second);
    return nullptr;
  }
  if (!state_->moved_kinds) state_->moved_kinds = read_moved_kinds(*this);
  return find(*state_->moved_kinds);
}

const ApiResource* Client::find_for_manifest(std::string_view wanted, std::string_view kind) {
  const auto slash = wanted.find('/');
  const auto group = slash == std::string_view::npos ? std::string_view() : wanted.substr(0, slash);
  if (is_known(group, kind)) return find_resource(group, kind);
  const auto all = resources();
  const auto exact = std::ranges::find_if(all, [&](const ApiResource& resource) {
    return api_version(resource.gvr) == wanted && resource.kind == kind;
  });
  if (exact != all.end()) return &*exact;
  if (const ApiResource* other_version = find_resource(group, kind)) return other_version;
  // Ingress moved from extensions to networking.k8s.io; both name the same objects.
  return group == "extensions" ? find_resource("networking.k8s.io", kind) : nullptr;
}

namespace {

// Reads `objects` side by side; nothing for those that do not exist.
std::vector<std::optional<json>> read_objects(Client& client, std::span<const ObjectRef> objects,
                                              const char* accept) {
  std::vector<std::optional<Outcome>> outcomes(objects.size());
  ListedRequests source(client);
  for (std::size_t i = 0; i < objects.size(); ++i) {
    Request request = get_request(objects[i]);
    request.headers = {{"Accept", accept}};
    request.expected.kinds.emplace_back("PartialObjectMetadata");
    source.add({.request = std::move(request),
                .done = [&outcomes, i](Outcome outcome) { outcomes[i] = std::move(outcome); },
                .on_data = {}});
  }
  client.run(source);
  std::vector<std::optional<json>> found;
  for (std::size_t i = 0; i < objects.size(); ++i) {
    const std::string action = util::filled("read {object}", {{"object", describe(objects[i])}});
    const Reply reply = reply_of(client, outcomes[i], action);
    if (reply.status == http::kNotFound) {
      found.emplace_back();
      continue;
    }
    if (!http::is_success(reply.status)) throw api_error(action, reply);
    found.emplace_back(parse_body(reply.body, action));
  }
  return found;
}

}  // namespace

std::vector<std::optional<json>> Client::get(std::span<const ObjectRef> objects) {
  return read_objects(*this, objects, "application/json");
}

std::optional<json> Client::get(const ObjectRef& object) {
  return std::move(get(std::span(&object, 1)).front());
}

std::vector<std::optional<ObjectMetadata>> Client::get_metadata(std::span<const ObjectRef> objects) {
  const auto found = read_objects(*this, objects, kMetadataOnly);
  std::vector<std::optional<ObjectMetadata>> metadata(found.size());
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (found[i]) metadata[i] = metadata_of(*found[i], objects[i].gvr, objects[i].kind);
  }
  return metadata;
}

std::optional<ObjectMetadata> Client::get_metadata(const ObjectRef& object) {
  return std::move(get_metadata(std::span(&object, 1)).front());
}

std::optional<std::string> Client::log(const std::string& ns, const std::string& pod,
                                       const std::string& container, const LogPart& part) {
  const std::string action = util::filled("read the log of Pod {pod}", {{"pod", pod}});
  Request request = log_request(ns, pod, container);
  if (part.last_lines > 0) request.path += "&tailLines=" + std::to_string(part.last_lines);
  if (part.instance == LogPart::Instance::previous) request.path += "&previous=true";
  Reply reply = send(std::move(request), action);
  if (reply.status == http::kNotFound) return std::nullopt;
  if (!http::is_success(reply.status)) throw api_error(action, reply);
  return std::move(reply.body);
}

}  // namespace kots_export::kube
