#include <kots_export/kube/status.h>

#include "unit/support/scripted_transport.h"

#include <gmock/gmock.h>

namespace kots_export::kube {

namespace {

using test::status_reply;
using test::text_reply;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(ApiError, SaysWhatTheServerSaid) {
  const ApiError error =
      api_error("patch Secret x", status_reply(409, "Conflict", "the object has been modified"));

  EXPECT_STREQ(error.what(), "cannot patch Secret x: the object has been modified (409)");
  EXPECT_EQ(error.code(), 409);
  EXPECT_EQ(error.reason(), "Conflict");
  EXPECT_NE(error.hint(), "");
}

TEST(ApiError, DerivesTheReasonWhereThereIsNoStatus) {
  EXPECT_EQ(api_error("x", text_reply(404, "404 page not found")).reason(), "NotFound");
  EXPECT_EQ(api_error("x", text_reply(418, "")).reason(), "HTTP 418");
  EXPECT_STREQ(api_error("read it", text_reply(502, "")).what(), "cannot read it: HTTP 502 (502)");
  EXPECT_THAT(api_error("x", text_reply(404, "404 page not found\n")).what(),
              HasSubstr("404 page not found (404)"));
}

TEST(ApiError, OfWrongOrMissingCredentialsSaysWhatToDo) {
  EXPECT_THAT(api_error("x", status_reply(401, "Unauthorized")).hint(), HasSubstr("Log in again"));
  EXPECT_THAT(api_error("x", status_reply(403, "Forbidden")).hint(), HasSubstr("administrator"));
}

TEST(ApiError, ShowsNoControlCharactersOfTheServer) {
  EXPECT_THAT(api_error("x", status_reply(400, "BadRequest", "a\x1b[31mb")).what(),
              AllOf(HasSubstr("a\\x1b[31mb"), Not(HasSubstr("\x1b"))));
}

TEST(ApiError, CutsAMessageThatIsTooLongForAScreen) {
  EXPECT_LT(std::string(api_error("x", text_reply(500, std::string(100'000, 'x'))).what()).size(), 2100U);
  // Cut inside of a character of two bytes: the rest of it is not shown as
  // broken bytes.
  EXPECT_THAT(api_error("x", text_reply(
                                 500, "x" +
                                          [] {
                                            std::string text;
                                            for (int i = 0; i < 2000; ++i) text += "\xC3\xA4";
                                            return text;
                                          }()))
                  .what(),
              Not(HasSubstr("\\x")));
}

TEST(ApiError, OfAProxysPageIsOneLine) {
  const std::string page =
      "<html>\r\n<head><title>502 Bad "
      "Gateway</title></head>\r\n<body>\r\n<h1>502 Bad "
      "Gateway</h1></body></html>";
  const std::string text =
      api_error("list Secrets", text_reply(502, page, {{"content-type", "text/html"}})).what();

  EXPECT_THAT(text, AllOf(HasSubstr("502"), Not(HasSubstr("<")), Not(HasSubstr("\n"))));
}

TEST(ApiError, OfAStatusWithoutAMessageIsItsReason) {
  EXPECT_STREQ(api_error("x", text_reply(500, R"({"kind":"Status","reason":"InternalError"})")).what(),
               "cannot x: InternalError (500)");
  EXPECT_STREQ(api_error("x", text_reply(500, R"({"kind":"Status","message":5})")).what(),
               "cannot x: HTTP 500 (500)");
}

TEST(ConnectionError, CarriesReasonAndHint) {
  const ConnectionError error("list Secrets", {.kind = TransportFailure::Kind::connect,
                                               .delivered = TransportFailure::Delivered::no,
                                               .text = "no connection",
                                               .hint = "Check the address."});

  EXPECT_STREQ(error.what(), "cannot list Secrets: no connection");
  EXPECT_EQ(error.hint(), "Check the address.");
  EXPECT_EQ(error.failure().kind, TransportFailure::Kind::connect);
}

TEST(Reply, FindsAHeaderByItsName) {
  const Reply reply = text_reply(200, "", {{"retry-after", "5"}});
  EXPECT_EQ(reply.header("retry-after"), "5");
  EXPECT_EQ(reply.header("etag"), std::nullopt);
}

}  // namespace

}  // namespace kots_export::kube
