#include <kots_export/ui/human_view.h>
#include <kots_export/ui/masking.h>
#include <kots_export/ui/messages.h>
#include <kots_export/util/text.h>

#include <map>

namespace kots_export::ui {

using nlohmann::json;

namespace {

constexpr std::string_view kRed = "31";
constexpr std::string_view kGreen = "32";
constexpr std::string_view kYellow = "33";
constexpr std::string_view kBold = "1";
constexpr std::string_view kDim = "2";

std::string show(const json& value) {
  return value.is_string() ? value.get<std::string>()
                           : value.dump(-1, ' ', false, json::error_handler_t::replace);
}

// The leaves of a merge patch: path, wanted value (null: removed).
void collect(const json& patch, const std::string& path, std::vector<std::pair<std::string, json>>& leaves) {
  if (patch.is_object() && !patch.empty()) {
    for (const auto& [key, value] : patch.items())
      collect(value, path.empty() ? key : path + "/" + key, leaves);
  } else {
    leaves.emplace_back(path, patch);
  }
}

std::string mark(change::Verb verb) {
  switch (verb) {
    case change::Verb::create:
      return "+";
    case change::Verb::patch:
      return "~";
    case change::Verb::remove:
      return "-";
  }
  return " ";
}

std::string_view colour_of(change::Verb verb) {
  switch (verb) {
    case change::Verb::create:
      return kGreen;
    case change::Verb::patch:
      return kYellow;
    case change::Verb::remove:
      return kRed;
  }
  return kDim;
}

}  // namespace

HumanView::HumanView(std::ostream& out, std::ostream& progress, Colour colour, Detail detail)
    : out_(out), progress_(progress), colour_(colour), detail_(detail) {}

std::string HumanView::paint(std::string_view text, std::string_view code) const {
  if (colour_ == Colour::no) return std::string(text);
  return "\x1b[" + std::string(code) + "m" + std::string(text) + "\x1b[0m";
}

void HumanView::step_started(std::string_view step) {
  if (step == "message") return;
  progress_ << paint("==> " + heading_of(step), kBold) << std::endl;
}

void HumanView::print_change(const change::Change& change) {
  out_ << paint(mark(change.verb) + " " + std::string(to_string(change.verb)) + " " +
                    kube::describe(change.object),
                colour_of(change.verb))
       << paint("  (" + change.step + ": " + change.why + ")", kDim) << '\n';
  if (change.verb != change::Verb::patch) return;
  std::vector<std::pair<std::string, json>> before;
  std::vector<std::pair<std::string, json>> after;
  collect(masked(change.before, change.object.kind), "", before);
  collect(masked(change.after, change.object.kind), "", after);
  const std::map<std::string, json> old(before.begin(), before.end());
  for (const auto& [path, value] : after) {
    const auto was = old.find(path);
    const bool absent = was == old.end() || was->second.is_null();
    out_ << "    " << path << ": " << (absent ? "(none)" : util::printable(show(was->second))) << " -> "
         << (value.is_null() ? "(removed)" : util::printable(show(value))) << '\n';
  }
}

void HumanView::planned(const change::Plan& plan, kube::DryRun dry_run) {
  const change::PlanSummary summary = summarize(plan);
  if (dry_run == kube::DryRun::none) {
    if (plan.empty() && summary.already_right > 0)
      progress_ << "nothing to do: " << text_of(summary, Tense::planned) << std::endl;
    if (plan.changes.size() > 1) progress_ << text_of(summary, Tense::planned) << std::endl;
    return;
  }
  for (const auto& change : plan.changes) print_change(change);
  out_.flush();
}

void HumanView::change_done(const change::Change& change, const change::ChangeOutcome& outcome) {
  using Status = change::ChangeOutcome::Status;
  if (outcome.status == Status::refused) {
    progress_ << paint("refused", kRed) << " " << to_string(change.verb) << " "
              << kube::describe(change.object) << ": " << outcome.error << std::endl;
    return;
  }
  if (detail_ == Detail::normal && change.verb == change::Verb::patch) return;
  progress_ << paint(mark(change.verb), colour_of(change.verb)) << " " << to_string(change.verb) << " "
            << kube::describe(change.object) << (outcome.status == Status::gone ? " (was gone already)" : "")
            << std::endl;
}

void HumanView::log_line(std::string_view source, std::string_view line) {
  progress_ << paint(std::string(source) + " | ", kDim) << util::printable(line) << std::endl;
}

void HumanView::notice(const change::Notice& notice) {
  const bool warning = notice.level == change::Notice::Level::warning;
  progress_ << (warning ? paint("warning:", kYellow) : "note:") << " " << util::printable(text_of(notice))
            << std::endl;
}

void HumanView::file_written(std::string_view what, const std::string& path) {
  progress_ << role_of(what) << ": " << path << std::endl;
}

}  // namespace kots_export::ui
