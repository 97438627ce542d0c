#pragma once

#include <kots_export/change/executor.h>
#include <kots_export/change/observer.h>
#include <kots_export/helm/served_versions.h>
#include <kots_export/helm/storage.h>
#include <kots_export/kube/access.h>
#include <kots_export/kube/client.h>
#include <kots_export/kube/identity.h>
#include <kots_export/kube/types.h>
#include <kots_export/migration/commands.h>
#include <kots_export/migration/names.h>
#include <kots_export/migration/registry.h>
#include <kots_export/util/secret.h>

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace kots_export::migration {

// Where the installation's PostgreSQL is, and who may write to it.
struct DatabaseAccess {
  std::string host;
  std::string port;
  std::string username;
  Secret<std::string> password;
};

// Whether the server lets `helm upgrade --force` replace a Service; see check `helm-force`.
enum class HelmForce { unknown, taken, refused };

// What every step that touches a cluster works with. The references outlive the step.
struct Context {
  kube::Client& client;
  change::Executor& executor;
  change::Observer& observer;
  kube::Namespace ns;
  std::string release;  // the Helm release's name
  Commands commands = {};
  // See find_namespace.
  std::optional<std::string> namespace_uid = std::nullopt;
  // See stored_releases.
  std::optional<std::vector<helm::StoredRevision>> releases = std::nullopt;
  // See decoded_revision: by revision.
  std::map<int, helm::Release> decoded = {};
  // See served_manifest.
  std::optional<helm::ServedManifest> served_manifest = std::nullopt;
  // See database_access.
  std::optional<DatabaseAccess> database = std::nullopt;
  // The Error of another run that is at work on the namespace, or nothing; change::Lease::other_run.
  std::function<std::optional<Error>()> other_run = {};
  // What the credential says of itself; kube::credential_facts.
  std::function<kube::CredentialFacts()> credential = {};
  // The way to the registry; without one it is not asked.
  TransportTo transport_to = {};
  // Whether the check `backup` found none, and nobody confirmed one.
  bool is_backup_missing = false;
  // The checks that stop this command, by id; see run_checks.
  std::vector<std::string> failed_checks = {};
  // Rights that this user lacks, and round which the plan goes; see plan_annotate.
  std::vector<kube::AccessQuestion> lacking = {};
  HelmForce helm_force = HelmForce::unknown;
};

// Tells whether the context's namespace exists, and notes its UID there: empty where the user's rights end at
// the namespace (403), for then what is in it will tell. The server is asked until it was found, so this is
// no call for the middle of a client's run(). Throws ApiError, ConnectionError, Interrupted.
[[nodiscard]] bool find_namespace(Context& context);

// The releases that Helm keeps in the context's namespace, read when they are first asked for.
[[nodiscard]] const std::vector<helm::StoredRevision>& stored_releases(Context& context);
// Those of the context's release, oldest first.
[[nodiscard]] std::vector<helm::StoredRevision> stored_revisions(Context& context);

// The one that runs, and that `helm upgrade` compares with: the newest that is deployed, else the newest. Of
// a release that has a record (check `release`).
[[nodiscard]] helm::StoredRevision current_revision(Context& context);

// One revision of the context's release, read and decoded when it is first asked for. Throws what
// helm::read_revision throws.
[[nodiscard]] const helm::Release& decoded_revision(Context& context, const helm::StoredRevision& stored);

// The version of the release's chart, as far as a record of it was decoded: the newest one's. Else empty.
[[nodiscard]] std::string known_chart_version(const Context& context);

// The registry of images and charts: "cciserver.azurecr.io", or the development one.
struct Registry {
  std::string name = "cciserver";
  [[nodiscard]] std::string host() const { return name + ".azurecr.io"; }
  // What names it on a command line.
  [[nodiscard]] std::string flag() const { return name == names::kDevRegistry ? " --dev" : ""; }
  // As the guide names it for Secret regcred.
  [[nodiscard]] std::string url() const { return "https://" + host(); }
};

// The resource of one of the tool's own kinds, which every supported server has. Throws Error where it does
// not.
[[nodiscard]] const kube::ApiResource& require_resource(kube::Client& client, std::string_view group,
                                                        std::string_view kind);
// A reference to one object in the context's namespace.
[[nodiscard]] kube::ObjectRef object_ref(const Context& context, std::string_view group,
                                         std::string_view kind, std::string name);
// `object` with the UID and resourceVersion of `live`, which was read for it.
[[nodiscard]] kube::ObjectRef identified(kube::ObjectRef object, const nlohmann::json& live);

}  // namespace kots_export::migration
