#include <kots_export/util/base64.h>

#include <array>
#include <utility>

#include <gtest/gtest.h>

namespace kots_export::util {

namespace {

// RFC 4648, section 10.
constexpr std::array<std::pair<const char*, const char*>, 7> kVectors = {{{"", ""},
                                                                          {"f", "Zg=="},
                                                                          {"fo", "Zm8="},
                                                                          {"foo", "Zm9v"},
                                                                          {"foob", "Zm9vYg=="},
                                                                          {"fooba", "Zm9vYmE="},
                                                                          {"foobar", "Zm9vYmFy"}}};

TEST(Base64, EncodesTheVectorsOfTheRfc) {
  for (const auto& [plain, encoded] : kVectors) {
    SCOPED_TRACE(plain);
    EXPECT_EQ(base64_encode(plain), encoded);
  }
}

TEST(Base64, DecodesTheVectorsOfTheRfc) {
  for (const auto& [plain, encoded] : kVectors) {
    SCOPED_TRACE(encoded);
    EXPECT_EQ(base64_decode(encoded), plain);
  }
}

TEST(Base64, CarriesEveryByte) {
  std::string every;
  for (int byte = 0; byte < 256; ++byte) every += static_cast<char>(byte);
  for (std::size_t length = 0; length <= every.size(); ++length) {
    SCOPED_TRACE(length);
    const std::string bytes = every.substr(0, length);
    EXPECT_EQ(base64_decode(base64_encode(bytes)), bytes);
  }
}

TEST(Base64, SkipsLineBreaksAsGoDoes) {
  EXPECT_EQ(base64_decode("Zm9v\nYmFy\n"), "foobar");
  EXPECT_EQ(base64_decode("Zm9v\r\nYg==\r\n"), "foob");
  EXPECT_EQ(base64_decode("Z\ng\n=\n=\n"), "f");
}

TEST(Base64, RefusesWhatIsNone) {
  for (const char* text : {"Zg", "Zg=", "Zg===", "Z", "Z===", "=", "====", "Zm9v=", "Zm9v====", "Zg==Zg==",
                           "Zm 9v", "Zm9v!", "Zm9_", "Zm9-", "Zm\t9v", "Zm9v\xff", "=Zg="}) {
    SCOPED_TRACE(text);
    EXPECT_EQ(base64_decode(text), std::nullopt);
  }
}

TEST(Base64, IgnoresBitsThatNobodyMeans) {
  // "Zh==" has a one in the bits behind the byte; Go's decoder, which is not strict by default, takes it.
  EXPECT_EQ(base64_decode("Zh=="), "f");
}

}  // namespace

}  // namespace kots_export::util
