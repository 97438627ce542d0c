#pragma once

#include <kots_export/ui/colour.h>
#include <kots_export/ui/progress_text.h>
#include <kots_export/ui/progress_view.h>

#include <cstddef>
#include <functional>
#include <ostream>
#include <string>
#include <vector>

namespace kots_export::ui {

// For a terminal: the steps are a list at the lower end that is painted anew ten times a second; everything
// else scrolls away above it. Only its own lines are ever painted over: the cursor stays just below them, and
// goes up by as many rows as they have now, never by more. That is more than were painted where the window
// was made narrower and the terminal breaks them in two; where it is not known to, a piece of the old list
// may stay, but nothing of what scrolled is lost. Each painting is one write that leaves the terminal as it
// found it: whatever ends the process, there is nothing to restore.
class LiveView : public ProgressView {
 public:
  // The size of the terminal, asked for each painting: so a window may change.
  using AreaNow = std::function<Area()>;
  // `terminal` takes everything, also what goes to results(); it is flushed with each painting.
  LiveView(const Progress& progress, std::ostream& terminal, Colour colour, AreaNow area);

  std::ostream& lines() override { return lines_; }
  [[nodiscard]] bool shows_steps() const override { return true; }
  // Takes the list away.
  void rest() override;
  // The list stays as it is now, all of it.
  void end() override;

 protected:
  void turn() override;

 private:
  void write(std::string_view line);
  // How many rows of painted lines are just above the cursor; from then on none.
  [[nodiscard]] std::size_t take_painted(const Area& area);
  // What goes to the first of these rows.
  [[nodiscard]] std::string back_to_painted(const Area& area);
  [[nodiscard]] std::string text_of(const std::vector<Line>& lines) const;

  std::ostream& terminal_;
  Colour colour_;
  AreaNow area_;
  LineStream lines_;
  std::vector<std::size_t> painted_;  // the width of each line
  std::size_t columns_ = 0;           // when they were painted
  unsigned times_away_ = 0;           // when they were painted
  Progress::TimePoint painted_at_{};
};

}  // namespace kots_export::ui
