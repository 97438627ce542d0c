#include <kots_export/helm/storage.h>
#include <kots_export/kube/metadata_lists.h>
#include <kots_export/util/text.h>

#include <algorithm>
#include <charconv>
#include <tuple>

#include <nlohmann/json.hpp>

namespace kots_export::helm {

using nlohmann::json;

namespace {

constexpr const char* kOfReleaseType = "type=helm.sh/release.v1";

// By name, not by label: KOTS writes the Secret itself, and the name is what Helm reads.
std::optional<StoredRevision> stored_revision(const kube::ObjectMetadata& object) {
  const std::string_view name = object.ref.name;
  const auto version = name.rfind(".v");
  if (!name.starts_with(kReleaseSecretPrefix) || version < kReleaseSecretPrefix.size()) return std::nullopt;
  const std::string_view digits = name.substr(version + 2);
  int revision = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), revision);
  if (error != std::errc() || end != digits.data() + digits.size() || revision <= 0) return std::nullopt;
  const std::string* status = object.label("status");
  return StoredRevision{
      .secret = object.ref,
      .release = std::string(name.substr(kReleaseSecretPrefix.size(), version - kReleaseSecretPrefix.size())),
      .revision = revision,
      .status = status != nullptr ? *status : std::string()};
}

std::string cannot_read(const StoredRevision& stored) {
  return util::filled("cannot read release Secret {secret}", {{"secret", stored.secret.name}});
}

}  // namespace

std::string secret_name(const std::string& release, int revision) {
  return std::string(kReleaseSecretPrefix) + release + ".v" + std::to_string(revision);
}

bool is_release_secret(const kube::ObjectRef& object) {
  return object.gvr.group.empty() && object.kind == "Secret" && object.name.starts_with(kReleaseSecretPrefix);
}

std::vector<StoredRevision> list_releases(kube::Client& client, const std::string& ns) {
  const kube::ApiResource* secrets = client.find_resource("", "Secret");
  if (secrets == nullptr) throw Error("this server does not serve Secrets");
  std::vector<StoredRevision> revisions;
  kube::MetadataLists lists({{.kind = *secrets, .field_selector = kOfReleaseType, .token = {}, .after = {}}},
                            ns, [&revisions](const kube::ObjectMetadata& object) {
                              if (auto stored = stored_revision(object))
                                revisions.push_back(std::move(*stored));
                            });
  client.read(lists);
  std::ranges::sort(revisions, {},
                    [](const StoredRevision& stored) { return std::tie(stored.release, stored.revision); });
  return revisions;
}

std::optional<StoredRevision> newest_deployed(std::span<const StoredRevision> revisions) {
  const auto newest =
      std::ranges::find(revisions.rbegin(), revisions.rend(), "deployed", &StoredRevision::status);
  return newest == revisions.rend() ? std::nullopt : std::optional(*newest);
}

StoredData read_data(kube::Client& client, const StoredRevision& stored) {
  const std::string what = cannot_read(stored);
  const std::optional<json> secret = client.get(stored.secret);
  if (!secret)
    throw Error(what, "it is gone",
                Hint::with_way_on("Somebody changed the release meanwhile; run the command again."));
  const json data = secret->value("data", json::object());
  const auto release = data.is_object() ? data.find("release") : data.end();
  if (!data.is_object() || release == data.end() || !release->is_string()) {
    throw Error(what, "it has no data.release",
                "Helm and KOTS write one; choose another revision with --revision.");
  }
  StoredData result{.secret = stored.secret, .release = release->get<std::string>()};
  const json metadata = secret->value("metadata", json::object());
  result.secret.uid = metadata.value("uid", "");
  result.secret.resource_version = metadata.value("resourceVersion", "");
  return result;
}

Release read_revision(kube::Client& client, const StoredRevision& stored) {
  const StoredData data = read_data(client, stored);
  try {
    return decode_release(data.release);
  } catch (const Error& error) {
    throw Error(cannot_read(stored), error.what(),
                error.hint().empty()
                    ? "Choose another revision with --revision, or restore the Secret from a backup."
                    : error.hint());
  }
}

}  // namespace kots_export::helm
