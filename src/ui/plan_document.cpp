#include <kots_export/migration/effects.h>
#include <kots_export/ui/effects_view.h>
#include <kots_export/ui/messages.h>
#include <kots_export/ui/plan_view.h>
#include <kots_export/ui/values_text.h>
#include <kots_export/values/diff.h>
#include <kots_export/values/yaml.h>

#include <sstream>

namespace kots_export::ui {

namespace {

void add_effects(Document& document, const migration::Effects& effects) {
  document.blocks.emplace_back(Heading{"what it does to Pods, data and time"});
  document.blocks.emplace_back(list_of(effects));
}

void add_values(Document& document, const migration::MigrationPlan::Values& values) {
  const auto read = [](const Secret<std::string>& yaml) {
    return values::parse_yaml(yaml.reveal(), "values");
  };
  const auto differences = values::diff(read(values.v3), read(values.v4), values::ShowSecrets::no);
  Code diff{.language = "diff", .lines = {}};
  std::istringstream lines(text_of(differences, Colour::no));
  for (std::string line; std::getline(lines, line);) diff.lines.push_back(line);
  document.blocks.emplace_back(Heading{"values, from 3.x to 4.x"});
  document.blocks.emplace_back(std::move(diff));
}

void add_objects(Document& document, List list) {
  document.blocks.emplace_back(Heading{"objects"});
  document.blocks.emplace_back(std::move(list));
}

Document begin(const PlanHeader& header) { return {.title = "plan", .blocks = {fields_of(header)}}; }

}  // namespace

Document document_of(const migration::MigrationPlan& plan, const PlanHeader& header, Detail detail) {
  const change::Plan changes = plan.together();
  Document document = begin(header);
  if (!changes.empty()) add_effects(document, effects_of(plan, header.timeout));
  if (plan.values) add_values(document, *plan.values);
  if (!changes.empty()) add_objects(document, list_of(changes, detail));
  return document;
}

Document document_of(const change::Plan& plan, const PlanHeader& header, Detail detail) {
  Document document = begin(header);
  add_effects(document, migration::effects_of(plan, header.timeout));
  add_objects(document, list_of(plan, detail));
  return document;
}

Document summary_of(const change::Plan& plan, const PlanHeader& header) {
  Document document = begin(header);
  add_effects(document, migration::effects_of(plan, header.timeout));
  add_objects(document, short_list_of(plan));
  document.blocks.emplace_back(Paragraph{{{text_of(summarize(plan), Tense::planned)}}});
  return document;
}

Document end_of(const change::PlanSummary& summary, Line remark) {
  remark.insert(remark.begin(), {"("});
  remark.push_back({")"});
  return {.title = {},
          .blocks = {Paragraph{{{text_of(summary, Tense::planned)}}}, Paragraph{std::move(remark)}}};
}

}  // namespace kots_export::ui
