#include <kots_export/migration/names.h>
#include <kots_export/ui/messages.h>
#include <kots_export/ui/plan_view.h>
#include <kots_export/util/text.h>

#include "ui/plan_edit.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <vector>

namespace kots_export::ui {

using change::Change;
using change::Verb;

namespace {

// A question is to stand on the screen with what it asks about.
constexpr std::size_t kMostNames = 30;
// So many equal patches of a kind have a line each.
constexpr std::size_t kMostEqual = 10;

using Changes = std::vector<const Change*>;

// "3 ConfigMap, 2 Secret"
std::string kinds_of(const Changes& changes) {
  std::map<std::string, std::size_t> counts;
  for (const Change* change : changes) ++counts[change->object.kind];
  std::string text;
  for (const auto& [kind, count] : counts)
    text += (text.empty() ? "" : ", ") + std::to_string(count) + " " + kind;
  return text;
}

// "ConfigMaps", "Ingresses", "NetworkPolicies"
std::string plural(const std::string& kind) {
  constexpr std::string_view kVowels = "aeiou";
  if (kind.empty() || kind == "Endpoints") return kind;
  if (kind.back() == 's') return kind + "es";
  const bool is_ies =
      kind.back() == 'y' && kind.size() > 1 && kVowels.find(kind[kind.size() - 2]) == std::string_view::npos;
  return is_ies ? kind.substr(0, kind.size() - 1) + "ies" : kind + "s";
}

// Deletes, creates, patches; of each by kind and name.
bool stands_before(const Change* a, const Change* b) {
  const auto rank = [](Verb verb) { return verb == Verb::remove ? 0 : verb == Verb::create ? 1 : 2; };
  const int left = rank(a->verb);
  const int right = rank(b->verb);
  if (std::tie(left, a->object.kind) != std::tie(right, b->object.kind))
    return std::tie(left, a->object.kind) < std::tie(right, b->object.kind);
  return util::natural_less(a->object.name, b->object.name);
}

Changes in_order(const change::Plan& plan) {
  Changes changes;
  changes.reserve(plan.changes.size());
  for (const Change& change : plan.changes) changes.push_back(&change);
  std::ranges::stable_sort(changes, stands_before);
  return changes;
}

// "! - delete Job a"; without "!", two blanks.
std::string line_of(const Change& change, Colour colour) {
  return (cannot_be_undone(change) ? paint(colour, "! ", kRed) : "  ") +
         paint(colour,
               std::string(mark(change.verb)) + " " + std::string(to_string(change.verb)) + " " +
                   util::printable(kube::describe(change.object)),
               colour_of(change.verb));
}

// "annotate: reason"
std::string reason_of(const Change& change) {
  return change.why.empty() ? change.step : change.step + ": " + change.why;
}

class Printer {
 public:
  Printer(std::ostream& out, Colour colour, Detail detail) : out_(out), colour_(colour), detail_(detail) {}

  void print(const change::Plan& plan) {
    const Changes changes = in_order(plan);
    const auto patches = std::ranges::find(changes, Verb::patch, &Change::verb);
    std::for_each(changes.begin(), patches, [this](const Change* change) { print_whole(*change); });
    for (auto kind = patches; kind != changes.end();) {
      const auto next = std::find_if(kind, changes.end(), [&](const Change* other) {
        return other->object.kind != (*kind)->object.kind;
      });
      print_patches(Changes(kind, next));
      kind = next;
    }
  }

 private:
  // Patches of one kind. Those that do the same for the same reason stand together, where the first of them
  // is.
  void print_patches(const Changes& changes) {
    using Group = std::pair<std::pair<std::string, std::vector<std::string>>, Changes>;
    std::vector<Group> groups;
    std::map<Group::first_type, std::size_t> known;
    for (const Change* change : changes) {
      Group::first_type same{reason_of(*change), edit_of(*change)};
      const auto [place, is_new] = known.try_emplace(same, groups.size());
      if (is_new) groups.emplace_back(std::move(same), Changes{});
      groups[place->second].second.push_back(change);
    }
    for (const auto& [same, members] : groups) print_group(same.second, members);
  }

  void print_group(const std::vector<std::string>& edit, const Changes& members) {
    const Change& first = *members.front();
    if (members.size() == 1) {
      print_line(first, reason_of(first));
      print_needs(first);
      print_lines(edit);
      return;
    }
    const std::string all = std::to_string(members.size()) + " " + plural(first.object.kind);
    if (members.size() > kMostEqual && detail_ == Detail::normal) {
      out_ << "  "
           << paint(colour_, std::string(mark(Verb::patch)) + " patch " + util::printable(all),
                    colour_of(Verb::patch))
           << ": " << edit_in_short(first) << reason(reason_of(first)) << '\n';
      return;
    }
    out_ << "  " << util::printable(all) << ", each:" << reason(reason_of(first)) << '\n';
    print_lines(edit);
    for (const Change* change : members) print_line(*change, "");
  }

  void print_whole(const Change& change) {
    print_line(change, reason_of(change));
    print_needs(change);
    if (change.verb == Verb::remove && detail_ != Detail::verbose) return;
    print_lines(content_of(change));
  }

  void print_line(const Change& change, const std::string& why) {
    out_ << line_of(change, colour_) << reason(why) << '\n';
  }

  [[nodiscard]] std::string reason(const std::string& why) const {
    return why.empty() ? "" : paint(colour_, "  (" + util::printable(why) + ")", kDim);
  }

  // What has its UID from an earlier Change of the plan.
  void print_needs(const Change& change) {
    for (const Change::Need& need : change.needs) {
      if (!need.at.empty())
        print_lines({"with the UID of " + kube::describe(need.created) + ", once it is created"});
    }
  }

  void print_lines(const std::vector<std::string>& lines) {
    for (const auto& line : lines) out_ << "      " << line << '\n';
  }

  std::ostream& out_;
  Colour colour_;
  Detail detail_;
};

}  // namespace

std::string_view mark(Verb verb) { return verb == Verb::create ? "+" : verb == Verb::patch ? "~" : "-"; }

std::string_view colour_of(Verb verb) {
  return verb == Verb::create ? kGreen : verb == Verb::patch ? kYellow : kRed;
}

bool cannot_be_undone(const Change& change) {
  return change.verb == Verb::create && change.object.kind == "Job" &&
         change.object.name == migration::names::kMigrator;
}

void print_summary(std::ostream& out, const change::Plan& plan, Colour colour) {
  std::map<Verb, std::size_t> counts;
  Changes patches;
  for (const Change* change : in_order(plan)) {
    if (change->verb == Verb::patch) {
      patches.push_back(change);
      continue;
    }
    // What cannot be undone is named however many there are.
    if (++counts[change->verb] <= kMostNames || cannot_be_undone(*change))
      out << line_of(*change, colour) << '\n';
  }
  for (const auto& [verb, count] : counts) {
    if (count > kMostNames)
      out << "  " << mark(verb) << " ... " << count << " to " << to_string(verb) << " in all\n";
  }
  if (!patches.empty())
    out << "  "
        << paint(colour, std::string(mark(Verb::patch)) + " patch " + kinds_of(patches),
                 colour_of(Verb::patch))
        << '\n';
  out << text_of(summarize(plan), Tense::planned) << '\n';
}

void print_plan(std::ostream& out, const change::Plan& plan, Colour colour, Detail detail) {
  Printer(out, colour, detail).print(plan);
  out.flush();
}

}  // namespace kots_export::ui
