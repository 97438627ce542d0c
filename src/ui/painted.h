#pragma once

#include <kots_export/ui/document.h>

#include <string>

namespace kots_export::ui {

// One piece of a line as a terminal or a file gets it: nothing in it moves the cursor.
[[nodiscard]] std::string painted(const Span& span, Colour colour);

}  // namespace kots_export::ui
