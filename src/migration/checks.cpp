#include <kots_export/helm/storage.h>
#include <kots_export/migration/checks.h>
#include <kots_export/migration/names.h>
#include <kots_export/util/base64.h>

#include <set>

#include <nlohmann/json.hpp>

namespace kots_export::migration {

using nlohmann::json;

namespace {

constexpr std::string_view kDockerConfigType = "kubernetes.io/dockerconfigjson";

// "a, b, c", the first ten.
std::string join(const std::set<std::string>& names) {
  constexpr std::size_t kMost = 10;
  std::string text;
  std::size_t count = 0;
  for (const std::string& name : names) {
    if (count == kMost) return text + ", ...";
    text += (count++ == 0 ? "" : ", ") + name;
  }
  return text;
}

void check_release(Context& context) {
  std::set<std::string> releases;
  for (const auto& stored : stored_releases(context)) releases.insert(stored.release);
  if (releases.contains(context.release)) return;
  throw Error("namespace " + context.ns.name + " has no release " + context.release,
              releases.empty() ? "it has none at all" : "releases that are there: " + join(releases),
              "Name the release with --release-name and its namespace with --namespace; `helm list "
              "--all-namespaces` shows what is there.");
}

// The names of the namespaces that this user may see; none where he may not list them.
std::set<std::string> visible_namespaces(Context& context) {
  std::set<std::string> names;
  try {
    const auto& resource = require_resource(context.client, "", "Namespace");
    context.client.list_metadata(std::span(&resource, 1), {},
                                 [&](const kube::ObjectMetadata& object) { names.insert(object.ref.name); });
  } catch (const kube::ApiError&) {
    names.clear();
  }
  return names;
}

[[noreturn]] void refuse_pull_secret(const Context& context, const Registry& registry,
                                     const std::string& why) {
  throw Error(
      "Secret " + std::string(names::kPullSecret) + " in namespace " + context.ns.name + " cannot be used",
      why,
      "Make it with: kots-export secret -n " + context.ns.name +
          (registry.name == names::kDevRegistry ? " --dev" : "") +
          " --docker-username USER (add --force where it exists).",
      ExitCode::check_failed);
}

void check_pull_secret(Context& context, const Registry& registry) {
  const auto secret = context.client.get(object_ref(context, "", "Secret", std::string(names::kPullSecret)));
  if (!secret) refuse_pull_secret(context, registry, "it does not exist");
  const std::string type = secret->value("type", std::string());
  if (type != kDockerConfigType)
    refuse_pull_secret(context, registry, "its type is " + type + ", not " + std::string(kDockerConfigType));
  const json data = secret->value("data", json::object());
  const std::string encoded =
      data.is_object() ? data.value(".dockerconfigjson", std::string()) : std::string();
  const auto decoded = util::base64_decode(encoded);
  const json config = json::parse(decoded.value_or(""), nullptr, false);
  if (!config.is_object()) refuse_pull_secret(context, registry, "its .dockerconfigjson is not JSON");
  const json auths = config.value("auths", json::object());
  for (const std::string& server :
       {registry.host(), "https://" + registry.host(), "https://" + registry.host() + "/"}) {
    if (auths.is_object() && auths.contains(server)) return;
  }
  refuse_pull_secret(context, registry, "it has no entry for " + registry.host());
}

}  // namespace

void check_namespace(Context& context) {
  if (find_namespace(context)) return;
  const auto names = visible_namespaces(context);
  throw Error("namespace " + context.ns.name + " does not exist on this cluster",
              names.empty() ? std::string() : "namespaces that are there: " + join(names),
              "Name it with --namespace, or choose another cluster with --context.");
}

void check_installation(Context& context, const CheckOptions& options) {
  check_namespace(context);
  check_release(context);
  if (options.pull_secret == CheckOptions::PullSecret::required) check_pull_secret(context, options.registry);
}

}  // namespace kots_export::migration
