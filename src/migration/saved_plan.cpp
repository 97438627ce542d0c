#include <kots_export/change/recheck.h>
#include <kots_export/kube/http_status.h>
#include <kots_export/migration/checks.h>
#include <kots_export/migration/saved_plan.h>
#include <kots_export/util/text.h>
#include <kots_export/util/time.h>

#include "migration/in_step.h"

#include <algorithm>

namespace kots_export::migration {

namespace {

// Of very many changed objects the first few say what happened.
constexpr std::size_t kNamedAtMost = 20;

std::string plan_anew(const Context& context, const SavedPlan& saved) {
  const Part part = saved.plan.part;
  std::string command =
      "plan" + (part == Part::whole ? "" : " " + std::string(to_string(part))) + " --out FILE";
  if (part == Part::whole) {
    command += " --license-file LICENSE-FILE";  // no license is in a plan
    if (saved.target_version != names::kTargetVersion)
      command += " --target-version " + util::shell_quote(saved.target_version);
  }
  return util::filled("Make a new plan with `{command}`.",
                      {{"command", context.commands.kots_export(command + saved.registry.flag())}});
}

std::string uid_of_namespace(Context& context, const std::string& name) {
  const auto found = context.client.get_metadata(object_ref(context, "", "Namespace", name));
  return found ? found->ref.uid : std::string();
}

[[noreturn]] void refuse(const std::string& what, const std::string& why, const std::string& hint) {
  throw Error(what, why, hint, ExitCode::check_failed);
}

void check_target(Context& context, const PlanTarget& planned) {
  const PlanTarget now = read_target(context, {});
  const bool same_cluster =
      planned.cluster_uid.empty() || now.cluster_uid.empty() || planned.cluster_uid == now.cluster_uid;
  const std::string where = util::filled("it was made on {server}", {{"server", planned.server}});
  if (!same_cluster) {
    refuse("the plan is for another cluster", where, "Choose that cluster with --context or --kubeconfig.");
  }
  if (planned.namespace_uid != now.namespace_uid) {
    refuse(util::filled("the plan is for another namespace {namespace}", {{"namespace", planned.ns}}), where,
           "Choose that cluster with --context or --kubeconfig. If the namespace was deleted and recreated, "
           "the plan cannot be used any more.");
  }
}

// What the plan was made from: its manifest, its values, what fix-manifest maps.
void require_same_revision(Context& context, const SavedPlan& saved) {
  const PlanTarget& planned = saved.target;
  if (planned.revision == 0 || stored_revisions(context).empty()) return;
  const int now = current_revision(context).revision;
  if (now == planned.revision) return;
  refuse("the plan is out of date, and nothing was changed",
         util::filled("it was made from revision {revision} of release {release}, and now revision {current} "
                      "is the one that runs",
                      {{"revision", planned.revision}, {"release", planned.release}, {"current", now}}),
         plan_anew(context, saved));
}

void refuse_changed(const Context& context, const SavedPlan& saved, const std::vector<std::string>& changed) {
  if (changed.empty()) return;
  std::string list;
  for (std::size_t i = 0; i < std::min(changed.size(), kNamedAtMost); ++i) list += "\n  " + changed[i];
  if (changed.size() > kNamedAtMost)
    list += util::filled("\n  and {count} more", {{"count", changed.size() - kNamedAtMost}});
  const char* why = changed.size() == 1 ? "1 object has changed since the plan was made:{objects}"
                                        : "{count} objects have changed since the plan was made:{objects}";
  refuse("the plan is out of date, and nothing was changed",
         util::filled(why, {{"count", changed.size()}, {"objects", list}}), plan_anew(context, saved));
}

// What a plan says of an object is what it was planned on.
void require_as_planned(const kube::ObjectRef& planned, const change::ObjectStates& states) {
  const auto found = states.find(kube::key_of(planned));
  const kube::ObjectRef now = found == states.end() ? kube::ObjectRef{} : found->second.object;
  const bool same_version =
      planned.resource_version.empty() || planned.resource_version == now.resource_version;
  if (planned.uid == now.uid && same_version) return;
  throw Error("the plan was not saved",
              util::filled("{object} was changed while it was made", {{"object", kube::describe(planned)}}),
              Hint::with_way_on("Run the same command again."));
}

}  // namespace

PlanTarget read_target(Context& context, std::string server) {
  PlanTarget target{.server = std::move(server),
                    .cluster_uid = {},
                    .namespace_uid = uid_of_namespace(context, context.ns.name),
                    .ns = context.ns.name,
                    .release = context.release};
  if (!stored_revisions(context).empty()) target.revision = current_revision(context).revision;
  try {
    target.cluster_uid = uid_of_namespace(context, "kube-system");
  } catch (const kube::ApiError& error) {
    if (error.code() != kube::http::kForbidden) throw;
  }
  return target;
}

SavedPlan freeze(Context& context, MigrationPlan plan, const RunOptions& options, PlanTarget target) {
  const change::Plan all = plan.together();
  change::ObjectStates states = change::read_states(context.client, all);
  for (const change::Change& change : all.changes) {
    if (change.verb != change::Verb::create && change.needs.empty())
      require_as_planned(change.object, states);
  }
  return {.version = {},
          .created = util::rfc3339(std::chrono::system_clock::now()),
          .target = std::move(target),
          .registry = options.registry,
          .target_version = options.target_version,
          .overwrite_values = options.overwrite_values,
          .plan = std::move(plan),
          .states = std::move(states),
          .applied = {}};
}

MigrationPlan recheck(Context& context, const SavedPlan& saved, const RunOptions& options) {
  return in_step(context, "checks", [&] {
    check_target(context, saved.target);
    const bool writes = context.executor.dry_run() == kube::DryRun::none;
    const CheckedCommand command = checked_command(saved.plan.part);
    if (writes && saved.plan.part == Part::whole) require_writable_folders(options.paths);
    run_checks(context, command, options, nullptr);
    require_same_revision(context, saved);
    const auto now = change::read_objects(context.client, saved.plan.together());
    MigrationPlan left = saved.plan;
    if (left.values) {
      left.values->place = place_values(options.paths, left.values->v4, options.overwrite_values);
      tell_place(context.observer, *left.values, options.paths);
    }
    std::vector<std::string> changed;
    std::size_t done = 0;
    change::Made made;
    for (change::Plan* plan :
         {&left.manifest, &left.metadata, &left.flyway.start, &left.flyway.clean_up, &left.postgres}) {
      change::Recheck result = change::recheck(context.client, *plan, now, saved.states, std::move(made));
      made = std::move(result.made);
      changed.insert(changed.end(), result.changed.begin(), result.changed.end());
      done += result.done;
      *plan = std::move(result.left);
    }
    refuse_changed(context, saved, changed);
    if (done > 0) context.observer.note("apply.done-already", {{"count", std::to_string(done)}});
    run_checks(context, command, options, &left);
    if (writes) throw_if_checks_failed(context);
    return left;
  });
}

}  // namespace kots_export::migration
