#pragma once

#include <functional>
#include <ostream>
#include <streambuf>
#include <string>
#include <string_view>

namespace kots_export::ui {

// A stream that hands over what is written to it line by line, as each is whole.
class LineStream : public std::ostream {
 public:
  // `take` gets each line without its line feed.
  explicit LineStream(std::function<void(std::string_view)> take)
      : std::ostream(nullptr), buffer_(std::move(take)) {
    rdbuf(&buffer_);
  }

 private:
  class Buffer : public std::streambuf {
   public:
    explicit Buffer(std::function<void(std::string_view)> take) : take_(std::move(take)) {}

   protected:
    int_type overflow(int_type c) override {
      if (c != traits_type::eof()) put(traits_type::to_char_type(c));
      return traits_type::not_eof(c);
    }
    std::streamsize xsputn(const char* text, std::streamsize size) override {
      for (const char c : std::string_view(text, static_cast<std::size_t>(size))) put(c);
      return size;
    }

   private:
    void put(char c) {
      if (c != '\n') {
        line_ += c;
        return;
      }
      take_(line_);
      line_.clear();
    }

    std::function<void(std::string_view)> take_;
    std::string line_;
  };

  Buffer buffer_;
};

}  // namespace kots_export::ui
