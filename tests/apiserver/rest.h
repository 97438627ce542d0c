#pragma once

#include "apiserver/auth.h"
#include "apiserver/cluster.h"
#include "apiserver/http.h"
#include "apiserver/request_info.h"

#include <string>

// The verbs on resources, one function each. All throw ApiError for what the client did wrong and
// ConnectionLost where it went away.
namespace kots_export::apiserver {

// What a request did to the store, for the log: known even where no answer went out.
struct Effect {
  bool applied = false;  // an object was created, changed or deleted by it
  std::string uid;       // of the object that was meant, where it is one
};

// A request whose resource is known and allowed.
struct Call {
  Cluster& cluster;
  const Request& request;
  const RequestInfo& info;
  const User& user;
  ServedResource served;
  ResponseWriter& answer;
  Effect& effect;

  [[nodiscard]] const ResourceType& type() const { return *served.type; }
  [[nodiscard]] const ServedVersion& version() const { return *served.version; }
  // The namespace of what is asked for; empty for cluster-scoped kinds, and for lists of all namespaces.
  [[nodiscard]] std::string name_space() const {
    return type().namespaced() ? info.name_space : std::string();
  }
  // Sends `body` as application/json.
  void send_json(int status, std::string_view body) const { answer.send(status, "application/json", body); }
};

// Finds the verb's function and runs it.
void serve_resource(const Call& call);

// --- rest_read.cpp ---
void get_object(const Call& call);
void list_objects(const Call& call);

// --- rest_write.cpp ---
void create(const Call& call);
void update(const Call& call);
void patch(const Call& call);
void remove(const Call& call);
void remove_collection(const Call& call);
// GET, PUT and PATCH of .../scale.
void serve_scale(const Call& call);

// --- watch.cpp ---
void watch(const Call& call);

// --- pod_log.cpp, pod_exec.cpp ---
void pod_log(const Call& call);
void pod_exec(const Call& call);

// --- reviews.cpp ---
// POST to authorization.k8s.io and authentication.k8s.io. Returns false where the path is none of them.
bool serve_review(Cluster& cluster, const Request& request, const RequestInfo& info, const User& user,
                  ResponseWriter& answer);

}  // namespace kots_export::apiserver
