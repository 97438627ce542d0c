#include <kots_export/ui/polite_stderr.h>
#include <kots_export/ui/terminal.h>

#include <chrono>
#include <iostream>
#include <thread>

#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

namespace kots_export::ui {

namespace {

// A shell gives a program its terminal in canonical mode; who changes that reads keys, and draws.
bool is_taken() {
  termios settings{};
  return ::tcgetattr(STDERR_FILENO, &settings) == 0 && (settings.c_lflag & ICANON) == 0;
}

void close_standard_output() {
  std::cout << std::flush;
  const int nothing = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
  if (nothing < 0) return;
  ::dup2(nothing, STDOUT_FILENO);
  ::close(nothing);
}

// Also after an interrupt, which went to the pager too and did not end it: what is held back tells of it. A
// second one ends the process.
void wait_until_free() {
  constexpr std::chrono::milliseconds kLookEvery{50};
  while (is_taken()) std::this_thread::sleep_for(kLookEvery);
}

}  // namespace

PoliteStderr::PoliteStderr() {
  if (is_terminal(Stream::err) && is_pipe(Stream::out)) buffer_.behind = std::cerr.rdbuf(&buffer_);
}

PoliteStderr::~PoliteStderr() {
  if (buffer_.behind == nullptr) return;
  if (buffer_.holds()) {
    close_standard_output();
    wait_until_free();
    buffer_.write_held();
  }
  std::cerr.rdbuf(buffer_.behind);
}

void PoliteStderr::Buffer::write_held() {
  behind->sputn(held_.data(), static_cast<std::streamsize>(held_.size()));
  behind->pubsync();
  held_.clear();
}

PoliteStderr::Buffer::int_type PoliteStderr::Buffer::overflow(int_type c) {
  const char text = traits_type::to_char_type(c);
  if (!traits_type::eq_int_type(c, traits_type::eof())) xsputn(&text, 1);
  return traits_type::not_eof(c);
}

std::streamsize PoliteStderr::Buffer::xsputn(const char* text, std::streamsize size) {
  held_.append(text, static_cast<std::size_t>(size));
  return size;
}

int PoliteStderr::Buffer::sync() {
  if (!is_taken()) write_held();
  return 0;
}

}  // namespace kots_export::ui
