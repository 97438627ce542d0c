#include <kots_export/change/journal.h>
#include <kots_export/change/plan_file.h>

#include <array>
#include <utility>

namespace kots_export::change {

using nlohmann::json;

namespace {

using Type = json::value_t;

template <typename Value, std::size_t N>
Value value_of(const std::array<std::pair<std::string_view, Value>, N>& words, const json& object,
               const std::string& key, const std::string& place) {
  const std::string word = text_member(object, key, place);
  for (const auto& [name, value] : words) {
    if (name == word) return value;
  }
  throw Error(place + "." + key + " is unknown: " + word);
}

constexpr std::array<std::pair<std::string_view, Verb>, 3> kVerbs = {
    {{"create", Verb::create}, {"patch", Verb::patch}, {"delete", Verb::remove}}};

constexpr std::array<std::pair<std::string_view, kube::Propagation>, 3> kPropagations = {
    {{"Background", kube::Propagation::background},
     {"Foreground", kube::Propagation::foreground},
     {"Orphan", kube::Propagation::orphan}}};

std::string filled_member(const json& object, const std::string& key, const std::string& place) {
  std::string text = text_member(object, key, place);
  if (text.empty()) throw Error(place + "." + key + " is empty");
  return text;
}

kube::ObjectRef object_from_json(const json& value, const std::string& place) {
  const std::string version = filled_member(value, "apiVersion", place);
  const auto slash = version.find('/');
  const bool core = slash == std::string::npos;
  return {.gvr = {.group = core ? std::string() : version.substr(0, slash),
                  .version = core ? version : version.substr(slash + 1),
                  .resource = filled_member(value, "resource", place)},
          .kind = filled_member(value, "kind", place),
          .ns = text_member(value, "namespace", place),
          .name = filled_member(value, "name", place),
          .uid = text_member(value, "uid", place),
          .resource_version = text_member(value, "resourceVersion", place)};
}

Change change_from_json(const json& value, const std::string& place) {
  Change change{.verb = value_of(kVerbs, value, "verb", place),
                .step = text_member(value, "step", place),
                .object = object_from_json(member(value, "object", Type::object, place), place + ".object"),
                .before = value.value("before", json(nullptr)),
                .after = value.value("after", json(nullptr)),
                .why = text_member(value, "why", place)};
  if (change.verb == Verb::remove) {
    change.propagation = value_of(kPropagations, value, "propagation", place);
  } else {
    (void)member(value, "after", Type::object, place);
  }
  // Without a UID the server could not tell the planned object from another of the same name.
  if (change.verb != Verb::create) (void)filled_member(value["object"], "uid", place + ".object");
  if (!change.object.resource_version.empty()) change.guard = Guard::resource_version;
  return change;
}

}  // namespace

const json& member(const json& object, const std::string& key, Type type, const std::string& place) {
  const auto found = object.is_object() ? object.find(key) : object.end();
  if (!object.is_object() || found == object.end()) throw Error(place + "." + key + " is missing");
  const bool same = found->type() == type || (type == Type::number_integer && found->is_number_integer());
  if (!same) throw Error(place + "." + key + " is of a wrong type");
  return *found;
}

std::string text_member(const json& object, const std::string& key, const std::string& place) {
  return member(object, key, Type::string, place).get<std::string>();
}

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
    plan.changes.push_back(change_from_json(changes[i], place + ".changes[" + std::to_string(i) + "]"));
  return plan;
}

}  // namespace kots_export::change
