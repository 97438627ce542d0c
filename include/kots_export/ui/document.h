#pragma once

#include <kots_export/ui/colour.h>

#include <ostream>
#include <string>
#include <utility>
#include <variant>
#include <vector>

// What is shown of a plan or a run, before it is text, Markdown or HTML. The texts in it may come from
// anywhere: the writers make them safe. Secrets are masked by who puts them in.
namespace kots_export::ui {

// How a piece of a line is meant. `plain` and `strong` are the program's own words; the others hold what came
// from elsewhere too, such as an object's name. `link` is an address of the program's own.
enum class Style { plain, strong, link, name, added, changed, removed };

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

// One step of a procedure that a person follows.
struct Step {
  std::string number;  // "8"; empty: what is done only in some case
  std::string title;
  // What to do, and the lines to copy for it.
  struct Part {
    Line text;
    std::vector<std::string> lines{};
  };
  std::vector<Part> parts;
};

// Cells hold what came from elsewhere.
struct Table {
  std::vector<std::string> header;
  std::vector<std::vector<std::string>> rows;
};

// Values to compare, each with its name and as text.
struct Bars {
  struct Bar {
    std::string name;
    double value = 0;
    std::string text;
  };
  std::string label;  // what they show, for who cannot see it
  std::vector<Bar> bars;
};

using Block = std::variant<Heading, Paragraph, Fields, List, Code, Step, Table, Bars>;

struct Document {
  std::string title;  // text has none: what it belongs to is on the screen
  std::vector<Block> blocks;
};

// For a terminal or a file. One line stays one line, and nothing in it moves the cursor.
void write_text(std::ostream& out, const Document& document, Colour colour);

// GitHub Flavored Markdown (https://github.github.com/gfm/). What came from elsewhere stands in code spans
// and fenced code, which nothing in it can end: no link, no HTML, no mention comes of it.
void write_markdown(std::ostream& out, const Document& document);

// One HTML page that needs nothing else: no script, no font, no picture from elsewhere. All text is escaped.
void write_html(std::ostream& out, const Document& document);

}  // namespace kots_export::ui
