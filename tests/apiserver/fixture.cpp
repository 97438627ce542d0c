#include "apiserver/fixture.h"

#include <kots_export/util/files.h>

#include "apiserver/lifecycle.h"
#include "apiserver/seeds.h"
#include "apiserver/server.h"
#include "apiserver/wire.h"

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <stdexcept>

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

namespace kots_export::apiserver {
namespace {

std::filesystem::path make_folder() {
  std::string path = (std::filesystem::temp_directory_path() / "apiserver-XXXXXX").string();
  if (::mkdtemp(path.data()) == nullptr) {
    throw std::runtime_error("cannot make a temporary folder: " + std::string(std::strerror(errno)));
  }
  return path;
}

const ResourceType& find_type(Cluster& cluster, const std::string& kind_or_plural) {
  const ResourceType* type = cluster.registry.type_named(kind_or_plural);
  if (type == nullptr) throw std::runtime_error("this server has no kind " + kind_or_plural);
  return *type;
}

Json whole(const Cluster& cluster, const Object& object) {
  Json body = object.body();
  const ServedVersion* version = cluster.registry.storage_version(object.type());
  if (version == nullptr) version = &object.type().versions.front();
  to_version(object.type(), *version, body);
  body["apiVersion"] = version->api_version();
  body["kind"] = object.type().kind;
  return body;
}

bool is_write(const Json& request) {
  const std::string method = text_member(request, {"method"});
  if (method != "POST" && method != "PUT" && method != "PATCH" && method != "DELETE") return false;
  return member(request, {"dryRun"}) != Json(true) &&
         text_member(request, {"path"}).find("/selfsubject") == std::string::npos;
}

PemPair to_pem(const KeyPair& pair) { return {pair.certificate_pem, pair.key_pem}; }

}  // namespace

// --- ApiServer ---

ApiServer::ApiServer(const ApiServerOptions& options) : folder_(make_folder()) {
  ServerOptions server;
  server.minor = options.minor;
  server.protocol = options.http ? Protocol::http : Protocol::https;
  if (options.http1) server.versions = HttpVersions::http1_only;
  if (options.cert_expired) server.validity = Validity::expired;
  if (options.cert_not_yet_valid) server.validity = Validity::not_yet;
  server.certificate_host = options.cert_host;
  server.tokens = options.tokens;
  server.deny = options.deny;
  server.faults = options.faults;
  server.seeds = options.seed_files;
  server.seed_text = options.seed;
  server.pv_reclaim = options.pv_reclaim;
  server.history = options.history;
  server.custom_groups = options.custom_groups;
  server.stale_groups = options.stale_groups;
  try {
    server_ = std::make_unique<Server>(server);
    util::write_private_file(kubeconfig_path(), server_->kubeconfig());
  } catch (...) {
    std::filesystem::remove_all(folder_);
    throw;
  }
}

ApiServer::~ApiServer() {
  server_.reset();
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

std::string ApiServer::url() const { return server_->url(); }

std::uint16_t ApiServer::port() const {
  const std::string text = url();
  return static_cast<std::uint16_t>(std::stoi(text.substr(text.rfind(':') + 1)));
}

std::string ApiServer::kubeconfig() const { return server_->kubeconfig(); }
std::filesystem::path ApiServer::kubeconfig_path() const { return folder_ / "kubeconfig"; }
std::filesystem::path ApiServer::folder() const { return folder_; }
std::string ApiServer::ca_pem() const { return server_->authority_pem(); }
PemPair ApiServer::admin_certificate() const { return to_pem(server_->admin()); }
std::string ApiServer::admin_token() const { return server_->admin_token(); }

PemPair ApiServer::client_certificate(const std::string& user, const std::vector<std::string>& groups,
                                      bool expired) const {
  return to_pem(server_->issue_client(user, groups, expired ? Validity::expired : Validity::now));
}

std::optional<Json> ApiServer::get(const std::string& kind_or_plural, const std::string& name_space,
                                   const std::string& name) const {
  Cluster& cluster = server_->cluster();
  const ObjectPtr object = cluster.store.get(find_type(cluster, kind_or_plural), name_space, name);
  if (!object) return std::nullopt;
  return whole(cluster, *object);
}

std::vector<Json> ApiServer::list(const std::string& kind_or_plural, const std::string& name_space) const {
  Cluster& cluster = server_->cluster();
  std::vector<Json> objects;
  for (const ObjectPtr& object : cluster.store.list(find_type(cluster, kind_or_plural), name_space).objects) {
    objects.push_back(whole(cluster, *object));
  }
  return objects;
}

void ApiServer::put(Json object) { put_seed(server_->cluster(), std::move(object)); }

bool ApiServer::remove(const std::string& kind_or_plural, const std::string& name_space,
                       const std::string& name) {
  Cluster& cluster = server_->cluster();
  try {
    delete_object(cluster, find_type(cluster, kind_or_plural), name_space, name,
                  {{}, {}, Propagation::background, {}});
    return true;
  } catch (const ApiError&) {
    return false;
  }
}

void ApiServer::seed(const std::string& yaml) { load_seed_text(server_->cluster(), yaml, folder_); }

std::uint64_t ApiServer::resource_version() const { return server_->cluster().store.resource_version(); }

bool ApiServer::wait_until(const std::function<bool()>& condition, std::chrono::milliseconds timeout) const {
  const Store& store = server_->cluster().store;
  const auto end = std::chrono::steady_clock::now() + timeout;
  for (;;) {
    const std::uint64_t seen = store.resource_version();
    if (condition()) return true;
    const auto now = std::chrono::steady_clock::now();
    if (now >= end) return false;
    // A condition may also look at requests, which make no write: so it is asked again after a moment too.
    (void)store.events_after(seen, 1, std::min(end, now + std::chrono::milliseconds(10)));
  }
}

void ApiServer::compact() { server_->cluster().store.compact(); }

std::vector<Json> ApiServer::requests() const { return server_->requests().entries(); }

std::size_t ApiServer::count_requests(const std::string& method, const std::string& part) const {
  std::size_t count = 0;
  for (const Json& request : requests()) {
    const std::string target = text_member(request, {"path"}) + '?' + text_member(request, {"query"});
    count += (method.empty() || text_member(request, {"method"}) == method) &&
             target.find(part) != std::string::npos;
  }
  return count;
}

std::size_t ApiServer::count_writes() const {
  std::size_t count = 0;
  for (const Json& request : requests()) count += is_write(request);
  return count;
}

void ApiServer::clear_requests() { server_->requests().clear(); }
void ApiServer::add_fault(const std::string& rule) { server_->faults().add(parse_fault(rule)); }
void ApiServer::clear_faults() { server_->faults().clear(); }
int ApiServer::held() const { return server_->faults().held(); }
void ApiServer::deny(const std::string& rule) { server_->cluster().access.deny(parse_deny_rule(rule)); }
void ApiServer::allow_all_again() { server_->cluster().access.allow_all_again(); }
std::uint64_t ApiServer::connections() const { return server_->connections(); }

// --- ApiServerProcess ---

ApiServerProcess::ApiServerProcess(const std::filesystem::path& program,
                                   const std::vector<std::string>& arguments)
    : folder_(make_folder()) {
  std::vector<std::string> words{program.string(), "--until-stdin-closes", "--kubeconfig-out",
                                 kubeconfig_path().string()};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);

  std::array<int, 2> in{};
  std::array<int, 2> out{};
  if (::pipe2(in.data(), O_CLOEXEC) != 0 || ::pipe2(out.data(), O_CLOEXEC) != 0) {
    throw std::runtime_error("cannot make a pipe");
  }
  // Both streams come through one pipe: the first line is either the address or what is wrong.
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, in[0], STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, out[1], STDERR_FILENO);
  const int error = ::posix_spawn(&pid_, argv[0], &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  ::close(in[0]);
  ::close(out[1]);
  stdin_ = in[1];

  std::string text;
  std::array<char, 4096> block{};
  while (error == 0 && text.find('\n') == std::string::npos) {
    const ssize_t count = ::read(out[0], block.data(), block.size());
    if (count <= 0) break;
    text.append(block.data(), static_cast<std::size_t>(count));
  }
  ::close(out[0]);
  constexpr std::string_view kPrefix = "listening on ";
  if (!text.starts_with(kPrefix)) {
    if (error != 0) pid_ = -1;
    stop(SIGKILL);
    std::filesystem::remove_all(folder_);
    throw std::runtime_error("cannot start " + program.string() + ": " +
                             (error != 0 ? std::strerror(error) : text));
  }
  url_ = text.substr(kPrefix.size(), text.find('\n') - kPrefix.size());
}

ApiServerProcess::~ApiServerProcess() {
  stop(SIGTERM);
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

std::filesystem::path ApiServerProcess::kubeconfig_path() const { return folder_ / "kubeconfig"; }

void ApiServerProcess::stop(int signal) {
  if (stdin_ >= 0) ::close(stdin_);
  stdin_ = -1;
  if (pid_ < 0) return;
  ::kill(pid_, signal);
  while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
}

}  // namespace kots_export::apiserver
