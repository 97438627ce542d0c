#pragma once

#include "apiserver/http.h"
#include "apiserver/stream.h"
#include "apiserver/workers.h"

#include <atomic>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <thread>

namespace kots_export::apiserver {

// Accepts connections on the loopback address and serves each on a thread of its own; on HTTP/2 that thread
// reads, and the streams' requests are answered by workers.
class HttpServer {
 public:
  using Wrap = std::function<std::unique_ptr<Stream>(int fd)>;

  // Listens on 127.0.0.1:`port` (0 chooses a free one) at once. `wrap` makes a stream of a connected socket;
  // `handler` answers a request, and is called by many threads. Throws std::runtime_error.
  HttpServer(std::uint16_t port, Wrap wrap, Handler handler);
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;
  // Breaks every connection and waits for their threads. The handlers must not wait for anything else.
  ~HttpServer();

  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
  // How many connections came so far.
  [[nodiscard]] std::uint64_t connections() const noexcept { return accepted_; }

 private:
  struct Connection {
    std::unique_ptr<Stream> stream;
    std::thread thread;
    std::atomic<bool> done = false;
  };

  void accept_loop();
  void serve(Stream& stream, std::uint64_t number);
  void serve_http1(Stream& stream, std::uint64_t number) const;
  void reap();

  Wrap wrap_;
  Handler handler_;
  int listener_ = -1;
  int wake_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<std::uint64_t> accepted_ = 0;
  Workers workers_;
  std::list<Connection> connections_;
  std::thread acceptor_;
};

}  // namespace kots_export::apiserver
