#pragma once

#include "apiserver/http.h"

#include <optional>
#include <string>
#include <string_view>

// RFC 6455, the server side, as far as exec needs it.
namespace kots_export::apiserver {

[[nodiscard]] bool wants_websocket(const Request& request);

// Returns the head of the 101 answer that accepts the request with that subprotocol.
[[nodiscard]] std::string websocket_accept(const Request& request, const std::string& subprotocol);

// A message from the client, whole.
struct WebSocketMessage {
  int opcode = 0;  // 1 text, 2 binary, 8 close, 9 ping, 10 pong
  std::string data;
};

class WebSocket {
 public:
  explicit WebSocket(Stream& stream) : stream_(stream) {}

  // Returns the next message; nothing where the client has ended. Throws ConnectionLost.
  [[nodiscard]] std::optional<WebSocketMessage> receive();
  // True where something can be read within that time.
  [[nodiscard]] bool wait(int milliseconds) const { return stream_.wait_readable(milliseconds); }
  void send_binary(std::string_view data) { send(2, data); }
  // Sends a close frame with status 1000.
  void send_close() { send(8, std::string_view("\x03\xe8", 2)); }

 private:
  void send(int opcode, std::string_view data);
  bool read_exactly(char* into, std::size_t size);

  Stream& stream_;
};

}  // namespace kots_export::apiserver
