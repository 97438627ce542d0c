#include <kots_export/ui/plan_view.h>
#include <kots_export/ui/values_text.h>
#include <kots_export/values/diff.h>
#include <kots_export/values/yaml.h>

#include <sstream>

namespace kots_export::ui {

namespace {

void print_values(std::ostream& out, const migration::MigrationPlan::Values& values, Colour colour) {
  const auto read = [](const Secret<std::string>& yaml) {
    return values::parse_yaml(yaml.reveal(), "values");
  };
  const auto differences = values::diff(read(values.v3), read(values.v4), values::ShowSecrets::no);
  out << paint(colour, "values, from 3.x to 4.x:", kBold) << '\n';
  std::istringstream lines(text_of(differences, colour));
  for (std::string line; std::getline(lines, line);) out << "  " << line << '\n';
}

}  // namespace

void print_plan(std::ostream& out, const migration::MigrationPlan& plan, Colour colour, Detail detail) {
  if (plan.values) {
    print_values(out, *plan.values, colour);
    out << paint(colour, "objects:", kBold) << '\n';
  }
  print_plan(out, plan.together(), colour, detail);
}

}  // namespace kots_export::ui
