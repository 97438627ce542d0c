#include "apiserver/http_server.h"

#include "apiserver/http1.h"
#include "apiserver/http2.h"

#include <cerrno>
#include <cstring>
#include <stdexcept>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

namespace kots_export::apiserver {
namespace {

constexpr int kBacklog = 512;

int listen_on_loopback(std::uint16_t port, std::uint16_t& chosen) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (fd < 0 || ::bind(fd, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(fd, kBacklog) != 0 ||
      ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    const std::string reason = std::strerror(errno);
    if (fd >= 0) ::close(fd);
    throw std::runtime_error("cannot listen on 127.0.0.1:" + std::to_string(port) + ": " + reason);
  }
  chosen = ntohs(address.sin_port);
  return fd;
}

}  // namespace

HttpServer::HttpServer(std::uint16_t port, Wrap wrap, Handler handler)
    : wrap_(std::move(wrap)), handler_(std::move(handler)) {
  listener_ = listen_on_loopback(port, port_);
  wake_ = ::eventfd(0, EFD_CLOEXEC);
  acceptor_ = std::thread([this] { accept_loop(); });
}

HttpServer::~HttpServer() {
  const std::uint64_t one = 1;
  while (::write(wake_, &one, sizeof one) < 0 && errno == EINTR) {
  }
  acceptor_.join();
  for (Connection& connection : connections_) connection.stream->shut_down();
  for (Connection& connection : connections_) connection.thread.join();
  ::close(listener_);
  ::close(wake_);
}

void HttpServer::accept_loop() {
  block_sigpipe();
  for (;;) {
    pollfd waits[2] = {{listener_, POLLIN, 0}, {wake_, POLLIN, 0}};
    if (::poll(waits, 2, -1) < 0 && errno != EINTR) return;
    if (waits[1].revents != 0) return;
    if (waits[0].revents == 0) continue;
    const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) continue;
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    ++accepted_;
    reap();
    Connection& connection = connections_.emplace_back();
    connection.stream = wrap_(fd);
    connection.thread = std::thread([this, &connection, number = accepted_.load()] {
      block_sigpipe();
      serve(*connection.stream, number);
      connection.done = true;
    });
  }
}

void HttpServer::reap() {
  for (auto it = connections_.begin(); it != connections_.end();) {
    if (it->done) {
      it->thread.join();
      it = connections_.erase(it);
    } else {
      ++it;
    }
  }
}

void HttpServer::serve(Stream& stream, std::uint64_t number) {
  try {
    stream.handshake();
    if (stream.protocol() == "h2") {
      serve_http2(stream, number, handler_, workers_);
    } else {
      serve_http1(stream, number);
    }
  } catch (const ConnectionLost&) {
    // The client went; there is nobody to tell.
  }
  stream.finish();
  stream.shut_down();
}

void HttpServer::serve_http1(Stream& stream, std::uint64_t number) const {
  RequestReader reader(stream);
  while (std::optional<Request> request = reader.next()) {
    request->connection = number;
    const bool wants_close = request->header("connection") == "close" || request->body_too_large;
    Http1Writer writer(stream, wants_close ? Http1Writer::KeepAlive::no : Http1Writer::KeepAlive::yes,
                       accepts_gzip(*request));
    handler_(*request, writer);
    if (!writer.keep_alive()) return;
  }
}

}  // namespace kots_export::apiserver
