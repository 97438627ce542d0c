#include <kots_export/migration/fix_manifest.h>
#include <kots_export/util/base64.h>
#include <kots_export/util/text.h>

#include <map>

#include <nlohmann/json.hpp>

namespace kots_export::migration {

using helm::ApiKind;

namespace {

// The bytes of all values of a Secret (Kubernetes, core/v1 MaxSecretSize).
constexpr std::size_t kMaxSecretBytes = std::size_t{1} << 20;

// Asks the server for the kinds of `manifest`, then for what those can be mapped to that it does not serve.
std::map<ApiKind, bool> ask_what_is_served(kube::Client& client, std::string_view manifest) {
  std::map<ApiKind, bool> served;
  std::vector<ApiKind> successors;
  const auto ask = [&](const std::vector<ApiKind>& kinds) {
    const std::vector<bool> answers = client.serves(kinds);
    for (std::size_t i = 0; i < kinds.size(); ++i) served[kinds[i]] = answers[i];
  };
  const std::vector<ApiKind> kinds = helm::kinds_of(manifest);
  ask(kinds);
  for (const ApiKind& kind : kinds) {
    if (served[kind]) continue;
    for (ApiKind& successor : helm::successors_of(kind)) successors.push_back(std::move(successor));
  }
  ask(successors);
  return served;
}

void require_room(const helm::StoredData& data, const std::string& release) {
  const std::size_t size = util::base64_decode(release).value_or("").size();
  if (size <= kMaxSecretBytes) return;
  throw Error(util::filled("release Secret {secret} has no room for its manifest in other API versions",
                           {{"secret", data.secret.name}}),
              util::filled("it would hold {size} bytes, and Kubernetes takes {most}",
                           {{"size", size}, {"most", kMaxSecretBytes}}),
              "Migrate on a Kubernetes that still serves the old versions: before the cluster is upgraded.",
              ExitCode::check_failed);
}

}  // namespace

const helm::ServedManifest& served_manifest(Context& context) {
  if (context.served_manifest) return *context.served_manifest;
  const std::string& manifest = decoded_revision(context, current_revision(context)).manifest;
  const auto served = ask_what_is_served(context.client, manifest);
  return context.served_manifest.emplace(
      helm::map_to_served(manifest, [&](const ApiKind& kind) { return served.at(kind); }));
}

change::Plan plan_fix_manifest(Context& context) {
  change::Plan plan;
  const helm::ServedManifest& served = served_manifest(context);
  if (served.mapped.empty()) {
    plan.already_right = 1;
    return plan;
  }
  const helm::StoredRevision stored = current_revision(context);
  helm::StoredData data = helm::read_data(context.client, stored);
  if (helm::decode_release(data.release).manifest != decoded_revision(context, stored).manifest)
    throw Error(util::filled("release Secret {secret} was changed while it was looked at",
                             {{"secret", data.secret.name}}),
                {}, Hint::with_way_on("Run the command again."));
  std::string release = helm::with_manifest(data.release, served.text);
  require_room(data, release);
  plan.changes.push_back({.verb = change::Verb::patch,
                          .step = "fix-manifest",
                          .object = std::move(data.secret),
                          // The labels stay: they say what Helm did, and when.
                          .before = {{"data", {{"release", std::move(data.release)}}}},
                          .after = {{"data", {{"release", std::move(release)}}}},
                          .guard = change::Guard::resource_version,
                          // Helm writes it anew when it upgrades, and can go back to it only as it is now.
                          .undo = change::Undo::while_unchanged,
                          .why = "helm upgrade reads only API versions that are served"});
  return plan;
}

void run_fix_manifest(Context& context, const change::Plan& plan) {
  (void)context.executor.run(plan);
  if (context.executor.dry_run() != kube::DryRun::none) return;
  context.served_manifest.reset();
  context.decoded.clear();
}

}  // namespace kots_export::migration
