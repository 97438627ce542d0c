#include "values/yaml_scalars.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace kots_export::values {

namespace {

// What stands between two words of a scalar: blanks of one line, or line breaks, which are folded.
class Gap {
 public:
  void add_blank(char c) {
    if (!has_break_) blanks_ += c;
  }
  void add_break(std::string_view text) {
    (has_break_ ? more_breaks_ : first_break_) += text;
    has_break_ = true;
  }
  // A line break that a backslash took away.
  void add_escaped_break() { has_break_ = true; }
  [[nodiscard]] bool has_break() const noexcept { return has_break_; }

  // One line break is a blank, more are one less; the odd ones (LS, PS) stay.
  void flush(std::string& text) {
    if (!has_break_) {
      text += blanks_;
    } else if (first_break_ == "\n") {
      text += more_breaks_.empty() ? " " : more_breaks_;
    } else {
      text += first_break_ + more_breaks_;
    }
    clear();
  }

 private:
  void clear() {
    blanks_.clear();
    first_break_.clear();
    more_breaks_.clear();
    has_break_ = false;
  }

  std::string blanks_;
  std::string first_break_;
  std::string more_breaks_;
  bool has_break_ = false;
};

bool ends_plain_word(const Cursor& cursor, Context context) {
  switch (cursor.peek()) {
    case ' ':
    case '\t':
    case '\n':
    case '\r':
    case '\xC2':
    case '\xE2':
    case '\0':
      return cursor.at_separation();
    case ':':
      return cursor.at_separation(1);
    case ',':
    case '?':
    case '[':
    case ']':
    case '{':
    case '}':
      return context == Context::flow;
    default:
      return false;
  }
}

void append_utf8(std::string& text, std::uint32_t c) {
  const auto tail = [c](unsigned shift) { return static_cast<char>(0x80U | ((c >> shift) & 0x3FU)); };
  if (c < 0x80) {
    text += static_cast<char>(c);
  } else if (c < 0x800) {
    text += {static_cast<char>(0xC0U | (c >> 6U)), tail(0)};
  } else if (c < 0x10000) {
    text += {static_cast<char>(0xE0U | (c >> 12U)), tail(6), tail(0)};
  } else {
    text += {static_cast<char>(0xF0U | (c >> 18U)), tail(12), tail(6), tail(0)};
  }
}

std::uint32_t read_code_point(Cursor& cursor, std::size_t digits) {
  const auto read = cursor.read_hex(digits);
  if (!read) cursor.fail("an escape with too few hexadecimal digits");
  const std::uint32_t value = *read;
  if ((value >= 0xD800 && value <= 0xDFFF) || value > 0x10FFFF)
    cursor.fail("an escape that is no Unicode character");
  return value;
}

// Behind the backslash.
void read_escape(Cursor& cursor, std::string& text) {
  struct Escape {
    char name;
    std::uint32_t character;
  };
  constexpr std::array<Escape, 18> kEscapes = {{{'0', 0},
                                                {'a', 0x07},
                                                {'b', 0x08},
                                                {'t', 0x09},
                                                {'\t', 0x09},
                                                {'n', 0x0A},
                                                {'v', 0x0B},
                                                {'f', 0x0C},
                                                {'r', 0x0D},
                                                {'e', 0x1B},
                                                {' ', ' '},
                                                {'"', '"'},
                                                {'\'', '\''},
                                                {'\\', '\\'},
                                                {'N', 0x85},
                                                {'_', 0xA0},
                                                {'L', 0x2028},
                                                {'P', 0x2029}}};
  const char name = cursor.peek();
  const std::size_t digits = name == 'x' ? 2 : name == 'u' ? 4 : name == 'U' ? 8 : 0;
  const auto known = std::ranges::find(kEscapes, name, &Escape::name);
  if (digits == 0 && known == kEscapes.end()) cursor.fail("an unknown escape after \\");
  cursor.skip();
  append_utf8(text, digits > 0 ? read_code_point(cursor, digits) : known->character);
}

// Blanks and line breaks inside of quotes.
void read_gap(Cursor& cursor, Gap& gap) {
  for (;;) {
    if (cursor.at_blank()) {
      gap.add_blank(cursor.peek());
      cursor.skip();
    } else if (cursor.at_break()) {
      gap.add_break(cursor.read_break());
    } else {
      return;
    }
  }
}

void require_more(const Cursor& cursor, const Mark& start) {
  if (cursor.at_end()) cursor.fail(start, "the quotes that open here are not closed");
  if (cursor.at_document_indicator())
    cursor.fail("the document ends inside of the quotes of line " + std::to_string(start.line + 1));
}

struct BlockHeader {
  int chomping = 0;             // -1: no final line break, 0: one, 1: all
  std::size_t indentation = 0;  // 0: to be found out
};

BlockHeader read_block_header(Cursor& cursor) {
  BlockHeader header;
  cursor.skip();
  for (int i = 0; i < 2; ++i) {
    const char c = cursor.peek();
    if ((c == '+' || c == '-') && header.chomping == 0) {
      header.chomping = c == '+' ? 1 : -1;
    } else if (c >= '0' && c <= '9' && header.indentation == 0) {
      if (c == '0') cursor.fail("a block scalar cannot be indented by 0");
      header.indentation = static_cast<std::size_t>(c - '0');
    } else {
      break;
    }
    cursor.skip();
  }
  cursor.skip_blanks();
  cursor.skip_comment();
  if (!cursor.at_end() && !cursor.at_break())
    cursor.fail("text on the line of | or >; it belongs below, indented");
  if (cursor.at_break()) cursor.read_break();
  return header;
}

// Passes over empty lines and the indentation of the next one. `indentation` 0 is found out: the deepest of
// these lines, and deeper than `parent`.
std::string read_block_breaks(Cursor& cursor, int parent, std::size_t& indentation) {
  std::string breaks;
  std::size_t deepest = 0;
  for (;;) {
    const auto inside = [&] { return indentation != 0 && cursor.column() >= indentation; };
    while (!inside() && cursor.peek() == ' ') cursor.skip();
    deepest = std::max(deepest, cursor.column());
    if (!inside() && cursor.peek() == '\t') cursor.fail("a tab where a block scalar is indented by blanks");
    if (!cursor.at_break()) break;
    breaks += cursor.read_break();
  }
  if (indentation == 0)
    indentation = std::max({deepest, static_cast<std::size_t>(parent + 1), std::size_t{1}});
  return breaks;
}

}  // namespace

