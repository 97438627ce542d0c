#pragma once

#include <kots_export/ui/document.h>
#include <kots_export/ui/progress.h>

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

// What people read of a run that goes on.
namespace kots_export::ui {

// How long a request is unanswered before a person hears of it.
inline constexpr std::chrono::seconds kSlowAnswer{3};

// Where the run stands, in sentences: the step with its counts or the Job that it waits for, then a server
// that does not answer. At least one while a step runs.
[[nodiscard]] std::vector<std::string> status_lines(const Progress& progress);

// The room that a live view has, and what its terminal can show.
struct Area {
  std::size_t columns = 80;
  std::size_t rows = 24;
  enum class Glyphs { ascii, unicode } glyphs = Glyphs::unicode;
  // How often others have had the terminal meanwhile: the cursor is not where it was.
  unsigned times_away = 0;
  // What a terminal does with a line that a narrower window has no room for.
  enum class Narrower { cuts, wraps } narrower = Narrower::cuts;
};

// The list of steps with what runs below it: no line wider than `area`, and no more than half of its rows
// (but four at least), the steps that are done left out first.
[[nodiscard]] std::vector<Line> live_lines(const Progress& progress, const Area& area);

// The steps of a run that has ended, all of them, one a line.
[[nodiscard]] std::vector<Line> final_lines(const Progress& progress, const Area& area);

}  // namespace kots_export::ui
