#include "apiserver/server.h"

#include <kots_export/util/base64.h>
#include <kots_export/util/files.h>

#include "apiserver/defaults.h"
#include "apiserver/discovery.h"
#include "apiserver/protobuf.h"
#include "apiserver/request_info.h"
#include "apiserver/rest.h"
#include "apiserver/seeds.h"
#include "apiserver/status.h"
#include "apiserver/wire.h"
#include "apiserver/yaml.h"

#include <stdexcept>
#include <utility>

namespace kots_export::apiserver {
namespace {

constexpr const char* kAdmin = "kubernetes-admin";
constexpr const char* kMasters = "system:masters";

// What every cluster has before anybody comes.
constexpr const char* kFurniture = R"(
apiVersion: v1
kind: Namespace
metadata: {name: default}
---
apiVersion: v1
kind: Namespace
metadata: {name: kube-system}
---
apiVersion: v1
kind: Service
metadata: {name: kubernetes, namespace: default, labels: {component: apiserver, provider: kubernetes}}
spec: {type: ClusterIP, clusterIP: 10.96.0.1, ports: [{name: https, port: 443, targetPort: 6443}]}
---
apiVersion: v1
kind: Node
metadata: {name: node-1, labels: {kubernetes.io/hostname: node-1, kubernetes.io/os: linux}}
status:
  capacity: {cpu: "4", memory: 16Gi, pods: "110"}
  conditions: [{type: Ready, status: "True", reason: KubeletReady}]
)";

std::string storage_class(const std::string& reclaim) {
  return "apiVersion: storage.k8s.io/v1\nkind: StorageClass\nmetadata:\n  name: standard\n"
         "  annotations: {storageclass.kubernetes.io/is-default-class: \"true\"}\n"
         "provisioner: rancher.io/local-path\nvolumeBindingMode: Immediate\nreclaimPolicy: " +
         reclaim + "\n";
}

CertificateRequest server_certificate(const ServerOptions& options) {
  CertificateRequest request;
  request.use = CertificateUse::server;
  request.common_name = "kube-apiserver";
  request.validity = options.validity;
  if (options.certificate_host.empty()) {
    request.dns_names = {"localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc"};
    request.addresses = {"127.0.0.1", "::1"};
  } else {
    request.dns_names = {options.certificate_host};
  }
  return request;
}

void load_behaviours(Cluster& cluster, const std::filesystem::path& file) {
  for (const Json& document : parse_yaml_documents(util::read_file(file))) {
    if (document.is_array()) {
      for (const Json& rule : document) cluster.behaviours.add(parse_behaviour(rule));
    } else {
      cluster.behaviours.add(parse_behaviour(document));
    }
  }
}

bool asks_for_dry_run(const Request& request) {
  if (request.parameter("dryRun") == "All") return true;
  if (request.method != "DELETE" || request.body.empty()) return false;
  return !member(Json::parse(request.body, nullptr, false), {"dryRun"}).empty();
}

Json describe(const Request& request) {
  const std::size_t mark = request.target.find('?');
  Json entry = {{"time", now_nanoseconds_text()},
                {"method", request.method},
                {"path", request.path},
                {"query", mark == std::string::npos ? "" : request.target.substr(mark + 1)},
                {"userAgent", request.header("user-agent")},
                {"contentType", request.header("content-type")},
                {"accept", request.header("accept")},
                {"dryRun", asks_for_dry_run(request)},
                {"user", ""},
                {"protocol", request.protocol},
                {"connection", request.connection},
                {"sni", request.peer == nullptr ? "" : request.peer->sni},
                {"clientCertificate", request.peer == nullptr ? "" : request.peer->subject}};
  if (const std::string_view name = request.header("impersonate-user"); !name.empty()) {
    entry["impersonateUser"] = name;
    entry["impersonateGroups"] = request.header_values("impersonate-group");
  }
  return entry;
}

bool is_write(const Request& request) {
  return request.method != "GET" && request.method != "HEAD" && request.method != "OPTIONS";
}

void send_error(ResponseWriter& answer, const ApiError& error) {
  // An answer that has begun cannot be taken back.
  if (answer.status() != 0) throw ConnectionLost();
  answer.send(error.code(), "application/json", dump_json(error.to_status()));
}

void send_page_not_found(ResponseWriter& answer) {
  answer.send(404, "text/plain; charset=utf-8", "404 page not found\n");
}

}  // namespace

