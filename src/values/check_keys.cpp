// Every key against the chart's.
#include <kots_export/util/base64.h>
#include <kots_export/util/text.h>

#include "values/check_context.h"
#include "values/schema_4x.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace kots_export::values {

namespace {

// Maps that are handed on to charts of other people, which take far more than CircleCI's reference lists.
constexpr std::array<std::string_view, 6> kSubcharts = {"mongodb",  "postgresql", "prometheus",
                                                        "rabbitmq", "redis",      "telegraf"};

// Of a later chart nothing is known.
constexpr std::string_view kNotInTables =
    "is not in the tables, which end at 4.1: look it up in the reference of your chart";

struct Leftover {
  Path path;
  std::string_view text;
};

const std::vector<Leftover>& leftovers() {
  static const std::vector<Leftover> all = {
      {{"published"}, "belongs to KOTS"},
      {{"domainName"}, "is read from global.domainName"},
      {{"license"}, "is read from global.license"},
      {{"minio"}, "belongs to the object store of 3.x"},
      {{"kong", "annotations"}, "is read from nginx.annotations"},
      {{"postgresql", "postgresqlPassword"}, "is read from postgresql.auth"},
      {{"postgresql", "postgresqlUsername"}, "is read from postgresql.auth"},
      {{"nomad", "server", "rpc", "advertise"}, "is not needed: Nomad's clients ask for the domain"},
  };
  return all;
}

// Not in the chart, but known: leftovers, and what the rule nginx-acm copies and leaves.
bool is_of_3x(const Path& path) {
  return path == Path{"kong", "aws_acm"} ||
         std::ranges::any_of(leftovers(), [&](const Leftover& leftover) { return leftover.path == path; });
}

bool is_of_subchart(const Path& path) {
  return path.size() > 1 && std::ranges::find(kSubcharts, path.front()) != kSubcharts.end();
}

// The chart's own defaults, an organisation that is none as the reference's examples write it, and what a
// datastore's Secret holds: where there is no Secret, it is missed in any case.
bool is_documented_null(const Path& path) {
  static const std::array<Path, 12> kNulls = {{{"global", "container", "org"},
                                               {"github", "fingerprint"},
                                               {"proxy", "http", "auth", "password"},
                                               {"proxy", "http", "auth", "username"},
                                               {"proxy", "https", "auth", "password"},
                                               {"proxy", "https", "auth", "username"},
                                               {"postgresql", "auth", "postgresPassword"},
                                               {"postgresql", "auth", "password"},
                                               {"mongodb", "auth", "password"},
                                               {"mongodb", "auth", "rootPassword"},
                                               {"rabbitmq", "auth", "password"},
                                               {"rabbitmq", "auth", "erlangCookie"}}};
  return std::ranges::find(kNulls, path) != kNulls.end();
}

// One key of the document that the chart may know.
struct Visit {
  const Path& path;
  const Value& value;
  const SchemaNode& parent;
  const SchemaNode* node;  // nullptr: not known
};

template <typename Visitor>
void walk(const Value& value, const SchemaNode& node, Path& path, const Visitor& visit) {
  if (!value.is_map()) return;
  for (const auto& [key, child] : value.as_map()) {
    path.push_back(key);
    const auto known = node.children.find(key);
    const SchemaNode* child_node = known == node.children.end() ? nullptr : &known->second;
    visit(Visit{.path = path, .value = child, .parent = node, .node = child_node});
    if (child_node != nullptr && child_node->type != SchemaType::open) walk(child, *child_node, path, visit);
    path.pop_back();
  }
}

template <typename Visitor>
void for_each_key(const CheckContext& context, const Visitor& visit) {
  Path path;
  walk(context.document().root, schema_4x(), path, visit);
}

bool is_digits(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

bool is_digits_as_text(const Value& value, SchemaType type) {
  return type == SchemaType::integer && value.is_string() && is_digits(value.as_string());
}

// By its value, as Helm hands it on: 30.0 and 1e1 are 30 and 10 to the chart.
bool is_whole(const Number& number) {
  double value = 0;
  const char* const end = number.text.data() + number.text.size();
  const auto [behind, error] = std::from_chars(number.text.data(), end, value);
  return number.is_integer || (error == std::errc() && behind == end && std::trunc(value) == value);
}

bool fits(const Value& value, SchemaType type) {
  switch (type) {
    case SchemaType::boolean:
      return value.is_bool();
    case SchemaType::integer:
      return value.is_number() && is_whole(value.as_number());
    case SchemaType::number:
      return value.is_number();
    case SchemaType::string:
      return value.is_string();
    case SchemaType::list:
      return value.is_list();
    case SchemaType::map:
    case SchemaType::open:
      return value.is_map();
  }
  return false;
}

// The installation guide's own spelling of the proxy: "1" for true, and ports in quotes.
bool is_documented_text(const Visit& visit) {
  if (visit.path.front() != "proxy" || !visit.value.is_string()) return false;
  return visit.path.back() == "port" ? is_digits(visit.value.as_string())
                                     : visit.path.back() == "enabled" && visit.value.as_string() == "1";
}

std::string_view name_of(SchemaType type) {
  switch (type) {
    case SchemaType::boolean:
      return "true or false";
    case SchemaType::integer:
      return "a whole number";
    case SchemaType::number:
      return "a number";
    case SchemaType::string:
      return "a text";
    case SchemaType::list:
      return "a list";
    case SchemaType::map:
    case SchemaType::open:
      break;
  }
  return "a map";
}

std::string_view kind_of(const Value& value) {
  if (value.is_bool()) return "a boolean";
  if (value.is_number()) return "a number";
  if (value.is_string()) return "a text";
  return value.is_list() ? "a list" : "a map";
}

}  // namespace

void check_unknown_keys(CheckContext& context) {
  for_each_key(context, [&](const Visit& visit) {
    if (visit.node != nullptr || is_of_3x(visit.path)) return;
    if (is_of_subchart(visit.path)) return;
    if (context.options().is_after_tables)
      return context.report_as(Level::note, visit.path, std::string(kNotInTables));
    const std::string nearest = nearest_key(visit.parent, visit.path.back());
    const char* words = nearest.empty() ? "is not a value of this chart, so it has no effect"
                                        : "is not a value of this chart; did you mean {key}?";
    context.report(visit.path, util::filled(words, {{"key", nearest}}));
  });
}

// The subchart may well have it: mongodb.auth has username and usernames.
void check_subchart_keys(CheckContext& context) {
  constexpr std::size_t kSlip = 2;  // letters
  for_each_key(context, [&](const Visit& visit) {
    if (visit.node != nullptr || is_of_3x(visit.path) || !is_of_subchart(visit.path)) return;
    const std::string nearest = nearest_key(visit.parent, visit.path.back(), kSlip);
    if (!nearest.empty())
      context.report(visit.path, util::filled("is not in CircleCI's reference of the chart, which has {key}: "
                                              "right only if you mean a value of the {chart} chart",
                                              {{"key", nearest}, {"chart", visit.path.front()}}));
  });
}

void check_other_version(CheckContext& context) {
  const Target target = context.options().target;
  for_each_key(context, [&](const Visit& visit) {
    if (visit.node == nullptr || visit.node->is_in(target) || is_of_subchart(visit.path)) return;
    if (context.options().is_after_tables)
      return context.report_as(Level::note, visit.path, std::string(kNotInTables));
    const Target other = target == Target::v4_0 ? Target::v4_1 : Target::v4_0;
    context.report(visit.path, util::filled("is a value of chart {other}, not of {target}",
                                            {{"other", name_of(other)}, {"target", name_of(target)}}));
  });
}

void check_types(CheckContext& context) {
  for_each_key(context, [&](const Visit& visit) {
    if (is_documented_text(visit)) return;
    if (visit.node == nullptr || visit.value.is_null() || fits(visit.value, visit.node->type)) return;
    // A service account may also be given as the JSON text of its key.
    if (visit.path.back() == "service_account" && visit.value.is_string()) return;
    if (is_digits_as_text(visit.value, visit.node->type)) return;
    const bool wants_quotes =
        visit.node->type == SchemaType::string && !visit.value.is_list() && !visit.value.is_map();
    const char* words = wants_quotes ? "is {kind}, but the chart wants {type}: put it in quotes"
                                     : "is {kind}, but the chart wants {type}";
    context.report(visit.path, util::filled(words, {{"kind", kind_of(visit.value)},
                                                    {"type", name_of(visit.node->type)}}));
  });
}

void check_digits_as_text(CheckContext& context) {
  for_each_key(context, [&](const Visit& visit) {
    if (visit.node != nullptr && is_digits_as_text(visit.value, visit.node->type) &&
        !is_documented_text(visit))
      context.report(visit.path, "is a text of digits, but the chart wants a number: take the quotes away");
  });
}

void check_nulls(CheckContext& context) {
  const auto found = context.paths_found();
  for_each_key(context, [&](const Visit& visit) {
    // What wants a value there has said so.
    if (visit.value.is_null() && !is_documented_null(visit.path) && !found.contains(to_string(visit.path)))
      context.report(visit.path, "is null: Helm drops the chart's default for it; delete the key to keep it");
  });
}

void check_leftovers(CheckContext& context) {
  for (const Leftover& leftover : leftovers()) {
    if (context.find(leftover.path) != nullptr)
      context.report(leftover.path,
                     util::filled("is a value of 3.x: in 4.x it {change}", {{"change", leftover.text}}));
  }
  // The rule telegraf-config leaves values of 4.x alone. A configuration has a table, "[[outputs.file]]".
  const Path telegraf{"telegraf", "config", "custom_config_file"};
  const auto decoded = util::base64_decode(context.text(telegraf));
  if (decoded && util::is_utf8(*decoded) && decoded->find('[') != std::string::npos)
    context.report(telegraf, "is base64, as 3.x keeps it: 4.x wants the text itself (base64 -d)");
}

}  // namespace kots_export::values
