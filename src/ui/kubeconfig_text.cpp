#include <kots_export/ui/kubeconfig_text.h>
#include <kots_export/util/text.h>
#include <kots_export/util/width.h>

#include <algorithm>
#include <array>

namespace kots_export::ui {

namespace {

constexpr std::size_t kColumns = 7;
using Row = std::array<std::string, kColumns>;

std::string lines_of(const std::vector<Row>& rows) {
  std::array<std::size_t, kColumns> widths{};
  for (const Row& row : rows) {
    for (std::size_t i = 0; i < kColumns; ++i)
      widths.at(i) = std::max(widths.at(i), util::display_width(row.at(i)));
  }
  std::string text;
  for (const Row& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < kColumns; ++i) line += util::padded(row.at(i), widths.at(i) + 3);
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  return text;
}

}  // namespace

std::string sources_text(const kube::KubeconfigView& view) {
  std::string text;
  const auto add = [&text](const char* sentence, const std::string& place) {
    text += util::filled(sentence, {{"place", util::printable(place)}}) + "\n";
  };
  for (const auto& file : view.read) add("read: {place}", file.string());
  for (const auto& file : view.missing) add("not there: {place}", file.string());
  if (!view.in_cluster_server.empty())
    add("in use: the service account of this Pod, at {place}", view.in_cluster_server);
  return text;
}

std::string contexts_table(const std::vector<kube::ContextSummary>& contexts) {
  std::vector<Row> rows = {{"CURRENT", "NAME", "CLUSTER", "SERVER", "USER", "NAMESPACE", "FILE"}};
  for (const auto& context : contexts) {
    rows.push_back({context.current == kube::ContextSummary::Current::yes ? "*" : "",
                    util::printable(context.name), util::printable(context.cluster),
                    util::printable(context.server), util::printable(context.user),
                    util::printable(context.ns), util::printable(context.file.string())});
  }
  return lines_of(rows);
}

}  // namespace kots_export::ui
