#include <kots_export/ui/masking.h>
#include <kots_export/ui/request_view.h>

#include <sstream>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace kots_export::ui {

namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

kube::Request request(std::string path, std::string body = {}, kube::Headers headers = {}) {
  return {.method = kube::Method::patch,
          .path = std::move(path),
          .headers = std::move(headers),
          .body = std::move(body),
          .timeout = {}};
}

kube::Reply reply(int status, std::string body = {}, kube::Headers headers = {}) {
  return {.status = status, .headers = std::move(headers), .body = std::move(body)};
}

std::string shown(const kube::Request& asked, const kube::Outcome& outcome,
                  RequestView::Bodies bodies = RequestView::Bodies::yes) {
  std::ostringstream out;
  RequestView(out, bodies).request_done(asked, outcome, 34ms);
  return out.str();
}

TEST(RequestView, ARequestIsALine) {
  EXPECT_EQ(
      shown(request("/api/v1/namespaces/x/secrets/s?a=b", "{}"), reply(200, "{}"), RequestView::Bodies::no),
      "PATCH /api/v1/namespaces/x/secrets/s?a=b: 200 (34 ms)\n");
}

TEST(RequestView, AFailureIsToldInItsWords) {
  const kube::TransportFailure failure{
      .kind = kube::TransportFailure::Kind::timeout, .text = "no answer within 60 s", .hint = {}};
  EXPECT_EQ(shown(request("/version"), failure), "PATCH /version: no answer within 60 s (34 ms)\n");
}

TEST(RequestView, WithBodiesHeadersAndBodiesOfBothFollow) {
  EXPECT_EQ(shown(request("/api/v1/namespaces/x/services/s", R"({"a":1})", {{"Accept", "application/json"}}),
                  reply(200, R"({"kind":"Service"})", {{"content-type", "application/json"}})),
            "PATCH /api/v1/namespaces/x/services/s: 200 (34 ms)\n"
            "  > Accept: application/json\n"
            "  > {\"a\":1}\n"
            "  < content-type: application/json\n"
            "  < {\"kind\":\"Service\"}\n");
}

TEST(RequestView, WhatIsNoJsonIsTheSizeAlone) {
  EXPECT_THAT(shown(request("/api/v1/namespaces/x/pods/p/log"), reply(200, "password=hunter2")),
              HasSubstr("  < 16 bytes\n"));
}

TEST(RequestView, ALongBodyIsCut) {
  const std::string text =
      shown(request("/api/v1/x"), reply(200, json{{"a", std::string(100'000, 'a')}}.dump()));

  EXPECT_LT(text.size(), 17'000U);
  EXPECT_THAT(text, HasSubstr("... (100008 bytes)"));
}

TEST(RequestView, ForeignTextMovesNoCursor) {
  EXPECT_THAT(shown(request("/a\x1b[2J"), reply(200, {}, {{"x", "\x1b[2J\n"}})), Not(HasSubstr("\x1b")));
}

// Each of these holds "hunter2", as clear text or as base64 ("aHVudGVyMg=="), where it is found in practice.
TEST(RequestView, NoSecretIsEverShown) {
  const json secret{{"apiVersion", "v1"}, {"kind", "Secret"}, {"data", {{"p", "aHVudGVyMg=="}}}};
  json item = secret;
  item.erase("kind");
  item.erase("apiVersion");
  const json env{{"name", "POSTGRES_PASSWORD"}, {"value", "hunter2"}};
  const json pod{
      {"apiVersion", "v1"}, {"kind", "Pod"}, {"spec", {{"containers", {{{"name", "c"}, {"env", {env}}}}}}}};
  json pod_of_list = pod;
  pod_of_list.erase("kind");
  const std::vector<std::pair<kube::Request, kube::Reply>> exchanges = {
      {request("/api/v1/namespaces/x/secrets/s", json{{"data", {{"p", "aHVudGVyMg=="}}}}.dump()), reply(200)},
      {request("/api/v1/namespaces/x/secrets", json{{"stringData", {{"p", "hunter2"}}}}.dump()), reply(200)},
      {request("/api/v1/namespaces/x/configmaps/c", json{{"data", {{"f", "password = hunter2"}}}}.dump()),
       reply(200)},
      {request("/api/v1/namespaces/x/secrets/s"), reply(200, secret.dump())},
      {request("/api/v1/namespaces/x/secrets"),
       reply(200, json{{"apiVersion", "v1"}, {"kind", "SecretList"}, {"items", {item}}}.dump())},
      {request("/api/v1/namespaces/x/secrets"), reply(200, json{{"items", {item}}}.dump())},
      {request("/api/v1/namespaces/x/pods/p"), reply(200, pod.dump())},
      {request("/api/v1/namespaces/x/pods"),
       reply(200, json{{"apiVersion", "v1"}, {"kind", "PodList"}, {"items", {pod_of_list}}}.dump())},
      {request("/api", {}, {{"Authorization", "Bearer hunter2"}}),
       reply(200, {}, {{"set-cookie", "a=hunter2"}})},
      {request("/oauth2/token?service=a&access_token=hunter2&x=1"),
       reply(200, json{{"access_token", "hunter2"}, {"nested", {{"refresh_token", "hunter2"}}}}.dump())},
      {request("/oauth2/token", "password=hunter2&user=a"), reply(200)},
      {request("/api/v1/namespaces/x/services/s",
               json{{"metadata",
                     {{"annotations",
                       {{"kubectl.kubernetes.io/last-applied-configuration", "{\"a\":\"hunter2\"}"}}}}}}
                   .dump()),
       reply(200)},
      {request(
           "/apis/batch/v1/namespaces/x/jobs",
           json{{"apiVersion", "batch/v1"}, {"kind", "Job"}, {"url", "postgres://u:hunter2@host/db"}}.dump()),
       reply(200)},
      {request("/v2/"), reply(401, R"({"password": "hunter2", "items": [{"token": "hunter2"}]})")}};
  for (const auto& [asked, answer] : exchanges) {
    const std::string text = shown(asked, answer);
    SCOPED_TRACE(text);
    EXPECT_THAT(text, AllOf(StartsWith("PATCH "), Not(HasSubstr("hunter2")), Not(HasSubstr("aHVudGVyMg"))));
  }
}

TEST(RequestView, WhatIsNoSecretIsShown) {
  EXPECT_THAT(shown(request("/oauth2/token?service=a&access_token=x&scope=b"), reply(200)),
              HasSubstr("/oauth2/token?service=a&access_token=***&scope=b"));
  EXPECT_THAT(
      shown(request("/api/v1/namespaces/x/secrets/s", R"({"metadata":{"labels":{"a":"b"}}})"), reply(200)),
      HasSubstr(R"({"metadata":{"labels":{"a":"b"}}})"));
}

}  // namespace

}  // namespace kots_export::ui
