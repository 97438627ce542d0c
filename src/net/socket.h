#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

namespace kots_export::net {

// How long something may take, and who may end it before that.
struct Patience {
  std::chrono::steady_clock::time_point until;
  std::function<bool()> interrupted;
};

// A TCP connection that does not block.
class Socket {
 public:
  // Tries the addresses of `host` one after the other. Throws Error (why: the system's words) where none lets
  // a connection be made, Interrupted.
  Socket(const std::string& host, std::uint16_t port, const Patience& patience);
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  ~Socket();

  [[nodiscard]] int descriptor() const { return descriptor_; }

  enum class For { reading, writing };
  // Waits until that is possible; false where the patience is over. Throws Interrupted.
  [[nodiscard]] bool wait(For what, const Patience& patience) const;
  // Sends all of it; false where that is not possible. Throws Interrupted.
  [[nodiscard]] bool send(const std::string& bytes, const Patience& patience) const;

 private:
  int descriptor_ = -1;
};

}  // namespace kots_export::net
