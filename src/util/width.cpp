#include <kots_export/util/width.h>

#include <algorithm>
#include <clocale>
#include <cwchar>
#include <utility>

#include <locale.h>

namespace kots_export::util {

namespace {

// While it lives, this thread reads UTF-8; the rest of the process keeps its locale.
class Utf8 {
 public:
  Utf8() : before_(locale() == locale_t{} ? locale_t{} : ::uselocale(locale())) {}
  Utf8(const Utf8&) = delete;
  Utf8& operator=(const Utf8&) = delete;
  ~Utf8() {
    if (is_there()) ::uselocale(before_);
  }
  [[nodiscard]] static bool is_there() { return locale() != locale_t{}; }

 private:
  static locale_t locale() {
    static const locale_t utf8 = ::newlocale(LC_CTYPE_MASK, "C.UTF-8", locale_t{});
    return utf8;
  }
  locale_t before_;
};

// The first character of `text`, which is not empty: its bytes and its columns.
std::pair<std::size_t, std::size_t> first_of(std::string_view text) {
  if (!Utf8::is_there()) {
    std::size_t bytes = 1;
    while (bytes < text.size() && (static_cast<unsigned char>(text[bytes]) & 0xC0U) == 0x80U) ++bytes;
    return {bytes, 1};
  }
  wchar_t character = 0;
  std::mbstate_t state{};
  const std::size_t bytes = std::mbrtowc(&character, text.data(), text.size(), &state);
  if (bytes == 0 || bytes > text.size()) return {1, 1};
  // -1: a control character, or one that this glibc does not know yet.
  const int columns = ::wcwidth(character);
  return {bytes, columns < 0 ? 1 : static_cast<std::size_t>(columns)};
}

// How many bytes of `text` fit into `columns`, and how many columns they take.
std::pair<std::size_t, std::size_t> measure(std::string_view text, std::size_t columns) {
  const Utf8 utf8;
  std::size_t size = 0;
  std::size_t width = 0;
  while (size < text.size()) {
    const auto [bytes, more] = first_of(text.substr(size));
    if (width + more > columns) break;
    size += bytes;
    width += more;
  }
  return {size, width};
}

}  // namespace

std::size_t display_width(std::string_view text) { return measure(text, std::string_view::npos).second; }

std::string clipped(std::string_view text, std::size_t columns, std::string_view ellipsis) {
  if (measure(text, columns).first == text.size()) return std::string(text);
  const std::size_t end = display_width(ellipsis);
  if (end > columns) return std::string(text.substr(0, measure(text, columns).first));
  return std::string(text.substr(0, measure(text, columns - end).first)).append(ellipsis);
}

std::string padded(std::string_view text, std::size_t columns) {
  std::string result(text);
  const std::size_t width = display_width(text);
  return result.append(columns - std::min(columns, width), ' ');
}

}  // namespace kots_export::util
