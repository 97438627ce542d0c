#include <kots_export/ui/messages.h>
#include <kots_export/ui/progress_text.h>
#include <kots_export/util/text.h>
#include <kots_export/util/time.h>
#include <kots_export/util/width.h>

#include "ui/one_line.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace kots_export::ui {

using std::chrono::milliseconds;
using Row = Progress::Step;
using State = Progress::Step::State;
using Args = std::vector<std::pair<std::string, std::string>>;

namespace {

constexpr std::size_t kNameColumns = 14;
constexpr std::size_t kFewestRows = 4;
// Beyond it a line is hard to read, and would be broken by a window that gets narrower.
constexpr std::size_t kMostColumns = 100;
// Narrower than this a line has room for the counts or the time, not for both.
constexpr std::size_t kColumnsForBoth = 60;
constexpr std::size_t kLongestBar = 20;
constexpr std::size_t kShortestBar = 5;

std::string sentence(std::string id, Args args) {
  return one_line(text_of(change::Notice{.id = std::move(id), .args = std::move(args)}));
}

milliseconds since(const Progress& progress, Progress::TimePoint time) {
  return std::chrono::duration_cast<milliseconds>(progress.now() - time);
}

// In whole seconds: nobody counts tenths of what is waited for.
std::string time_since(const Progress& progress, Progress::TimePoint time) {
  return util::elapsed_text(std::chrono::floor<std::chrono::seconds>(progress.now() - time));
}

// "1,240"
std::string grouped(std::size_t number) {
  std::string digits = std::to_string(number);
  for (std::size_t at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, ",");
  return digits;
}

std::string per_second(double rate) {
  return rate >= 1 ? grouped(static_cast<std::size_t>(std::llround(rate))) : "<1";
}

std::string counts(const Progress& progress, const Row& step) {
  Args args = {{"done", grouped(step.done)}, {"total", grouped(step.total)}};
  if (step.failed > 0) {
    args.emplace_back("failed", grouped(step.failed));
    return sentence("progress.counts-with-failures", std::move(args));
  }
  const auto rate = step.state == State::running ? progress.rate() : std::nullopt;
  if (!rate) return sentence("progress.counts", std::move(args));
  args.emplace_back("rate", per_second(rate->per_second));
  args.emplace_back("left", util::elapsed_text(rate->left));
  return sentence("progress.rate", std::move(args));
}

std::string checks(const Row& step) {
  const std::string all = util::counted(step.checks, "check");
  if (step.findings == 0) return sentence("progress.checks", {{"checks", all}});
  return sentence("progress.checks-with-findings",
                  {{"checks", all}, {"findings", util::counted(step.findings, "finding")}});
}

std::string job(const Progress& progress) {
  const Progress::Job& job = *progress.job();
  const std::string time = time_since(progress, job.since);
  if (job.state.pod.empty()) return sentence("progress.job", {{"job", job.state.job}, {"time", time}});
  Args args = {{"pod", job.state.pod}, {"phase", job.state.phase}, {"time", time}};
  if (!job.state.reason.empty()) {
    args.emplace_back("reason", job.state.reason);
    return sentence("progress.pod-waits", std::move(args));
  }
  if (!job.last_line) return sentence("progress.pod", std::move(args));
  args.emplace_back("ago", time_since(progress, *job.last_line));
  return sentence("progress.pod-with-log", std::move(args));
}

// What the server keeps waiting, or is waited for because it said so.
std::vector<std::string> slow_server(const kube::Traffic& traffic) {
  std::vector<std::string> lines;
  if (traffic.oldest && traffic.oldest->since >= kSlowAnswer) {
    lines.push_back(sentence(
        "progress.no-answer",
        {{"time", util::elapsed_text(std::chrono::floor<std::chrono::seconds>(traffic.oldest->since))},
         {"request", kube::request_text(traffic.oldest->method, traffic.oldest->path)}}));
  }
  if (traffic.pause && traffic.pause->left >= std::chrono::seconds(1)) {
    lines.push_back(
        sentence("progress.pause",
                 {{"time", util::elapsed_text(std::chrono::ceil<std::chrono::seconds>(traffic.pause->left))},
                  {"request", kube::request_text(traffic.pause->method, traffic.pause->path)},
                  {"why", traffic.pause->why}}));
  }
  return lines;
}

std::string detail(const Progress& progress, const Row& step) {
  // Beside a Job's state the few Changes around it say nothing.
  if (step.state == State::running && progress.job()) return "";
  if (step.total > 0) return counts(progress, step);
  return step.checks > 0 ? checks(step) : "";
}

// --- The live view ---

std::string mark(const Progress& progress, const Row& step, Area::Glyphs glyphs) {
  // A turn in a second, so that a person sees that the program is alive.
  constexpr std::array<const char*, 10> kTurning = {"⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"};
  constexpr std::array<const char*, 4> kTurningAscii = {"|", "/", "-", "\\"};
  const bool unicode = glyphs == Area::Glyphs::unicode;
  switch (step.state) {
    case State::ahead:
      return " ";
    case State::done:
      return unicode ? "✓" : "*";
    case State::failed:
      return unicode ? "✗" : "!";
    case State::running:
      break;
  }
  constexpr milliseconds kTurn{100};
  const auto turn = static_cast<std::size_t>(since(progress, step.since) / kTurn);
  return unicode ? kTurning[turn % kTurning.size()] : kTurningAscii[turn % kTurningAscii.size()];
}

Style style_of(State state) {
  switch (state) {
    case State::done:
      return Style::added;
    case State::failed:
      return Style::removed;
    case State::running:
      return Style::strong;
    case State::ahead:
      break;
  }
  return Style::plain;
}

// As long as `room` allows; empty where it allows none.
std::string bar(const Row& step, std::size_t room, Area::Glyphs glyphs) {
  constexpr std::size_t kFrame = 3;  // "[", "] "
  if (step.state != State::running || step.total < 2 || room < kShortestBar + kFrame) return "";
  const std::size_t length = std::min(room - kFrame, kLongestBar);
  const std::size_t full = step.ended() * length / step.total;
  std::string text = "[";
  for (std::size_t i = 0; i < length; ++i) {
    if (glyphs == Area::Glyphs::unicode) {
      text += i < full ? "⣿" : "⣀";
    } else {
      text += i < full ? "#" : ".";
    }
  }
  return text + "] ";
}

// The last column stays empty: what ends there makes some terminals begin a new line.
std::size_t columns_of(const Area& area) { return std::min(area.columns - 1, kMostColumns); }

// `line` cut where the terminal ends.
Line fitted(const Line& line, const Area& area) {
  const bool unicode = area.glyphs == Area::Glyphs::unicode;
  std::size_t left = columns_of(area);
  Line result;
  for (const Span& span : line) {
    result.push_back({util::clipped(span.text, left, unicode ? "…" : "..."), span.style});
    const std::size_t width = util::display_width(span.text);
    if (width >= left) break;
    left -= width;
  }
  return result;
}

Line step_line(const Progress& progress, const Row& step, const Area& area) {
  Line line = {
      {mark(progress, step, area.glyphs) + " ", style_of(step.state)},
      {util::padded(step.name, kNameColumns), step.state == State::running ? Style::strong : Style::plain}};
  if (step.state == State::ahead) return fitted(line, area);
  const std::string text = detail(progress, step);
  std::size_t used = 2 + kNameColumns;
  if (text.empty() || area.columns >= kColumnsForBoth) {
    constexpr std::size_t kTimeColumns = 12;
    const milliseconds took = step.state == State::running ? since(progress, step.since) : step.took;
    line.push_back({util::padded(util::elapsed_text(took), kTimeColumns)});
    used += kTimeColumns;
  }
  const std::size_t all = used + util::display_width(text);
  const std::size_t room = columns_of(area) - std::min(columns_of(area), all);
  if (!text.empty()) line.push_back({bar(step, room, area.glyphs), Style::added});
  line.push_back({text});
  return fitted(line, area);
}

}  // namespace

