#include <kots_export/change/change_json.h>
#include <kots_export/change/plan_file.h>
#include <kots_export/migration/saved_plan.h>
#include <kots_export/util/files.h>
#include <kots_export/util/text.h>

#include "migration/values_record.h"

#include <charconv>

namespace kots_export::migration {

using change::member;
using change::text_member;
using nlohmann::json;
using Type = json::value_t;

namespace {

constexpr std::string_view kKind = "Plan";
constexpr std::string_view kGroup = "kots-export/v";
constexpr int kFormat = 3;

json target_json(const PlanTarget& target) {
  return {{"server", target.server},
          {"clusterUid", target.cluster_uid},
          {"namespaceUid", target.namespace_uid},
          {"namespace", target.ns},
          {"release", target.release},
          {"context", target.context},
          {"user", target.user},
          {"chart", target.chart},
          {"revision", target.revision}};
}

PlanTarget target_from(const json& file) {
  const json& value = member(file, "target", Type::object, "plan");
  const auto text = [&value](const char* key) { return text_member(value, key, "target"); };
  const auto text_if_any = [&](const char* key) { return value.contains(key) ? text(key) : std::string(); };
  PlanTarget target{.server = text("server"),
                    .cluster_uid = text("clusterUid"),
                    .namespace_uid = text("namespaceUid"),
                    .ns = text("namespace"),
                    .release = text("release"),
                    .context = text_if_any("context"),
                    .user = text_if_any("user"),
                    .chart = text_if_any("chart"),
                    .revision = value.value("revision", 0)};
  if (target.ns.empty() || target.namespace_uid.empty() || target.release.empty())
    throw Error("target.namespace, target.namespaceUid or target.release is empty");
  return target;
}

MigrationPlan plan_from(const json& file) {
  const std::string name = text_member(file, "part", "plan");
  const auto part = part_from(name);
  if (!part) throw Error(util::filled("plan.part is unknown: {part}", {{"part", name}}));
  MigrationPlan plan;
  plan.part = *part;
  if (*part == Part::whole) {
    const json& values = member(file, "values", Type::object, "plan");
    plan.values = {.v3 = Secret<std::string>(text_member(values, "v3", "values")),
                   .v4 = Secret<std::string>(text_member(values, "v4", "values"))};
    // A file of an earlier version does not name them; they are in its v4.
    if (values.contains("corrections")) plan.values->corrections = corrections_from_json(values, "values");
  }
  const json& plans = member(file, "plans", Type::object, "plan");
  const auto read = [&plans](const char* key) {
    return change::plan_from_json(member(plans, key, Type::object, "plans"), std::string("plans.") + key);
  };
  if (plans.contains("manifest")) plan.manifest = read("manifest");  // since format 3
  plan.metadata = read("metadata");
  plan.flyway = {.start = read("flyway"), .clean_up = read("flywayCleanUp")};
  if (file.contains("migratedBefore")) plan.flyway.known_before = text_member(file, "migratedBefore", "plan");
  plan.postgres = read("postgres");
  return plan;
}

change::ObjectStates states_from(const json& file) {
  change::ObjectStates states;
  const json& objects = member(file, "objects", Type::array, "plan");
  for (std::size_t i = 0; i < objects.size(); ++i) {
    change::ObjectState state =
        change::state_from_json(objects[i], "plan.objects[" + std::to_string(i) + "]");
    states[kube::key_of(state.object)] = std::move(state);
  }
  return states;
}

SavedPlan saved_from(const json& file) {
  const json& options = member(file, "options", Type::object, "plan");
  return {.version = text_member(file, "version", "plan"),
          .created = text_member(file, "createdAt", "plan"),
          .target = target_from(file),
          .registry = {.name = text_member(options, "registry", "options")},
          .target_version = text_member(options, "targetVersion", "options"),
          .overwrite_values =
              options.value("overwriteValues", json()) == true ? OverwriteValues::yes : OverwriteValues::no,
          .plan = plan_from(file),
          .states = file.contains("objects") ? states_from(file) : change::ObjectStates{},
          .applied = text_member(file, "appliedAt", "plan")};
}

// The number of "kots-export/v1"; nothing where it is another kind of file.
std::optional<int> format_of(const json& file) {
  if (!file.is_object() || file.value("kind", json()) != kKind) return std::nullopt;
  const json version = file.value("apiVersion", json());
  const std::string text = version.is_string() ? version.get<std::string>() : std::string();
  if (!text.starts_with(kGroup)) return std::nullopt;
  int number = 0;
  const auto [end, error] = std::from_chars(text.data() + kGroup.size(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() ? std::optional(number) : std::nullopt;
}

bool is_plan(const std::string& content) {
  return content.empty() || format_of(json::parse(content, nullptr, false)).has_value();
}

}  // namespace

void save_plan(const std::filesystem::path& file, const SavedPlan& saved) {
  if (util::is_stream(file))
    throw Error("the plan was not saved",
                util::filled("{file} is no file of its own, and a plan holds secrets", {{"file", file}}),
                "Name a file.");
  const auto earlier = util::read_file_if_exists(file);
  if (earlier && !is_plan(*earlier)) {
    throw Error("the plan was not saved", util::filled("{file} exists and is not a plan", {{"file", file}}),
                "Name another file, or move that one away.");
  }
  const MigrationPlan& plan = saved.plan;
  json document{{"apiVersion", std::string(kGroup) + std::to_string(kFormat)},
                {"kind", kKind},
                {"version", saved.version},
                {"createdAt", saved.created},
                {"appliedAt", saved.applied},
                {"part", to_string(plan.part)},
                {"target", target_json(saved.target)},
                {"options",
                 {{"registry", saved.registry.name},
                  {"targetVersion", saved.target_version},
                  {"overwriteValues", saved.overwrite_values == OverwriteValues::yes}}},
                {"migratedBefore", plan.flyway.known_before},
                {"values", nullptr},
                {"plans",
                 {{"manifest", change::to_json(plan.manifest)},
                  {"metadata", change::to_json(plan.metadata)},
                  {"flyway", change::to_json(plan.flyway.start)},
                  {"flywayCleanUp", change::to_json(plan.flyway.clean_up)},
                  {"postgres", change::to_json(plan.postgres)}}}};
  json& objects = document["objects"] = json::array();
  for (const auto& [key, state] : saved.states) objects.push_back(change::to_json(state));
  if (plan.values) {
    document["values"] = {{"v3", plan.values->v3.reveal()},
                          {"v4", plan.values->v4.reveal()},
                          {"corrections", to_json(plan.values->corrections)}};
  }
  if (file.has_parent_path()) util::create_private_folder(file.parent_path());
  util::write_private_file(file, document.dump(1) + "\n");
}

SavedPlan load_plan(const std::filesystem::path& file) {
  const std::string name = file == "-" ? "standard input" : file.string();
  const std::string content = util::read_file(file);
  const auto no_plan = [&name](const std::string& why) {
    return Error(util::filled("{file} is not a valid plan", {{"file", name}}), why,
                 "Make one with `kots-export plan --out FILE`.");
  };
  if (content.empty()) throw no_plan("it is empty");
  const json document = json::parse(content, nullptr, false);
  if (document.is_discarded()) throw no_plan("it is not JSON, or it was cut off");
  const auto format = format_of(document);
  if (!format) throw no_plan("it was not written by kots-export plan --out");
  if (*format > kFormat) {
    throw Error(util::filled("{file} is a plan of a newer kots-export", {{"file", name}}),
                util::filled("its format is {format}", {{"format", *format}}),
                "Apply it with the version that made it.");
  }
  try {
    return saved_from(document);
  } catch (const Error& error) {
    throw no_plan(error.what());
  }
}

}  // namespace kots_export::migration
