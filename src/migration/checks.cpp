#include <kots_export/helm/storage.h>
#include <kots_export/migration/checks.h>
#include <kots_export/migration/names.h>
#include <kots_export/util/base64.h>

#include <nlohmann/json.hpp>

namespace kots_export::migration {

using nlohmann::json;

namespace {

constexpr std::string_view kDockerConfigType = "kubernetes.io/dockerconfigjson";

void check_release(Context& context) {
  if (!stored_revisions(context).empty()) return;
  throw Error(
      "namespace " + context.ns.name + " has no release " + context.release, {},
      "Name the release with --release-name and its namespace with --namespace; `helm list --all-namespaces` "
      "shows what is there.");
}

[[noreturn]] void refuse_pull_secret(const Context& context, const std::string& why) {
  throw Error(
      "Secret " + std::string(names::kPullSecret) + " in namespace " + context.ns.name + " cannot be used",
      why,
      "Make it with: kots-export secret -n " + context.ns.name +
          " --docker-username USER (add --force where it exists).",
      ExitCode::check_failed);
}

void check_pull_secret(Context& context, const Registry& registry) {
  const auto secret = context.client.get(object_ref(context, "", "Secret", std::string(names::kPullSecret)));
  if (!secret) refuse_pull_secret(context, "it does not exist");
  const std::string type = secret->value("type", std::string());
  if (type != kDockerConfigType)
    refuse_pull_secret(context, "its type is " + type + ", not " + std::string(kDockerConfigType));
  const json data = secret->value("data", json::object());
  const std::string encoded =
      data.is_object() ? data.value(".dockerconfigjson", std::string()) : std::string();
  const auto decoded = util::base64_decode(encoded);
  const json config = json::parse(decoded.value_or(""), nullptr, false);
  if (!config.is_object()) refuse_pull_secret(context, "its .dockerconfigjson is not JSON");
  const json auths = config.value("auths", json::object());
  for (const std::string& server :
       {registry.host(), "https://" + registry.host(), "https://" + registry.host() + "/"}) {
    if (auths.is_object() && auths.contains(server)) return;
  }
  refuse_pull_secret(context, "it has no entry for " + registry.host());
}

}  // namespace

void check_namespace(Context& context) {
  if (context.client.get_metadata(object_ref(context, "", "Namespace", context.ns.name))) return;
  throw Error("namespace " + context.ns.name + " does not exist on this cluster", {},
              "Name it with --namespace, or choose another cluster with --context.");
}

void check_installation(Context& context, const CheckOptions& options) {
  check_namespace(context);
  check_release(context);
  if (options.pull_secret == CheckOptions::PullSecret::required) check_pull_secret(context, options.registry);
}

}  // namespace kots_export::migration
