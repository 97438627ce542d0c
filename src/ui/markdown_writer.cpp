#include <kots_export/ui/document.h>

#include "ui/bars_table.h"
#include "ui/one_line.h"

#include <algorithm>
#include <cctype>
#include <span>
#include <string_view>

namespace kots_export::ui {

namespace {

std::size_t longest_run_of_backticks(std::string_view text) {
  std::size_t longest = 0;
  std::size_t run = 0;
  for (const char c : text) {
    run = c == '`' ? run + 1 : 0;
    longest = std::max(longest, run);
  }
  return longest;
}

// GFM 6.3: a code span ends at the next run of as many backticks as began it. One blank at both ends is taken
// away, which sets backticks of the text apart from the span's.
std::string code_span(std::string_view text) {
  const std::string line = one_line(text);
  if (line.find_first_not_of(' ') == std::string::npos) return line;
  const std::string fence(longest_run_of_backticks(line) + 1, '`');
  const bool touches =
      line.front() == '`' || line.back() == '`' || (line.front() == ' ' && line.back() == ' ');
  const std::string blank = touches ? " " : "";
  return fence + blank + line + blank + fence;
}

// GFM 6.1: a backslash takes the meaning from any ASCII punctuation. These have one inside a line.
std::string escaped(std::string_view text) {
  std::string result;
  for (const char c : one_line(text)) {
    if (std::string_view("\\`*_[]<>&|~#!$").find(c) != std::string_view::npos) result += '\\';
    result += c;
  }
  return result;
}

std::string inline_of(const Span& span) {
  switch (span.style) {
    case Style::plain:
      return escaped(span.text);
    case Style::strong:
      return "**" + escaped(span.text) + "**";
    case Style::link:
      return "<" + span.text + ">";
    case Style::name:
    case Style::added:
    case Style::changed:
    case Style::removed:
      return code_span(span.text);
  }
  return {};
}

std::string inline_of(const Line& line) {
  std::string text;
  for (const Span& span : line) {
    const std::string piece = inline_of(span);
    // Two code spans that touch would be one run of backticks.
    if (text.ends_with('`') && piece.starts_with('`')) text += ' ';
    text += piece;
  }
  return text;
}

std::string capitalized(std::string text) {
  if (!text.empty()) text.front() = static_cast<char>(std::toupper(static_cast<unsigned char>(text.front())));
  return text;
}

class MarkdownWriter {
 public:
  explicit MarkdownWriter(std::ostream& out) : out_(out) {}

  void operator()(const Heading& heading) { out_ << "### " << capitalized(escaped(heading.text)) << "\n\n"; }

  void operator()(const Paragraph& paragraph) { out_ << inline_of(paragraph.text) << "\n\n"; }

  void operator()(const Fields& fields) {
    for (const auto& line : fields.lines) {
      const char* between = "- ";
      for (const auto& [name, value] : line) {
        out_ << between << escaped(name) << ": " << code_span(value);
        between = ", ";
      }
      out_ << '\n';
    }
    out_ << '\n';
  }

  void operator()(const List& list) {
    write(list.items, "");
    out_ << '\n';
  }

  void operator()(const Code& code) {
    write_code(code.lines, code.language, "");
    out_ << '\n';
  }

  // A heading of its own, and no item of a list: what GFM would number anew keeps its number.
  void operator()(const Step& step) {
    const std::string number = step.number.empty() ? "" : escaped(step.number) + "\\. ";
    out_ << "#### " << number << escaped(step.title) << "\n\n";
    for (const Step::Part& part : step.parts) {
      out_ << inline_of(part.text) << "\n\n";
      if (part.lines.empty()) continue;
      write_code(part.lines, "text", "");
      out_ << '\n';
    }
  }

  // A pipe ends a cell, in a code span too (GFM 4.10).
  void operator()(const Table& table) {
    write_row(table.header);
    out_ << '|';
    for (std::size_t i = 0; i < table.header.size(); ++i) out_ << "---|";
    out_ << '\n';
    for (const auto& row : table.rows) write_row(row);
    out_ << '\n';
  }

  void operator()(const Bars& bars) { (*this)(table_of(bars)); }

 private:
  void write_row(std::span<const std::string> row) {
    out_ << '|';
    for (const std::string& cell : row) out_ << ' ' << escaped(cell) << " |";
    out_ << '\n';
  }

  void write(std::span<const Item> items, const std::string& indent) {
    for (const Item& item : items) {
      out_ << indent << "- " << (item.weight == Item::Weight::grave ? "**!** " : "") << inline_of(item.text)
           << (item.note.empty() ? "" : " (" + code_span(item.note) + ")") << '\n';
      const std::string below = indent + "  ";
      if (!item.detail.empty()) write_code(item.detail, "text", below);
      write(item.items, below);
    }
  }

  // GFM 4.5: a fence ends at a line of at least as many backticks as began it.
  void write_code(std::span<const std::string> lines, const std::string& language,
                  const std::string& indent) {
    std::size_t longest = 2;
    for (const std::string& line : lines) longest = std::max(longest, longest_run_of_backticks(line));
    const std::string fence = indent + std::string(longest + 1, '`');
    out_ << fence << language << '\n';
    for (const std::string& line : lines) out_ << indent << one_line(line) << '\n';
    out_ << fence << '\n';
  }

  std::ostream& out_;
};

}  // namespace

void write_markdown(std::ostream& out, const Document& document) {
  if (!document.title.empty()) out << "## " << capitalized(escaped(document.title)) << "\n\n";
  MarkdownWriter writer(out);
  for (const Block& block : document.blocks) std::visit(writer, block);
  out.flush();
}

}  // namespace kots_export::ui
