#include <kots_export/ui/human_view.h>
#include <kots_export/ui/messages.h>
#include <kots_export/util/text.h>

#include <algorithm>
#include <utility>

namespace kots_export::ui {

namespace {

// Of objects that are refused for one reason.
constexpr std::size_t kMostNames = 10;

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

std::string action_on(const change::Change& change) {
  return util::filled("{verb} {object}",
                      {{"verb", to_string(change.verb)}, {"object", kube::describe(change.object)}});
}

// The error without "cannot patch Job j: ".
std::string reason_of(const change::Change& change, const change::ChangeOutcome& outcome) {
  const std::string beginning = util::filled("cannot {action}: ", {{"action", action_on(change)}});
  return outcome.error.starts_with(beginning) ? outcome.error.substr(beginning.size()) : outcome.error;
}

// What two errors of one cause have in common.
std::string without_names_and_numbers(std::string text, const std::string& name) {
  for (auto at = text.find(name); !name.empty() && at != std::string::npos; at = text.find(name, at))
    text.erase(at, name.size());
  std::erase_if(text, [](char c) { return c >= '0' && c <= '9'; });
  return text;
}

std::string_view colour_of(change::CheckOutcome::Status status) {
  using Status = change::CheckOutcome::Status;
  switch (status) {
    case Status::ok:
      return kGreen;
    case Status::warning:
    case Status::to_do:
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
  step_ = step;
  if (step == "message" || steps_ == Steps::elsewhere || is_quiet()) return;
  const Tense tense = purpose_ == Purpose::look ? Tense::planned : Tense::done;
  progress_.stream << paint(progress_.colour, "==> " + heading_of(step, tense), kBold) << std::endl;
}

void HumanView::show(const Document& document) {
  if (out_.format == Format::markdown) return write_markdown(out_.stream, document);
  write_text(out_.stream, document, out_.colour);
}

void HumanView::show(const migration::MigrationPlan& plan, const PlanHeader& header) {
  show(document_of(plan, header, detail_));
  shown_ = Shown::yes;
}

void HumanView::show(const change::Plan& plan, const PlanHeader& header) {
  show(document_of(plan, header, detail_));
  shown_ = Shown::yes;
}

void HumanView::planned(const change::Plan& plan, kube::DryRun dry_run) {
  dry_run_ = dry_run;
  if (dry_run != kube::DryRun::none) {
    if (shown_ == Shown::yes) return;
    Document document;
    if (const auto header = std::exchange(header_, std::nullopt)) {
      document.title = "plan";
      document.blocks.emplace_back(fields_of(*header));
    }
    if (!plan.empty()) document.blocks.emplace_back(list_of(plan, detail_));
    return show(document);
  }
  if (is_quiet()) return;
  const change::PlanSummary summary = summarize(plan);
  // The step is named, so that nobody takes one of its plans for the whole run's.
  const auto tell = [&](const char* sentence) {
    const std::string text = util::filled(sentence, {{"changes", text_of(summary, Tense::planned)}});
    progress_.stream << (step_.empty() ? "" : step_ + ": ") << text << std::endl;
  };
  if (plan.empty() && summary.already_right > 0) tell("nothing to do: {changes}");
  if (plan.changes.size() > 1) tell("{changes}");
}

void HumanView::change_done(const change::Change& change, const change::ChangeOutcome& outcome) {
  using Status = change::ChangeOutcome::Status;
  // What was not sent because the run stopped is counted at its end.
  const bool was_left = outcome.status == Status::not_sent && outcome.error.empty();
  if (was_left && detail_ == Detail::normal) return;
  if (const std::string_view failed = failure_word(outcome.status); !failed.empty())
    return change_failed(failed, change, outcome);
  // The plan of a dry run has just been shown; of many patches a person wants the count.
  if (dry_run_ != kube::DryRun::none || is_quiet()) return;
  if (detail_ != Detail::verbose && change.verb == change::Verb::patch) return;
  const char* words = outcome.status == Status::gone ? "{action} (was gone already)" : "{action}";
  progress_.stream << paint(progress_.colour, mark(change.verb), colour_of(change.verb)) << " "
                   << util::printable(util::filled(words, {{"action", action_on(change)}})) << std::endl;
}

void HumanView::change_failed(std::string_view word, const change::Change& change,
                              const change::ChangeOutcome& outcome) {
  const std::string alone = action_on(change) + ": " + outcome.error;
  const std::string hint = outcome.hint.empty() ? "" : " (" + outcome.hint + ")";
  if (detail_ == Detail::verbose) return show_failure(std::string(word), alone + hint);
  const std::string why = outcome.forbidden.empty() ? reason_of(change, outcome) : outcome.forbidden;
  const std::string action =
      util::filled("{verb} {kind}", {{"verb", to_string(change.verb)}, {"kind", change.object.kind}});
  Failed& failed =
      failed_[{.word = std::string(word),
               .action = outcome.forbidden.empty() ? std::string() : action,
               .why = outcome.forbidden.empty() ? without_names_and_numbers(why, change.object.name)
                                                : outcome.forbidden}];
  if (outcome.forbidden.empty() && failed.first == Failed::First::held_back) {
    failed.first = Failed::First::told;
    failed.why = why;
    return show_failure(std::string(word), alone + hint);
  }
  if (failed.objects.empty() && failed.first == Failed::First::held_back) {
    failed.alone = alone;
    failed.why = why;
    failed.hint = outcome.hint;
  }
  failed.objects.push_back({.action = action, .name = change.object.name});
}

void HumanView::show_failure(const std::string& word, const std::string& text) {
  const Document document{.title = {},
                          .blocks = {Paragraph{{{word, Style::removed}, {" "}, {text, Style::name}}}}};
  if (dry_run_ != kube::DryRun::none) return show(document);
  write_text(progress_.stream, document, progress_.colour);
}

void HumanView::plan_done() {
  for (auto& [alike, failed] : std::exchange(failed_, {})) {
    const auto& objects = failed.objects;
    if (objects.empty()) continue;
    const std::string hint = failed.hint.empty() ? "" : " (" + failed.hint + ")";
    const bool was_told = failed.first == Failed::First::told;
    if (objects.size() == 1 && !was_told) {
      show_failure(alike.word, failed.alone + hint);
      continue;
    }
    const std::string& action = objects.front().action;
    const bool is_one_action =
        std::ranges::all_of(objects, [&](const Failed::Object& object) { return object.action == action; });
    std::vector<std::string> names;
    for (const Failed::Object& object : objects)
      names.push_back(is_one_action ? object.name : object.action + " " + object.name);
    std::ranges::sort(names, util::natural_less);
    const std::size_t most = detail_ == Detail::normal ? kMostNames : names.size();
    show_failure(alike.word,
                 util::filled(is_one_action ? "{action}, {objects} ({names}): {why}{hint}"
                                            : "{objects} ({names}): {why}{hint}",
                              {{"action", action},
                               {"objects", util::counted(names.size(), was_told ? "more object" : "object")},
                               {"names", util::listed(names, most)},
                               {"why", failed.why},
                               {"hint", hint}}));
  }
}

void HumanView::check_done(const change::CheckOutcome& check) {
  using Status = change::CheckOutcome::Status;
  const bool is_fine = check.status == Status::ok || check.status == Status::skipped;
  if (is_fine && detail_ != Detail::verbose) return;
  const Face& face = purpose_ == Purpose::look ? out_ : progress_;
  if (&face == &progress_ && is_quiet() && check.status != Status::failed) return;
  if (face.format == Format::markdown) return show_check(check);
  constexpr std::size_t kWord = 8;
  std::string word(to_string(check.status));
  word.resize(kWord, ' ');
  face.stream << paint(face.colour, word, colour_of(check.status)) << " " << check.id << ": "
              << util::printable(check.detail) << '\n';
  if (!check.remedy.empty()) face.stream << "         -> " << util::printable(check.remedy) << '\n';
  face.stream << std::flush;
}

// An item of a list that grows by one with each check.
void HumanView::show_check(const change::CheckOutcome& check) {
  const bool is_first = std::exchange(check_title_, Title::done) == Title::open;
  Item item{.text = {{std::string(to_string(check.status)), Style::strong},
                     {" "},
                     {std::string(check.id), Style::name},
                     {": "},
                     {check.detail, Style::name}},
            .note = check.remedy};
  show(Document{.title = is_first ? "checks" : "", .blocks = {List{{std::move(item)}}}});
}

void HumanView::log_line(std::string_view source, std::string_view line) {
  if (is_quiet()) return;
  progress_.stream << paint(progress_.colour, std::string(source) + " | ", kDim) << util::printable(line)
                   << std::endl;
}

void HumanView::notice(const change::Notice& notice) {
  if (is_quiet()) return;
  const bool warning = notice.level == change::Notice::Level::warning;
  progress_.stream << (warning ? paint(progress_.colour, "warning:", kYellow) : "note:") << " "
                   << util::printable(text_of(notice)) << std::endl;
}

void HumanView::file_written(std::string_view what, const std::string& path) {
  if (is_quiet()) return;
  progress_.stream << role_of(what) << ": " << path << std::endl;
}

}  // namespace kots_export::ui
