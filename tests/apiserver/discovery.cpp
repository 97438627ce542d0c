#include "apiserver/discovery.h"

namespace kots_export::apiserver {
namespace {

constexpr int kAggregatedBeta = 27;
constexpr int kAggregatedStable = 30;

Json version_info(int minor) {
  const std::string text = std::to_string(minor);
  return {{"major", "1"},
          {"minor", text},
          {"gitVersion", "v1." + text + ".0"},
          {"gitCommit", "0000000000000000000000000000000000000000"},
          {"gitTreeState", "clean"},
          {"buildDate", "2024-01-01T00:00:00Z"},
          {"goVersion", "go1.20"},
          {"compiler", "gc"},
          {"platform", "linux/amd64"}};
}

Json verbs_of(const std::string& subresource) {
  if (subresource.empty()) {
    return {"create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"};
  }
  if (subresource == "log") return {"get"};
  if (subresource == "exec") return {"create", "get"};
  if (subresource == "finalize") return {"update"};
  return {"get", "patch", "update"};
}

struct Entry {
  std::string name;
  const ResourceType* type;
  std::string subresource;
};

std::vector<Entry> entries_of(const Registry& registry, const std::string& group,
                              const std::string& version) {
  std::vector<Entry> entries;
  for (const ServedResource& served : registry.served()) {
    if (served.version->group != group || served.version->version != version) continue;
    entries.push_back({served.type->plural, served.type, ""});
    for (const std::string& sub : served.type->subresources) {
      entries.push_back({served.type->plural + '/' + sub, served.type, sub});
    }
  }
  return entries;
}

// The kinds of reviews are not stored, so the registry does not know them.
Json review_resources(const std::string& group, int minor) {
  const auto review = [](const char* name, const char* kind, bool namespaced) {
    return Json{{"name", name},
                {"singularName", ""},
                {"namespaced", namespaced},
                {"kind", kind},
                {"verbs", {"create"}}};
  };
  Json resources = Json::array();
  if (group == "authorization.k8s.io") {
    resources.push_back(review("selfsubjectaccessreviews", "SelfSubjectAccessReview", false));
    resources.push_back(review("selfsubjectrulesreviews", "SelfSubjectRulesReview", false));
  }
  if (group == "authentication.k8s.io" && minor >= 28) {
    resources.push_back(review("selfsubjectreviews", "SelfSubjectReview", false));
  }
  return resources;
}

Json resource_list(const Registry& registry, const std::string& group, const std::string& version) {
  Json resources = review_resources(group, registry.minor());
  for (const Entry& entry : entries_of(registry, group, version)) {
    Json resource = {
        {"name", entry.name},
        {"singularName", registry.minor() >= 27 && entry.subresource.empty() ? entry.type->singular : ""},
        {"namespaced", entry.type->namespaced()},
        {"kind", entry.subresource == "scale"  ? "Scale"
                 : entry.subresource == "exec" ? "PodExecOptions"
                                               : entry.type->kind},
        {"verbs", verbs_of(entry.subresource)}};
    if (entry.subresource == "scale") {
      resource["group"] = "autoscaling";
      resource["version"] = "v1";
    }
    if (entry.subresource.empty() && !entry.type->short_names.empty())
      resource["shortNames"] = entry.type->short_names;
    if (entry.subresource.empty() && entry.type->in_category_all) resource["categories"] = {"all"};
    resources.push_back(std::move(resource));
  }
  return {{"kind", "APIResourceList"},
          {"apiVersion", "v1"},
          {"groupVersion", group.empty() ? version : group + '/' + version},
          {"resources", std::move(resources)}};
}

const StaleGroup* find_stale(const std::vector<StaleGroup>& stale, const std::string& group) {
  for (const StaleGroup& one : stale) {
    if (one.group == group) return &one;
  }
  return nullptr;
}

// The groups of the registry, and those that only an APIService names.
std::vector<std::string> all_groups(const Registry& registry, const std::vector<StaleGroup>& stale) {
  std::vector<std::string> groups = registry.groups();
  for (const StaleGroup& one : stale) {
    if (registry.versions_of(one.group).empty()) groups.push_back(one.group);
  }
  return groups;
}

std::vector<std::string> all_versions(const Registry& registry, const std::vector<StaleGroup>& stale,
                                      const std::string& group) {
  std::vector<std::string> versions = registry.versions_of(group);
  const StaleGroup* down = find_stale(stale, group);
  if (versions.empty() && down != nullptr) versions.push_back(down->version);
  return versions;
}

Json group_info(const Registry& registry, const std::vector<StaleGroup>& stale, const std::string& group) {
  Json versions = Json::array();
  for (const std::string& version : all_versions(registry, stale, group)) {
    versions.push_back({{"groupVersion", group + '/' + version}, {"version", version}});
  }
  Json preferred = versions.front();
  return {{"name", group}, {"versions", std::move(versions)}, {"preferredVersion", std::move(preferred)}};
}

Json group_list(const Registry& registry, const std::vector<StaleGroup>& stale) {
  Json groups = Json::array();
  for (const std::string& group : all_groups(registry, stale)) {
    if (!group.empty()) groups.push_back(group_info(registry, stale, group));
  }
  return {{"kind", "APIGroupList"}, {"apiVersion", "v1"}, {"groups", std::move(groups)}};
}

Json aggregated_resources(const Registry& registry, const std::string& group, const std::string& version) {
  Json resources = Json::array();
  for (const Entry& entry : entries_of(registry, group, version)) {
    const Json kind = {{"group", ""}, {"version", ""}, {"kind", entry.type->kind}};
    if (!entry.subresource.empty()) {
      Json& parent = resources.back();
      parent["subresources"].push_back({{"subresource", entry.subresource},
                                        {"responseKind", kind},
                                        {"verbs", verbs_of(entry.subresource)}});
      continue;
    }
    Json resource = {{"resource", entry.name},
                     {"responseKind", kind},
                     {"scope", entry.type->namespaced() ? "Namespaced" : "Cluster"},
                     {"singularResource", entry.type->singular},
                     {"verbs", verbs_of("")}};
    if (!entry.type->short_names.empty()) resource["shortNames"] = entry.type->short_names;
    if (entry.type->in_category_all) resource["categories"] = {"all"};
    resources.push_back(std::move(resource));
  }
  for (const Json& review : review_resources(group, registry.minor())) {
    resources.push_back({{"resource", review["name"]},
                         {"responseKind", {{"group", ""}, {"version", ""}, {"kind", review["kind"]}}},
                         {"scope", "Cluster"},
                         {"singularResource", ""},
                         {"verbs", {"create"}}});
  }
  return resources;
}

Json aggregated(const Registry& registry, const std::vector<StaleGroup>& stale, bool core,
                const std::string& version) {
  Json items = Json::array();
  for (const std::string& group : all_groups(registry, stale)) {
    if (group.empty() != core) continue;
    Json versions = Json::array();
    for (const std::string& served : all_versions(registry, stale, group)) {
      if (find_stale(stale, group) != nullptr) {
        versions.push_back({{"version", served}, {"freshness", "Stale"}});
        continue;
      }
      versions.push_back({{"version", served},
                          {"resources", aggregated_resources(registry, group, served)},
                          {"freshness", "Current"}});
    }
    Json metadata = {{"creationTimestamp", nullptr}};
    if (!group.empty()) metadata["name"] = group;
    items.push_back({{"metadata", std::move(metadata)}, {"versions", std::move(versions)}});
  }
  return {{"kind", "APIGroupDiscoveryList"},
          {"apiVersion", "apidiscovery.k8s.io/" + version},
          {"metadata", Json::object()},
          {"items", std::move(items)}};
}

// Returns the version of the aggregated form that the request accepts and the server has, or an empty text.
std::string aggregated_version(const Registry& registry, const Request& request) {
  const std::string_view accept = request.header("accept");
  if (accept.find("as=APIGroupDiscoveryList") == std::string_view::npos) return {};
  for (const auto& [version, since] :
       {std::pair{"v2", kAggregatedStable}, std::pair{"v2beta1", kAggregatedBeta}}) {
    if (registry.minor() < since) continue;
    for (const char end : {';', ',', '\0'}) {
      std::string wanted = std::string("v=") + version;
      if (end != '\0') wanted += end;
      if (end == '\0' ? accept.ends_with(wanted) : accept.find(wanted) != std::string_view::npos)
        return version;
    }
  }
  return {};
}

bool serves(const Registry& registry, const std::string& group, const std::string& version) {
  for (const std::string& served : registry.versions_of(group)) {
    if (served == version) return true;
  }
  return false;
}

}  // namespace

StaleGroup parse_stale_group(const std::string& text) {
  const std::size_t slash = text.find('/');
  return {text.substr(0, slash), slash == std::string::npos ? "v1" : text.substr(slash + 1)};
}

bool is_unavailable(const std::vector<StaleGroup>& stale, const std::vector<std::string>& segments) {
  return segments.size() > 2 && segments[0] == "apis" && find_stale(stale, segments[1]) != nullptr;
}

std::optional<DiscoveryAnswer> discover(const Registry& registry, const Request& request,
                                        const std::vector<std::string>& segments,
                                        const std::vector<StaleGroup>& stale) {
  if (segments.empty() || request.method != "GET") return std::nullopt;
  const std::string& root = segments[0];
  if (root == "version" && segments.size() == 1) return DiscoveryAnswer{version_info(registry.minor())};
  if (root != "api" && root != "apis") return std::nullopt;
  const bool core = root == "api";
  if (segments.size() == 1) {
    if (const std::string version = aggregated_version(registry, request); !version.empty()) {
      return DiscoveryAnswer{
          aggregated(registry, stale, core, version),
          "application/json;g=apidiscovery.k8s.io;v=" + version + ";as=APIGroupDiscoveryList"};
    }
    if (!core) return DiscoveryAnswer{group_list(registry, stale)};
    return DiscoveryAnswer{{{"kind", "APIVersions"},
                            {"versions", {"v1"}},
                            {"serverAddressByClientCIDRs",
                             Json::array({{{"clientCIDR", "0.0.0.0/0"}, {"serverAddress", "127.0.0.1"}}})}}};
  }
  const std::string group = core ? "" : segments[1];
  if (!core && segments.size() == 2 && !all_versions(registry, stale, group).empty()) {
    Json body = group_info(registry, stale, group);
    body["kind"] = "APIGroup";
    body["apiVersion"] = "v1";
    return DiscoveryAnswer{std::move(body)};
  }
  const std::size_t length = core ? 2 : 3;
  if (segments.size() == length && serves(registry, group, segments.back())) {
    return DiscoveryAnswer{resource_list(registry, group, segments.back())};
  }
  return std::nullopt;
}

}  // namespace kots_export::apiserver
