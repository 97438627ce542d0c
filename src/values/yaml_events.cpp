#include "values/yaml_events.h"

#include <kots_export/util/text.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <new>

namespace kots_export::values {

namespace {

constexpr const char* kNoPropertiesOfAliases = "an alias has no anchor or tag of its own";
constexpr const char* kTabIndents = "a tab that indents; YAML wants blanks";
constexpr const char* kNotUtf8 = "a tag with escapes that are not UTF-8";
constexpr std::string_view kProperties = "*&!";  // what an alias, an anchor and a tag begin with
constexpr const char* kTagEnd = "a tag that does not end with a blank";

// libyaml's words, and ours where they say more. `begin`: the place is where the text begins that is wrong,
// not where that was noticed.
struct Problem {
  enum class Place { noticed, begin } place = Place::noticed;
  std::string_view theirs;
  std::string_view ours;
};
using enum Problem::Place;
constexpr std::array<Problem, 24> kProblems = {
    {{noticed, "mapping values are not allowed in this context",
      "a \": \" where no key can be: quote the text, or check how far the lines are indented"},
     {noticed, "did not find expected key",
      "no key of this map: check how far the line is indented, and the quotes"},
     {noticed, "did not find expected '-' indicator",
      "no \"-\" of this list here: check how far the line is indented"},
     {begin, "could not find expected ':'", "the key has no \":\""},
     {begin, "found unexpected end of stream", "the quotes that open here are not closed"},
     {begin, "found unexpected document indicator", "the document ends inside of the quotes that open here"},
     {noticed, "did not find expected ',' or ']'", "\",\" or \"]\" is expected"},
     {noticed, "did not find expected ',' or '}'", "\",\" or \"}\" is expected"},
     {noticed, "did not find expected <document start>", "text behind the end of the values"},
     {noticed, "block sequence entries are not allowed in this context",
      "a list cannot start here; put the - on a line of its own"},
     {noticed, "mapping keys are not allowed in this context", "a key cannot start here"},
     {noticed, "did not find expected comment or line break",
      "text on the line of | or >; it belongs below, indented"},
     {noticed, "found a tab character that violates indentation", kTabIndents},
     {noticed, "found a tab character where an indentation space is expected", kTabIndents},
     {noticed, "found undefined tag handle", "a tag with a handle of its own"},
     {begin, "did not find expected tag URI", "a tag without its name"},
     {begin, "did not find URI escaped octet", "a tag with a % without two hexadecimal digits"},
     {begin, "found an incorrect leading UTF-8 octet", kNotUtf8},
     {begin, "found an incorrect trailing UTF-8 octet", kNotUtf8},
     {begin, "did not find expected whitespace or line break", kTagEnd},
     {noticed, "found unknown escape character", "an unknown escape after \\ (for ' none is needed)"},
     {noticed, "found invalid Unicode character escape code", "an escape that is no Unicode character"},
     {begin, "found unexpected ':'", "a text in brackets that ends with \":\"; quote it"},
     {begin, "did not find expected alphabetic or numeric character",
      "the name of an anchor has letters, digits, - and _ only"}}};

// What is wrong where no value can start.
std::string unexpected(char c) {
  if (c == '\t') return kTabIndents;
  if (c == '*') return kNoPropertiesOfAliases;
  if (c == '&') return "a second anchor, or one behind its value";
  if (c == '!') return "a second tag, or one behind its value";
  return "a value is missing, or a text that starts with this character and needs quotes";
}

bool is_name_character(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-';
}

template <typename Predicate>
std::string_view without_first(std::string_view text, Predicate belongs) {
  const auto end = std::ranges::find_if_not(text, belongs);
  return text.substr(static_cast<std::size_t>(end - text.begin()));
}

// Behind a tag: "!word", "!!word", "!<uri>".
std::string_view without_tag(std::string_view text) {
  if (text.starts_with("!<")) return text.substr(std::min(text.find('>') + 1, text.size()));
  return without_first(text,
                       [](char c) { return c > ' ' && c != ',' && static_cast<unsigned char>(c) < 0x80; });
}

// "%YAML 1.1", written so: Helm has no version numbers of more than two digits.
bool is_yaml_1_1(std::string_view directive) {
  constexpr std::string_view kName = "%YAML";
  if (!directive.starts_with(kName)) return false;
  directive = without_first(directive.substr(kName.size()), [](char c) { return c == ' ' || c == '\t'; });
  return directive.starts_with("1.1") && (directive.size() == 3 || !is_name_character(directive[3]));
}

std::string_view without_separation(std::string_view text) {
  for (;;) {
    if (const std::size_t length = break_length(text)) {
      text.remove_prefix(length);
    } else if (text.starts_with(' ') || text.starts_with('\t')) {
      text.remove_prefix(1);
    } else if (text.starts_with('#')) {
      while (!text.empty() && break_length(text) == 0) text.remove_prefix(1);
    } else {
      return text;
    }
  }
}

}  // namespace

YamlEvents::YamlEvents(YamlText& text)
    : text_(text),
      has_tags_(text.text().find('!') != std::string_view::npos),
      has_escaped_slash_(text.text().find("\\/") != std::string_view::npos) {
  if (yaml_parser_initialize(&parser_) == 0) throw std::bad_alloc();
  yaml_parser_set_encoding(&parser_, YAML_UTF8_ENCODING);
  yaml_parser_set_input_string(&parser_, reinterpret_cast<const unsigned char*>(text.text().data()),
                               text.text().size());
}

YamlEvents::~YamlEvents() {
  yaml_event_delete(&event_);
  yaml_parser_delete(&parser_);
}

const yaml_event_t& YamlEvents::next() {
  yaml_event_delete(&event_);
  if (yaml_parser_parse(&parser_, &event_) == 0) fail();
  require_as_helm(event_);
  return event_;
}

void YamlEvents::require_as_helm(const yaml_event_t& event) {
  const unsigned char* tag = nullptr;
  switch (event.type) {
    case YAML_DOCUMENT_START_EVENT: {
      if (is_read_) return;  // a further document is nobody's
      const auto& start = event.data.document_start;
      const bool has_tags = start.tag_directives.start != start.tag_directives.end;
      if (has_tags || (start.version_directive != nullptr && !is_yaml_1_1(text_.from(start_of(event)))))
        text_.fail(start_of(event), "a directive; Helm reads YAML 1.1 and needs none");
      return;
    }
    case YAML_DOCUMENT_END_EVENT:
      is_read_ = true;
      is_ended_ = event.data.document_end.implicit == 0;
      return;
    case YAML_SEQUENCE_START_EVENT:
      tag = event.data.sequence_start.tag;
      flow_level_ += event.data.sequence_start.style == YAML_FLOW_SEQUENCE_STYLE ? 1 : 0;
      break;
    case YAML_MAPPING_START_EVENT:
      tag = event.data.mapping_start.tag;
      flow_level_ += event.data.mapping_start.style == YAML_FLOW_MAPPING_STYLE ? 1 : 0;
      break;
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
      flow_level_ -= flow_level_ > 0 ? 1 : 0;  // nothing in brackets is a block
      return;
    case YAML_SCALAR_EVENT:
      tag = event.data.scalar.tag;
      require_helms_scalar(event);
      break;
    default:
      return;
  }
  if (tag == nullptr || flow_level_ == 0) return;
  if (without_tag(written_tag(event)).starts_with(',')) text_.fail(start_of(event), kTagEnd);
}

void YamlEvents::require_helms_scalar(const yaml_event_t& event) {
  const auto& scalar = event.data.scalar;
  const std::string_view value(reinterpret_cast<const char*>(scalar.value), scalar.length);
  if (scalar.style == YAML_PLAIN_SCALAR_STYLE && flow_level_ > 0 && value.find('?') != std::string_view::npos)
    text_.fail(start_of(event), "a text in brackets with \"?\" in it; quote it");
  if (scalar.style != YAML_DOUBLE_QUOTED_SCALAR_STYLE || !has_escaped_slash_) return;
  std::string_view written = text_.from(start_of(event));
  const std::string_view behind = text_.from(end_of(event));
  written.remove_suffix(behind.size());
  for (std::size_t at = written.find('\\'); at != std::string_view::npos; at = written.find('\\', at + 2)) {
    if (at + 1 < written.size() && written[at + 1] == '/')
      text_.fail(start_of(event), "an unknown escape after \\: \\/ is none of YAML 1.1");
  }
}

std::string_view YamlEvents::written_tag(const yaml_event_t& event) {
  if (!has_tags_) return {};
  std::string_view rest = text_.from(start_of(event));
  if (rest.starts_with('&')) rest = without_separation(without_first(rest.substr(1), is_name_character));
  const bool is_of_node = rest.size() > text_.from(end_of(event)).size();
  return is_of_node && rest.starts_with('!') ? rest : std::string_view();
}

std::string YamlEvents::tag_of(const yaml_event_t& event) {
  const auto& scalar = event.data.scalar;
  if (scalar.tag != nullptr) return reinterpret_cast<const char*>(scalar.tag);
  const bool is_plain = scalar.style == YAML_PLAIN_SCALAR_STYLE;
  if (is_plain ? written_tag(event).empty() : scalar.plain_implicit == 0) return {};
  return "!";
}

void YamlEvents::fail() {
  if (parser_.error == YAML_MEMORY_ERROR) throw std::bad_alloc();
  const std::string_view problem = parser_.problem == nullptr ? "not YAML" : parser_.problem;
  const Mark noticed = mark_of(parser_.problem_mark);
  const Mark begin = mark_of(parser_.context_mark);
  if (problem == "did not find expected <document start>" && is_ended_) fail_more(noticed);
  const std::string_view rest = text_.from(noticed);
  const char found = rest.empty() ? '\0' : rest.front();
  const bool no_value = problem == "did not find expected node content" ||
                        problem == "found character that cannot start any token";
  if (no_value ||
      (problem == "did not find expected key" && kProperties.find(found) != std::string_view::npos))
    text_.fail(noticed, unexpected(found));
  const auto known = std::ranges::find(kProblems, problem, &Problem::theirs);
  std::string why(known == kProblems.end() ? problem : known->ours);
  if (known != kProblems.end() && known->place == Problem::Place::begin) text_.fail(begin, why);
  if (parser_.context != nullptr && begin.line < noticed.line)
    why = util::filled("{why} ({context}, line {line})",
                       {{"why", why}, {"context", parser_.context}, {"line", begin.line + 1}});
  text_.fail(noticed, why);
}

void YamlEvents::fail_more(const Mark& where) const {
  text_.fail_whole(util::filled("it holds more than one document (line {line})", {{"line", where.line + 1}}),
                   "Helm reads only the first; keep one.");
}

}  // namespace kots_export::values
