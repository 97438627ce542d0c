#include <kots_export/kube/access.h>
#include <kots_export/migration/inventory.h>
#include <kots_export/migration/names.h>
#include <kots_export/util/text.h>

#include "migration/checks/checking.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <tuple>

namespace kots_export::migration {

namespace {

using kube::Access;
using kube::AccessQuestion;

// A permission without which the command finds another way. A run leaves a claim whose volume it may not set
// to Retain; a rollback cannot do without the volume that it frees.
bool has_way_round(const AccessQuestion& question, CheckedCommand command) {
  const std::string& resource = question.object.gvr.resource;
  const bool is_of_volumes = resource == "persistentvolumes" && command != CheckedCommand::rollback;
  return resource == "leases" || question.subresource == "exec" || is_of_volumes ||
         (resource.starts_with("clusterrole") && question.verb != "patch");
}

// "patch deployments.apps", "create pods/exec".
std::string name_of(const AccessQuestion& question) {
  const auto& gvr = question.object.gvr;
  return question.verb + " " + gvr.resource + (gvr.group.empty() ? "" : "." + gvr.group) +
         (question.subresource.empty() ? "" : "/" + question.subresource);
}

std::string_view api_verb(change::Verb verb) {
  switch (verb) {
    case change::Verb::create:
      return "create";
    case change::Verb::patch:
      return "patch";
    case change::Verb::remove:
      return "delete";
  }
  return "";
}

// What one permission is needed for: every object of the plan that it concerns.
struct Need {
  AccessQuestion of_all;  // without a name
  std::vector<AccessQuestion> of_each;
};

class Needs {
 public:
  explicit Needs(Context& context) : context_(context) {}

  void add(std::string_view verb, kube::ObjectRef object, const std::string& subresource = {}) {
    AccessQuestion one{.verb = std::string(verb), .object = std::move(object), .subresource = subresource};
    AccessQuestion all = one;
    all.object.name.clear();
    Need& need = needs_[key_of(one)];
    need.of_all = std::move(all);
    // A create is asked for without the name that it is going to have.
    if (!one.object.name.empty() && verb != "create") need.of_each.push_back(std::move(one));
  }
  void add(std::string_view verb, std::string_view group, std::string_view kind,
           const std::string& subresource = {}) {
    add(verb, object_ref(context_, group, kind, {}), subresource);
  }

  // The permissions that are missing: of all objects, or of some by name. Nothing where nobody may ask.
  std::optional<std::vector<AccessQuestion>> missing() {
    std::vector<AccessQuestion> questions;
    for (const auto& [key, need] : needs_) {
      if (is_asked_by_name(need)) {
        questions.insert(questions.end(), need.of_each.begin(), need.of_each.end());
      } else {
        questions.push_back(need.of_all);
      }
    }
    const auto answers = kube::review_access(context_.client, questions);
    std::vector<AccessQuestion> missing;
    std::vector<AccessQuestion> by_name;  // a Role may allow objects by name (resourceNames) and not all
    for (std::size_t i = 0; i < questions.size(); ++i) {
      if (answers[i] == Access::unknown) return std::nullopt;
      if (answers[i] == Access::allowed) continue;
      const Need& need = needs_.at(key_of(questions[i]));
      if (!questions[i].object.name.empty() || need.of_each.empty()) {
        missing.push_back(questions[i]);
      } else {
        by_name.insert(by_name.end(), need.of_each.begin(), need.of_each.end());
      }
    }
    const auto named = kube::review_access(context_.client, by_name);
    for (std::size_t i = 0; i < by_name.size(); ++i) {
      if (named[i] != Access::allowed) missing.push_back(by_name[i]);
    }
    return missing;
  }
  [[nodiscard]] std::size_t size() const { return needs_.size(); }

 private:
  using Key = std::tuple<std::string, std::string, std::string, std::string, std::string>;
  static Key key_of(const AccessQuestion& question) {
    const kube::ObjectRef& object = question.object;
    return {question.verb, object.gvr.group, object.gvr.resource, object.ns, question.subresource};
  }
  // Of a few objects the names are asked for: an authorizer may refuse one and allow all others.
  static bool is_asked_by_name(const Need& need) {
    constexpr std::size_t kFew = 4;
    return !need.of_each.empty() && need.of_each.size() <= kFew;
  }