std::vector<std::string> status_lines(const Progress& progress) {
  std::vector<std::string> lines;
  if (const Row* step = progress.running()) {
    const std::string time = time_since(progress, step->since);
    const std::string what = progress.job() ? job(progress) : detail(progress, *step);
    lines.push_back(what.empty()
                        ? sentence("progress.step", {{"step", step->name}, {"time", time}})
                        : sentence("progress.step-at", {{"step", step->name}, {"time", time}, {"at", what}}));
  }
  for (std::string& line : slow_server(progress.traffic())) lines.push_back(std::move(line));
  return lines;
}

std::vector<Line> live_lines(const Progress& progress, const Area& area) {
  std::vector<Line> below;
  const auto add = [&](std::string text, Style style) {
    below.push_back(fitted({{"  "}, {std::move(text), style}}, area));
  };
  if (progress.job()) add(job(progress), Style::plain);
  for (std::string& line : slow_server(progress.traffic())) add(std::move(line), Style::changed);

  const std::size_t room = std::max(area.rows / 2, kFewestRows);
  const std::size_t for_steps = room - std::min(room - 1, below.size());
  const auto& steps = progress.steps();
  // What is over goes first; then what is still to come.
  std::size_t first = 0;
  while (steps.size() - first > for_steps && steps[first].state == State::done) ++first;
  const std::size_t end = std::min(steps.size(), first + for_steps);

  std::vector<Line> lines;
  for (std::size_t i = first; i < end; ++i) {
    lines.push_back(step_line(progress, steps[i], area));
    if (steps[i].state != State::running) continue;
    lines.insert(lines.end(), below.begin(), below.end());
    below.clear();
  }
  lines.insert(lines.end(), below.begin(), below.end());
  if (lines.size() > room) lines.resize(room);
  return lines;
}

std::vector<Line> final_lines(const Progress& progress, const Area& area) {
  std::vector<Line> lines;
  for (const Row& step : progress.steps()) lines.push_back(step_line(progress, step, area));
  return lines;
}

}  // namespace kots_export::ui
