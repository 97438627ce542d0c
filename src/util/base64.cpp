#include <kots_export/util/base64.h>

#include <array>
#include <cstdint>

namespace kots_export::util {

namespace {

constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::int8_t kForeign = -1;

constexpr std::array<std::int8_t, 256> make_inverse() {
  std::array<std::int8_t, 256> inverse{};
  inverse.fill(kForeign);
  for (std::size_t i = 0; i < kAlphabet.size(); ++i) {
    inverse[static_cast<unsigned char>(kAlphabet[i])] = static_cast<std::int8_t>(i);
  }
  return inverse;
}

constexpr auto kInverse = make_inverse();

// The six bits at `place` (0 to 3) of a group of 24.
char sextet(std::uint32_t group, unsigned place) { return kAlphabet[(group >> (18 - 6 * place)) & 63U]; }

}  // namespace

std::string base64_encode(std::string_view bytes) {
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t given = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t group = 0;
    for (std::size_t j = 0; j < 3; ++j) {
      group = group << 8U | (j < given ? static_cast<unsigned char>(bytes[i + j]) : 0U);
    }
    for (unsigned place = 0; place < 4; ++place) out += place <= given ? sextet(group, place) : '=';
  }
  return out;
}

std::optional<std::string> base64_decode(std::string_view text) {
  std::string out;
  out.reserve(text.size() / 4 * 3);
  std::uint32_t group = 0;
  unsigned in_group = 0;
  unsigned padding = 0;
  for (const char c : text) {
    if (c == '\n' || c == '\r') continue;
    if (c == '=') {
      if (++padding > 2 || in_group + padding > 4 || in_group < 2) return std::nullopt;
      continue;
    }
    const std::int8_t value = kInverse[static_cast<unsigned char>(c)];
    if (value == kForeign || padding > 0) return std::nullopt;
    group = group << 6U | static_cast<std::uint32_t>(value);
    if (++in_group < 4) continue;
    out += static_cast<char>(group >> 16U);
    out += static_cast<char>(group >> 8U);
    out += static_cast<char>(group);
    group = 0;
    in_group = 0;
  }
  if (in_group == 0) return padding == 0 ? std::optional(std::move(out)) : std::nullopt;
  if (in_group + padding != 4) return std::nullopt;
  group <<= 6U * padding;
  out += static_cast<char>(group >> 16U);
  if (padding == 1) out += static_cast<char>(group >> 8U);
  return out;
}

}  // namespace kots_export::util
