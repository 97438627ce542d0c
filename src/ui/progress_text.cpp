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

// On a narrow terminal as short as they can be.
enum class Width { full, narrow };

std::string counts(const Progress& progress, const Row& step, Width width) {
  const auto said = [width](const std::string& id, Args args) {
    return sentence(width == Width::narrow ? id + "-narrow" : id, std::move(args));
  };
  Args args = {{"done", grouped(step.done)}, {"total", grouped(step.total)}};
  if (step.failed() > 0) {
    args.emplace_back("refused", grouped(step.refused));
    args.emplace_back("unknown", grouped(step.unknown));
    return said(step.unknown == 0   ? "progress.counts-with-refused"
                : step.refused == 0 ? "progress.counts-with-unknown"
                                    : "progress.counts-with-both",
                std::move(args));
  }
  const auto rate = step.state == State::running ? progress.rate() : std::nullopt;
  if (!rate) return said("progress.counts", std::move(args));
  args.emplace_back("rate", per_second(rate->per_second));
  args.emplace_back("left", util::elapsed_text(rate->left));
  return said("progress.rate", std::move(args));
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

// One thing that is waited for. Where it is told on one line, that is all.
struct Waiting {
  std::string what;
  std::vector<std::string> more{};  // a line each
  std::string request{};            // of which the end says most; empty where `what` names it
};

// On a narrow terminal what stands in one sentence else: the Pod's name least of all has room there.
Waiting job_in_lines(const Progress& progress) {
  const Progress::Job& job = *progress.job();
  const std::string time = time_since(progress, job.since);
  if (job.state.pod.empty()) return {sentence("progress.job-narrow", {{"time", time}})};
  Waiting waiting{sentence("progress.pod-narrow", {{"phase", job.state.phase}, {"time", time}})};
  if (!job.state.reason.empty()) {
    waiting.more.push_back(one_line(job.state.reason));
  } else if (job.last_line) {
    waiting.more.push_back(
        sentence("progress.last-line-narrow", {{"ago", time_since(progress, *job.last_line)}}));
  }
  return waiting;
}

// What the server keeps waiting, or is waited for because it said so.
std::vector<Waiting> slow_server(const kube::Traffic& traffic, Width width) {
  const bool narrow = width == Width::narrow;
  std::vector<Waiting> all;
  const auto add = [&](const std::string& id, Args args, std::string request) {
    if (!narrow) args.emplace_back("request", request);
    Waiting waiting{sentence(narrow ? id + "-narrow" : id, std::move(args))};
    if (narrow) waiting.request = one_line(std::move(request));
    all.push_back(std::move(waiting));
  };
  if (traffic.oldest && traffic.oldest->since >= kSlowAnswer) {
    const auto time = std::chrono::floor<std::chrono::seconds>(traffic.oldest->since);
    add("progress.no-answer", {{"time", util::elapsed_text(time)}},
        kube::request_text(traffic.oldest->method, traffic.oldest->path));
  }
  if (traffic.pause && traffic.pause->left >= std::chrono::seconds(1)) {
    const auto time = std::chrono::ceil<std::chrono::seconds>(traffic.pause->left);
    add("progress.pause", {{"time", util::elapsed_text(time)}, {"why", traffic.pause->why}},
        kube::request_text(traffic.pause->method, traffic.pause->path));
    if (narrow) all.back().more.push_back(one_line(traffic.pause->why));
  }
  return all;
}

// These look at what is there, and change nothing of it: "apply" does.
bool only_plans(const Row& step) { return step.name == "annotate" || step.name == "kots_cleanup"; }

// Whether what they planned has been done since.
bool has_applied(const Progress& progress) {
  return std::ranges::any_of(
      progress.steps(), [](const Row& step) { return step.name == "apply" && step.state == State::done; });
}

std::string detail(const Progress& progress, const Row& step, Width width) {
  if (only_plans(step) && step.state == State::done) {
    return sentence(has_applied(progress) ? "progress.applied" : "progress.planned", {});
  }
  // Beside a Job's state the few Changes around it say nothing.
  if (step.state == State::running && progress.job()) return "";
  if (step.total > 0) return counts(progress, step, width);
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
      // Nobody is to take what is planned for what is done.
      if (only_plans(step) && !has_applied(progress)) return unicode ? "·" : ".";
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
  const std::size_t full = step.done * length / step.total;
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

// Narrower than kColumnsForBoth.
Width width_of(const Area& area) { return area.columns < kColumnsForBoth ? Width::narrow : Width::full; }

// `text` with as much of its end as the terminal has room for behind an indentation: of a request, the
// object.
std::string end_of(std::string text, const Area& area) {
  const std::string_view ellipsis = area.glyphs == Area::Glyphs::unicode ? "…" : "...";
  constexpr std::size_t kIndent = 4;
  const std::size_t room = columns_of(area) - std::min(columns_of(area), kIndent);
  if (util::display_width(text) <= room) return text;
  const auto is_inside = [&text] {
    return !text.empty() && (static_cast<unsigned char>(text[0]) & 0xC0U) == 0x80U;
  };
  while (!text.empty() && util::display_width(text) + util::display_width(ellipsis) > room) {
    text.erase(0, 1);
    while (is_inside()) text.erase(0, 1);
  }
  return std::string(ellipsis) + text;
}

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
  if (step.state == State::ahead) {
    if (progress.has_ended()) line.push_back({sentence("progress.not-begun", {})});
    return fitted(line, area);
  }
  const std::string text = detail(progress, step, width_of(area));
  std::size_t used = 2 + kNameColumns;
  if (text.empty() || area.columns >= kColumnsForBoth) {
    constexpr std::size_t kTimeColumns = 12;
    const milliseconds took = step.state == State::running ? since(progress, step.since) : step.took;
    // Blanks that nothing follows are nothing that a narrow terminal cuts off.
    const std::string time = util::elapsed_text(took);
    line.push_back({text.empty() ? time : util::padded(time, kTimeColumns)});
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
    const std::string what = progress.job() ? job(progress) : detail(progress, *step, Width::full);
    lines.push_back(what.empty()
                        ? sentence("progress.step", {{"step", step->name}, {"time", time}})
                        : sentence("progress.step-at", {{"step", step->name}, {"time", time}, {"at", what}}));
  }
  for (Waiting& slow : slow_server(progress.traffic(), Width::full)) lines.push_back(std::move(slow.what));
  return lines;
}

std::vector<Line> live_lines(const Progress& progress, const Area& area) {
  std::vector<Line> below;
  const auto add = [&](const Waiting& waiting, Style style) {
    below.push_back(fitted({{"  "}, {waiting.what, style}}, area));
    for (const std::string& more : waiting.more) below.push_back(fitted({{"    "}, {more, style}}, area));
    if (!waiting.request.empty())
      below.push_back(fitted({{"    "}, {end_of(waiting.request, area), style}}, area));
  };
  const Width width = width_of(area);
  if (progress.job())
    add(width == Width::narrow ? job_in_lines(progress) : Waiting{job(progress)}, Style::plain);
  for (const Waiting& slow : slow_server(progress.traffic(), width)) add(slow, Style::changed);

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
