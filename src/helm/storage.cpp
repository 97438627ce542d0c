#include <kots_export/helm/storage.h>

#include <algorithm>
#include <charconv>

#include <nlohmann/json.hpp>

namespace kots_export::helm {

using nlohmann::json;

namespace {

constexpr std::string_view kNamePrefix = "sh.helm.release.v1.";

int to_revision(const std::string& text) {
  int revision = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), revision);
  return error == std::errc() && end == text.data() + text.size() ? revision : 0;
}

}  // namespace

std::string secret_name(const std::string& release, int revision) {
  return std::string(kNamePrefix) + release + ".v" + std::to_string(revision);
}

std::vector<StoredRevision> list_revisions(kube::Client& client, const std::string& ns,
                                           const std::string& release) {
  const kube::ApiResource* secrets = client.find_resource("", "Secret");
  if (secrets == nullptr) throw Error("this server does not serve Secrets");
  std::vector<StoredRevision> revisions;
  // By name, not by label: KOTS writes the Secret itself, and the name is what Helm reads.
  const std::string prefix = std::string(kNamePrefix) + release + ".v";
  client.list_metadata(std::span(secrets, 1), ns, [&](const kube::ObjectMetadata& object) {
    if (!object.ref.name.starts_with(prefix)) return;
    const int revision = to_revision(object.ref.name.substr(prefix.size()));
    if (revision == 0) return;
    const std::string* status = object.label("status");
    revisions.push_back({object.ref, revision, status != nullptr ? *status : std::string()});
  });
  std::ranges::sort(revisions, {}, &StoredRevision::revision);
  return revisions;
}

Release read_revision(kube::Client& client, const StoredRevision& stored) {
  const std::string what = "cannot read release Secret " + stored.secret.name;
  const std::optional<json> secret = client.get(stored.secret);
  if (!secret)
    throw Error(what, "it is gone", "Somebody changed the release meanwhile; run the command again.");
  const json data = secret->value("data", json::object());
  const auto release = data.is_object() ? data.find("release") : data.end();
  if (!data.is_object() || release == data.end() || !release->is_string()) {
    throw Error(what, "it has no data.release",
                "Helm and KOTS write one; choose another revision with --revision.");
  }
  try {
    return decode_release(release->get_ref<const std::string&>());
  } catch (const Error& error) {
    throw Error(what, error.what(),
                error.hint().empty()
                    ? "Choose another revision with --revision, or restore the Secret from a backup."
                    : error.hint());
  }
}

}  // namespace kots_export::helm
