#pragma once

#include <cstddef>
#include <string>
#include <string_view>

// How much room text takes on a terminal. A Chinese or Japanese character takes two columns, a combining
// accent none. The widths are those of glibc's wcwidth(3), in a C.UTF-8 locale of this file's own: they are
// kept up to date by the system, and are what programs beside this one (tmux, less) go by. Where the system
// lacks that locale, each character counts as one column.
namespace kots_export::util {

// Columns of `text`, which is UTF-8 without control characters. A byte that is no UTF-8 counts as one.
[[nodiscard]] std::size_t display_width(std::string_view text);

// The longest beginning of `text` that fits into `columns`; where it is not all, it ends with `ellipsis`
// (left out where even that does not fit).
[[nodiscard]] std::string clipped(std::string_view text, std::size_t columns, std::string_view ellipsis);

// `text` with blanks behind it up to `columns`.
[[nodiscard]] std::string padded(std::string_view text, std::size_t columns);

}  // namespace kots_export::util
