#include "kube/websocket.h"

#include <kots_export/util/error.h>
#include <kots_export/util/text.h>

#include <cstdint>

namespace kots_export::kube {

namespace {

constexpr unsigned kFinal = 0x80;
constexpr unsigned kReserved = 0x70;
constexpr unsigned kMasked = 0x80;
constexpr unsigned kShort = 125;
constexpr unsigned kLength16 = 126;
constexpr unsigned kLength64 = 127;

void append_big_endian(std::string& out, std::uint64_t value, unsigned bytes) {
  for (unsigned i = bytes; i > 0; --i) out += static_cast<char>(value >> (8 * (i - 1)));
}

std::uint64_t read_big_endian(std::string_view bytes) {
  std::uint64_t value = 0;
  for (const char c : bytes) value = value << 8U | static_cast<unsigned char>(c);
  return value;
}

bool is_control(Opcode opcode) { return (static_cast<unsigned>(opcode) & 0x8U) != 0; }

[[noreturn]] void refuse(const std::string& why) { throw Error("the WebSocket stream is broken", why); }

[[noreturn]] void refuse_longer_than(std::size_t limit) {
  refuse(util::filled("a message is longer than {count} bytes", {{"count", limit}}));
}

}  // namespace

std::string encode_frame(Opcode opcode, std::string_view payload, std::string_view mask) {
  std::string frame;
  frame += static_cast<char>(kFinal | static_cast<unsigned>(opcode));
  if (payload.size() <= kShort) {
    frame += static_cast<char>(kMasked | payload.size());
  } else if (payload.size() <= 0xFFFF) {
    frame += static_cast<char>(kMasked | kLength16);
    append_big_endian(frame, payload.size(), 2);
  } else {
    frame += static_cast<char>(kMasked | kLength64);
    append_big_endian(frame, payload.size(), 8);
  }
  frame += mask;
  for (std::size_t i = 0; i < payload.size(); ++i)
    frame += static_cast<char>(payload[i] ^ mask[i % mask.size()]);
  return frame;
}

std::optional<FrameReader::Message> FrameReader::next() {
  for (;;) {
    if (buffer_.size() < 2) return std::nullopt;
    const auto first = static_cast<unsigned char>(buffer_[0]);
    const auto second = static_cast<unsigned char>(buffer_[1]);
    if ((first & kReserved) != 0) refuse("reserved bits are set");
    if ((second & kMasked) != 0) refuse("the server masked a frame");
    std::uint64_t length = second;
    std::size_t header = 2;
    if (second > kShort) {
      const std::size_t bytes = second == kLength16 ? 2 : 8;
      if (buffer_.size() < header + bytes) return std::nullopt;
      length = read_big_endian(std::string_view(buffer_).substr(header, bytes));
      header += bytes;
    }
    if (length > limit_) refuse_longer_than(limit_);
    if (buffer_.size() - header < length) return std::nullopt;
    const auto opcode = static_cast<Opcode>(first & 0xFU);
    const bool is_final = (first & kFinal) != 0;
    std::string payload = buffer_.substr(header, length);
    buffer_.erase(0, header + length);

    if (is_control(opcode)) return Message{opcode, std::move(payload)};
    if (opcode == Opcode::continuation) {
      if (!partial_) refuse("a continuation of nothing");
      partial_->payload += payload;
    } else {
      if (partial_) refuse("a message begins inside another");
      partial_ = Message{opcode, std::move(payload)};
    }
    if (partial_->payload.size() > limit_) refuse_longer_than(limit_);
    if (!is_final) continue;
    Message whole = std::move(*partial_);
    partial_.reset();
    return whole;
  }
}

}  // namespace kots_export::kube
