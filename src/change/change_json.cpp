#include <kots_export/change/change_json.h>
#include <kots_export/util/json.h>
#include <kots_export/util/text.h>

#include "change/words.h"

namespace kots_export::change {

using nlohmann::json;

namespace {

using Type = json::value_t;

template <typename Value, std::size_t N>
Value member_of(const Words<Value, N>& words, const json& object, const std::string& key,
                const std::string& place) {
  const std::string word = text_member(object, key, place);
  if (const auto value = value_of(words, word)) return *value;
  throw Error(
      util::filled("{place}.{key} is unknown: {word}", {{"place", place}, {"key", key}, {"word", word}}));
}

}  // namespace

std::string_view to_string(Verb verb) { return word_of(kVerbs, verb); }
std::string_view to_string(ChangeOutcome::Status status) { return word_of(kStatuses, status); }

json to_json(const kube::ObjectRef& object) {
  return {{"apiVersion", kube::api_version(object.gvr)},
          {"resource", object.gvr.resource},
          {"kind", object.kind},
          {"namespace", object.ns},
          {"name", object.name},
          {"uid", object.uid},
          {"resourceVersion", object.resource_version}};
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

json to_json(const Change& change) {
  json result{{"verb", to_string(change.verb)}, {"step", change.step},   {"object", to_json(change.object)},
              {"before", change.before},        {"after", change.after}, {"why", change.why}};
  // Of a create: how it is to be deleted again.
  if (change.verb != Verb::patch) result["propagation"] = kube::to_string(change.propagation);
  if (change.undo != Undo::needed) result["undo"] = word_of(kUndos, change.undo);
  if (!change.reclaim_policy.empty()) result["reclaimPolicy"] = change.reclaim_policy;
  for (const Change::Need& need : change.needs)
    result["needs"].push_back({{"created", to_json(need.created)}, {"at", need.at}});
  return result;
}

Change change_from_json(const json& value, const std::string& place) {
  Change change{.verb = member_of(kVerbs, value, "verb", place),
                .step = text_member(value, "step", place),
                .object = object_from_json(member(value, "object", Type::object, place), place + ".object"),
                .before = value.value("before", json(nullptr)),
                .after = value.value("after", json(nullptr)),
                .why = text_member(value, "why", place)};
  if (change.verb != Verb::patch) change.propagation = member_of(kPropagations, value, "propagation", place);
  if (value.contains("undo")) change.undo = member_of(kUndos, value, "undo", place);
  change.reclaim_policy = util::text_at(value, {"reclaimPolicy"});
  if (change.verb != Verb::remove) (void)member(value, "after", Type::object, place);
  const json needs = value.value("needs", json::array());
  for (std::size_t i = 0; i < needs.size(); ++i) {
    const std::string where = place + ".needs[" + std::to_string(i) + "]";
    change.needs.push_back(
        {.created = object_from_json(member(needs[i], "created", Type::object, where), where + ".created"),
         .at = text_member(needs[i], "at", where)});
  }
  return change;
}

const json& member(const json& object, const std::string& key, Type type, const std::string& place) {
  const auto found = object.is_object() ? object.find(key) : object.end();
  if (!object.is_object() || found == object.end())
    throw Error(util::filled("{place}.{key} is missing", {{"place", place}, {"key", key}}));
  const bool same = found->type() == type || (type == Type::number_integer && found->is_number_integer());
  if (!same) throw Error(util::filled("{place}.{key} is of a wrong type", {{"place", place}, {"key", key}}));
  return *found;
}

std::string text_member(const json& object, const std::string& key, const std::string& place) {
  return member(object, key, Type::string, place).get<std::string>();
}

std::string filled_member(const json& object, const std::string& key, const std::string& place) {
  std::string text = text_member(object, key, place);
  if (text.empty()) throw Error(util::filled("{place}.{key} is empty", {{"place", place}, {"key", key}}));
  return text;
}

}  // namespace kots_export::change
