#pragma once

#include <kots_export/change/observer.h>
#include <kots_export/ui/line_stream.h>
#include <kots_export/ui/progress.h>

#include <chrono>
#include <functional>
#include <optional>
#include <ostream>
#include <string>
#include <utility>

namespace kots_export::ui {

// Where nothing was written for so long, a view that writes lines says where the run stands.
inline constexpr std::chrono::seconds kLongestSilence{10};

// Shows people that a run goes on. What happens (notes, changes, a Pod's log) goes through lines(); the rest
// is the view's own. It reads `progress`, which is told of each event first, and outlives it.
class ProgressView : public change::Observer {
 public:
  explicit ProgressView(const Progress& progress) : progress_(progress) {}

  // Takes whole lines for people.
  [[nodiscard]] virtual std::ostream& lines() = 0;
  // Whether it shows the steps in its own way: then nobody else is to.
  [[nodiscard]] virtual bool shows_steps() const { return false; }
  // Something else is about to be written to the terminal: a result, a question.
  virtual void rest() {}
  // Nothing more is to come of the run.
  virtual void end() {}

  void traffic(const kube::Traffic&) final { turn(); }
  void waiting() final { turn(); }

 protected:
  // Several times a second.
  virtual void turn() {}
  [[nodiscard]] const Progress& progress() const { return progress_; }

 private:
  const Progress& progress_;
};

// Plain lines, each with the time of day: for a file, a pipe, a CI system, a terminal that can do no more. No
// control characters but those of colours, where `out` takes them.
class PlainView : public ProgressView {
 public:
  using TimeOfDay = std::function<std::string()>;
  // `time_of_day` gives what stands before each line: "18:04:31".
  PlainView(const Progress& progress, std::ostream& out, TimeOfDay time_of_day);

  std::ostream& lines() override { return lines_; }
  // A TimeOfDay: of the machine's time zone.
  [[nodiscard]] static std::string local_time();

 protected:
  void turn() override;

 private:
  void write(std::string_view line);

  std::ostream& out_;
  TimeOfDay time_of_day_;
  LineStream lines_;
  Progress::TimePoint written_;
};

// Says nothing: for --quiet, and where another view has standard error.
class NoProgressView : public ProgressView {
 public:
  using ProgressView::ProgressView;
  std::ostream& lines() override { return nowhere_; }
  [[nodiscard]] bool shows_steps() const override { return true; }

 private:
  std::ostream nowhere_{nullptr};
};

}  // namespace kots_export::ui