PlainScalar read_plain_scalar(Cursor& cursor, Context context, std::size_t least_column) {
  PlainScalar scalar;
  Gap gap;
  while (!cursor.at_document_indicator() && cursor.peek() != '#') {
    const std::size_t start = cursor.offset();
    while (!ends_plain_word(cursor, context)) cursor.skip();
    if (cursor.offset() != start) {
      gap.flush(scalar.text);
      scalar.text += cursor.since(start);
    }
    if (!cursor.at_blank() && !cursor.at_break()) break;
    while (cursor.at_blank() || cursor.at_break()) {
      if (cursor.at_break()) {
        gap.add_break(cursor.read_break());
        continue;
      }
      if (gap.has_break() && cursor.column() < least_column && cursor.peek() == '\t')
        cursor.fail("a tab that indents; YAML wants blanks");
      gap.add_blank(cursor.peek());
      cursor.skip();
    }
    if (context == Context::block && cursor.column() < least_column) break;
  }
  scalar.ends_its_line = gap.has_break();
  return scalar;
}

std::string read_quoted(Cursor& cursor) {
  const Mark start = cursor.mark();
  const char quote = cursor.peek();
  const char escape = quote == '"' ? '\\' : quote;
  std::string text;
  cursor.skip();
  for (;;) {
    require_more(cursor, start);
    const std::size_t word = cursor.offset();
    while (cursor.peek() != quote && cursor.peek() != escape && !cursor.at_separation()) cursor.skip();
    text += cursor.since(word);
    Gap gap;
    if (cursor.peek() == quote) {
      cursor.skip();
      if (escape != quote || cursor.peek() != quote) return text;
      text += quote;  // '' in single quotes
      cursor.skip();
      continue;
    }
    if (cursor.peek() == escape) {
      cursor.skip();
      if (!cursor.at_break()) {
        read_escape(cursor, text);
        continue;
      }
      cursor.read_break();
      gap.add_escaped_break();
    }
    read_gap(cursor, gap);
    gap.flush(text);
  }
}

std::string read_block_scalar(Cursor& cursor, int parent) {
  const bool literal = cursor.peek() == '|';
  const BlockHeader header = read_block_header(cursor);
  std::size_t indentation =
      header.indentation == 0 ? 0 : static_cast<std::size_t>(std::max(parent, 0)) + header.indentation;
  std::string text;
  std::string first_break;
  std::string more_breaks = read_block_breaks(cursor, parent, indentation);
  bool follows_blank = false;
  while (cursor.column() == indentation && !cursor.at_end()) {
    const bool blank = cursor.at_blank();
    if (!literal && !follows_blank && !blank && first_break == "\n") {
      if (more_breaks.empty()) text += ' ';
    } else {
      text += first_break;
    }
    text += more_breaks;
    follows_blank = blank;
    const std::size_t start = cursor.offset();
    while (!cursor.at_end() && !cursor.at_break()) cursor.skip();
    text += cursor.since(start);
    first_break = cursor.at_end() ? "" : std::string(cursor.read_break());
    more_breaks = read_block_breaks(cursor, parent, indentation);
  }
  if (header.chomping != -1) text += first_break;
  if (header.chomping == 1) text += more_breaks;
  return text;
}

}  // namespace kots_export::values
