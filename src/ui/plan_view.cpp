#include <kots_export/migration/names.h>
#include <kots_export/ui/masking.h>
#include <kots_export/ui/messages.h>
#include <kots_export/ui/plan_view.h>
#include <kots_export/util/text.h>

#include "ui/release_edit.h"

#include <algorithm>
#include <map>
#include <vector>

namespace kots_export::ui {

using change::Change;
using change::Verb;
using nlohmann::json;

namespace {

// Values that are longer are cut: a terminal's line is to stay readable.
constexpr std::size_t kLongestValue = 120;
// And a question is to stand on the screen with what it asks about.
constexpr std::size_t kMostNames = 30;

// Path and value of everything in an object that is not an object or array itself.
using Leaves = std::vector<std::pair<std::string, json>>;

std::string below(const std::string& path, const std::string& key) {
  if (path == "metadata.labels") return "label " + key;
  if (path == "metadata.annotations") return "annotation " + key;
  if (key.find('.') != std::string::npos) return path + "[" + key + "]";
  return path.empty() ? key : path + "." + key;
}

void collect(const json& node, const std::string& path, Leaves& leaves) {
  if (node.is_object() && !node.empty()) {
    for (const auto& [key, value] : node.items()) collect(value, below(path, key), leaves);
  } else if (node.is_array() && !node.empty() && node.front().is_structured()) {
    for (std::size_t i = 0; i < node.size(); ++i)
      collect(node[i], path + "[" + std::to_string(i) + "]", leaves);
  } else {
    leaves.emplace_back(path, node);
  }
}

Leaves leaves_of(const json& image, const std::string& kind) {
  Leaves leaves;
  collect(masked(image, kind), "", leaves);
  return leaves;
}

std::string show(const json& value) {
  const bool plain = value.is_string() && value.get_ref<const std::string&>().find('\n') == std::string::npos;
  std::string text = util::printable(plain ? value.get<std::string>()
                                           : value.dump(-1, ' ', false, json::error_handler_t::replace));
  if (text.size() <= kLongestValue) return text;
  std::size_t end = kLongestValue;
  while ((static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;  // never inside a character
  return text.substr(0, end) + "...";
}

// What a patch does to its object, a line for each key; of a release's record, the lines of the manifest.
std::vector<std::string> edit_of(const Change& change) {
  const Leaves before = leaves_of(change.before, change.object.kind);
  const std::map<std::string, json> old(before.begin(), before.end());
  const auto manifest = release_edit(change);
  std::vector<std::string> lines;
  for (const auto& [path, value] : leaves_of(change.after, change.object.kind)) {
    if (manifest && path == "data.release") {
      for (const std::string& line : *manifest) lines.push_back(util::printable(line));
      continue;
    }
    const auto was = old.find(path);
    const bool absent = was == old.end() || was->second.is_null();
    lines.push_back(path + ": " + (absent ? "(none)" : show(was->second)) + " -> " +
                    (value.is_null() ? "(removed)" : show(value)));
  }
  return lines;
}

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

class Printer {
 public:
  Printer(std::ostream& out, Colour colour, Detail detail) : out_(out), colour_(colour), detail_(detail) {}

  void print_step(const std::string& step, const Changes& changes) {
    out_ << paint(colour_, step, kBold) << paint(colour_, ": " + std::to_string(changes.size()), kDim)
         << '\n';
    print_patches(changes);
    for (const Verb verb : {Verb::create, Verb::remove}) {
      for (const Change* change : changes) {
        if (change->verb == verb) print_whole(*change);
      }
    }
  }

 private:
  // Patches that do the same stand together, in the order of the first of each.
  void print_patches(const Changes& changes) {
    std::vector<std::pair<std::vector<std::string>, Changes>> groups;
    for (const Change* change : changes) {
      if (change->verb != Verb::patch) continue;
      std::vector<std::string> edit = edit_of(*change);
      auto group = std::ranges::find(groups, edit, &std::pair<std::vector<std::string>, Changes>::first);
      if (group == groups.end()) group = groups.insert(groups.end(), {std::move(edit), {}});
      group->second.push_back(change);
    }
    for (const auto& [edit, members] : groups) {
      if (members.size() == 1) {
        print_line(*members.front(), members.front()->why);
        print_needs(*members.front());
        print_lines(edit);
        continue;
      }
      out_ << "  " << members.size() << " objects (" << kinds_of(members)
           << "), each:" << paint(colour_, "  (" + members.front()->why + ")", kDim) << '\n';
      print_lines(edit);
      for (const Change* change : members) print_line(*change, "");
    }
  }

  void print_whole(const Change& change) {
    print_line(change, change.why);
    print_needs(change);
    const bool deletes = change.verb == Verb::remove;
    if (deletes && detail_ == Detail::normal) return;
    for (const auto& [path, value] : leaves_of(deletes ? change.before : change.after, change.object.kind))
      print_lines({path + ": " + show(value)});
  }

  void print_line(const Change& change, const std::string& why) {
    out_ << "  "
         << paint(colour_,
                  std::string(mark(change.verb)) + " " + std::string(to_string(change.verb)) + " " +
                      util::printable(kube::describe(change.object)),
                  colour_of(change.verb))
         << (why.empty() ? "" : paint(colour_, "  (" + why + ")", kDim)) << '\n';
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
  for (const Verb verb : {Verb::remove, Verb::create}) {
    std::size_t count = 0;
    for (const Change& change : plan.changes) {
      // What cannot be undone is named however many there are.
      if (change.verb != verb || (++count > kMostNames && !cannot_be_undone(change))) continue;
      out << (cannot_be_undone(change) ? paint(colour, "! ", kRed) : "  ")
          << paint(colour,
                   std::string(mark(verb)) + " " + std::string(to_string(verb)) + " " +
                       util::printable(kube::describe(change.object)),
                   colour_of(verb))
          << '\n';
    }
    if (count > kMostNames)
      out << "  " << mark(verb) << " ... " << count << " to " << to_string(verb) << " in all\n";
  }
  Changes patches;
  for (const Change& change : plan.changes) {
    if (change.verb == Verb::patch) patches.push_back(&change);
  }
  if (!patches.empty())
    out << "  "
        << paint(colour, std::string(mark(Verb::patch)) + " patch " + kinds_of(patches),
                 colour_of(Verb::patch))
        << '\n';
  out << text_of(summarize(plan), Tense::planned) << '\n';
}

void print_plan(std::ostream& out, const change::Plan& plan, Colour colour, Detail detail) {
  std::vector<std::pair<std::string, Changes>> steps;
  for (const Change& change : plan.changes) {
    auto step = std::ranges::find(steps, change.step, &std::pair<std::string, Changes>::first);
    if (step == steps.end()) step = steps.insert(steps.end(), {change.step, {}});
    step->second.push_back(&change);
  }
  Printer printer(out, colour, detail);
  for (const auto& [step, changes] : steps) printer.print_step(step, changes);
  out.flush();
}

}  // namespace kots_export::ui
