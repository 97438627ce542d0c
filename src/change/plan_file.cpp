#include <kots_export/change/change_json.h>
#include <kots_export/change/plan_file.h>

namespace kots_export::change {

using nlohmann::json;

namespace {

using Type = json::value_t;

// A Change of a plan insists on what it was planned on.
Change planned_change(const json& value, const std::string& place) {
  Change change = change_from_json(value, place);
  // Without a UID the server could not tell the planned object from another of the same name.
  if (change.verb != Verb::create && !is_about_created(change))
    (void)filled_member(value["object"], "uid", place + ".object");
  if (!change.object.resource_version.empty()) change.guard = Guard::resource_version;
  return change;
}

}  // namespace

json to_json(const Plan& plan) {
  json changes = json::array();
  for (const auto& change : plan.changes) changes.push_back(to_json(change));
  return {{"alreadyRight", plan.already_right}, {"changes", std::move(changes)}};
}

Plan plan_from_json(const json& value, const std::string& place) {
  Plan plan;
  plan.already_right = member(value, "alreadyRight", Type::number_integer, place).get<std::size_t>();
  const json& changes = member(value, "changes", Type::array, place);
  for (std::size_t i = 0; i < changes.size(); ++i)
    plan.changes.push_back(planned_change(changes[i], place + ".changes[" + std::to_string(i) + "]"));
  return plan;
}

}  // namespace kots_export::change
