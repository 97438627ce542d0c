#include <kots_export/ui/human_view.h>
#include <kots_export/ui/messages.h>
#include <kots_export/util/text.h>

#include <utility>

namespace kots_export::ui {

namespace {

// What is said of a Change that is not as it should be; empty of all others.
std::string_view failure_word(change::ChangeOutcome::Status status) {
  using Status = change::ChangeOutcome::Status;
  switch (status) {
    case Status::done:
    case Status::gone:
      return "";
    case Status::refused:
      return "refused";
    case Status::unknown:
      return "unknown";
    case Status::not_sent:
      return "not sent";
    case Status::not_tried:
      return "not tried";
  }
  return "";
}

std::string_view colour_of(change::CheckOutcome::Status status) {
  using Status = change::CheckOutcome::Status;
  switch (status) {
    case Status::ok:
      return kGreen;
    case Status::warning:
      return kYellow;
    case Status::failed:
      return kRed;
    case Status::note:
    case Status::skipped:
      break;
  }
  return kDim;
}

}  // namespace

void HumanView::step_started(std::string_view step) {
  if (step == "message") return;
  progress_.stream << paint(progress_.colour, "==> " + heading_of(step), kBold) << std::endl;
}

void HumanView::print_head() {
  if (header_) print_header(out_.stream, *std::exchange(header_, std::nullopt));
}

void HumanView::show(const migration::MigrationPlan& plan) {
  print_head();
  print_plan(out_.stream, plan, out_.colour, detail_);
  shown_ = Shown::yes;
}

void HumanView::planned(const change::Plan& plan, kube::DryRun dry_run) {
  dry_run_ = dry_run;
  if (dry_run != kube::DryRun::none) {
    if (shown_ == Shown::yes) return;
    print_head();
    return print_plan(out_.stream, plan, out_.colour, detail_);
  }
  const change::PlanSummary summary = summarize(plan);
  if (plan.empty() && summary.already_right > 0)
    progress_.stream << "nothing to do: " << text_of(summary, Tense::planned) << std::endl;
  if (plan.changes.size() > 1) progress_.stream << text_of(summary, Tense::planned) << std::endl;
}

void HumanView::change_done(const change::Change& change, const change::ChangeOutcome& outcome) {
  using Status = change::ChangeOutcome::Status;
  // What was not sent because the run stopped is counted at its end.
  const bool was_left = outcome.status == Status::not_sent && outcome.error.empty();
  if (was_left && detail_ == Detail::normal) return;
  const Face& face = dry_run_ == kube::DryRun::none ? progress_ : out_;
  const std::string what = std::string(to_string(change.verb)) + " " + kube::describe(change.object);
  if (const std::string_view failed = failure_word(outcome.status); !failed.empty()) {
    face.stream << paint(face.colour, failed, kRed) << " " << util::printable(what + ": " + outcome.error)
                << std::endl;
    return;
  }
  // The plan of a dry run has just been shown; of many patches a person wants the count.
  if (dry_run_ != kube::DryRun::none) return;
  if (detail_ != Detail::verbose && change.verb == change::Verb::patch) return;
  face.stream << paint(face.colour, mark(change.verb), colour_of(change.verb)) << " " << util::printable(what)
              << (outcome.status == Status::gone ? " (was gone already)" : "") << std::endl;
}

void HumanView::check_done(const change::CheckOutcome& check) {
  using Status = change::CheckOutcome::Status;
  const bool is_fine = check.status == Status::ok || check.status == Status::skipped;
  if (is_fine && detail_ != Detail::verbose) return;
  const Face& face = purpose_ == Purpose::look ? out_ : progress_;
  constexpr std::size_t kWord = 8;
  std::string word(to_string(check.status));
  word.resize(kWord, ' ');
  face.stream << paint(face.colour, word, colour_of(check.status)) << " " << check.id << ": "
              << util::printable(check.detail) << '\n';
  if (!check.remedy.empty()) face.stream << "         -> " << util::printable(check.remedy) << '\n';
  face.stream << std::flush;
}

void HumanView::log_line(std::string_view source, std::string_view line) {
  progress_.stream << paint(progress_.colour, std::string(source) + " | ", kDim) << util::printable(line)
                   << std::endl;
}

void HumanView::notice(const change::Notice& notice) {
  const bool warning = notice.level == change::Notice::Level::warning;
  progress_.stream << (warning ? paint(progress_.colour, "warning:", kYellow) : "note:") << " "
                   << util::printable(text_of(notice)) << std::endl;
}

void HumanView::file_written(std::string_view what, const std::string& path) {
  progress_.stream << role_of(what) << ": " << path << std::endl;
}

}  // namespace kots_export::ui
