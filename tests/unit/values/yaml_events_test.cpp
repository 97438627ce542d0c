#include "values/yaml_events.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace kots_export::values {

namespace {

// What stands where each scalar starts, as far as the scalar goes.
std::vector<std::string> written(const std::string& yaml) {
  YamlText text(yaml, "values.yaml");
  YamlEvents events(text);
  std::vector<std::string> found;
  for (;;) {
    const yaml_event_t& event = events.next();
    if (event.type == YAML_STREAM_END_EVENT) return found;
    if (event.type != YAML_SCALAR_EVENT) continue;
    const std::string_view start = text.from(start_of(event));
    found.emplace_back(start.substr(0, start.size() - text.from(end_of(event)).size()));
  }
}

TEST(YamlEvents, NameThePlacesOfTheText) {
  EXPECT_EQ(
      written("\xEF\xBB\xBF\xC3\xA9: \"x\xE2\x82\xAC\"\r\n\xF0\x9F\x98\x80: |\r\n  y\r\nb: 'c' # \xC3\xA9\n"
              "d: \"e\xC2\x85 f\"\xE2\x80\xA8g: &h !!str i\n"),
      (std::vector<std::string>{"\xC3\xA9", "\"x\xE2\x82\xAC\"", "\xF0\x9F\x98\x80", "|\r\n  y\r\n", "b",
                                "'c'", "d", "\"e\xC2\x85 f\"", "g", "&h !!str i"}));
}

// The characters that were gone over on the way through a list of texts with tags, in one line.
std::size_t steps_of_list(int items) {
  std::string yaml = "a: [";
  for (int i = 0; i < items; ++i) yaml += "&a" + std::to_string(i) + " !x \"\\\\/\",";
  yaml += "]\n";
  YamlText text(yaml, "values.yaml");
  YamlEvents events(text);
  while (events.next().type != YAML_STREAM_END_EVENT) {
  }
  return text.steps();
}

TEST(YamlEvents, LookAtTheTextOnceHoweverLongItIs) {
  const std::size_t few = steps_of_list(1'000);
  const std::size_t many = steps_of_list(10'000);
  EXPECT_GT(few, 0U);
  EXPECT_LT(many, 12 * few);  // its numbers have a digit more
}

}  // namespace

}  // namespace kots_export::values