Server::Server(const ServerOptions& options)
    : protocol_(options.protocol),
      cluster_(options.minor, options.history, options.custom_groups),
      server_authority_(make_authority("kubernetes")),
      client_authority_(make_authority("kubernetes-clients")),
      admin_(issue_client(kAdmin, {kMasters})),
      admin_token_(new_uid()) {
  if (options.pv_reclaim != "Delete" && options.pv_reclaim != "Retain") {
    throw std::runtime_error("a volume's reclaim policy is Delete or Retain");
  }
  cluster_.reclaim_policy = options.pv_reclaim;
  cluster_.authority_pem = server_authority_.certificate_pem;
  authenticator_.add_token(admin_token_, {kAdmin, {kMasters}});
  for (const std::string& text : options.tokens) {
    auto [token, user] = parse_token(text);
    authenticator_.add_token(token, std::move(user));
  }
  for (const std::string& rule : options.deny) cluster_.access.deny(parse_deny_rule(rule));
  for (const std::string& group : options.stale_groups) stale_groups_.push_back(parse_stale_group(group));
  for (const std::string& rule : options.faults) faults_.add(parse_fault(rule));
  if (!options.request_log.empty()) requests_.write_to(options.request_log.string());
  if (!options.job_behaviour.empty()) load_behaviours(cluster_, options.job_behaviour);
  load_seed_text(cluster_, kFurniture, {});
  load_seed_text(cluster_, storage_class(options.pv_reclaim), {});
  for (const std::filesystem::path& file : options.seeds) load_seed_file(cluster_, file);
  load_seed_text(cluster_, options.seed_text, options.seed_folder);

  HttpServer::Wrap wrap = make_plain_stream;
  if (protocol_ == Protocol::https) {
    tls_ = std::make_unique<TlsContext>(issue(server_authority_, server_certificate(options)),
                                        client_authority_.certificate_pem, options.versions);
    wrap = [this](int fd) { return tls_->wrap(fd); };
  }
  controllers_ = std::make_unique<ControllerManager>(cluster_);
  http_ = std::make_unique<HttpServer>(
      options.port, std::move(wrap),
      [this](const Request& request, ResponseWriter& answer) { handle(request, answer); });
}

Server::~Server() {
  // Ends what is held, watches and followed logs, so that the connections' threads can be waited for.
  faults_.clear();
  cluster_.store.close();
  http_.reset();
  controllers_.reset();
}

KeyPair Server::issue_client(const std::string& user, const std::vector<std::string>& groups,
                             Validity validity) const {
  return issue(client_authority_, {CertificateUse::client, user, groups, {}, {}, validity});
}

std::string Server::url() const {
  return (protocol_ == Protocol::https ? "https://127.0.0.1:" : "http://127.0.0.1:") +
         std::to_string(http_->port());
}

std::string Server::kubeconfig() const {
  std::string text =
      "apiVersion: v1\nkind: Config\nclusters:\n- name: test\n  cluster:\n    server: " + url() + "\n";
  if (protocol_ == Protocol::https) {
    text +=
        "    certificate-authority-data: " + util::base64_encode(server_authority_.certificate_pem) + "\n";
  }
  text +=
      "contexts:\n- name: test\n  context:\n    cluster: test\n    user: admin\n    namespace: default\n"
      "current-context: test\nusers:\n- name: admin\n  user:\n";
  if (protocol_ == Protocol::https) {
    text += "    client-certificate-data: " + util::base64_encode(admin_.certificate_pem) + "\n" +
            "    client-key-data: " + util::base64_encode(admin_.key_pem) + "\n";
  } else {
    text += "    token: " + admin_token_ + "\n";
  }
  return text;
}

