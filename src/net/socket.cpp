#include "net/socket.h"

#include <kots_export/util/error.h>
#include <kots_export/util/text.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <system_error>

#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace kots_export::net {

namespace {

using Addresses = std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)>;

std::string text_of(int error) { return std::generic_category().message(error); }

Addresses addresses_of(const std::string& host, std::uint16_t port, const std::string& what) {
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int error = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &wanted, &found);
  if (error != 0) throw Error(what, error == EAI_SYSTEM ? text_of(errno) : ::gai_strerror(error));
  return {found, &::freeaddrinfo};
}

// Waits for one descriptor, looking at the patience ten times a second.
bool wait_for(int descriptor, short events, const Patience& patience) {
  constexpr int kTick = 100;
  for (;;) {
    if (patience.interrupted && patience.interrupted()) throw Interrupted("stopped a connection");
    pollfd waited{descriptor, events, 0};
    if (::poll(&waited, 1, kTick) > 0) return true;
    if (std::chrono::steady_clock::now() >= patience.until) return false;
  }
}

// 0, or the error of connect(2).
int connect_one(int descriptor, const addrinfo& address, const Patience& patience) {
  if (::connect(descriptor, address.ai_addr, address.ai_addrlen) == 0) return 0;
  if (errno != EINPROGRESS) return errno;
  if (!wait_for(descriptor, POLLOUT, patience)) return ETIMEDOUT;
  int error = 0;
  socklen_t size = sizeof error;
  return ::getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &size) == 0 ? error : errno;
}

}  // namespace

Socket::Socket(const std::string& host, std::uint16_t port, const Patience& patience) {
  const std::string what = util::filled("cannot connect to {host}:{port}", {{"host", host}, {"port", port}});
  const Addresses addresses = addresses_of(host, port, what);
  int error = 0;
  for (const addrinfo* address = addresses.get(); address != nullptr; address = address->ai_next) {
    const int descriptor = ::socket(address->ai_family, address->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC,
                                    address->ai_protocol);
    if (descriptor < 0) {
      error = errno;
      continue;
    }
    try {
      error = connect_one(descriptor, *address, patience);
    } catch (...) {
      ::close(descriptor);
      throw;
    }
    if (error == 0) {
      descriptor_ = descriptor;
      return;
    }
    ::close(descriptor);
  }
  throw Error(what, text_of(error));
}

Socket::~Socket() { ::close(descriptor_); }

bool Socket::wait(For what, const Patience& patience) const {
  return wait_for(descriptor_, what == For::reading ? POLLIN : POLLOUT, patience);
}

bool Socket::send(const std::string& bytes, const Patience& patience) const {
  std::string_view rest = bytes;
  while (!rest.empty()) {
    const auto sent = ::send(descriptor_, rest.data(), rest.size(), MSG_NOSIGNAL);
    if (sent > 0) {
      rest.remove_prefix(static_cast<std::size_t>(sent));
    } else if (errno != EAGAIN || !wait(For::writing, patience)) {
      return false;
    }
  }
  return true;
}

}  // namespace kots_export::net
