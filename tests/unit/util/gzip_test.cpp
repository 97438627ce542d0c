#include <kots_export/util/error.h>
#include <kots_export/util/gzip.h>

#include <gmock/gmock.h>

namespace kots_export::util {

namespace {

using ::testing::HasSubstr;

// Why gunzip refuses `bytes`; "" where it does not.
std::string refusal(std::string_view bytes, std::size_t limit = std::size_t{1} << 20) {
  try {
    (void)gunzip(bytes, limit);
    return "";
  } catch (const Error& error) {
    return error.what();
  }
}

TEST(Gzip, IsKnownByTheThreeBytesThatHelmLooksFor) {
  EXPECT_TRUE(is_gzip(std::string_view("\x1f\x8b\x08\x00", 4)));
  EXPECT_FALSE(is_gzip("\x1f\x8b"));
  EXPECT_FALSE(is_gzip("\x1f\x8b\x07"));
  EXPECT_FALSE(is_gzip("{\"name\": 1}"));
  EXPECT_FALSE(is_gzip(""));
}

TEST(Gzip, BringsBackWhatItPacked) {
  // Around zlib's and our own buffers (64 KiB), where an off-by-one would show.
  for (const std::size_t size : {0UL, 1UL, 65535UL, 65536UL, 65537UL, 131072UL, 1000003UL}) {
    SCOPED_TRACE(size);
    std::string bytes(size, '\0');
    for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>(i * i >> 3U);
    const std::string packed = gzip(bytes);
    EXPECT_TRUE(is_gzip(packed));
    EXPECT_EQ(gunzip(packed), bytes);
  }
}

TEST(Gzip, RefusesAStreamThatIsCutShortAnywhere) {
  const std::string packed = gzip("the values of a release, the values of a release");
  for (std::size_t length = 0; length < packed.size(); ++length) {
    SCOPED_TRACE(length);
    EXPECT_THAT(refusal(packed.substr(0, length)), HasSubstr("cut short"));
  }
}

TEST(Gzip, RefusesADamagedStream) {
  const std::string packed = gzip("the values of a release, the values of a release");
  std::string wrong_checksum = packed;
  wrong_checksum[packed.size() - 8] = static_cast<char>(wrong_checksum[packed.size() - 8] ^ 1);
  EXPECT_THAT(refusal(wrong_checksum), HasSubstr("damaged"));
  std::string no_magic = packed;
  no_magic[0] = 'x';
  EXPECT_THAT(refusal(no_magic), HasSubstr("damaged"));
}

TEST(Gzip, StopsABombAtTheLimit) {
  const std::string bomb = gzip(std::string(std::size_t{8} << 20, '\0'));
  EXPECT_LT(bomb.size(), 10'000U);
  EXPECT_THAT(refusal(bomb, 1000), HasSubstr("more than 1000 bytes"));
  EXPECT_EQ(gunzip(bomb, std::size_t{8} << 20).size(), std::size_t{8} << 20);
}

}  // namespace

}  // namespace kots_export::util
