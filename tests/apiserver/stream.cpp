#include "apiserver/stream.h"

#include <cerrno>

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

namespace kots_export::apiserver {
namespace {

class PlainStream final : public Stream {
 public:
  using Stream::Stream;

  std::size_t read(char* into, std::size_t size) override {
    for (;;) {
      const ssize_t count = ::recv(fd(), into, size, 0);
      if (count >= 0) return static_cast<std::size_t>(count);
      if (errno != EINTR) throw ConnectionLost();
    }
  }

  void write(std::string_view bytes) override {
    while (!bytes.empty()) {
      const ssize_t count = ::send(fd(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (count < 0 && errno == EINTR) continue;
      if (count <= 0) throw ConnectionLost();
      bytes.remove_prefix(static_cast<std::size_t>(count));
    }
  }
};

}  // namespace

Stream::~Stream() { ::close(fd_); }

bool Stream::client_gone() const {
  pollfd state{fd_, POLLRDHUP, 0};
  return ::poll(&state, 1, 0) > 0 && (state.revents & (POLLRDHUP | POLLHUP | POLLERR | POLLNVAL)) != 0;
}

bool Stream::wait_readable(int milliseconds) const {
  pollfd state{fd_, POLLIN, 0};
  return ::poll(&state, 1, milliseconds) > 0;
}

void Stream::shut_down() noexcept { ::shutdown(fd_, SHUT_RDWR); }

void Stream::reset() noexcept {
  const linger at_once{1, 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  // The socket closes with its last descriptor. The number stays taken, since other threads may still use it.
  const int nothing = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  ::dup2(nothing, fd_);
  ::close(nothing);
}

void block_sigpipe() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

std::unique_ptr<Stream> make_plain_stream(int fd) { return std::make_unique<PlainStream>(fd); }

}  // namespace kots_export::apiserver
