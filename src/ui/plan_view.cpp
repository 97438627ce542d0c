#include <kots_export/migration/effects.h>
#include <kots_export/ui/filled_line.h>
#include <kots_export/ui/plan_view.h>
#include <kots_export/util/text.h>

#include "ui/plan_edit.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <span>
#include <utility>
#include <vector>

namespace kots_export::ui {

using change::Change;
using change::Verb;

namespace {

// "ConfigMaps", "Ingresses", "NetworkPolicies"
std::string plural(const std::string& kind) {
  constexpr std::string_view kVowels = "aeiou";
  if (kind.empty() || kind == "Endpoints") return kind;
  if (kind.back() == 's') return kind + "es";
  const bool is_ies =
      kind.back() == 'y' && kind.size() > 1 && kVowels.find(kind[kind.size() - 2]) == std::string_view::npos;
  return is_ies ? kind.substr(0, kind.size() - 1) + "ies" : kind + "s";
}

// "3 ConfigMaps, 1 Secret"
std::string counted(const std::map<std::string, std::size_t>& kinds) {
  std::string text;
  for (const auto& [kind, count] : kinds)
    text += (text.empty() ? "" : ", ") + std::to_string(count) + " " + (count == 1 ? kind : plural(kind));
  return text;
}

// A Change that has a line, and whether it is for its object's end too: of what the plan creates and deletes
// again, the delete has none of its own.
struct Entry {
  const Change* change;
  enum class Stays { yes, no } stays = Stays::yes;
  enum class Undo { possible, impossible } undo = Undo::possible;
};
using Entries = std::vector<Entry>;

// Deletes, creates, patches; of each by kind and name.
bool stands_before(const Entry& left, const Entry& right) {
  const auto rank = [](Verb verb) { return verb == Verb::remove ? 0 : verb == Verb::create ? 1 : 2; };
  const Change& a = *left.change;
  const Change& b = *right.change;
  const auto key = [&](const Change& change) {
    return std::pair(rank(change.verb), std::string_view(change.object.kind));
  };
  if (key(a) != key(b)) return key(a) < key(b);
  return util::natural_less(a.object.name, b.object.name);
}

Entries in_order(const change::Plan& plan) {
  const auto transient = change::created_and_deleted(plan);
  const migration::Irreversible irreversible(plan);
  Entries entries;
  entries.reserve(plan.changes.size());
  for (const Change& change : plan.changes) {
    const bool is_transient = transient.contains(kube::key_of(change.object));
    if (is_transient && change.verb == Verb::remove && change::is_about_created(change)) continue;
    const bool has_end = is_transient && change.verb == Verb::create;
    entries.push_back({.change = &change,
                       .stays = has_end ? Entry::Stays::no : Entry::Stays::yes,
                       .undo = irreversible.has(change) ? Entry::Undo::impossible : Entry::Undo::possible});
  }
  std::ranges::stable_sort(entries, stands_before);
  return entries;
}

Style style_of(Verb verb) {
  return verb == Verb::create ? Style::added : verb == Verb::patch ? Style::changed : Style::removed;
}

// "annotate: reason"
std::string reason_of(const Change& change) {
  return change.why.empty() ? change.step : change.step + ": " + change.why;
}

Item item_of(const Entry& entry, std::string note) {
  using Weight = Item::Weight;
  const Change& change = *entry.change;
  const char* words =
      entry.stays == Entry::Stays::no ? "+- create and delete {object}" : "{mark} {verb} {object}";
  const std::string what = util::filled(words, {{"mark", mark(change.verb)},
                                                {"verb", to_string(change.verb)},
                                                {"object", kube::describe(change.object)}});
  return {.weight = entry.undo == Entry::Undo::impossible ? Weight::grave : Weight::normal,
          .text = {{what, style_of(change.verb)}},
          .note = std::move(note)};
}

// What has its UID from an earlier Change of the plan.
std::vector<std::string> needs_of(const Change& change) {
  std::vector<std::string> lines;
  for (const Change::Need& need : change.needs) {
    if (!need.at.empty())
      lines.push_back(util::filled("with the UID of {object}, once it is created",
                                   {{"object", kube::describe(need.created)}}));
  }
  return lines;
}

void append(std::vector<std::string>& lines, std::vector<std::string> more) {
  std::ranges::move(more, std::back_inserter(lines));
}

// A create or a delete.
Item whole(const Entry& entry, Detail detail) {
  const Change& change = *entry.change;
  Item item = item_of(entry, reason_of(change));
  item.detail = needs_of(change);
  if (change.verb == Verb::create || detail == Detail::verbose) append(item.detail, content_of(change));
  return item;
}

// `objects`: "3 ConfigMaps".
std::string patch_of(const std::string& objects) {
  return util::filled("{mark} patch {objects}", {{"mark", mark(Verb::patch)}, {"objects", objects}});
}

// Patches of a kind that do the same for the same reason.
Item group(std::vector<std::string> edit, std::span<const Entry> members, Detail detail) {
  constexpr std::size_t kMostEqual = 10;  // so many have a line each
  const Change& first = *members.front().change;
  if (members.size() == 1) {
    Item item = item_of(members.front(), reason_of(first));
    item.detail = needs_of(first);
    append(item.detail, std::move(edit));
    return item;
  }
  const std::string all =
      util::filled("{count} {kinds}", {{"count", members.size()}, {"kinds", plural(first.object.kind)}});
  if (members.size() > kMostEqual && detail == Detail::normal) {
    return {.text = {{patch_of(all), Style::changed}, {": "}, {edit_in_short(first), Style::name}},
            .note = reason_of(first)};
  }
  Item item{.text = filled_line("{objects}, each:", {{"objects", {all, Style::name}}}),
            .note = reason_of(first),
            .detail = std::move(edit)};
  for (const Entry& member : members) item.items.push_back(item_of(member, {}));
  return item;
}

// Patches of one kind. Those that do the same for the same reason stand together, where the first of them is.
void add_patches(std::span<const Entry> patches, Detail detail, List& list) {
  using Group = std::pair<std::pair<std::string, std::vector<std::string>>, Entries>;
  std::vector<Group> groups;
  std::map<Group::first_type, std::size_t> known;
  for (const Entry& entry : patches) {
    Group::first_type same{reason_of(*entry.change), edit_of(*entry.change)};
    const auto [place, is_new] = known.try_emplace(same, groups.size());
    if (is_new) groups.emplace_back(std::move(same), Entries{});
    groups[place->second].second.push_back(entry);
  }
  for (auto& [same, members] : groups) list.items.push_back(group(std::move(same.second), members, detail));
}

}  // namespace

std::string_view mark(Verb verb) { return verb == Verb::create ? "+" : verb == Verb::patch ? "~" : "-"; }

std::string_view colour_of(Verb verb) {
  return verb == Verb::create ? kGreen : verb == Verb::patch ? kYellow : kRed;
}

List list_of(const change::Plan& plan, Detail detail) {
  const Entries entries = in_order(plan);
  const auto is_patch = [](const Entry& entry) { return entry.change->verb == Verb::patch; };
  const auto patches = std::ranges::find_if(entries, is_patch);
  List list;
  std::for_each(entries.begin(), patches,
                [&](const Entry& entry) { list.items.push_back(whole(entry, detail)); });
  for (auto kind = patches; kind != entries.end();) {
    const auto next = std::find_if(kind, entries.end(), [&](const Entry& other) {
      return other.change->object.kind != kind->change->object.kind;
    });
    add_patches({kind, next}, detail, list);
    kind = next;
  }
  return list;
}

List short_list_of(const change::Plan& plan) {
  constexpr std::size_t kMostNames = 30;  // a question is to stand on the screen with what it asks about
  std::map<Verb, std::size_t> counts;
  std::map<std::string, std::size_t> patches;  // by kind
  List list;
  for (const Entry& entry : in_order(plan)) {
    const Change& change = *entry.change;
    if (change.verb == Verb::patch) {
      ++patches[change.object.kind];
      continue;
    }
    // What cannot be undone is named however many there are.
    if (++counts[change.verb] <= kMostNames || entry.undo == Entry::Undo::impossible)
      list.items.push_back(item_of(entry, {}));
  }
  for (const auto& [verb, count] : counts) {
    if (count > kMostNames)
      list.items.push_back(
          {.text = {{util::filled("{mark} ... {count} to {verb} in all",
                                  {{"mark", mark(verb)}, {"count", count}, {"verb", to_string(verb)}})}}});
  }
  if (!patches.empty()) {
    list.items.push_back({.text = {{patch_of(counted(patches)), Style::changed}}});
  }
  return list;
}

}  // namespace kots_export::ui
