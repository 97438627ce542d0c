#include <kots_export/ui/document.h>
#include <kots_export/util/width.h>

#include "ui/bars_table.h"
#include "ui/one_line.h"
#include "ui/painted.h"

#include <algorithm>
#include <string_view>

namespace kots_export::ui {

std::string painted(const Span& span, Colour colour) {
  const std::string text = one_line(span.text);
  switch (span.style) {
    case Style::plain:
    case Style::link:
    case Style::name:
      return text;
    case Style::strong:
      return paint(colour, text, kBold);
    case Style::added:
      return paint(colour, text, kGreen);
    case Style::changed:
      return paint(colour, text, kYellow);
    case Style::removed:
      return paint(colour, text, kRed);
  }
  return text;
}

namespace {

Style style_of(std::string_view line) {
  if (line.starts_with('+')) return Style::added;
  if (line.starts_with('-')) return Style::removed;
  return line.starts_with('~') ? Style::changed : Style::plain;
}

class TextWriter {
 public:
  TextWriter(std::ostream& out, Colour colour) : out_(out), colour_(colour) {}

  void operator()(const Heading& heading) {
    out_ << paint(colour_, one_line(heading.text) + ":", kBold) << '\n';
  }

  void operator()(const Paragraph& paragraph) { write(paragraph.text); }

  void operator()(const Fields& fields) {
    for (const auto& line : fields.lines) {
      const char* between = "";
      for (const auto& [name, value] : line) {
        out_ << between << name << ": " << one_line(value);
        between = ", ";
      }
      out_ << '\n';
    }
  }

  void operator()(const List& list) {
    for (const Item& item : list.items) write(item);
  }

  void operator()(const Code& code) {
    for (const std::string& line : code.lines) {
      out_ << "  "
           << painted({.text = line, .style = code.language == "diff" ? style_of(line) : Style::plain},
                      colour_)
           << '\n';
    }
  }

  void operator()(const Step& step) {
    const std::string number = step.number.empty() ? "" : one_line(step.number) + ". ";
    out_ << '\n' << paint(colour_, number + one_line(step.title), kBold) << '\n';
    for (const Step::Part& part : step.parts) {
      out_ << "   ";
      write(part.text);
      for (const std::string& line : part.lines) out_ << "     " << one_line(line) << '\n';
    }
  }

  void operator()(const Table& table) {
    std::vector<std::vector<std::string>> rows = {table.header};
    for (const auto& row : table.rows) rows.push_back(row);
    for (auto& row : rows)
      for (std::string& cell : row) cell = one_line(cell);
    std::vector<std::size_t> widths(table.header.size());
    for (const auto& row : rows)
      for (std::size_t i = 0; i < row.size(); ++i)
        widths[i] = std::max(widths[i], util::display_width(row[i]));
    for (const auto& row : rows) {
      std::string line;
      for (std::size_t i = 0; i < row.size(); ++i) line += "  " + util::padded(row[i], widths[i]);
      line.erase(line.find_last_not_of(' ') + 1);
      out_ << line << '\n';
    }
  }

  void operator()(const Bars& bars) { (*this)(table_of(bars)); }

 private:
  void write(const Line& line, const std::string& end = {}) {
    for (const Span& span : line) out_ << painted(span, colour_);
    out_ << end << '\n';
  }

  void write(const Item& item) {
    out_ << (item.weight == Item::Weight::grave ? paint(colour_, "! ", kRed) : "  ");
    write(item.text, item.note.empty() ? "" : paint(colour_, "  (" + one_line(item.note) + ")", kDim));
    for (const std::string& line : item.detail) out_ << "      " << one_line(line) << '\n';
    for (const Item& below : item.items) write(below);
  }

  std::ostream& out_;
  Colour colour_;
};

}  // namespace

void write_text(std::ostream& out, const Document& document, Colour colour) {
  TextWriter writer(out, colour);
  for (const Block& block : document.blocks) std::visit(writer, block);
  out.flush();
}

}  // namespace kots_export::ui