  Context& context_;
  std::map<Key, Need> needs_;
};

void add_needs_of_plan(const Context& context, const MigrationPlan& plan, Needs& needs) {
  for (const change::Plan* part : plan.plans()) {
    for (const change::Change& change : part->changes) needs.add(api_verb(change.verb), change.object);
  }
  // What is on the pages that are still to be read is patched too.
  for (const kube::ListPosition& rest : plan.rest) {
    kube::ObjectRef object;
    object.gvr = rest.kind.gvr;
    object.ns = context.ns.name;
    needs.add("patch", std::move(object));
  }
}

void add_needs_of_run(const MigrationPlan& plan, Needs& needs) {
  for (const std::string_view verb : {"create", "get", "patch", "delete"})
    needs.add(verb, "coordination.k8s.io", "Lease");
  if (!includes(plan.part, Part::flyway)) return;
  for (const std::string_view verb : {"get", "list", "watch"}) needs.add(verb, "batch", "Job");
  for (const std::string_view verb : {"list", "watch"}) needs.add(verb, "", "Pod");
  needs.add("get", "", "Pod", "log");
}

// What the release's manifest names beyond what is listed. Where its record cannot be read, another check
// says so; what is the cluster's has a way round, see plan_annotate.
std::vector<kube::ObjectRef> read_by_name(const Checking& checking) {
  Context& context = checking.context;
  try {
    const auto revisions = stored_revisions(context);
    if (revisions.empty()) return {};
    const int planned = checking.options.revision.value_or(1);  // see read_release
    const auto found = std::ranges::find(revisions, planned, &helm::StoredRevision::revision);
    const helm::Release& release =
        decoded_revision(context, found != revisions.end() ? *found : current_revision(context));
    auto objects = objects_beyond_lists(context, release.manifest);
    std::erase_if(objects, [](const kube::ObjectRef& object) { return object.ns.empty(); });
    return objects;
  } catch (const Interrupted&) {
    throw;
  } catch (const kube::ConnectionError&) {
    throw;
  } catch (const Error&) {
    return {};
  }
}

// What planning reads.
void add_needs_of_planning(const Checking& checking, Needs& needs) {
  Context& context = checking.context;
  const CheckedCommand command = checking.command;
  const bool is_whole = command == CheckedCommand::run;
  for (const std::string_view verb : {"get", "list"}) needs.add(verb, "", "Secret");
  if (is_whole || command == CheckedCommand::annotate || command == CheckedCommand::kots_cleanup) {
    for (const names::Kind& kind : names::kKinds) {
      if (context.client.find_resource(kind.group, kind.kind) == nullptr) continue;
      needs.add("list", kind.group, kind.kind);
      // What is deleted is read whole, for the way back.
      if (command != CheckedCommand::annotate) needs.add("get", kind.group, kind.kind);
    }
  }
  if (is_whole || command == CheckedCommand::annotate) {
    for (kube::ObjectRef& object : read_by_name(checking)) needs.add("get", std::move(object));
  }
  if (is_whole || command == CheckedCommand::flyway) {
    needs.add("list", "", "Pod");
    // A WebSocket is a GET: its verb is get (Kubernetes 1.35 asks for create too).
    needs.add("get", "", "Pod", "exec");
    needs.add("get", "batch", "Job");
  }
  if (is_whole || command == CheckedCommand::postgres) needs.add("get", "apps", "StatefulSet");
}

std::string ask_administrator(const Context& context) {
  return util::filled(
      "Ask the cluster's administrator for these in namespace {namespace}; `{command}` shows what this user "
      "may do.",
      {{"namespace", context.ns.name},
       {"command", context.commands.kubectl(context.ns.name, "auth can-i --list")}});
}

// "patch deployments.apps (frontend, output-processor)", one for each permission.
std::vector<std::string> table_of(const std::vector<AccessQuestion>& missing) {
  std::map<std::string, std::vector<std::string>> table;
  for (const AccessQuestion& question : missing) {
    auto& names = table[name_of(question)];
    const std::string& name = question.object.name;
    if (!name.empty() && std::ranges::find(names, name) == names.end()) names.push_back(name);
  }
  std::vector<std::string> lines;
  for (const auto& [permission, names] : table)
    lines.push_back(permission + (names.empty() ? "" : " (" + util::listed(names) + ")"));
  return lines;
}

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += (text.empty() ? "" : "; ") + line;
  return text;
}

CheckFinding all_granted(const Needs& needs) {
  return ok(util::filled("all {permissions} granted",
                         {{"permissions", util::counted(needs.size(), "permission")}}));
}

std::string may_not(const std::vector<AccessQuestion>& missing) {
  return util::filled("this user may not: {permissions}", {{"permissions", joined(table_of(missing))}});
}

}  // namespace

// Without them there is no plan to look at.
CheckFinding check_reading(Checking& checking) {
  Needs needs(checking.context);
  add_needs_of_planning(checking, needs);
  const auto missing = needs.missing();
  if (!missing) return skipped("this user may not ask what he may do");
  if (missing->empty()) return all_granted(needs);
  const std::string text = may_not(*missing);
  const std::string remedy = ask_administrator(checking.context);
  const auto has_way = [&](const AccessQuestion& one) { return has_way_round(one, checking.command); };
  return std::ranges::all_of(*missing, has_way) ? warning(text, remedy) : problem(text, remedy);
}

CheckFinding check_permissions(Checking& checking) {
  if (checking.plan == nullptr) return skipped("there is no plan");
  Context& context = checking.context;
  Needs needs(context);
  add_needs_of_plan(context, *checking.plan, needs);
  add_needs_of_run(*checking.plan, needs);
  auto missing = needs.missing();
  if (!missing) return skipped("this user may not ask what he may do");
  const auto has_way = [&](const AccessQuestion& one) { return has_way_round(one, checking.command); };
  const bool all_have_way = std::ranges::all_of(*missing, has_way);
  std::ranges::stable_partition(*missing, std::not_fn(has_way));
  missing->insert(missing->end(), context.lacking.begin(), context.lacking.end());
  if (missing->empty()) return all_granted(needs);
  const std::string text = may_not(*missing);
  const std::string remedy = ask_administrator(context);
  return all_have_way || checking.is_preview() ? warning(text, remedy) : problem(text, remedy);
}

CheckFinding check_disk(Checking& checking) {
  if (!checking.is_of_writing()) return skipped("nothing is written");
  constexpr std::uintmax_t kLeast = std::uintmax_t{32} << 20;
  std::error_code error;
  const auto space = std::filesystem::space(checking.options.paths.root, error);
  if (error) return skipped(error.message());
  const bool has_room = space.available >= kLeast;
  const char* words = has_room ? "{count} MiB are free in {directory}"
                               : "{count} MiB are free in {directory}: the journal may not find room";
  const std::string text = util::filled(
      words, {{"count", space.available >> 20},
              {"directory", std::filesystem::absolute(checking.options.paths.root).lexically_normal()}});
  if (has_room) return ok(text);
  return problem(text, "Make room there before the run begins.");
}

}  // namespace kots_export::migration
