#pragma once

#include <streambuf>
#include <string>

namespace kots_export::ui {

// Keeps standard error from drawing over a pager: `kots-export plan | less` has one terminal for both. While
// it lives and standard output is a pipe, what std::cerr is given is held back whenever another program has
// the terminal to itself (it took it out of canonical mode, as pagers do), and written once that is over.
class PoliteStderr {
 public:
  PoliteStderr();
  // Gives standard output back, which tells a pager that there is no more, waits until the pager has ended,
  // and writes what was held back.
  ~PoliteStderr();
  PoliteStderr(const PoliteStderr&) = delete;
  PoliteStderr& operator=(const PoliteStderr&) = delete;

 private:
  class Buffer : public std::streambuf {
   public:
    void write_held();
    [[nodiscard]] bool holds() const { return !held_.empty(); }
    std::streambuf* behind = nullptr;

   protected:
    int_type overflow(int_type c) override;
    std::streamsize xsputn(const char* text, std::streamsize size) override;
    int sync() override;

   private:
    std::string held_;
  };

  Buffer buffer_;
};

}  // namespace kots_export::ui
