#pragma once

#include <optional>
#include <string>
#include <string_view>

// The frames of RFC 6455, client side, apart from any socket.
namespace kots_export::kube {

enum class Opcode : unsigned char {
  continuation = 0x0,
  text = 0x1,
  binary = 0x2,
  close = 0x8,
  ping = 0x9,
  pong = 0xA
};

// Returns one whole frame, masked with `mask` (4 bytes) as a client must.
[[nodiscard]] std::string encode_frame(Opcode opcode, std::string_view payload, std::string_view mask);

// Puts messages together from the bytes of a stream.
class FrameReader {
 public:
  struct Message {
    Opcode opcode = Opcode::binary;
    std::string payload;
  };

  // `limit` bounds one message in bytes.
  explicit FrameReader(std::size_t limit) : limit_(limit) {}

  void feed(std::string_view bytes) { buffer_.append(bytes); }
  // The next whole message (fragments joined; control frames come in between), or nothing as long as it is
  // not whole. Throws Error on a frame that a server may not send (masked, reserved bits, too long, fragments
  // out of order).
  [[nodiscard]] std::optional<Message> next();

 private:
  std::size_t limit_;
  std::string buffer_;
  std::optional<Message> partial_;
};

// The value that a server must answer to `key` in Sec-WebSocket-Accept is not computed: TLS already tells who
// answers.

}  // namespace kots_export::kube
