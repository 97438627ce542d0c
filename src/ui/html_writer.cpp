#include <kots_export/ui/document.h>
#include <kots_export/util/text.h>

#include "ui/html_style.h"
#include "ui/one_line.h"

#include <algorithm>
#include <string_view>

namespace kots_export::ui {

namespace {

// The five characters that mean something in HTML, in texts and in attributes (HTML Living Standard, 13.3).
std::string escaped(std::string_view text) {
  std::string result;
  for (const char c : text) {
    switch (c) {
      case '&':
        result += "&amp;";
        break;
      case '<':
        result += "&lt;";
        break;
      case '>':
        result += "&gt;";
        break;
      case '"':
        result += "&quot;";
        break;
      case '\'':
        result += "&#39;";
        break;
      default:
        result += c;
    }
  }
  return result;
}

std::string safe(std::string_view text) { return escaped(one_line(text)); }

std::string capitalized(std::string text) {
  if (!text.empty() && text.front() >= 'a' && text.front() <= 'z') text.front() -= 'a' - 'A';
  return text;
}

std::string_view class_of(Style style) {
  switch (style) {
    case Style::added:
      return "added";
    case Style::changed:
      return "changed";
    case Style::removed:
      return "removed";
    default:
      return "";
  }
}

std::string inline_of(const Span& span) {
  const std::string text = safe(span.text);
  switch (span.style) {
    case Style::plain:
      return text;
    case Style::strong:
      return "<strong>" + text + "</strong>";
    case Style::link:
      return "<a href=\"" + text + "\">" + text + "</a>";
    case Style::name:
      return "<code>" + text + "</code>";
    case Style::added:
    case Style::changed:
    case Style::removed:
      return "<code class=\"" + std::string(class_of(span.style)) + "\">" + text + "</code>";
  }
  return {};
}

std::string inline_of(const Line& line) {
  std::string text;
  for (const Span& span : line) text += inline_of(span);
  return text;
}

std::string_view class_of_diff(std::string_view line) {
  if (line.starts_with('+')) return "added";
  if (line.starts_with('-')) return "removed";
  return line.starts_with('~') ? "changed" : "";
}

class HtmlWriter {
 public:
  explicit HtmlWriter(std::ostream& out) : out_(out) {}

  void operator()(const Heading& heading) { out_ << "<h2>" << capitalized(safe(heading.text)) << "</h2>\n"; }

  void operator()(const Paragraph& paragraph) { out_ << "<p>" << inline_of(paragraph.text) << "</p>\n"; }

  void operator()(const Fields& fields) {
    out_ << "<dl>\n";
    for (const auto& line : fields.lines) {
      for (const auto& [name, value] : line)
        out_ << "<div><dt>" << capitalized(safe(name)) << "</dt><dd>" << safe(value) << "</dd></div>\n";
    }
    out_ << "</dl>\n";
  }

  void operator()(const List& list) { write(list.items); }

  void operator()(const Code& code) {
    out_ << "<pre>";
    for (const std::string& line : code.lines) {
      const std::string_view style = code.language == "diff" ? class_of_diff(line) : "";
      out_ << "<span class=\"line " << style << "\">" << safe(line) << "</span>\n";
    }
    out_ << "</pre>\n";
  }

  void operator()(const Step& step) {
    out_ << "<section class=\"step\"><h3>";
    if (!step.number.empty()) out_ << "<span class=\"number\">" << safe(step.number) << "</span> ";
    out_ << safe(step.title) << "</h3>\n";
    for (const Step::Part& part : step.parts) {
      out_ << "<p>" << inline_of(part.text) << "</p>\n";
      if (!part.lines.empty()) write_commands(part.lines);
    }
    out_ << "</section>\n";
  }

  void operator()(const Table& table) {
    out_ << "<div class=\"table\"><table>\n<thead><tr>";
    for (const std::string& cell : table.header)
      out_ << "<th scope=\"col\">" << capitalized(safe(cell)) << "</th>";
    out_ << "</tr></thead>\n<tbody>\n";
    for (const auto& row : table.rows) {
      out_ << "<tr>";
      for (const std::string& cell : row) out_ << "<td>" << safe(cell) << "</td>";
      out_ << "</tr>\n";
    }
    out_ << "</tbody></table></div>\n";
  }

  // A drawing of its own: no script and nothing from elsewhere.
  void operator()(const Bars& bars) {
    constexpr int kRow = 26;
    constexpr int kLabels = 96;
    constexpr int kWidth = 400;
    constexpr int kTexts = 64;
    constexpr int kThick = 16;
    double most = 0;
    for (const Bars::Bar& bar : bars.bars) most = std::max(most, bar.value);
    out_ << "<svg class=\"bars\" viewBox=\"0 0 " << kWidth << ' ' << static_cast<int>(bars.bars.size()) * kRow
         << "\" role=\"img\" aria-label=\"" << safe(bars.label) << "\">\n";
    int y = 0;
    for (const Bars::Bar& bar : bars.bars) {
      const double share = most > 0 ? bar.value / most : 0;
      const int width = std::max(2, static_cast<int>(share * (kWidth - kLabels - kTexts)));
      out_ << "<text x=\"" << kLabels - 8 << "\" y=\"" << y + 17 << "\" text-anchor=\"end\">"
           << safe(bar.name) << "</text><rect x=\"" << kLabels << "\" y=\"" << y + (kRow - kThick) / 2
           << "\" width=\"" << width << "\" height=\"" << kThick << "\" rx=\"2\"/><text class=\"value\" x=\""
           << kLabels + width + 6 << "\" y=\"" << y + 17 << "\">" << safe(bar.text) << "</text>\n";
      y += kRow;
    }
    out_ << "</svg>\n";
  }

 private:
  // A click takes a whole line, to copy it.
  void write_commands(const std::vector<std::string>& lines) {
    out_ << "<pre class=\"commands\">";
    for (const std::string& line : lines) out_ << "<code>" << safe(line) << "</code>\n";
    out_ << "</pre>\n";
  }

  void write(const std::vector<Item>& items) {
    if (items.empty()) return;
    out_ << "<ul>\n";
    for (const Item& item : items) {
      out_ << (item.weight == Item::Weight::grave ? "<li class=\"grave\"><strong>!</strong> " : "<li>")
           << inline_of(item.text);
      if (!item.note.empty()) out_ << " <small>" << safe(item.note) << "</small>";
      if (!item.detail.empty()) {
        out_ << "<pre>";
        for (const std::string& line : item.detail) out_ << safe(line) << '\n';
        out_ << "</pre>";
      }
      write(item.items);
      out_ << "</li>\n";
    }
    out_ << "</ul>\n";
  }

  std::ostream& out_;
};

}  // namespace

void write_html(std::ostream& out, const Document& document) {
  const std::string title = capitalized(safe(document.title));
  out << "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
         "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
         "<meta name=\"color-scheme\" content=\"light dark\">\n"
         "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
         "'unsafe-inline'\">\n"
         "<title>"
      << title << "</title>\n<style>" << kHtmlStyle << "</style>\n</head>\n<body>\n<main>\n<h1>" << title
      << "</h1>\n";
  HtmlWriter writer(out);
  for (const Block& block : document.blocks) std::visit(writer, block);
  out << "</main>\n</body>\n</html>\n";
  out.flush();
}

}  // namespace kots_export::ui
