#pragma once

#include <string>
#include <string_view>

// Colour on a terminal, by ECMA-48 SGR codes: the eight that every terminal has.
namespace kots_export::ui {

enum class Colour { no, yes };

inline constexpr std::string_view kBold = "1";
inline constexpr std::string_view kDim = "2";
inline constexpr std::string_view kRed = "31";
inline constexpr std::string_view kGreen = "32";
inline constexpr std::string_view kYellow = "33";
inline constexpr std::string_view kCyan = "36";

[[nodiscard]] inline std::string paint(Colour colour, std::string_view text, std::string_view code) {
  if (colour == Colour::no) return std::string(text);
  return "\x1b[" + std::string(code) + "m" + std::string(text) + "\x1b[0m";
}

}  // namespace kots_export::ui
