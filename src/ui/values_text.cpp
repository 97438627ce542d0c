#include <kots_export/ui/colour.h>
#include <kots_export/ui/values_text.h>
#include <kots_export/util/text.h>
#include <kots_export/values/json.h>
#include <kots_export/values/yaml.h>

#include <algorithm>
#include <vector>

namespace kots_export::ui {

using nlohmann::json;

namespace {

std::string_view colour_of(values::Level level) {
  return level == values::Level::error ? kRed : level == values::Level::warning ? kYellow : kCyan;
}

// One side of a difference, each line behind the mark.
std::string side(char mark, const std::string& path, const values::Value& value, std::string_view code,
                 Colour colour) {
  const bool is_block = (value.is_map() && !value.as_map().empty()) ||
                        (value.is_list() && !value.as_list().empty()) ||
                        (value.is_string() && value.as_string().find('\n') != std::string::npos);
  std::string shown;
  if (is_block) {
    values::Map map;
    map.set("_", value);
    shown = values::to_yaml(map).substr(1);  // ":", and what stands below it
  } else {
    shown = ": " + values::to_json(value) + "\n";
  }
  const std::string text = util::printable((path.empty() ? "(all)" : path) + shown);
  std::string out;
  for (std::size_t start = 0; start < text.size();) {
    const std::size_t end = text.find('\n', start);
    out += paint(colour, std::string(1, mark) + " " + text.substr(start, end - start), code) + "\n";
    start = end + 1;
  }
  return out;
}

// "1,204".
std::string with_commas(std::size_t number) {
  constexpr std::size_t kGroup = 3;
  std::string text = std::to_string(number);
  for (std::size_t at = text.size(); at > kGroup;) text.insert(at -= kGroup, 1, ',');
  return text;
}

std::string count_of(const values::TextChange& change) {
  const auto removed = static_cast<std::size_t>(
      std::ranges::count(change.lines, values::LineChange::Side::before, &values::LineChange::side));
  const std::size_t lines = std::max(removed, change.lines.size() - removed);
  const char* words = change.is_rough ? "up to {count} lines differ, length {before} to {after}"
                      : lines == 1    ? "1 line differs, length {before} to {after}"
                                      : "{count} lines differ, length {before} to {after}";
  return util::filled(words, {{"count", with_commas(lines)},
                              {"before", with_commas(change.bytes_before)},
                              {"after", with_commas(change.bytes_after)}});
}

// The lines that differ, each with its number.
std::string lines_of(const values::TextChange& change, Colour colour) {
  std::string text;
  for (const values::LineChange& line : change.lines) {
    const bool is_removed = line.side == values::LineChange::Side::before;
    const char* words = line.is_cut ? "{mark}   line {line}: {text} (no line break at the end)"
                                    : "{mark}   line {line}: {text}";
    const std::string shown = util::filled(
        words, {{"mark", is_removed ? "-" : "+"}, {"line", line.line}, {"text", util::printable(line.text)}});
    text += paint(colour, shown, is_removed ? kRed : kGreen) + "\n";
  }
  return text;
}

json to_document(const std::optional<values::Value>& value) {
  return value ? json::parse(values::to_json(*value)) : json();
}

}  // namespace

std::string text_of(std::span<const values::Finding> findings, const std::string& file, Colour colour) {
  std::vector<values::Finding> grouped(findings.begin(), findings.end());
  std::ranges::stable_sort(grouped, {}, &values::Finding::level);
  std::string text;
  for (const values::Finding& finding : grouped) {
    text += util::printable(file) + ":" + std::to_string(finding.line) + ": ";
    text += paint(colour, std::string(values::name_of(finding.level)) + ":", colour_of(finding.level)) + " ";
    if (!finding.path.empty()) text += util::printable(finding.path) + ": ";
    text += util::printable(finding.text) + " [" + finding.rule + "]\n";
  }
  return text;
}

std::string count_of(std::span<const values::Finding> findings) {
  const auto count = [&](values::Level level, std::string_view word) {
    const auto number = std::ranges::count(findings, level, &values::Finding::level);
    return util::counted(static_cast<std::size_t>(number), word);
  };
  return count(values::Level::error, "error") + ", " + count(values::Level::warning, "warning") + ", " +
         count(values::Level::note, "note");
}

json json_of(std::span<const values::Finding> findings, const std::string& file, values::Target target) {
  json list = json::array();
  for (const values::Finding& finding : findings) {
    list.push_back({{"level", values::name_of(finding.level)},
                    {"path", finding.path},
                    {"line", finding.line},
                    {"rule", finding.rule},
                    {"text", finding.text}});
  }
  const auto count = [&](values::Level level) {
    return std::ranges::count(findings, level, &values::Finding::level);
  };
  return {{"file", file},
          {"target", values::name_of(target)},
          {"errors", count(values::Level::error)},
          {"warnings", count(values::Level::warning)},
          {"notes", count(values::Level::note)},
          {"findings", std::move(list)}};
}

std::string text_of(std::span<const values::Difference> differences, Colour colour) {
  std::string text;
  for (const values::Difference& difference : differences) {
    const bool hidden = difference.before && difference.after && *difference.before == *difference.after;
    const std::string path = "~ " + util::printable(difference.path);
    if (hidden) {  // two secrets
      const std::string how = difference.text ? count_of(*difference.text) : "another one";
      text += paint(colour, path + ": *** (" + how + ")", kYellow) + "\n";
      continue;
    }
    if (difference.text) {
      text += paint(colour, path + ": " + count_of(*difference.text), kYellow) + "\n" +
              lines_of(*difference.text, colour);
      continue;
    }
    if (difference.before) text += side('-', difference.path, *difference.before, kRed, colour);
    if (difference.after) text += side('+', difference.path, *difference.after, kGreen, colour);
  }
  return text;
}

json json_of(std::span<const values::Difference> differences) {
  json list = json::array();
  for (const values::Difference& difference : differences) {
    const char* change = !difference.before ? "added" : !difference.after ? "removed" : "changed";
    json entry = {{"path", difference.path}, {"change", change}};
    if (difference.before) entry["before"] = to_document(difference.before);
    if (difference.after) entry["after"] = to_document(difference.after);
    list.push_back(std::move(entry));
  }
  return list;
}

std::string text_of(std::span<const values::RuleApplied> applied) {
  std::string text;
  std::string_view heading;
  for (const values::RuleApplied& change : applied) {
    if (change.rule != heading) {
      heading = change.rule;
      const auto rule = std::ranges::find(values::rules(), change.rule, &values::Rule::id);
      text += util::filled("{rule}: {what}\n  why: {why}\n",
                           {{"rule", change.rule}, {"what", rule->what}, {"why", rule->why}});
    }
    const bool is_set = change.action == values::RuleApplied::Action::set;
    text += std::string(is_set ? "  set      " : "  removed  ") + util::printable(change.path) + "\n";
  }
  return text.empty() ? "nothing to change: these are values of 4.x already\n" : text;
}

}  // namespace kots_export::ui
