#include "apiserver/lifecycle.h"

#include "apiserver/defaults.h"
#include "apiserver/validation.h"

#include <algorithm>

namespace kots_export::apiserver {
namespace {

// Fields that the server owns: an update cannot change them.
constexpr const char* kSystemFields[] = {"uid",      "creationTimestamp", "deletionTimestamp",
                                         "selfLink", "generation",        "deletionGracePeriodSeconds"};

// Go's omitempty: empty maps and lists of these fields are not stored.
void drop_empty(Json& body) {
  Json& metadata = body["metadata"];
  for (const char* field : {"labels", "annotations", "finalizers", "ownerReferences"}) {
    if (metadata.contains(field) && metadata[field].empty()) metadata.erase(field);
  }
  for (const char* field : {"data", "binaryData", "stringData"}) {
    if (body.contains(field) && body[field].empty()) body.erase(field);
  }
}

void record_manager(Json& body, const Manager& manager) {
  if (manager.name.empty()) return;
  Json& fields = body["metadata"]["managedFields"];
  if (!fields.is_array()) fields = Json::array();
  Json entry = {{"manager", manager.name}, {"operation", "Update"},    {"apiVersion", manager.api_version},
                {"time", now_text()},      {"fieldsType", "FieldsV1"}, {"fieldsV1", Json::object()}};
  for (Json& known : fields) {
    if (text_member(known, {"manager"}) == manager.name) {
      known = std::move(entry);
      return;
    }
  }
  fields.push_back(std::move(entry));
}

std::string self_link(const ResourceType& type, const Json& body) {
  const ServedVersion& version = type.versions.front();
  std::string link = version.group.empty() ? "/api/v1" : "/apis/" + version.api_version();
  if (type.namespaced()) link += "/namespaces/" + text_member(body, {"metadata", "namespace"});
  return link + '/' + type.plural + '/' + text_member(body, {"metadata", "name"});
}

void require_namespace(const Cluster& cluster, const Json& body) {
  const std::string name_space = text_member(body, {"metadata", "namespace"});
  const ResourceType& type = cluster.type("Namespace");
  const ObjectPtr found = cluster.store.get(type, "", name_space);
  if (!found) throw not_found(type, name_space);
  if (found->deleting()) {
    throw ApiError(403, "Forbidden",
                   text_member(body, {"metadata", "name"}) +
                       " is forbidden: unable to create new content in namespace " + name_space +
                       " because it is being terminated",
                   {{"causes", Json::array({{{"reason", "NamespaceTerminating"},
                                             {"message", "namespace " + name_space + " is being terminated"},
                                             {"field", "metadata.namespace"}}})}});
  }
}

// What a namespace has from its first moment on.
void furnish_namespace(Cluster& cluster, const std::string& name, const Origin origin) {
  create_object(cluster, cluster.type("ServiceAccount"),
                {{"metadata", {{"name", "default"}, {"namespace", name}}}}, {}, DryRun::no, origin);
  if (cluster.registry.minor() < 20) return;
  create_object(cluster, cluster.type("ConfigMap"),
                {{"metadata", {{"name", "kube-root-ca.crt"}, {"namespace", name}}},
                 {"data", {{"ca.crt", cluster.authority_pem}}}},
                {}, DryRun::no, origin);
}

// A Service may name its address, where no other Service has it.
void require_free_address(Cluster& cluster, const ResourceType& type, const Json& body) {
  const std::string address = text_member(body, {"spec", "clusterIP"});
  if (type.kind != "Service" || address.empty() || address == "None") return;
  for (const ObjectPtr& other : cluster.store.list(type, {}).objects) {
    if (text_member(other->body(), {"spec", "clusterIP"}) == address) {
      throw invalid(type, text_member(body, {"metadata", "name"}),
                    {invalid_value("spec.clusterIP", address, "provided IP is already allocated")});
    }
  }
}

// An update that leaves out the address which the server chose: servers from 1.22 on keep it, those before
// refuse. (1.20.11 and 1.21.5 keep it too: this server is the first patch of its minor version.) Source:
// kubernetes/kubernetes pull request 103532.
void keep_address(const Cluster& cluster, const Json& before, Json& after) {
  constexpr int kKeptSince = 22;
  const Json& address = member(before, {"spec", "clusterIP"});
  const bool has_address = address.is_string() && !text_member(after, {"spec", "clusterIP"}).empty();
  if (!address.is_string() || has_address || text_member(after, {"spec", "type"}) == "ExternalName") return;
  if (cluster.registry.minor() < kKeptSince) {
    throw invalid(cluster.type("Service"), text_member(before, {"metadata", "name"}),
                  {{"spec.clusterIPs[0]", "FieldValueInvalid",
                    "Invalid value: []string(nil): primary clusterIP can not be unset"}});
  }
  after["spec"]["clusterIP"] = address;
}

void complete_kind(Cluster& cluster, const ResourceType& type, Json& body, Origin origin) {
  if (type.kind == "Namespace") {
    body["spec"]["finalizers"] = Json::array({"kubernetes"});
    body["status"]["phase"] = "Active";
    if (cluster.registry.minor() >= 21) {
      body["metadata"]["labels"]["kubernetes.io/metadata.name"] = body["metadata"]["name"];
    }
  }
  if (type.kind == "Job") {
    tie_job_to_pods(body, cluster.registry.minor());
    const auto errors = selector_errors(body, cluster.registry.minor());
    if (origin == Origin::client && !errors.empty()) {
      throw invalid(type, text_member(body, {"metadata", "name"}), errors);
    }
  }
  if (type.kind == "Pod") {
    take_image_annotations(cluster, body);
    if (origin == Origin::client) body["status"] = {{"phase", "Pending"}, {"qosClass", "BestEffort"}};
  }
  if (type.kind == "PersistentVolumeClaim" && !body.contains("status")) body["status"]["phase"] = "Pending";
  if (type.kind == "PersistentVolumeClaim" && !member(body, {"metadata", "finalizers"}).is_array()) {
    body["metadata"]["finalizers"] = Json::array({"kubernetes.io/pvc-protection"});
  }
}

// Refuses an update that was made for another state of the object, or for another object. The real server's
// registry compares the versions before anything is validated; that the uid is immutable is found by the
// validation of all kinds and by that of the kind, so the cause stands there twice.
void check_identity(const ObjectPtr& current, const Json& after) {
  const Json& metadata = member(after, {"metadata"});
  const std::string version = text_member(metadata, {"resourceVersion"});
  if (!version.empty() && version != std::to_string(current->resource_version())) {
    throw modified(current->type(), current->name());
  }
  const std::string uid = text_member(metadata, {"uid"});
  if (!uid.empty() && uid != current->uid()) {
    const FieldError error = invalid_value("metadata.uid", uid, "field is immutable");
    throw invalid(current->type(), current->name(), {error, error});
  }
}

bool same_but_for_managers(const Json& a, const Json& b) {
  if (a == b) return true;
  Json first = a;
  Json second = b;
  first["metadata"].erase("managedFields");
  second["metadata"].erase("managedFields");
  return first == second;
}

// True where a Pod has to be ended before it can go.
bool needs_grace(const Object& object, const Deletion& deletion) {
  if (object.type().kind != "Pod" || deletion.grace_seconds == 0) return false;
  const std::string phase = text_member(object.body(), {"status", "phase"});
  return !text_member(object.body(), {"spec", "nodeName"}).empty() && phase != "Succeeded" &&
         phase != "Failed";
}

void set_finalizer(Json& body, const std::string& name, bool wanted) {
  Json& finalizers = body["metadata"]["finalizers"];
  if (!finalizers.is_array()) finalizers = Json::array();
  const auto found = std::find(finalizers.begin(), finalizers.end(), Json(name));
  if (wanted && found == finalizers.end()) finalizers.push_back(name);
  if (!wanted && found != finalizers.end()) finalizers.erase(found);
  if (finalizers.empty()) body["metadata"].erase("finalizers");
}

void check_preconditions(const Object& object, const Deletion& deletion) {
  const std::string version = std::to_string(object.resource_version());
  if (deletion.uid && *deletion.uid != object.uid()) {
    throw delete_conflict(object.type(), object.name(),
                          "the UID in the precondition (" + *deletion.uid +
                              ") does not match the UID in record (" + object.uid() +
                              "). The object might have been deleted and then recreated");
  }
  if (deletion.resource_version && *deletion.resource_version != version) {
    throw delete_conflict(object.type(), object.name(),
                          "the ResourceVersion in the precondition (" + *deletion.resource_version +
                              ") does not match the ResourceVersion in record (" + version +
                              "). The object might have been modified");
  }
}

bool held(const Json& body) {
  return !member(body, {"metadata", "finalizers"}).empty() || !member(body, {"spec", "finalizers"}).empty();
}

}  // namespace

void take_image_annotations(Cluster& cluster, Json& pod) {
  Json& metadata = pod["metadata"];
  if (!metadata.contains("annotations")) return;
  Json& annotations = metadata["annotations"];
  const std::string uid = text_member(metadata, {"uid"});
  if (const std::string text = text_member(annotations, {kImageEnvAnnotation}); !text.empty()) {
    cluster.environments.set_image(uid, Json::parse(text).get<std::map<std::string, std::string>>());
  }
  std::string logs = text_member(annotations, {kLogsAnnotation});
  annotations.erase(kImageEnvAnnotation);
  annotations.erase(kLogsAnnotation);
  const Json& first = member(pod, {"spec", "initContainers"});
  const Json& containers = first.empty() ? member(pod, {"spec", "containers"}) : first;
  const std::string container = containers.empty() ? "" : text_member(containers.front(), {"name"});
  for (std::size_t end = logs.find('\n'); !logs.empty(); end = logs.find('\n')) {
    cluster.logs.append(uid, container, logs.substr(0, end));
    logs.erase(0, end == std::string::npos ? end : end + 1);
  }
}

ObjectPtr create_object(Cluster& cluster, const ResourceType& type, Json body, const Manager& manager,
                        DryRun dry_run, Origin origin) {
  Json& metadata = body["metadata"];
  std::string name = text_member(metadata, {"name"});
  const std::string prefix = text_member(metadata, {"generateName"});
  if (name.empty() && !prefix.empty()) metadata["name"] = name = prefix + name_suffix(5);
  if (origin == Origin::client) {
    for (const char* field : kSystemFields) metadata.erase(field);
    if (type.has_subresource("status")) body.erase("status");
  }
  metadata.erase("resourceVersion");
  if (text_member(metadata, {"uid"}).empty()) metadata["uid"] = new_uid();
  if (text_member(metadata, {"creationTimestamp"}).empty()) metadata["creationTimestamp"] = now_text();
  if (type.has_generation && !metadata.contains("generation")) metadata["generation"] = 1;
  if (cluster.registry.minor() < 20) metadata["selfLink"] = self_link(type, body);
  check_types(type, body);
  if (origin == Origin::client) require_free_address(cluster, type, body);
  apply_defaults(type, body);
  complete_kind(cluster, type, body, origin);
  drop_empty(body);
  // Go writes a struct that is not a pointer, be it empty.
  if (type.has_subresource("status") && !body.contains("status"))
    body["status"] = type.kind == "Service" ? Json{{"loadBalancer", Json::object()}} : Json::object();
  validate(type, body);
  if (type.namespaced()) require_namespace(cluster, body);
  record_manager(body, manager);
  if (dry_run == DryRun::yes) {
    auto object = std::make_shared<const Object>(type, std::move(body));
    if (cluster.store.get(type, object->name_space(), name)) throw already_exists(type, name);
    return object;
  }
  ObjectPtr object = cluster.store.create(type, std::move(body));
  if (!object) throw already_exists(type, name);
  if (type.kind == "Namespace") furnish_namespace(cluster, name, origin);
  return object;
}

ObjectPtr update_object(Cluster& cluster, const ObjectPtr& current, Json after, Part part,
                        const Manager& manager, DryRun dry_run) {
  const ResourceType& type = current->type();
  const Json& before = current->body();
  check_types(type, after);
  check_identity(current, after);
  if (part == Part::status) {
    Json only_status = before;
    only_status["status"] = member(after, {"status"});
    after = std::move(only_status);
  } else if (type.has_subresource("status")) {
    if (before.contains("status")) {
      after["status"] = before["status"];
    } else {
      after.erase("status");
    }
  }
  Json& metadata = after["metadata"];
  for (const char* field : kSystemFields) {
    metadata.erase(field);
    if (const Json& kept = member(before, {"metadata", field}); !kept.is_null()) metadata[field] = kept;
  }
  metadata["resourceVersion"] = std::to_string(current->resource_version());
  if (!metadata.contains("managedFields")) {
    if (const Json& kept = member(before, {"metadata", "managedFields"}); !kept.is_null()) {
      metadata["managedFields"] = kept;
    }
  }
  if (type.kind == "Service") keep_address(cluster, before, after);
  apply_defaults(type, after);
  drop_empty(after);
  if (part == Part::main) {
    validate(type, after);
    validate_update(type, before, after);
  }
  if (same_but_for_managers(before, after)) return current;
  if (type.has_generation && part == Part::main && member(before, {"spec"}) != member(after, {"spec"})) {
    metadata["generation"] = integer_member(before, {"metadata", "generation"}, 0) + 1;
  }
  record_manager(after, manager);
  if (dry_run == DryRun::yes) return std::make_shared<const Object>(type, std::move(after));
  const ObjectPtr stored = cluster.store.replace(current, std::move(after));
  if (stored) finish_deletion(cluster, stored);
  return stored;
}

ObjectPtr change_object(Cluster& cluster, const ObjectPtr& object, const std::function<void(Json&)>& change) {
  for (;;) {
    const ObjectPtr current = cluster.store.by_uid(object->uid());
    if (!current) return nullptr;
    Json body = current->body();
    change(body);
    if (body == current->body()) return current;
    if (ObjectPtr stored = cluster.store.replace(current, std::move(body))) {
      finish_deletion(cluster, stored);
      return stored;
    }
  }
}

DeleteResult delete_object(Cluster& cluster, const ResourceType& type, const std::string& name_space,
                           const std::string& name, const Deletion& deletion, DryRun dry_run) {
  for (;;) {
    const ObjectPtr current = cluster.store.get(type, name_space, name);
    if (!current) throw not_found(type, name);
    check_preconditions(*current, deletion);
    Propagation propagation = deletion.propagation;
    if (propagation == Propagation::by_default) {
      propagation = type.orphans_by_default ? Propagation::orphan : Propagation::background;
    }
    Json body = current->body();
    const bool first = !current->deleting();
    set_finalizer(body, "orphan", propagation == Propagation::orphan);
    set_finalizer(body, "foregroundDeletion", propagation == Propagation::foreground);
    const bool graceful = needs_grace(*current, deletion);
    if (!held(body) && !graceful) {
      if (dry_run == DryRun::yes) return {current, true};
      if (ObjectPtr last = cluster.store.remove(current)) return {last, true, true};
      continue;
    }
    if (first) body["metadata"]["deletionTimestamp"] = now_text();
    body["metadata"]["deletionGracePeriodSeconds"] = graceful ? deletion.grace_seconds.value_or(30) : 0;
    if (type.kind == "Namespace") body["status"]["phase"] = "Terminating";
    if (body == current->body()) return {current, false};
    if (dry_run == DryRun::yes) return {std::make_shared<const Object>(type, std::move(body)), false};
    if (ObjectPtr stored = cluster.store.replace(current, std::move(body))) return {stored, false, true};
  }
}

void finish_deletion(Cluster& cluster, const ObjectPtr& object) {
  if (!object->deleting() || held(object->body()) ||
      integer_member(object->body(), {"metadata", "deletionGracePeriodSeconds"}, 0) != 0) {
    return;
  }
  cluster.store.remove(object);
}

}  // namespace kots_export::apiserver
