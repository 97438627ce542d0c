#pragma once

#include <kots_export/helm/release.h>
#include <kots_export/kube/client.h>

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

// Where Helm keeps releases: Secrets sh.helm.release.v1.NAME.vN of type helm.sh/release.v1 (Helm 3,
// storage/driver/secrets.go).
namespace kots_export::helm {

// What the names of these Secrets begin with; the release and ".vN" follow.
inline constexpr std::string_view kReleaseSecretPrefix = "sh.helm.release.v1.";

// One revision as its Secret's metadata tells, without its content.
struct StoredRevision {
  kube::ObjectRef secret;
  std::string release;
  int revision = 0;
  std::string status;  // "deployed", "superseded", ...
};

// The name of the Secret of one revision.
[[nodiscard]] std::string secret_name(const std::string& release, int revision);

// Whether that is the Secret of a revision, of any release.
[[nodiscard]] bool is_release_secret(const kube::ObjectRef& object);

// Every release's revisions in `ns`, those of one release oldest first. One request: the server selects by
// type. Throws ApiError, ConnectionError.
[[nodiscard]] std::vector<StoredRevision> list_releases(kube::Client& client, const std::string& ns);

// The newest of `revisions` (oldest first) that is deployed: what `helm upgrade` compares with (pkg/action,
// prepareUpgrade).
[[nodiscard]] std::optional<StoredRevision> newest_deployed(std::span<const StoredRevision> revisions);

// One revision as it is stored.
struct StoredData {
  kube::ObjectRef secret;  // with the UID and resourceVersion of what was read
  std::string release;     // data.release, see decode_release
};

// Reads one revision. Throws Error where the Secret is gone or has no data.release; the text names the
// Secret.
[[nodiscard]] StoredData read_data(kube::Client& client, const StoredRevision& stored);

// Reads and decodes one revision. Throws what read_data throws, and Error where it cannot be decoded; the
// text names the Secret.
[[nodiscard]] Release read_revision(kube::Client& client, const StoredRevision& stored);

}  // namespace kots_export::helm
