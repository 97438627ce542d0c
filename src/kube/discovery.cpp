#include <kots_export/kube/http_status.h>
#include <kots_export/util/text.h>

#include "kube/client_state.h"

#include <algorithm>
#include <map>

namespace kots_export::kube {

using nlohmann::json;

namespace {

constexpr const char* kAggregated =
    "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,"
    "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json";

std::vector<std::string> strings_of(const json& list) {
  std::vector<std::string> strings;
  for (const auto& item : list) {
    if (item.is_string()) strings.push_back(item.get<std::string>());
  }
  return strings;
}

// A kind is served once for each group: the first version that has it counts, so the preferred one comes
// first.
void add_resource(std::vector<ApiResource>& resources, ApiResource resource) {
  const bool known = std::ranges::any_of(resources, [&](const ApiResource& other) {
    return other.gvr.group == resource.gvr.group && other.gvr.version == resource.gvr.version &&
           other.gvr.resource == resource.gvr.resource;
  });
  if (!known) resources.push_back(std::move(resource));
}

struct GroupVersion {
  std::string group;
  std::string version;
  [[nodiscard]] std::string path() const {
    return version_path(group.empty() ? version : group + "/" + version);
  }
};

// --- Aggregated discovery (apidiscovery.k8s.io, Kubernetes 1.26 and later): everything in one answer ---

// Returns the versions of which the server knows only what it knew some time ago: their API server is down.
std::vector<GroupVersion> read_aggregated(const json& list, std::vector<ApiResource>& resources) {
  std::vector<GroupVersion> stale;
  for (const json& group : list.value("items", json::array())) {
    const std::string group_name = group.value("metadata", json::object()).value("name", "");
    for (const json& version : group.value("versions", json::array())) {
      if (version.value("freshness", "Current") == "Stale") {
        stale.push_back({group_name, version.value("version", "")});
        continue;
      }
      for (const json& resource : version.value("resources", json::array())) {
        const json kind = resource.value("responseKind", json::object());
        add_resource(resources,
                     {.gvr = {group_name, version.value("version", ""), resource.value("resource", "")},
                      .kind = kind.value("kind", ""),
                      .scope = resource.value("scope", "") == "Cluster" ? ApiResource::Scope::cluster
                                                                        : ApiResource::Scope::namespaced,
                      .verbs = strings_of(resource.value("verbs", json::array()))});
      }
    }
  }
  return stale;
}

// --- The older form: a list of groups, then one list of resources for each version ---

std::vector<GroupVersion> versions_of(const json& group_list) {
  std::vector<GroupVersion> versions;
  for (const json& group : group_list.value("groups", json::array())) {
    const std::string name = group.value("name", "");
    const std::string preferred = group.value("preferredVersion", json::object()).value("version", "");
    if (!preferred.empty()) versions.push_back({name, preferred});
    for (const json& version : group.value("versions", json::array())) {
      if (version.value("version", "") != preferred) versions.push_back({name, version.value("version", "")});
    }
  }
  return versions;
}

void read_resource_list(const json& list, const GroupVersion& of, std::vector<ApiResource>& resources) {
  for (const json& resource : list.value("resources", json::array())) {
    const std::string name = resource.value("name", "");
    if (name.find('/') != std::string::npos) continue;  // a subresource
    add_resource(resources, {.gvr = {of.group, of.version, name},
                             .kind = resource.value("kind", ""),
                             .scope = resource.value("namespaced", false) ? ApiResource::Scope::namespaced
                                                                          : ApiResource::Scope::cluster,
                             .verbs = strings_of(resource.value("verbs", json::array()))});
  }
}

// All lists side by side; a group of which a version does not answer (an aggregated API that is down) is
// noted.
void read_versions(Client& client, const std::vector<GroupVersion>& versions, Discovered& discovered) {
  std::vector<std::optional<Outcome>> outcomes(versions.size());
  ListedRequests source(client);
  for (std::size_t i = 0; i < versions.size(); ++i) {
    source.add({.request = get_json(versions[i].path(), {"APIResourceList"}),
                .done = [&outcomes, i](Outcome outcome) { outcomes[i] = std::move(outcome); },
                .on_data = {}});
  }
  client.run(source);
  if (client.interrupted()) throw Interrupted("stopped while asking the server which kinds it serves");
  for (std::size_t i = 0; i < versions.size(); ++i) {
    const std::string action = util::filled("ask the server for {path}", {{"path", versions[i].path()}});
    if (!outcomes[i]) throw Error(util::filled("cannot {action}", {{"action", action}}), "no answer");
    if (auto* failure = std::get_if<TransportFailure>(&*outcomes[i])) {
      const ConnectionError error(action, std::move(*failure));
      if (error.failure().kind != TransportFailure::Kind::foreign || versions[i].group.empty()) throw error;
      discovered.failed_groups.emplace(versions[i].group, std::make_exception_ptr(error));
      continue;
    }
    const Reply& reply = std::get<Reply>(*outcomes[i]);
    if (reply.status == http::kOk) {
      read_resource_list(parse_body(reply.body, action), versions[i], discovered.resources);
    } else if (versions[i].group.empty()) {
      throw api_error(action, reply);
    } else if (reply.status != http::kNotFound) {
      discovered.failed_groups.emplace(versions[i].group, std::make_exception_ptr(api_error(action, reply)));
    }
  }
}

bool is_aggregated(const json& answer) { return answer.value("kind", "") == "APIGroupDiscoveryList"; }

}  // namespace

Discovered discover(Client& client) {
  const std::string action = "ask the server which kinds it serves";
  const Reply groups =
      client.send(get_json("/apis", {"APIGroupDiscoveryList", "APIGroupList"}, kAggregated), action);
  if (!http::is_success(groups.status)) throw api_error(action, groups);
  const json answer = parse_body(groups.body, action);
  Discovered discovered;
  if (is_aggregated(answer)) {
    const Reply core =
        client.send(get_json("/api", {"APIGroupDiscoveryList", "APIVersions"}, kAggregated), action);
    if (!http::is_success(core.status)) throw api_error(action, core);
    (void)read_aggregated(parse_body(core.body, action), discovered.resources);
    // Asked for by the older form: what does not answer now is a group that failed, not one that is not
    // served.
    read_versions(client, read_aggregated(answer, discovered.resources), discovered);
    return discovered;
  }
  std::vector<GroupVersion> versions{{"", "v1"}};
  std::ranges::copy(versions_of(answer), std::back_inserter(versions));
  read_versions(client, versions, discovered);
  return discovered;
}

}  // namespace kots_export::kube
