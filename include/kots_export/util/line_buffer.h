#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace kots_export::util {

// Cuts a stream of bytes into lines.
class LineBuffer {
 public:
  // Calls `on_line` with each whole line until it says false.
  template <typename OnLine>
  void feed(std::string_view data, OnLine&& on_line) {
    // What was there before holds no line feed: a line of many pieces is not searched again for each.
    std::size_t searched = buffer_.size();
    buffer_.append(data);
    std::size_t start = 0;
    for (std::size_t end = 0; (end = buffer_.find('\n', searched)) != std::string::npos; searched = start) {
      const std::string_view line = std::string_view(buffer_).substr(start, end - start);
      start = end + 1;
      if (!on_line(line)) break;
    }
    buffer_.erase(0, start);
  }
  // What came after the last line feed.
  [[nodiscard]] std::string take_rest() { return std::exchange(buffer_, {}); }

 private:
  std::string buffer_;
};

}  // namespace kots_export::util
