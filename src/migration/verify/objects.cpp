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
#include <array>
#include <utility>

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

std::string upgrade_again(Verifying& verifying) {
  return util::filled("Run `helm upgrade` again: `{command}` prints its command.",
                      {{"command", command_for_chart(verifying, "message")}});
}

std::string auth_value(Verifying& verifying, const char* key) {
  return value_at(verifying, {"postgresql", "auth", key});
}

// A password that the values have, and the key of Secret postgresql for it.
struct Password {
  const char* key;
  std::vector<Secret<std::string>> any_of;  // none: the values have none
};

// Source: bitnami's chart postgresql, templates/secrets.yaml: of a user other than postgres, auth.password is
// that user's, and what the values leave out is made up.
std::array<Password, 2> passwords_of_values(Verifying& verifying) {
  std::array<Password, 2> passwords = {Password{"postgres-password", {}}, Password{"password", {}}};
  if (!auth_value(verifying, "existingSecret").empty()) return passwords;
  const std::string user = auth_value(verifying, "username");
  const bool is_own_user = !user.empty() && user != "postgres";
  auto& [of_postgres, of_user] = passwords;
  const auto add = [&](Password& password, const char* key) {
    if (Secret<std::string> value(auth_value(verifying, key)); !value.empty())
      password.any_of.push_back(std::move(value));
  };
  add(of_postgres, "postgresPassword");
  add(is_own_user ? of_user : of_postgres, "password");
  return passwords;
}

// What is found of Secret postgresql: it holds the passwords of the values.
CheckFinding judge_passwords(Verifying& verifying, const std::optional<json>& secret) {
  const auto passwords = passwords_of_values(verifying);
  if (std::ranges::all_of(passwords, [](const Password& one) { return one.any_of.empty(); }))
    return ok("the values leave its password to a Secret");
  if (!secret)
    return problem(util::filled("Secret {secret} is not there", {{"secret", names::kPostgresql}}),
                   upgrade_again(verifying));
  for (const Password& password : passwords) {
    if (password.any_of.empty()) continue;
    if (util::find_at(*secret, {"data", password.key}) == nullptr)
      return problem(util::filled("Secret {secret} has no key {key}, in which 4.x looks for the password",
                                  {{"secret", names::kPostgresql}, {"key", password.key}}),
                     upgrade_again(verifying));
    const Secret<std::string> stored(
        util::base64_decode(util::text_at(*secret, {"data", password.key})).value_or(""));
    const bool is_alike = std::ranges::any_of(
        password.any_of, [&](const Secret<std::string>& one) { return one.reveal() == stored.reveal(); });
    if (!is_alike)
      return problem(
          util::filled("Secret {secret} holds another password than postgresql.auth of the values, in {key}",
                       {{"secret", names::kPostgresql}, {"key", password.key}}),
          util::filled(
              "PostgreSQL keeps the password that it was made with: put that into the values file, and "
              "run `helm upgrade` again. `{command}` prints its command.",
              {{"command", verifying.context.commands.kots_export("message")}}));
  }
  return ok(
      util::filled("Secret {secret} holds the password of the values", {{"secret", names::kPostgresql}}));
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
  const char* words_of_missing = missing.size() == 1 ? "of the release's manifest {objects} is not there"
                                                     : "of the release's manifest {objects} are not there";
  if (!missing.empty())
    findings.push_back(problem(util::filled(words_of_missing, {{"objects", util::listed(missing)}}),
                               upgrade_again(verifying)));
  if (!foreign.empty())
    findings.push_back(
        problem(util::filled("without the marks of release {release}: {objects}",
                             {{"release", context.release}, {"objects", util::listed(foreign)}}),
                util::filled("The next `helm upgrade` would refuse: `{command}` marks them.",
                             {{"command", context.commands.kots_export("annotate")}})));
  if (!findings.empty()) return findings;
  return {
      ok(util::filled("{objects} of the manifest, all of release {release}",
                      {{"objects", util::counted(objects.size(), "object")}, {"release", context.release}}))};
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
  const std::string remedy =
      util::filled("`{command}` removes it.", {{"command", context.commands.kots_export("kots_cleanup")}});
  Findings findings;
  if (!own.empty())
    findings.push_back(problem(
        util::filled("of KOTS itself there is still {objects}", {{"objects", util::listed(own)}}), remedy));
  if (!marked.empty())
    findings.push_back(problem(
        util::filled("KOTS's marks are still on {objects}", {{"objects", util::listed(marked)}}), remedy));
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
        problem(util::filled("StatefulSet {name} is not there", {{"name", name}}), upgrade_again(verifying)));
  } else if (const std::string& why = pods_and_events_of(verifying).no_pods; !why.empty()) {
    findings.push_back(skipped(util::filled("whose its Pod is could not be read: {why}", {{"why", why}})));
  } else if (const auto orphans = orphans_of(verifying, *stateful_set); !orphans.empty()) {
    findings.push_back(
        problem(util::filled("{pods} of 3.x is not adopted by StatefulSet {name} of 4.x",
                             {{"pods", util::listed(orphans)}, {"name", name}}),
                util::filled("Its labels do not fit the new one, or it runs with the old claim: look at "
                             "{command}, then {deletion}: the new one takes its place.",
                             {{"command", kubectl(verifying, "get pods --show-labels")},
                              {"deletion", kubectl(verifying, "delete pod " + name + "-0")}})));
  }
  CheckFinding of_passwords = judge_passwords(verifying, secret);
  if (of_passwords.kind != CheckFinding::Kind::ok) findings.push_back(std::move(of_passwords));
  if (!findings.empty()) return findings;
  return {
      ok(util::filled("its Pod is of the new StatefulSet; {finding}", {{"finding", of_passwords.detail}}))};
}

}  // namespace kots_export::migration
