#pragma once

#include "values/yaml_text.h"

#include <string>
#include <string_view>

#include <yaml.h>

namespace kots_export::values {

[[nodiscard]] inline Mark mark_of(const yaml_mark_t& mark) {
  return {.line = mark.line, .column = mark.column, .index = mark.index};
}

[[nodiscard]] inline Mark start_of(const yaml_event_t& event) { return mark_of(event.start_mark); }
[[nodiscard]] inline Mark end_of(const yaml_event_t& event) { return mark_of(event.end_mark); }

// The events of a YAML text: libyaml's, less what libyaml 0.2.5 takes and Helm does not. Helm reads with Go's
// copy of libyaml 0.1 (go-yaml v2, scannerc.go and parserc.go). Where they differ:
// - refused here, since Helm refuses them: "\/" in double quotes, "?" inside a plain text in brackets,
//   %YAML 1.2
// - refused here, since Helm reads something else: a tag with "," behind it in brackets
// - refused by libyaml alone: "\'" in double quotes, "a:" before one of ,?[]{} in brackets, tags with one of
// ,[]
class YamlEvents {
 public:
  explicit YamlEvents(YamlText& text);
  YamlEvents(const YamlEvents&) = delete;
  YamlEvents& operator=(const YamlEvents&) = delete;
  ~YamlEvents();

  // The next event, good until the call after it. Throws Error where the text is not YAML.
  const yaml_event_t& next();
  [[noreturn]] void fail_more(const Mark& where) const;
  // The tag of a node in full ("tag:yaml.org,2002:str", "!custom", "!"); empty where it has none. For scalars
  // libyaml itself drops "!", which makes any text a string.
  [[nodiscard]] std::string tag_of(const yaml_event_t& event);

 private:
  void require_as_helm(const yaml_event_t& event);
  void require_helms_scalar(const yaml_event_t& event);
  // The text from the "!" of a node's tag on; empty where it has none.
  [[nodiscard]] std::string_view written_tag(const yaml_event_t& event);
  [[noreturn]] void fail();

  YamlText& text_;
  bool has_tags_;
  bool has_escaped_slash_;
  int flow_level_ = 0;
  bool is_read_ = false;   // the first document
  bool is_ended_ = false;  // by "..."
  yaml_parser_t parser_{};
  yaml_event_t event_{};
};

}  // namespace kots_export::values
