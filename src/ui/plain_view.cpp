#include <kots_export/ui/progress_text.h>
#include <kots_export/ui/progress_view.h>

#include <array>
#include <ctime>

namespace kots_export::ui {

PlainView::PlainView(const Progress& progress, std::ostream& out, TimeOfDay time_of_day)
    : ProgressView(progress),
      out_(out),
      time_of_day_(std::move(time_of_day)),
      lines_([this](std::string_view line) { write(line); }),
      written_(progress.now()) {}

std::string PlainView::local_time() {
  const std::time_t now = std::time(nullptr);
  std::tm local{};
  ::localtime_r(&now, &local);
  std::array<char, 16> text{};
  return {text.data(), std::strftime(text.data(), text.size(), "%H:%M:%S", &local)};
}

void PlainView::write(std::string_view line) {
  out_ << time_of_day_() << ' ' << line << std::endl;
  written_ = progress().now();
}

void PlainView::turn() {
  if (progress().now() - written_ < kLongestSilence) return;
  for (const std::string& line : status_lines(progress())) write(line);
  written_ = progress().now();
}

}  // namespace kots_export::ui
