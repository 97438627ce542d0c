#pragma once

#include <kots_export/ui/colour.h>

#include <ostream>
#include <string>
#include <utility>
#include <variant>
#include <vector>

// What is shown of a plan, before it is text or Markdown. The texts in it may come from anywhere: the writers
// make them safe. Secrets are masked by who puts them in.
namespace kots_export::ui {

// How a piece of a line is meant. `plain` and `strong` are the program's own words; the others hold what came
// from elsewhere too, such as an object's name.
enum class Style { plain, strong, name, added, changed, removed };

struct Span {
  std::string text;
  Style style = Style::plain;
};
using Line = std::vector<Span>;

struct Heading {
  std::string text;
};

struct Paragraph {
  Line text;
};

// "cluster: a, context: b": names with their values, several in a line.
struct Fields {
  using Field = std::pair<std::string, std::string>;
  std::vector<std::vector<Field>> lines;
};

struct Item {
  enum class Weight { normal, grave } weight = Weight::normal;  // grave: marked with "!"
  Line text;
  std::string note{};                 // in parentheses
  std::vector<std::string> detail{};  // lines of their own
  std::vector<Item> items{};          // what `detail` holds for
};

struct List {
  std::vector<Item> items;
};

struct Code {
  std::string language;  // "diff": lines begin with "+", "-" or "~"
  std::vector<std::string> lines;
};

using Block = std::variant<Heading, Paragraph, Fields, List, Code>;

struct Document {
  std::string title;  // text has none: what it belongs to is on the screen
  std::vector<Block> blocks;
};

// For a terminal or a file. One line stays one line, and nothing in it moves the cursor.
void write_text(std::ostream& out, const Document& document, Colour colour);

// GitHub Flavored Markdown (https://github.github.com/gfm/). What came from elsewhere stands in code spans
// and fenced code, which nothing in it can end: no link, no HTML, no mention comes of it.
void write_markdown(std::ostream& out, const Document& document);

}  // namespace kots_export::ui
