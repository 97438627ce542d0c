#include <kots_export/ui/plan_header.h>
#include <kots_export/util/text.h>

#include <algorithm>
#include <iterator>

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

Fields target_of(const PlanHeader& header) {
  Fields fields;
  fields.lines.push_back({{"cluster", header.server}});
  if (!header.context.empty()) fields.lines.back().emplace_back("context", header.context);
  if (!header.user.empty()) fields.lines.back().emplace_back("user", header.user);
  fields.lines.push_back({{"namespace", header.ns}, {"release", header.release}});
  return fields;
}

Fields origin_of(const PlanHeader& header) {
  Fields fields;
  const std::string to = header.target_version.empty() ? "" : " -> " + header.target_version;
  if (!header.chart.empty()) fields.lines.push_back({{"chart", header.chart + to}});
  fields.lines.push_back({{"planned", util::filled("{time} by kots-export {version}",
                                                   {{"time", header.time}, {"version", header.version}})}});
  return fields;
}

Fields fields_of(const PlanHeader& header) {
  Fields fields = target_of(header);
  std::ranges::move(origin_of(header).lines, std::back_inserter(fields.lines));
  return fields;
}

}  // namespace kots_export::ui