void Server::handle(const Request& request, ResponseWriter& answer) {
  if (serve_testing(request, answer)) return;
  LogEntry entry{describe(request), {}, {}, {}};
  bool logged = false;
  entry.log = [&](int status) {
    if (std::exchange(logged, true)) return;
    entry.line["status"] = status;
    if (is_write(request)) entry.line["applied"] = entry.effect.applied;
    if (!entry.effect.uid.empty()) entry.line["uid"] = entry.effect.uid;
    requests_.add(std::move(entry.line));
  };
  // Logged before the answer goes out: who has the answer finds the entry.
  answer.set_observer(entry.log);
  try {
    route(request, answer, entry);
  } catch (const ConnectionLost&) {
    entry.log(0);
    throw;
  }
}

void Server::route(const Request& request, ResponseWriter& answer, LogEntry& entry) {
  try {
    if (request.body_too_large) {
      throw ApiError(413, "RequestEntityTooLarge", "Request entity too large: limit is 3145728");
    }
    if (const std::optional<Fault> fault = faults_.next(request)) {
      if (play(*fault, answer, entry) == Played::whole) return;
    }
    if (has_protobuf_body(request)) return serve_api(with_json_body(request), answer, entry);
    serve_api(request, answer, entry);
  } catch (const ApiError& error) {
    send_error(answer, error);
  } catch (const ConnectionLost&) {
    throw;
  } catch (const std::exception& error) {
    send_error(answer, generic(500, std::string("the test server failed: ") + error.what()));
  }
}

bool Server::serve_plain_path(const Request& request, ResponseWriter& answer) const {
  for (const char* path : {"/healthz", "/readyz", "/livez"}) {
    if (request.path != path) continue;
    answer.send(200, "text/plain; charset=utf-8", "ok");
    return true;
  }
  return false;
}

void Server::serve_api(const Request& request, ResponseWriter& answer, LogEntry& entry) {
  if (serve_plain_path(request, answer)) return;
  const RequestInfo info = parse_request_info(request);
  std::optional<User> user = authenticator_.authenticate(request);
  if (!user) throw unauthorized();
  entry.line["user"] = user->name;
  if (const std::optional<User> other = impersonated_user(request)) {
    cluster_.access.require(*user, {"impersonate", "", "users", "", "", other->name});
    user = other;
  }
  // The version is for everybody, as system:public-info-viewer has it.
  if (!info.is_api && user->name == kAnonymous && request.path != "/version") {
    throw forbidden_path(*user, request.method, request.path);
  }
  if (!info.is_api) {
    if (request.path == "/openapi/v2" &&
        request.header("accept").find("proto-openapi") != std::string_view::npos) {
      // An empty protobuf document: clients that validate by schema find none, and leave it to the server.
      return answer.send(200, "application/com.github.proto-openapi.spec.v2.v1.0+protobuf", "");
    }
    if (is_unavailable(stale_groups_, info.segments)) {
      return answer.send(503, "text/plain; charset=utf-8", "service unavailable\n");
    }
    if (const auto found = discover(cluster_.registry, request, info.segments, stale_groups_)) {
      return answer.send(200, found->content_type, dump_json(found->body));
    }
    return send_page_not_found(answer);
  }
  if (is_unavailable(stale_groups_, info.segments)) {
    return answer.send(503, "text/plain; charset=utf-8", "service unavailable\n");
  }
  if (serve_review(cluster_, request, info, *user, answer)) return;
  cluster_.access.require(*user, info.access());
  const ServedResource served = cluster_.registry.find(info.group, info.version, info.resource);
  if (served.type == nullptr) {
    // Of a version that it serves the server says it by a Status.
    const auto versions = cluster_.registry.versions_of(info.group);
    if (std::ranges::find(versions, info.version) == versions.end()) return send_page_not_found(answer);
    throw unknown_resource();
  }
  if (!served.type->namespaced() && info.segments.size() > 3 && info.name_space != info.name &&
      info.resource != "namespaces" && !info.name_space.empty()) {
    throw unknown_resource();
  }
  serve_resource({cluster_, request, info, *user, served, answer, entry.effect});
}

}  // namespace kots_export::apiserver
