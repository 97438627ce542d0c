#include <kots_export/migration/flyway.h>
#include <kots_export/util/text.h>

#include "migration/checks/checking.h"
#include "migration/earlier_migration.h"

#include <nlohmann/json.hpp>

namespace kots_export::migration {

CheckFinding check_database(Checking& checking) {
  try {
    const DatabaseAccess& access = database_access(checking.context);
    return ok(util::filled("{host}:{port}, user {user}, as the frontend has them",
                           {{"host", access.host}, {"port", access.port}, {"user", access.username}}));
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

namespace {

// Whoever may not look at it rolls nothing back.
CheckFinding what_a_rollback_would_cut(const Checking& checking) {
  Context& context = checking.context;
  try {
    const auto error = obstacle_to_rollback(context, checking.options.paths);
    return error ? problem(error->what(), error->hint()) : ok("Job circle-migrator is not running");
  } catch (const kube::ApiError& error) {
    throw_not_planned(context, error);
  }
}

}  // namespace

CheckFinding check_migrator_job(Checking& checking) {
  if (checking.command == CheckedCommand::rollback) return what_a_rollback_would_cut(checking);
  Context& context = checking.context;
  const auto earlier = find_earlier_migration(context, checking.options.paths);
  if (!earlier) return ok("no Job of a database migration is there");
  if (const auto error = obstacle(context, *earlier)) return problem(error->what(), error->hint());
  if (earlier->state == EarlierMigration::State::complete)
    return note(util::filled("Job {job} of an earlier run is complete", {{"job", earlier->job.name}}));
  return note(util::filled("Job {job} of an earlier run is running {since}",
                           {{"job", earlier->job.name}, {"since", earlier->since}}),
              std::string(kDoNotDelete) + " A run follows it to its end.");
}

CheckFinding check_sidecars(Checking& checking) {
  Context& context = checking.context;
  const auto live = context.client.get_metadata(object_ref(context, "", "Namespace", context.ns.name));
  if (!live) return skipped("the namespace may not be read");
  const std::string* istio = live->label("istio-injection");
  const std::string* revision = live->label("istio.io/rev");
  const std::string* linkerd = live->annotation("linkerd.io/inject");
  std::string mark;
  if (istio != nullptr && *istio == "enabled") {
    mark = "istio-injection=enabled";
  } else if (revision != nullptr) {
    mark = "istio.io/rev=" + *revision;
  } else if (linkerd != nullptr && *linkerd == "enabled") {
    mark = "linkerd.io/inject: enabled";
  } else {
    return ok("no sidecars are injected");
  }
  return problem(
      util::filled("namespace {namespace} has sidecars injected into its Pods ({mark})",
                   {{"namespace", context.ns.name}, {"mark", mark}}),
      "The migrator's Pod asks for none, and is done when its own container is; nothing is to be done.");
}

}  // namespace kots_export::migration
