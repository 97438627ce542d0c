#include "apiserver/lifecycle.h"
#include "apiserver/patch.h"
#include "apiserver/rest.h"
#include "apiserver/selectors.h"
#include "apiserver/status.h"
#include "apiserver/validation.h"
#include "apiserver/wire.h"

namespace kots_export::apiserver {
namespace {

constexpr const char* kMergePatch = "application/merge-patch+json";
constexpr const char* kStrategicPatch = "application/strategic-merge-patch+json";

DryRun dry_run_of(const std::vector<std::string>& values) {
  for (const std::string& value : values) {
    if (value != "All") {
      throw ApiError(
          422, "Invalid",
          " \"\" is invalid: dryRun: Unsupported value: [\"" + value + "\"]: supported values: \"All\"");
    }
  }
  return values.empty() ? DryRun::no : DryRun::yes;
}

DryRun dry_run_of(const Request& request) { return dry_run_of(request.parameter_values("dryRun")); }

Manager manager_of(const Call& call) {
  std::string name = call.request.parameter("fieldManager").value_or("");
  if (name.empty()) {
    const std::string_view agent = call.request.header("user-agent");
    name = agent.substr(0, agent.find('/'));
  }
  return {name.empty() ? "unknown" : name.substr(0, 128), call.version().api_version()};
}

Part part_of(const Call& call) { return call.info.subresource == "status" ? Part::status : Part::main; }

// Makes the body agree with the URL, or says that it does not.
void match_url(const Call& call, Json& body) {
  Json& metadata = body["metadata"];
  const std::string name = text_member(metadata, {"name"});
  if (!call.info.name.empty()) {
    if (name.empty() && call.request.method == "PUT") throw bad_request("name must be provided");
    if (name != call.info.name) {
      throw bad_request("the name of the object (" + name + ") does not match the name on the URL (" +
                        call.info.name + ")");
    }
  }
  if (!call.type().namespaced()) return;
  const std::string name_space = text_member(metadata, {"namespace"});
  if (!name_space.empty() && name_space != call.info.name_space) {
    throw bad_request(
        "the namespace of the provided object does not match the namespace sent on the request");
  }
  metadata["namespace"] = call.info.name_space;
}

ObjectPtr require_object(const Call& call) {
  ObjectPtr object = call.cluster.store.get(call.type(), call.name_space(), call.info.name);
  if (!object) throw not_found(call.type(), call.info.name);
  return object;
}

// A PUT's uid is a precondition, which etcd's side checks; a PATCH's is a field that cannot be changed.
void require_uid(const Object& current, const Json& body) {
  const std::string uid = text_member(body, {"metadata", "uid"});
  if (uid.empty() || uid == current.uid()) return;
  const ResourceType& type = current.type();
  throw conflict(
      type, current.name(),
      "StorageError: invalid object, Code: 4, Key: /registry/" + type.plural + '/' + current.key() +
          ", ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: " + uid +
          ", UID in object meta: " + current.uid());
}

void note_write(const Call& call, const Object& before, const Object& after, DryRun dry_run) {
  call.effect.uid = after.uid();
  call.effect.applied = dry_run == DryRun::no && before.resource_version() != after.resource_version();
}

void note_deletion(const Call& call, const DeleteResult& result) {
  call.effect.uid = result.object->uid();
  call.effect.applied |= result.changed;
}

void send_object(const Call& call, int status, const Object& object) {
  call.send_json(status, object_text(object, call.version(), negotiate(call.request)));
}

// Returns the patched form of `current`, in the storage version.
Json patched(const Call& call, const Object& current, const std::string& media_type, const Json& change) {
  Json body = current.body();
  to_version(call.type(), call.version(), body);
  body["apiVersion"] = call.version().api_version();
  body["kind"] = call.type().kind;
  if (media_type == kMergePatch) {
    body.merge_patch(change);
  } else {
    apply_strategic_merge(body, change);
  }
  if (!body.contains("metadata") || !body["metadata"].is_object()) body["metadata"] = Json::object();
  // A patch that removes the name or the namespace does not: the URL says them.
  for (const char* field : {"name", "namespace"}) {
    if (!body["metadata"].contains(field) && current.body()["metadata"].contains(field)) {
      body["metadata"][field] = current.body()["metadata"][field];
    }
  }
  body.erase("apiVersion");
  body.erase("kind");
  from_version(call.type(), call.version(), body);
  return body;
}

Propagation propagation_of(const Json& options) {
  const std::string policy = text_member(options, {"propagationPolicy"});
  if (policy == "Background") return Propagation::background;
  if (policy == "Foreground") return Propagation::foreground;
  if (policy == "Orphan") return Propagation::orphan;
  if (!policy.empty()) {
    throw ApiError(422, "Invalid",
                   "DeleteOptions.meta.k8s.io \"\" is invalid: propagationPolicy: Unsupported value: \"" +
                       policy + "\"");
  }
  const Json& orphan = member(options, {"orphanDependents"});
  if (orphan.is_boolean()) return orphan.get<bool>() ? Propagation::orphan : Propagation::background;
  return Propagation::by_default;
}

struct DeleteOptions {
  Deletion deletion;
  DryRun dry_run = DryRun::no;
};

// The options of a DELETE stand in its body or, where it has none, in the query: never in both.
Json delete_options_of(const Request& request) {
  if (!request.body.empty()) return Json::parse(request.body, nullptr, false);
  Json options = Json::object();
  if (const auto policy = request.parameter("propagationPolicy")) options["propagationPolicy"] = *policy;
  if (const auto grace = request.parameter("gracePeriodSeconds")) {
    options["gracePeriodSeconds"] = std::strtoll(grace->c_str(), nullptr, 10);
  }
  for (const std::string& value : request.parameter_values("dryRun")) options["dryRun"].push_back(value);
  return options;
}

DeleteOptions read_delete_options(const Request& request) {
  const Json options = delete_options_of(request);
  if (!options.is_object()) throw bad_request("the body is not DeleteOptions");
  DeleteOptions result;
  result.deletion.propagation = propagation_of(options);
  if (const std::string uid = text_member(options, {"preconditions", "uid"}); !uid.empty())
    result.deletion.uid = uid;
  if (const std::string version = text_member(options, {"preconditions", "resourceVersion"});
      !version.empty()) {
    result.deletion.resource_version = version;
  }
  const long long grace = integer_member(options, {"gracePeriodSeconds"}, -1);
  if (grace >= 0) result.deletion.grace_seconds = grace;
  std::vector<std::string> dry_run;
  for (const Json& value : member(options, {"dryRun"})) dry_run.push_back(value.get<std::string>());
  result.dry_run = dry_run_of(dry_run);
  return result;
}

Json scale_of(const Object& object) {
  const long long replicas = integer_member(object.body(), {"spec", "replicas"}, 1);
  return {{"kind", "Scale"},
          {"apiVersion", "autoscaling/v1"},
          {"metadata",
           {{"name", object.name()},
            {"namespace", object.name_space()},
            {"uid", object.uid()},
            {"resourceVersion", std::to_string(object.resource_version())},
            {"creationTimestamp", member(object.body(), {"metadata", "creationTimestamp"})}}},
          {"spec", {{"replicas", replicas}}},
          {"status", {{"replicas", integer_member(object.body(), {"status", "replicas"}, 0)}}}};
}

}  // namespace

void create(const Call& call) {
  Json body = read_object(call.request, call.type(), call.version());
  match_url(call, body);
  if (!text_member(body, {"metadata", "resourceVersion"}).empty()) throw creates_with_version();
  const DryRun dry_run = dry_run_of(call.request);
  const ObjectPtr object =
      create_object(call.cluster, call.type(), std::move(body), manager_of(call), dry_run);
  call.effect = {dry_run == DryRun::no, dry_run == DryRun::no ? object->uid() : std::string()};
  send_object(call, 201, *object);
}

void update(const Call& call) {
  const DryRun dry_run = dry_run_of(call.request);
  Json body = read_object(call.request, call.type(), call.version());
  match_url(call, body);
  for (;;) {
    const ObjectPtr current = require_object(call);
    require_uid(*current, body);
    if (const ObjectPtr stored =
            update_object(call.cluster, current, body, part_of(call), manager_of(call), dry_run)) {
      note_write(call, *current, *stored, dry_run);
      return send_object(call, 200, *stored);
    }
  }
}

void patch(const Call& call) {
  const std::string_view header = call.request.header("content-type");
  const std::string media_type(header.substr(0, header.find(';')));
  if (media_type != kMergePatch && media_type != kStrategicPatch) {
    throw unsupported_media_type("application/merge-patch+json, application/strategic-merge-patch+json");
  }
  const DryRun dry_run = dry_run_of(call.request);
  const Json change = Json::parse(call.request.body, nullptr, false);
  if (!change.is_object()) throw bad_request("error decoding patch: the body is not a JSON object");
  for (;;) {
    const ObjectPtr current = require_object(call);
    Json body = patched(call, *current, media_type, change);
    match_url(call, body);
    if (const ObjectPtr stored =
            update_object(call.cluster, current, std::move(body), part_of(call), manager_of(call), dry_run)) {
      note_write(call, *current, *stored, dry_run);
      return send_object(call, 200, *stored);
    }
  }
}

void remove(const Call& call) {
  const DeleteOptions options = read_delete_options(call.request);
  const DeleteResult result = delete_object(call.cluster, call.type(), call.name_space(), call.info.name,
                                            options.deletion, options.dry_run);
  note_deletion(call, result);
  if (!result.removed || call.type().returns_deleted) return send_object(call, 200, *result.object);
  call.send_json(200, dump_json(success_status(call.type(), result.object->name(), result.object->uid())));
}

void remove_collection(const Call& call) {
  const DeleteOptions options = read_delete_options(call.request);
  const Selector selector(call.type(), call.request.parameter("labelSelector").value_or(""),
                          call.request.parameter("fieldSelector").value_or(""));
  const Snapshot snapshot = call.cluster.store.list(call.type(), call.name_space());
  std::string text = list_head(call.type(), call.version(), {},
                               {{"resourceVersion", std::to_string(snapshot.resource_version)}});
  bool first = true;
  for (const ObjectPtr& object : snapshot.objects) {
    if (!selector.matches(*object)) continue;
    try {
      const DeleteResult result = delete_object(call.cluster, call.type(), object->name_space(),
                                                object->name(), options.deletion, options.dry_run);
      note_deletion(call, result);
      text += (first ? "" : ",") + entry_text(*result.object, call.version(), {});
      first = false;
    } catch (const ApiError& error) {
      if (error.code() != 404) throw;  // 404: somebody else was quicker
    }
  }
  call.effect.uid.clear();
  call.send_json(200, text + "]}");
}

void serve_scale(const Call& call) {
  if (call.info.verb == "get") return call.send_json(200, dump_json(scale_of(*require_object(call))));
  if (call.info.verb != "update" && call.info.verb != "patch") throw method_not_allowed(call.request.method);
  const DryRun dry_run = dry_run_of(call.request);
  const Json change = Json::parse(call.request.body, nullptr, false);
  const long long replicas = integer_member(change, {"spec", "replicas"}, -1);
  if (replicas < 0) throw bad_request("spec.replicas: must be a number of 0 or more");
  for (;;) {
    const ObjectPtr current = require_object(call);
    Json body = current->body();
    body["spec"]["replicas"] = replicas;
    const std::string version = text_member(change, {"metadata", "resourceVersion"});
    if (!version.empty()) body["metadata"]["resourceVersion"] = version;
    if (const ObjectPtr stored =
            update_object(call.cluster, current, std::move(body), Part::main, manager_of(call), dry_run)) {
      note_write(call, *current, *stored, dry_run);
      return call.send_json(200, dump_json(scale_of(*stored)));
    }
  }
}

}  // namespace kots_export::apiserver
