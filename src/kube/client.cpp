#include <kots_export/kube/client.h>
#include <kots_export/util/text.h>

#include "kube/client_state.h"
#include "kube/retry.h"

#include <algorithm>

namespace kots_export::kube {

using nlohmann::json;

namespace {

constexpr int kNotFound = 404;
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
          .annotations = sorted_pairs(metadata, "annotations")};
}

json parse_body(const std::string& body, const std::string& action) {
  json parsed = json::parse(body, nullptr, false);
  if (!parsed.is_object()) {
    throw Error("cannot " + action, "the answer is not JSON",
                "Something else than a Kubernetes API server may answer at this address; check --context and "
                "the proxy.");
  }
  return parsed;
}

Reply send(Client& client, Request request, const std::string& action) {
  std::optional<Outcome> result;
  ListedRequests source(client);
  source.add({.request = std::move(request),
              .done = [&result](Outcome outcome) { result = std::move(outcome); },
              .on_data = {}});
  client.run(source);
  if (client.interrupted()) throw Interrupted("stopped while trying to " + action);
  if (!result) throw Error("cannot " + action, "no answer");
  if (auto* failure = std::get_if<TransportFailure>(&*result))
    throw ConnectionError(action, std::move(*failure));
  return std::get<Reply>(std::move(*result));
}

Client::Client(Transport& transport, RetryPolicy retry, std::function<bool()> interrupted)
    : state_(std::make_unique<State>(State{transport, retry, std::move(interrupted), std::nullopt})) {}

Client::~Client() = default;

bool Client::interrupted() const { return state_->is_interrupted(); }

void Client::run(RequestSource& source) {
  RetryingSource retrying(source, state_->retry, state_->interrupted);
  state_->transport.run(retrying);
}

std::span<const ApiResource> Client::resources() {
  if (!state_->resources) state_->resources = discover(*this);
  return *state_->resources;
}

const ApiResource* Client::find_resource(std::string_view group, std::string_view kind) {
  const auto all = resources();
  const auto found = std::ranges::find_if(
      all, [&](const ApiResource& resource) { return resource.gvr.group == group && resource.kind == kind; });
  return found == all.end() ? nullptr : &*found;
}

const ApiResource* Client::find_for_manifest(std::string_view wanted, std::string_view kind) {
  const auto all = resources();
  const auto exact = std::ranges::find_if(all, [&](const ApiResource& resource) {
    return api_version(resource.gvr) == wanted && resource.kind == kind;
  });
  if (exact != all.end()) return &*exact;
  const auto slash = wanted.find('/');
  const auto group = slash == std::string_view::npos ? std::string_view() : wanted.substr(0, slash);
  if (const ApiResource* other_version = find_resource(group, kind)) return other_version;
  // Ingress moved from extensions to networking.k8s.io; both name the same objects.
  return group == "extensions" ? find_resource("networking.k8s.io", kind) : nullptr;
}

std::optional<json> Client::get(const ObjectRef& object) {
  const std::string action = "read " + describe(object);
  const Reply reply = send(*this, get_request(object), action);
  if (reply.status == kNotFound) return std::nullopt;
  if (reply.status >= 300) throw api_error(action, reply);
  return parse_body(reply.body, action);
}

std::optional<ObjectMetadata> Client::get_metadata(const ObjectRef& object) {
  const std::string action = "read " + describe(object);
  Request request = get_request(object);
  request.headers = {{"Accept", kMetadataOnly}};
  const Reply reply = send(*this, std::move(request), action);
  if (reply.status == kNotFound) return std::nullopt;
  if (reply.status >= 300) throw api_error(action, reply);
  return metadata_of(parse_body(reply.body, action), object.gvr, object.kind);
}

std::optional<std::string> Client::log(const std::string& ns, const std::string& pod,
                                       const std::string& container) {
  const std::string action = "read the log of Pod " + pod;
  Reply reply = send(*this,
                     {.method = Method::get,
                      .path = "/api/v1/namespaces/" + util::percent_encode(ns) + "/pods/" +
                              util::percent_encode(pod) + "/log?container=" + util::percent_encode(container),
                      .headers = {},
                      .body = {},
                      .timeout = {}},
                     action);
  if (reply.status >= 300) return std::nullopt;
  return std::move(reply.body);
}

}  // namespace kots_export::kube
