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

// In the document, and what a person reads after the file's name.
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

void print_files(std::ostream& out, const ValuesPlan& values) {
  for (const migration::Correction& correction : values.corrections) {
    out << "  corrected by " << util::printable(correction.path)
        << (values.corrections_from == ValuesPlan::From::earlier_run ? " (as kept from an earlier run)" : "")
        << ", sha256 " << util::sha256(correction.yaml.reveal()) << '\n';
  }
  if (values.place.file.empty()) return;
  out << "  written to " << util::printable(values.place.file.string()) << ": "
      << words_of(values.place.action).second << '\n';
}

void print_values(std::ostream& out, const ValuesPlan& values, Colour colour) {
  const auto read = [](const Secret<std::string>& yaml) {
    return values::parse_yaml(yaml.reveal(), "values");
  };
  const auto differences = values::diff(read(values.v3), read(values.v4), values::ShowSecrets::no);
  out << paint(colour, "values, from 3.x to 4.x:", kBold) << '\n';
  print_files(out, values);
  std::istringstream lines(text_of(differences, colour));
  for (std::string line; std::getline(lines, line);) out << "  " << line << '\n';
}

}  // namespace

nlohmann::json json_of(const ValuesPlan& values) {
  nlohmann::json corrections = nlohmann::json::array();
  for (const migration::Correction& correction : values.corrections)
    corrections.push_back({{"path", util::printable(correction.path)},
                           {"sha256", util::sha256(correction.yaml.reveal())},
                           {"kept", values.corrections_from == ValuesPlan::From::earlier_run}});
  return {{"file", util::printable(values.place.file.string())},
          {"action", words_of(values.place.action).first},
          {"corrections", std::move(corrections)}};
}

void print_plan(std::ostream& out, const migration::MigrationPlan& plan, Colour colour, Detail detail) {
  if (plan.values) {
    print_values(out, *plan.values, colour);
    out << paint(colour, "objects:", kBold) << '\n';
  }
  print_plan(out, plan.together(), colour, detail);
}

}  // namespace kots_export::ui
