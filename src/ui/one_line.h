#pragma once

#include <kots_export/util/text.h>

#include <string>
#include <string_view>

namespace kots_export::ui {

// Returns `text` printable and without line feeds, which become "\n": a name cannot make a line of its own.
[[nodiscard]] inline std::string one_line(std::string_view text) {
  std::string line;
  for (const char c : util::printable(text)) {
    if (c == '\n') {
      line += "\\n";
    } else {
      line += c;
    }
  }
  return line;
}

}  // namespace kots_export::ui
