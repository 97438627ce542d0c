// What belongs to whom: the release's objects, what KOTS left, and PostgreSQL.
#include <kots_export/migration/inventory.h>
#include <kots_export/migration/kots_cleanup.h>
#include <kots_export/migration/names.h>
#include <kots_export/migration/postgres.h>
#include <kots_export/util/base64.h>
#include <kots_export/util/json.h>
#include <kots_export/util/text.h>

#include "migration/verify/verifying.h"

#include <algorithm>

namespace kots_export::migration {

using nlohmann::json;

namespace {

bool is_owned(const kube::ObjectMetadata& object, const Context& context) {
  const std::string* release = object.annotation(names::kReleaseName);
  const std::string* ns = object.annotation(names::kReleaseNamespace);
  const std::string* manager = object.label(names::kManagedBy);
  return release != nullptr && *release == context.release && ns != nullptr && *ns == context.ns.name &&
         manager != nullptr && *manager == names::kHelm;
}

// PostgreSQL's password as the values have it; postgresPassword is that of the user postgres.
Secret<std::string> wanted_password(Verifying& verifying) {
  std::string password = value_at(verifying, {"postgresql", "auth", "postgresPassword"});
  if (password.empty()) password = value_at(verifying, {"postgresql", "auth", "password"});
  return Secret<std::string>(std::move(password));
}

// What is wrong with Secret postgresql; nothing where it holds the password of the values.
std::optional<CheckFinding> password_problem(Verifying& verifying, const std::optional<json>& secret) {
  const Secret<std::string> wanted = wanted_password(verifying);
  if (wanted.empty()) return std::nullopt;  // the values leave it to a Secret of the operator's own
  const std::string name(names::kPostgresql);
  const std::string again = "`" + verifying.context.commands.kots_export("message") + "` prints it.";
  if (!secret) return problem("Secret " + name + " is not there", "Run `helm upgrade` again: " + again);
  const auto stored = util::base64_decode(util::text_at(*secret, {"data", "postgres-password"}));
  if (stored && *stored == wanted.reveal()) return std::nullopt;
  return problem(
      "Secret " + name + " holds another password than postgresql.auth of the values",
      "PostgreSQL keeps the password that it was made with: put that into the values file, and run "
      "`helm upgrade` again. " +
          again);
}

// The Pods of PostgreSQL that `stateful_set` does not control: orphans of the old one.
std::vector<std::string> orphans_of(Verifying& verifying, const json& stateful_set) {
  const std::string uid = util::text_at(stateful_set, {"metadata", "uid"});
  const std::string prefix = std::string(names::kPostgresql) + "-";
  std::vector<std::string> orphans;
  for (const json& pod : pods_and_events_of(verifying).pods) {
    const std::string name = util::text_at(pod, {"metadata", "name"});
    const bool is_ordinal = name.starts_with(prefix) && name.size() > prefix.size() &&
                            name.find_first_not_of("0123456789", prefix.size()) == std::string::npos;
    if (!is_ordinal) continue;
    const json* owners = util::find_at(pod, {"metadata", "ownerReferences"});
    const bool is_adopted = owners != nullptr && std::ranges::any_of(*owners, [&](const json& owner) {
                              return util::text_at(owner, {"uid"}) == uid;
                            });
    if (!is_adopted) orphans.push_back("Pod " + name);
  }
  return orphans;
}

}  // namespace

Findings verify_ownership(Verifying& verifying) {
  Context& context = verifying.context;
  const auto objects = objects_named_by(context, release_of(verifying).manifest);
  const auto live = context.client.get_metadata(objects);
  std::vector<std::string> missing;
  std::vector<std::string> foreign;
  for (std::size_t i = 0; i < objects.size(); ++i) {
    if (!live[i]) {
      missing.push_back(kube::describe(objects[i]));
    } else if (!is_owned(*live[i], context)) {
      foreign.push_back(kube::describe(objects[i]));
    }
  }
  Findings findings;
  if (!missing.empty())
    findings.push_back(
        problem("of the release's manifest " + util::listed(missing) +
                    (missing.size() == 1 ? " is not there" : " are not there"),
                "Run `helm upgrade` again: `" + context.commands.kots_export("message") + "` prints it."));
  if (!foreign.empty())
    findings.push_back(
        problem("without the marks of release " + context.release + ": " + util::listed(foreign),
                "The next `helm upgrade` would refuse: `" + context.commands.kots_export("annotate") +
                    "` marks them."));
  if (!findings.empty()) return findings;
  return {
      ok(util::counted(objects.size(), "object") + " of the manifest, all of release " + context.release)};
}

Findings verify_leftovers(Verifying& verifying) {
  Context& context = verifying.context;
  const Inventory inventory = read_inventory(context, {});
  const ObjectPlanner planner = cleanup_planner();
  std::vector<std::string> own;
  std::vector<std::string> marked;
  for (const kube::ObjectMetadata& object : inventory.of_kinds) {
    if (is_of_kots(object)) {
      own.push_back(kube::describe(object.ref));
    } else if (planner(object)) {
      marked.push_back(kube::describe(object.ref));
    }
  }
  const std::string remedy = "`" + context.commands.kots_export("kots_cleanup") + "` removes it.";
  Findings findings;
  if (!own.empty()) findings.push_back(problem("of KOTS itself there is still " + util::listed(own), remedy));
  if (!marked.empty())
    findings.push_back(problem("KOTS' marks are still on " + util::listed(marked), remedy));
  if (!findings.empty()) return findings;
  return {ok("nothing of KOTS is left in the namespace")};
}

Findings verify_postgresql(Verifying& verifying) {
  Context& context = verifying.context;
  if (!postgres_is_internal(release_of(verifying).config))
    return {skipped("PostgreSQL is outside of the cluster")};
  const std::string name(names::kPostgresql);
  const auto stateful_set = context.client.get(object_ref(context, "apps", "StatefulSet", name));
  const auto secret = context.client.get(object_ref(context, "", "Secret", name));
  Findings findings;
  if (!stateful_set) {
    findings.push_back(
        problem("StatefulSet " + name + " is not there",
                "Run `helm upgrade` again: `" + context.commands.kots_export("message") + "` prints it."));
  } else if (const std::string& why = pods_and_events_of(verifying).no_pods; !why.empty()) {
    findings.push_back(skipped("whose its Pod is could not be read: " + why));
  } else if (const auto orphans = orphans_of(verifying, *stateful_set); !orphans.empty()) {
    findings.push_back(
        problem(util::listed(orphans) + " of 3.x is not adopted by StatefulSet " + name + " of 4.x",
                "Its labels do not fit the new one, or it runs with the old claim: look at " +
                    kubectl(verifying, "get pods --show-labels") + ", then " +
                    kubectl(verifying, "delete pod " + name + "-0") + ": the new one takes its place."));
  }
  if (auto finding = password_problem(verifying, secret)) findings.push_back(std::move(*finding));
  if (!findings.empty()) return findings;
  return {ok("its Pod is of the new StatefulSet, and Secret " + name + " holds the password of the values")};
}

}  // namespace kots_export::migration
