#include "kube/websocket.h"

#include <kots_export/util/error.h>

#include <gmock/gmock.h>

namespace kots_export::kube {

namespace {

using ::testing::HasSubstr;

// A frame as a server sends it: not masked.
std::string frame(unsigned first, const std::string& payload) {
  std::string bytes(1, static_cast<char>(first));
  if (payload.size() <= 125) {
    bytes += static_cast<char>(payload.size());
  } else if (payload.size() <= 0xFFFF) {
    bytes += static_cast<char>(126);
    bytes += static_cast<char>(payload.size() >> 8U);
    bytes += static_cast<char>(payload.size());
  } else {
    bytes += static_cast<char>(127);
    for (int shift = 56; shift >= 0; shift -= 8) bytes += static_cast<char>(payload.size() >> shift);
  }
  return bytes + payload;
}

std::string refusal(const std::string& bytes) {
  FrameReader reader(1000);
  reader.feed(bytes);
  try {
    while (reader.next()) continue;
    return "";
  } catch (const Error& error) {
    return error.what();
  }
}

TEST(EncodeFrame, MasksAsAClientMust) {
  // RFC 6455, 5.7: a single-frame masked text message "Hello".
  EXPECT_EQ(encode_frame(Opcode::text, "Hello", "\x37\xfa\x21\x3d"),
            "\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58");
}

TEST(EncodeFrame, WritesLengthsOfEverySize) {
  const std::string mask(4, '\0');
  EXPECT_EQ(encode_frame(Opcode::binary, std::string(125, 'x'), mask).size(), 2U + 4 + 125);
  EXPECT_EQ(encode_frame(Opcode::binary, std::string(126, 'x'), mask).substr(0, 4),
            std::string("\x82\xfe\x00\x7e", 4));
  EXPECT_EQ(encode_frame(Opcode::binary, std::string(65535, 'x'), mask).substr(0, 4), "\x82\xfe\xff\xff");
  EXPECT_EQ(encode_frame(Opcode::binary, std::string(65536, 'x'), mask).substr(0, 10),
            std::string("\x82\xff\x00\x00\x00\x00\x00\x01\x00\x00", 10));
}

TEST(FrameReader, ReadsMessagesOfEverySize) {
  for (const std::size_t size : {0UL, 1UL, 125UL, 126UL, 65535UL, 65536UL, 200000UL}) {
    SCOPED_TRACE(size);
    FrameReader reader(std::size_t{1} << 20);
    reader.feed(frame(0x82, std::string(size, 'x')));
    const auto message = reader.next();
    ASSERT_TRUE(message);
    EXPECT_EQ(message->opcode, Opcode::binary);
    EXPECT_EQ(message->payload.size(), size);
    EXPECT_FALSE(reader.next());
  }
}

TEST(FrameReader, WaitsForTheWholeFrame) {
  const std::string bytes = frame(0x82, std::string(300, 'x'));
  FrameReader reader(1000);
  for (std::size_t i = 0; i + 1 < bytes.size(); ++i) {
    reader.feed(bytes.substr(i, 1));
    ASSERT_FALSE(reader.next()) << i;
  }
  reader.feed(bytes.substr(bytes.size() - 1));
  EXPECT_TRUE(reader.next());
}

TEST(FrameReader, JoinsFragmentsAndLetsControlFramesBetween) {
  FrameReader reader(1000);
  reader.feed(frame(0x02, "one ") + frame(0x89, "ping") + frame(0x00, "two ") + frame(0x80, "three"));

  EXPECT_EQ(reader.next()->opcode, Opcode::ping);
  const auto message = reader.next();
  ASSERT_TRUE(message);
  EXPECT_EQ(message->payload, "one two three");
  EXPECT_EQ(message->opcode, Opcode::binary);
}

TEST(FrameReader, RefusesWhatAServerMayNotSend) {
  EXPECT_THAT(refusal(frame(0xC2, "x")), HasSubstr("reserved"));
  EXPECT_THAT(refusal(encode_frame(Opcode::binary, "x", "mask")), HasSubstr("masked"));
  EXPECT_THAT(refusal(frame(0x80, "x")), HasSubstr("continuation of nothing"));
  EXPECT_THAT(refusal(frame(0x02, "x") + frame(0x82, "y")), HasSubstr("inside another"));
  EXPECT_THAT(refusal(frame(0x82, std::string(1001, 'x'))), HasSubstr("longer than 1000"));
  EXPECT_THAT(refusal(frame(0x02, std::string(600, 'x')) + frame(0x80, std::string(600, 'x'))),
              HasSubstr("longer"));
}

TEST(FrameReader, DoesNotWaitForALengthThatCannotBe) {
  EXPECT_THAT(refusal(std::string("\x82\x7f\xff\xff\xff\xff\xff\xff\xff\xff", 10)), HasSubstr("longer"));
}

}  // namespace

}  // namespace kots_export::kube
