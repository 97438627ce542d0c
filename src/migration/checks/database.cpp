#include <kots_export/migration/flyway.h>
#include <kots_export/migration/names.h>
#include <kots_export/util/json.h>

#include "migration/checks/checking.h"

#include <nlohmann/json.hpp>

namespace kots_export::migration {

using nlohmann::json;

namespace {

bool has_condition(const json& job, std::string_view type) {
  const json* conditions = util::find_at(job, {"status", "conditions"});
  if (conditions == nullptr || !conditions->is_array()) return false;
  for (const json& condition : *conditions) {
    if (util::text_at(condition, {"type"}) == type && util::text_at(condition, {"status"}) == "True")
      return true;
  }
  return false;
}

}  // namespace

CheckFinding check_database(Checking& checking) {
  try {
    const DatabaseAccess& access = database_access(checking.context);
    return ok(access.host + ":" + access.port + ", user " + access.username + ", as the frontend has them");
  } catch (const kube::ApiError&) {
    throw;
  } catch (const kube::ConnectionError&) {
    throw;
  } catch (const Interrupted&) {
    throw;
  } catch (const Error& error) {
    return problem(error.what(), error.hint());
  }
}

CheckFinding check_migrator_job(Checking& checking) {
  Context& context = checking.context;
  const std::string name(names::kMigrator);
  const auto job = context.client.get(object_ref(context, "batch", "Job", name));
  if (!job) return ok("no database migration was started before");
  const std::string since = util::text_at(*job, {"status", "startTime"});
  if (has_condition(*job, "Complete")) return note("Job " + name + " of an earlier run is complete");
  if (has_condition(*job, "Failed"))
    return problem("Job " + name + " of an earlier run has failed",
                   "Look at it: `" + context.commands.kubectl(context.ns.name, "describe job " + name) +
                       "`. Mend the cause, delete it (`" +
                       context.commands.kubectl(context.ns.name, "delete job " + name) +
                       "`), and run the same command again: `" + context.commands.again + "`.");
  return note("Job " + name + " is running" + (since.empty() ? "" : " since " + since) +
                  ": it is the database migration of an earlier run",
              "Do not delete it: a run follows it to its end.");
}

CheckFinding check_sidecars(Checking& checking) {
  Context& context = checking.context;
  const auto live = context.client.get_metadata(object_ref(context, "", "Namespace", context.ns.name));
  if (!live) return skipped("the namespace may not be read");
  const std::string* istio = live->label("istio-injection");
  const std::string* revision = live->label("istio.io/rev");
  const std::string* linkerd = live->annotation("linkerd.io/inject");
  const std::string what = "namespace " + context.ns.name + " has sidecars injected into its Pods (";
  const std::string remedy =
      "The migrator's Pod asks for none, and is done when its own container is; nothing is to be done.";
  if (istio != nullptr && *istio == "enabled") return problem(what + "istio-injection=enabled)", remedy);
  if (revision != nullptr) return problem(what + "istio.io/rev=" + *revision + ")", remedy);
  if (linkerd != nullptr && *linkerd == "enabled")
    return problem(what + "linkerd.io/inject: enabled)", remedy);
  return ok("no sidecars are injected");
}

}  // namespace kots_export::migration
