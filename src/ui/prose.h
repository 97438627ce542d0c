#pragma once

#include <kots_export/ui/document.h>

#include <string_view>

namespace kots_export::ui {

// A sentence that was written for a terminal, with its commands between backticks: these are spans of their
// own, to be copied. It may hold names from elsewhere: a word that a page could take for a link or a mention
// is one too.
[[nodiscard]] Line line_of(std::string_view prose);

}  // namespace kots_export::ui
