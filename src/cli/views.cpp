#include "cli/views.h"

#include <kots_export/ui/live_view.h>
#include <kots_export/ui/terminal.h>
#include <kots_export/util/error.h>

#include "cli/output.h"

#include <chrono>
#include <iostream>

#include <nlohmann/json.hpp>

namespace kots_export::cli {

namespace {

using Verbosity = OutputOptions::Verbosity;

bool wants_live_view(const OutputOptions& output) {
  switch (output.progress) {
    case OutputOptions::Progress::plain:
      return false;
    case OutputOptions::Progress::tty:
      if (ui::can_paint()) return true;
      throw UsageError("--progress tty has nothing to paint on",
                       "standard error is no terminal, or TERM says that it can only print",
                       "Leave --progress out, or give --progress plain.");
    case OutputOptions::Progress::automatic:
      break;
  }
  // A pipe may end in a pager, which has the terminal for itself.
  return ui::can_paint() && !ui::is_pipe(ui::Stream::out);
}

ui::EventView::Requests requests_of(Verbosity verbosity) {
  if (verbosity < Verbosity::requests) return ui::EventView::Requests::none;
  return verbosity == Verbosity::bodies ? ui::EventView::Requests::bodies : ui::EventView::Requests::lines;
}

}  // namespace

Views::Views(const Options& options, std::optional<ui::Detail> detail)
    : loudness_(options.output.verbosity == Verbosity::quiet ? Loudness::quiet : Loudness::normal),
      stays_(detail || options.change.is_dry_run() ? Stays::no : Stays::yes),
      shown_(make_shown(options.output)),
      human_(face_of_results(options.output),
             {.stream = result_lines(), .colour = colour_of(ui::Stream::err)},
             detail.value_or(options.output.detail), manner()) {
  add(progress_);
  add(human_);
  add(*shown_);
  if (events_ == nullptr && options.output.verbosity >= Verbosity::requests) {
    requests_.emplace(shown_->lines(), options.output.verbosity == Verbosity::bodies
                                           ? ui::RequestView::Bodies::yes
                                           : ui::RequestView::Bodies::no);
    add(*requests_);
  }
  if (options.output.document != nullptr) add(*options.output.document);
}

Views::~Views() { end(); }

std::unique_ptr<ui::ProgressView> Views::make_shown(const OutputOptions& output) {
  if (output.log == OutputOptions::Log::json) {
    auto view = std::make_unique<ui::EventView>(progress_, std::cerr, requests_of(output.verbosity),
                                                output.verbosity == Verbosity::quiet
                                                    ? ui::EventView::Says::failures
                                                    : ui::EventView::Says::everything);
    events_ = view.get();
    return view;
  }
  if (output.verbosity == Verbosity::quiet) return std::make_unique<ui::NoProgressView>(progress_);
  if (!wants_live_view(output))
    return std::make_unique<ui::PlainView>(progress_, std::cerr, &ui::PlainView::local_time);
  auto view = std::make_unique<ui::LiveView>(progress_, std::cerr, colour_of(ui::Stream::err), &ui::area_now);
  if (ui::is_terminal(ui::Stream::out)) {
    beside_live_view_.emplace([live = view.get()](std::string_view line) {
      live->rest();
      std::cout << line << std::endl;
    });
  }
  return view;
}

ui::HumanView::Face Views::face_of_results(const OutputOptions& output) {
  std::ostream& beside_document = output.document != nullptr ? nowhere_ : std::cout;
  return {.stream = output.document == nullptr && beside_live_view_ ? *beside_live_view_ : beside_document,
          .colour = colour_of(ui::Stream::out),
          .format = is_markdown(output) ? ui::HumanView::Format::markdown : ui::HumanView::Format::text};
}

ui::HumanView::Manner Views::manner() const {
  using Human = ui::HumanView;
  return {.purpose = stays_ == Stays::no ? Human::Purpose::look : Human::Purpose::write,
          .steps = shown_->shows_steps() ? Human::Steps::elsewhere : Human::Steps::headed,
          .says = loudness_ == Loudness::quiet ? Human::Says::failures : Human::Says::everything};
}

void Views::stopped() {
  if (stopped_) return;
  progress_.end();
  stopped_ = progress_.now();
}

void Views::end() {
  if (std::exchange(ended_, true)) return;
  stopped();
  // Whoever went on with something else meanwhile hears of it.
  constexpr std::chrono::seconds kWorthABell{10};
  if (stays_ == Stays::yes && shown_->shows_steps() && elapsed() >= kWorthABell) std::cerr << '\a';
  if (stays_ == Stays::yes) {
    shown_->end();
  } else {
    shown_->rest();
  }
}

std::ostream& Views::result_lines() {
  return loudness_ == Loudness::quiet && events_ == nullptr ? std::cerr : shown_->lines();
}

void Views::tell(const std::string& event, const nlohmann::json& fields) {
  if (events_ != nullptr) events_->tell(event, fields);
}

std::chrono::milliseconds Views::elapsed() const {
  return std::chrono::duration_cast<std::chrono::milliseconds>(stopped_.value_or(progress_.now()) - began_);
}

}  // namespace kots_export::cli
