#include <kots_export/ui/live_view.h>
#include <kots_export/util/width.h>

#include "ui/painted.h"

namespace kots_export::ui {

namespace {

constexpr std::chrono::milliseconds kBetweenPaintings{100};

// Source: ECMA-48, and DEC's private mode 7 (wrap at the right margin), which every terminal that calls
// itself xterm, screen, tmux, vt100 or linux has.
constexpr const char* kEraseBelow = "\x1b[J";
constexpr const char* kEraseToTheRight = "\x1b[K";
constexpr const char* kNoWrap = "\x1b[?7l";
constexpr const char* kWrap = "\x1b[?7h";

std::size_t width_of(const Line& line) {
  std::size_t width = 0;
  for (const Span& span : line) width += util::display_width(span.text);
  return width;
}

std::size_t rows_of(std::size_t width, std::size_t columns) {
  return width == 0 ? 1 : (width + columns - 1) / columns;
}

std::string up(std::size_t lines) { return lines == 0 ? "\r" : "\r\x1b[" + std::to_string(lines) + "A"; }

}  // namespace

LiveView::LiveView(const Progress& progress, std::ostream& terminal, Colour colour, AreaNow area)
    : ProgressView(progress),
      terminal_(terminal),
      colour_(colour),
      area_(std::move(area)),
      lines_([this](std::string_view line) { write(line); }) {}

std::string LiveView::text_of(const std::vector<Line>& lines) const {
  std::string text;
  for (const Line& line : lines) {
    for (const Span& span : line) text += painted(span, colour_);
    text += std::string(kEraseToTheRight) + "\n";
  }
  return text;
}

void LiveView::write(std::string_view line) {
  rest();
  terminal_ << line << std::endl;
}

// After Ctrl-Z the shell has written below them: they stay where they are.
std::size_t LiveView::take_painted(const Area& area) {
  const std::vector<std::size_t> painted = std::exchange(painted_, {});
  if (std::exchange(times_away_, area.times_away) != area.times_away) return 0;
  std::size_t rows = 0;
  for (const std::size_t width : painted)
    rows += area.narrower == Area::Narrower::wraps ? rows_of(width, area.columns) : 1;
  return rows;
}

// A row that a narrower window has broken in two stays marked as such when it is only painted over: a window
// that gets wider again would join what was painted then. What is erased has no mark.
std::string LiveView::back_to_painted(const Area& area) {
  const bool has_new_width = std::exchange(columns_, area.columns) != area.columns;
  return up(take_painted(area)) + (has_new_width ? kEraseBelow : "");
}

void LiveView::rest() {
  if (painted_.empty()) return;
  terminal_ << up(take_painted(area_())) + kEraseBelow << std::flush;
  painted_at_ = {};
}

void LiveView::turn() {
  const auto now = progress().now();
  if (now - painted_at_ < kBetweenPaintings) return;
  painted_at_ = now;
  const Area area = area_();
  const std::vector<Line> lines = live_lines(progress(), area);
  if (lines.empty()) return rest();
  const std::string text = back_to_painted(area) + kNoWrap + text_of(lines) + kEraseBelow + kWrap;
  for (const Line& line : lines) painted_.push_back(width_of(line));
  terminal_ << text << std::flush;
}

void LiveView::end() {
  const Area area = area_();
  const std::string text = back_to_painted(area) + text_of(final_lines(progress(), area));
  terminal_ << text + kEraseBelow << std::flush;
}

}  // namespace kots_export::ui
