#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace kots_export::apiserver {

// What TLS told about the client. `subject` is empty where no certificate came.
struct TlsPeer {
  std::string sni;
  std::string subject;                     // "CN=admin,O=system:masters"
  std::string common_name;                 // the user name
  std::vector<std::string> organisations;  // the groups
  bool verified = false;                   // signed by the client CA and in its time
};

// The other side is gone: nothing can be read or written any more.
class ConnectionLost : public std::runtime_error {
 public:
  ConnectionLost() : std::runtime_error("connection lost") {}
};

// One connection's bytes, plain or through TLS. Used by one thread at a time, except `shut_down`.
class Stream {
 public:
  explicit Stream(int fd) : fd_(fd) {}
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  virtual ~Stream();

  // Takes the TLS handshake, before anything else. Throws ConnectionLost where the client breaks off, as it
  // does where it distrusts the server.
  virtual void handshake() {}
  // Returns how many bytes came (at least one), or 0 at the end. Throws ConnectionLost.
  virtual std::size_t read(char* into, std::size_t size) = 0;
  // Writes all of `bytes`. Throws ConnectionLost.
  virtual void write(std::string_view bytes) = 0;
  // Says goodbye in an orderly way (TLS close_notify).
  virtual void finish() {}
  // Returns the peer of a TLS connection, else null.
  [[nodiscard]] virtual const TlsPeer* peer() const { return nullptr; }

  // True where the client has closed its side; does not block.
  [[nodiscard]] bool client_gone() const;
  // Waits until something can be read. Returns false after `milliseconds`.
  [[nodiscard]] virtual bool wait_readable(int milliseconds) const;
  // Ends both directions at once, from any thread: a blocked read or write returns.
  void shut_down() noexcept;
  // Ends the connection by RST in place of FIN. What was not sent yet is lost.
  void reset() noexcept;

  // --- What HTTP/2 needs, over TLS only ---
  // The protocol that the client chose by ALPN; empty where it did not speak of any.
  [[nodiscard]] virtual std::string protocol() const { return {}; }
  // From now on `try_read` and `try_write` in place of `read` and `write`.
  virtual void make_non_blocking() {}
  // Returns how many bytes came, 0 at the end, nothing where there is none for now. Throws ConnectionLost.
  [[nodiscard]] virtual std::optional<std::size_t> try_read(char*, std::size_t) { throw ConnectionLost(); }
  // Returns how many bytes went; 0 where none can for now. Throws ConnectionLost.
  [[nodiscard]] virtual std::size_t try_write(std::string_view) { throw ConnectionLost(); }
  [[nodiscard]] int fd() const noexcept { return fd_; }

 private:
  int fd_;
};

// OpenSSL writes with write(2); a client that is gone must not kill the process that hosts the server. For
// each thread that writes.
void block_sigpipe();

// Returns a stream over the connected socket `fd`, which it owns from now on.
[[nodiscard]] std::unique_ptr<Stream> make_plain_stream(int fd);

}  // namespace kots_export::apiserver
