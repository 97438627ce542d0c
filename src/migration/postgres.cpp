#include <kots_export/migration/names.h>
#include <kots_export/migration/postgres.h>
#include <kots_export/util/text.h>

#include <thread>

#include <nlohmann/json.hpp>

namespace kots_export::migration {

namespace {

void plan_delete(Context& context, kube::ObjectRef ref, kube::Propagation propagation, std::string why,
                 change::Plan& plan) {
  auto image = context.client.get(ref);
  if (!image) return;
  plan.changes.push_back({.verb = change::Verb::remove,
                          .step = "postgres",
                          .object = identified(std::move(ref), *image),
                          .before = std::move(*image),
                          .after = nullptr,
                          .propagation = propagation,
                          .why = std::move(why)});
}

constexpr std::chrono::milliseconds kLookEvery{200};

bool is_there(Context& context, const kube::ObjectRef& object) {
  const auto live = context.client.get_metadata(object);
  return live && live->ref.uid == object.uid;
}

void wait_until_gone(Context& context, const kube::ObjectRef& object,
                     std::chrono::steady_clock::time_point until) {
  while (is_there(context, object)) {
    if (context.client.interrupted()) {
      throw Interrupted(
          util::filled("stopped waiting for {object} to go", {{"object", kube::describe(object)}}),
          "It is being deleted. Run `helm upgrade` when it is gone.");
    }
    if (std::chrono::steady_clock::now() > until) {
      context.observer.warn("postgres.still-there", {{"object", kube::describe(object)}});
      return;
    }
    std::this_thread::sleep_for(kLookEvery);
  }
}

}  // namespace

bool postgres_is_internal(const values::Value& values) {
  const values::Value* internal = values::find(values, {"postgresql", "internal"});
  return internal != nullptr && internal->is_bool() && internal->as_bool();
}

change::Plan plan_postgres(Context& context) {
  change::Plan plan;
  const std::string name(names::kPostgresql);
  plan_delete(context, object_ref(context, "apps", "StatefulSet", name), kube::Propagation::orphan,
              "the 4.x chart cannot patch it; its Pods go on running", plan);
  plan_delete(context, object_ref(context, "", "Secret", name), kube::Propagation::background,
              "the 4.x chart creates it again", plan);
  return plan;
}

void run_postgres(Context& context, const change::Plan& plan, std::chrono::milliseconds patience) {
  (void)context.executor.run(plan);
  if (context.executor.dry_run() != kube::DryRun::none) return;
  const auto until = std::chrono::steady_clock::now() + patience;
  for (const change::Change& change : plan.changes) wait_until_gone(context, change.object, until);
}

}  // namespace kots_export::migration
