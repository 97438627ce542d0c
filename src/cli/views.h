#pragma once

#include <kots_export/ui/event_view.h>
#include <kots_export/ui/human_view.h>
#include <kots_export/ui/line_stream.h>
#include <kots_export/ui/log_view.h>
#include <kots_export/ui/progress.h>
#include <kots_export/ui/progress_view.h>
#include <kots_export/ui/request_view.h>

#include "cli/options.h"

#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <utility>

#include <nlohmann/json_fwd.hpp>

namespace kots_export::cli {

// The observers of one command: text for people, and with -o the document, which then has standard output for
// itself. Standard error shows how the run goes on, as --progress, --quiet, -v and --log-format say.
class Views : public ui::MultiView {
 public:
  // `detail`: where it is not that of the options. Then nothing is changed either. Throws UsageError where
  // --progress tty has no terminal.
  explicit Views(const Options& options, std::optional<ui::Detail> detail = std::nullopt);
  ~Views() override;  // end()
  Views(const Views&) = delete;
  Views& operator=(const Views&) = delete;

  // See HumanView.
  void head(ui::PlanHeader header) { human_.head(std::move(header)); }
  void show(const migration::MigrationPlan& plan, const ui::PlanHeader& header) { human_.show(plan, header); }
  void show(const change::Plan& plan, const ui::PlanHeader& header) { human_.show(plan, header); }
  void show(const ui::Document& document) { human_.show(document); }

  // Before something else writes to the terminal: a question.
  void rest() { shown_->rest(); }
  // The work is over, done or not: what comes after it (the lock is given back) adds to no time.
  void stopped();
  // The run is over; what is shown of it stays. Called again, it does nothing.
  void end();
  // Nothing is going to be done: at the end no list of steps stays that would look like it.
  void leave_nothing() { stays_ = Stays::no; }

  // For lines about the run, and for those that tell how it ended, which --quiet shows too.
  [[nodiscard]] std::ostream& lines() { return shown_->lines(); }
  [[nodiscard]] std::ostream& result_lines();
  // With --log-format json: an event that no observer is told of.
  void tell(const std::string& event, const nlohmann::json& fields);
  // Since the command began, until the work was over.
  [[nodiscard]] std::chrono::milliseconds elapsed() const;

 private:
  [[nodiscard]] std::unique_ptr<ui::ProgressView> make_shown(const OutputOptions& output);
  [[nodiscard]] ui::HumanView::Face face_of_results(const OutputOptions& output);
  [[nodiscard]] ui::HumanView::Manner manner() const;

  ui::Progress progress_;
  ui::Progress::TimePoint began_ = progress_.now();
  std::optional<ui::Progress::TimePoint> stopped_;
  ui::EventView* events_ = nullptr;  // `shown_`, where it is one
  // Standard output, where it is the terminal that a live view paints on.
  std::optional<ui::LineStream> beside_live_view_;
  enum class Loudness { quiet, normal } loudness_;
  enum class Stays { no, yes } stays_;  // the list of steps, once the run is over
  std::ostream nowhere_{nullptr};
  std::unique_ptr<ui::ProgressView> shown_;
  ui::HumanView human_;
  std::optional<ui::RequestView> requests_;
  bool ended_ = false;
};

}  // namespace kots_export::cli
