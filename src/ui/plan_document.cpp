#include <kots_export/migration/effects.h>
#include <kots_export/ui/effects_view.h>
#include <kots_export/ui/filled_line.h>
#include <kots_export/ui/messages.h>
#include <kots_export/ui/plan_view.h>
#include <kots_export/ui/values_text.h>
#include <kots_export/util/sha256.h>
#include <kots_export/util/text.h>
#include <kots_export/values/diff.h>
#include <kots_export/values/yaml.h>

#include <sstream>
#include <utility>

#include <nlohmann/json.hpp>

namespace kots_export::ui {

namespace {

using migration::ValuesPlan;
using Action = migration::ValuesPlace::Action;

void add_effects(Document& document, const migration::Effects& effects) {
  document.blocks.emplace_back(Heading{"what it does to Pods, data and time"});
  document.blocks.emplace_back(list_of(effects));
}

// In the document for programs, and what a person reads after the file's name.
std::pair<std::string_view, std::string_view> words_of(Action action) {
  switch (action) {
    case Action::create:
      return {"create", "a new file"};
    case Action::leave:
      return {"leave", "is so already"};
    case Action::replace:
      return {"replace", "replaces the file of an earlier run"};
    case Action::overwrite:
      return {"overwrite", "replaces the edited file (--overwrite-values); a copy of it is kept"};
    case Action::beside:
      return {"beside", "a new file beside the edited one, which stays and is what the upgrade uses"};
  }
  return {};
}

// What corrects the values, and where they go.
List files_of(const ValuesPlan& values) {
  List list;
  for (const migration::Correction& correction : values.corrections) {
    const bool is_kept = values.corrections_from == ValuesPlan::From::earlier_run;
    const char* words = is_kept ? "corrected by {file} (as kept from an earlier run), sha256 {digest}"
                                : "corrected by {file}, sha256 {digest}";
    list.items.push_back(
        {.text = filled_line(words, {{"file", {correction.path, Style::name}},
                                     {"digest", {util::sha256(correction.yaml.reveal()), Style::name}}})});
  }
  if (!values.place.file.empty()) {
    list.items.push_back(
        {.text = filled_line("written to {file}: {what}",
                             {{"file", {values.place.file.string(), Style::name}},
                              {"what", {std::string(words_of(values.place.action).second)}}})});
  }
  return list;
}

void add_values(Document& document, const ValuesPlan& values) {
  const auto read = [](const Secret<std::string>& yaml) {
    return values::parse_yaml(yaml.reveal(), "values");
  };
  const auto differences = values::diff(read(values.v3), read(values.v4), values::ShowSecrets::no);
  Code diff{.language = "diff", .lines = {}};
  std::istringstream lines(text_of(differences, Colour::no));
  for (std::string line; std::getline(lines, line);) diff.lines.push_back(line);
  document.blocks.emplace_back(Heading{"values, from 3.x to 4.x"});
  if (List files = files_of(values); !files.items.empty()) document.blocks.emplace_back(std::move(files));
  document.blocks.emplace_back(std::move(diff));
}

void add_objects(Document& document, List list) {
  document.blocks.emplace_back(Heading{"objects"});
  document.blocks.emplace_back(std::move(list));
}

Document begin(const PlanHeader& header) { return {.title = "plan", .blocks = {fields_of(header)}}; }

}  // namespace

nlohmann::json json_of(const ValuesPlan& values) {
  nlohmann::json corrections = nlohmann::json::array();
  for (const migration::Correction& correction : values.corrections) {
    corrections.push_back({{"path", util::printable(correction.path)},
                           {"sha256", util::sha256(correction.yaml.reveal())},
                           {"kept", values.corrections_from == ValuesPlan::From::earlier_run}});
  }
  return {{"file", util::printable(values.place.file.string())},
          {"action", words_of(values.place.action).first},
          {"corrections", std::move(corrections)}};
}

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
