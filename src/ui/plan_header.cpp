#include <kots_export/ui/plan_header.h>
#include <kots_export/util/text.h>

namespace kots_export::ui {

PlanHeader header_of(const migration::SavedPlan& saved) {
  return {.server = saved.target.server,
          .context = saved.target.context,
          .user = saved.target.user,
          .ns = saved.target.ns,
          .release = saved.target.release,
          .chart = saved.target.chart,
          .target_version = saved.target_version,
          .time = saved.created,
          .version = saved.version};
}

void print_target(std::ostream& out, const PlanHeader& header) {
  out << "cluster: " << util::printable(header.server);
  if (!header.context.empty()) out << ", context: " << util::printable(header.context);
  if (!header.user.empty()) out << ", user: " << util::printable(header.user);
  out << "\nnamespace: " << util::printable(header.ns) << ", release: " << util::printable(header.release)
      << '\n';
}

void print_origin(std::ostream& out, const PlanHeader& header) {
  if (!header.chart.empty()) {
    out << "chart: " << util::printable(header.chart) << " -> " << util::printable(header.target_version)
        << '\n';
  }
  out << "planned: " << util::printable(header.time) << " by kots-export " << util::printable(header.version)
      << '\n';
}

void print_header(std::ostream& out, const PlanHeader& header) {
  print_target(out, header);
  print_origin(out, header);
}

}  // namespace kots_export::ui
