#pragma once

#include <kots_export/ui/document.h>

namespace kots_export::ui {

// Where nothing can be drawn.
[[nodiscard]] inline Table table_of(const Bars& bars) {
  Table table{.header = {"step", "time"}, .rows = {}};
  for (const Bars::Bar& bar : bars.bars) table.rows.push_back({bar.name, bar.text});
  return table;
}

}  // namespace kots_export::ui
