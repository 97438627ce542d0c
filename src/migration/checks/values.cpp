// The 4.x values of the plan.
#include <kots_export/migration/message.h>
#include <kots_export/migration/migration_plan.h>
#include <kots_export/util/json.h>
#include <kots_export/util/text.h>
#include <kots_export/values/validate.h>

#include "migration/checks/checking.h"

#include <algorithm>
#include <ctime>
#include <iterator>
#include <optional>

#include <nlohmann/json.hpp>

namespace kots_export::migration {

namespace {

// What is missing of a Secret; empty where nothing is.
std::string missing_of(const values::NeededSecret& needed, const std::optional<nlohmann::json>& live) {
  if (!live) return util::filled("Secret {secret}", {{"secret", needed.name}});
  // An empty one is of no more use to the chart.
  const auto is_missing = [&](const std::string& key) {
    return util::text_at(*live, {"data", std::string_view(key)}).empty();
  };
  std::vector<std::string> keys;
  std::ranges::copy_if(needed.keys, std::back_inserter(keys), is_missing);
  if (!needed.one_of.empty() && std::ranges::all_of(needed.one_of, is_missing))
    keys.push_back(needed.one_of.front());
  if (keys.empty()) return {};
  return util::filled("{keys} in Secret {secret}", {{"keys", util::listed(keys)}, {"secret", needed.name}});
}

}  // namespace

CheckFinding check_values(Checking& checking) {
  if (checking.plan == nullptr || !checking.plan->values) return skipped("no values are planned");
  const std::string file = checking.options.paths.values().string();
  const bool is_edited = checking.plan->values->place.action == ValuesPlace::Action::beside;
  const std::string remedy =
      is_edited ? "Correct that file, or let it be replaced with --overwrite-values."
                : "Correct them with --values FILE: it is merged last, as `helm upgrade -f` does.";
  const values::Target target = values::target_of_chart(checking.options.target_version);
  std::vector<values::Finding> findings;
  try {
    findings =
        values::validate(values::parse_yaml_with_places(checking.plan->values->in_use().reveal(), file),
                         values::validate_options(checking.options.target_version, std::time(nullptr)));
  } catch (const Error& error) {
    return problem(error.what(), remedy);
  }
  std::vector<std::string> errors;
  std::size_t warnings = 0;
  for (const values::Finding& finding : findings) {
    if (finding.level == values::Level::error) errors.push_back(finding.path + " " + finding.text);
    if (finding.level == values::Level::warning) ++warnings;
  }
  if (!errors.empty()) {
    const char* words = is_edited ? "{count} in {file}: {errors}" : "{count}: {errors}";
    return problem(util::filled(words, {{"count", util::counted(errors.size(), "error")},
                                        {"file", file},
                                        {"errors", util::listed(errors)}}),
                   remedy);
  }
  if (warnings == 0)
    return ok(util::filled("chart {chart} takes them", {{"chart", values::name_of(target)}}));
  const char* words = is_edited
                          ? "`kots-export validate{chart} {file}` says more."
                          : "`kots-export validate{chart} {file}` says more once the values are written.";
  const std::string chart = chart_flags(checking.options.target_version, checking.options.registry);
  return note(util::counted(warnings, "warning"),
              util::filled(words, {{"chart", chart}, {"file", util::shell_quote(file)}}));
}

CheckFinding check_own_secrets(Checking& checking) {
  if (checking.plan == nullptr || !checking.plan->values) return skipped("no values are planned");
  Context& context = checking.context;
  std::vector<values::NeededSecret> needed;
  try {
    needed = values::needed_secrets(values::parse_yaml(checking.plan->values->in_use().reveal(), "values"),
                                    values::target_of_chart(checking.options.target_version),
                                    values::is_after_tables(checking.options.target_version));
  } catch (const Error&) {
    return skipped("the values cannot be read: check values says why");
  }
  if (needed.empty()) return ok("the values leave none to you");
  std::vector<kube::ObjectRef> secrets;
  for (const values::NeededSecret& secret : needed)
    secrets.push_back(object_ref(context, "", "Secret", secret.name));
  const auto live = context.client.get(secrets);
  std::vector<std::string> missing;
  for (std::size_t i = 0; i < needed.size(); ++i)
    if (std::string text = missing_of(needed[i], live[i]); !text.empty()) missing.push_back(std::move(text));
  if (missing.empty())
    return ok(util::filled("{secrets} that the values leave to you",
                           {{"secrets", util::counted(needed.size(), "Secret")}}));
  return problem(util::filled("the values refer to Secrets or keys that do not exist or are empty: {secrets}",
                              {{"secrets", util::listed(missing)}}),
                 "Create what is missing before `helm upgrade`, or give the values with --values FILE.");
}

}  // namespace kots_export::migration
