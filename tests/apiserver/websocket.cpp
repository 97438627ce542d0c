#include "apiserver/websocket.h"

#include <kots_export/util/base64.h>

#include <algorithm>
#include <array>
#include <cctype>

#include <openssl/sha.h>

namespace kots_export::apiserver {
namespace {

constexpr std::size_t kLongestMessage = std::size_t{1} << 20;

}  // namespace

bool wants_websocket(const Request& request) {
  std::string upgrade(request.header("upgrade"));
  std::transform(upgrade.begin(), upgrade.end(), upgrade.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return upgrade == "websocket" && !request.header("sec-websocket-key").empty();
}

std::string websocket_accept(const Request& request, const std::string& subprotocol) {
  const std::string key =
      std::string(request.header("sec-websocket-key")) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  std::array<unsigned char, SHA_DIGEST_LENGTH> digest{};
  SHA1(reinterpret_cast<const unsigned char*>(key.data()), key.size(), digest.data());
  return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: "
         "Upgrade\r\nSec-WebSocket-Accept: " +
         util::base64_encode({reinterpret_cast<const char*>(digest.data()), digest.size()}) +
         "\r\nSec-WebSocket-Protocol: " + subprotocol + "\r\n\r\n";
}

bool WebSocket::read_exactly(char* into, std::size_t size) {
  while (size > 0) {
    const std::size_t count = stream_.read(into, size);
    if (count == 0) return false;
    into += count;
    size -= count;
  }
  return true;
}

std::optional<WebSocketMessage> WebSocket::receive() {
  WebSocketMessage message;
  for (;;) {
    std::array<unsigned char, 14> head{};
    if (!read_exactly(reinterpret_cast<char*>(head.data()), 2)) return std::nullopt;
    const bool last = (head[0] & 0x80U) != 0;
    const int opcode = head[0] & 0x0fU;
    const bool masked = (head[1] & 0x80U) != 0;
    std::size_t size = head[1] & 0x7fU;
    const std::size_t extra = size == 126 ? 2 : size == 127 ? 8 : 0;
    if (!read_exactly(reinterpret_cast<char*>(head.data() + 2), extra + (masked ? 4 : 0)))
      return std::nullopt;
    if (extra > 0) {
      size = 0;
      for (std::size_t i = 0; i < extra; ++i) size = size << 8U | head[2 + i];
    }
    if (size + message.data.size() > kLongestMessage) throw ConnectionLost();
    std::string data(size, '\0');
    if (!read_exactly(data.data(), size)) return std::nullopt;
    for (std::size_t i = 0; masked && i < size; ++i) {
      data[i] = static_cast<char>(static_cast<unsigned char>(data[i]) ^ head[2 + extra + i % 4]);
    }
    if (opcode != 0) message.opcode = opcode;
    message.data += data;
    if (last) return message;
  }
}

void WebSocket::send(int opcode, std::string_view data) {
  std::string frame(1, static_cast<char>(0x80 | opcode));
  if (data.size() < 126) {
    frame += static_cast<char>(data.size());
  } else {
    const std::size_t bytes = data.size() < 65536 ? 2 : 8;
    frame += static_cast<char>(bytes == 2 ? 126 : 127);
    for (std::size_t i = bytes; i-- > 0;) frame += static_cast<char>(data.size() >> (8 * i));
  }
  stream_.write(frame.append(data));
}

}  // namespace kots_export::apiserver
