#include <kots_export/kube/client.h>
#include <kots_export/kube/curl_transport.h>
#include <kots_export/util/error.h>
#include <kots_export/util/stop_guard.h>
#include <kots_export/util/time.h>

#include "apiserver/fixture.h"
#include "unit/support/api_connection.h"
#include "unit/support/temporary_folder.h"

#include <chrono>
#include <deque>
#include <tuple>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

// libcurl against a real server over TLS.
namespace kots_export::kube {

namespace {

using nlohmann::json;
using ::testing::HasSubstr;

// Requests that are known beforehand, and their outcomes.
class Requests : public RequestSource {
 public:
  void add(std::string path, std::function<Flow(std::string_view)> on_data = {},
           std::chrono::milliseconds timeout = {}) {
    add({.method = Method::get, .path = std::move(path), .headers = {}, .body = {}, .timeout = timeout},
        std::move(on_data));
  }
  void add(Request request, std::function<Flow(std::string_view)> on_data = {},
           std::function<bool()> may_send = {}) {
    waiting_.push_back({.request = std::move(request),
                        .done = [this](Outcome outcome) { outcomes.push_back(std::move(outcome)); },
                        .on_data = std::move(on_data),
                        .may_send = std::move(may_send)});
  }
  std::optional<Exchange> next() override {
    if (waiting_.empty()) return std::nullopt;
    Exchange exchange = std::move(waiting_.front());
    waiting_.pop_front();
    return exchange;
  }
  Flow tick() override {
    return stop_after && std::chrono::steady_clock::now() > *stop_after ? Flow::stop : Flow::go_on;
  }

  [[nodiscard]] int status(std::size_t i = 0) const { return std::get<Reply>(outcomes.at(i)).status; }
  [[nodiscard]] const TransportFailure& failure(std::size_t i = 0) const {
    return std::get<TransportFailure>(outcomes.at(i));
  }

  std::vector<Outcome> outcomes;
  std::optional<std::chrono::steady_clock::time_point> stop_after;

 private:
  std::deque<Exchange> waiting_;
};

constexpr const char* kNamespaces = "/api/v1/namespaces";

class Curl : public ::testing::Test {
 protected:
  void run(const CurlOptions& options = {}, const KubeconfigOverrides& overrides = {}) {
    test::ApiConnection(server, options, overrides).transport.run(requests);
  }
  void make_namespaces(int count) {
    for (int i = 0; i < count; ++i)
      server.put(
          {{"apiVersion", "v1"}, {"kind", "Namespace"}, {"metadata", {{"name", "ns-" + std::to_string(i)}}}});
  }

  apiserver::ApiServer server;
  Requests requests;
};

TEST_F(Curl, BringsStatusHeadersAndBody) {
  requests.add(kNamespaces);
  run();

  ASSERT_EQ(requests.status(), 200);
  const Reply& reply = std::get<Reply>(requests.outcomes.front());
  EXPECT_THAT(reply.header("content-type").value_or(""), HasSubstr("application/json"));
  EXPECT_EQ(json::parse(reply.body)["kind"], "NamespaceList");
}

TEST_F(Curl, AnswersThatAreNoSuccessAreAnswersToo) {
  requests.add("/api/v1/namespaces/none");
  run();

  EXPECT_EQ(requests.status(), 404);
  EXPECT_THAT(std::get<Reply>(requests.outcomes.front()).body, HasSubstr("\"kind\":\"Status\""));
}

TEST_F(Curl, UsesItsConnectionsAgain) {
  for (int i = 0; i < 50; ++i) requests.add(kNamespaces);
  CurlOptions options;
  options.max_in_flight = 4;
  run(options);

  EXPECT_EQ(requests.outcomes.size(), 50U);
  EXPECT_LE(server.connections(), 4U);
}

TEST_F(Curl, KeepsNothingOfOneRequestForTheNext) {
  requests.add({.method = Method::post,
                .path = kNamespaces,
                .headers = {{"Content-Type", "application/json"},
                            {"Impersonate-User", "jane"},
                            {"Impersonate-Group", "system:masters"}},
                .body = R"({"metadata":{"name":"made"}})",
                .timeout = std::chrono::milliseconds(300)});
  requests.add(std::string(kNamespaces) + "/made");
  requests.add({.method = Method::del,
                .path = std::string(kNamespaces) + "/made",
                .headers = {},
                .body = {},
                .timeout = {}});
  server.add_fault("delay=600 method=GET");
  CurlOptions options;
  options.max_in_flight = 1;
  run(options);

  EXPECT_EQ(requests.status(0), 201);
  EXPECT_EQ(requests.status(1), 200) << "not the first one's time limit";
  EXPECT_EQ(requests.status(2), 200);
  EXPECT_EQ(server.requests().at(0)["impersonateUser"], "jane");
  EXPECT_TRUE(server.requests().at(1)["impersonateUser"].is_null());
  EXPECT_EQ(server.count_requests("GET"), 1U);
  EXPECT_EQ(server.count_requests("DELETE"), 1U);
}

// A client certificate, another one for each request.
class Rotating : public CredentialSource {
 public:
  explicit Rotating(std::deque<apiserver::PemPair> pairs) : pairs_(std::move(pairs)) {}
  RequestCredentials current() override {
    const auto pair = std::move(pairs_.front());
    pairs_.pop_front();
    return {.authorization = std::nullopt,
            .client_cert_pem = pair.certificate,
            .client_key_pem = Secret<std::string>(pair.key)};
  }
  bool refresh(const RequestCredentials& /*rejected*/) override { return false; }

 private:
  std::deque<apiserver::PemPair> pairs_;
};

TEST_F(Curl, SendsEachRequestWithTheCertificateOfTheMoment) {
  Rotating credentials({server.client_certificate("jane"), server.client_certificate("joe")});
  KubeconfigOverrides overrides;
  overrides.kubeconfig = server.kubeconfig_path().string();
  CurlOptions options;
  options.max_in_flight = 1;
  CurlTransport transport(resolve(overrides, Environment::of_process()), credentials, options);
  requests.add(kNamespaces);
  requests.add(kNamespaces);
  transport.run(requests);

  ASSERT_EQ(requests.outcomes.size(), 2U);
  ASSERT_EQ(server.requests().size(), 2U);
  EXPECT_EQ(server.requests()[0]["user"], "jane");
  EXPECT_EQ(server.requests()[1]["user"], "joe");
}

Request make_namespace(int number) {
  return {.method = Method::post,
          .path = kNamespaces,
          .headers = {{"Content-Type", "application/json"}},
          .body = R"({"metadata":{"name":"made-)" + std::to_string(number) + R"("}})",
          .timeout = {}};
}

// Both protocols.
class CurlGate : public ::testing::TestWithParam<bool> {
 protected:
  static apiserver::ApiServerOptions http1(bool http1) {
    apiserver::ApiServerOptions options;
    options.http1 = http1;
    return options;
  }
  [[nodiscard]] std::size_t taken_back() const {
    return static_cast<std::size_t>(std::ranges::count_if(requests.outcomes, [](const Outcome& outcome) {
      const auto* failure = std::get_if<TransportFailure>(&outcome);
      return failure != nullptr && failure->kind == TransportFailure::Kind::cancelled &&
             failure->delivered == TransportFailure::Delivered::no;
    }));
  }

  apiserver::ApiServer server{http1(GetParam())};
  Requests requests;
};

TEST_P(CurlGate, WhatMayNotBeSentIsTakenBackBeforeItsFirstByte) {
  test::ApiConnection connection(server);
  for (int i = 0; i < 8; ++i) requests.add(make_namespace(i), {}, [i] { return i % 2 == 0; });
  connection.transport.run(requests);

  EXPECT_EQ(requests.outcomes.size(), 8U);
  EXPECT_EQ(taken_back(), 4U);
  EXPECT_EQ(server.count_requests("POST"), 4U);

  requests.outcomes.clear();
  requests.add(kNamespaces);
  connection.transport.run(requests);
  EXPECT_EQ(requests.status(), 200) << "the transport works on";
}

// A process that was stopped while its requests waited for a connection.
TEST_P(CurlGate, WhatWaitsForAConnectionIsTakenBackToo) {
  server.add_fault("delay=100 method=POST");
  test::ApiConnection connection(server);
  for (int i = 0; i < 120; ++i)
    requests.add(make_namespace(i), {}, [this] { return requests.outcomes.empty(); });
  connection.transport.run(requests);

  EXPECT_EQ(requests.outcomes.size(), 120U);
  EXPECT_GE(taken_back(), 56U) << "no more than 64 were handed over before the first answer";
  EXPECT_EQ(server.count_requests("POST"), 120U - taken_back());
}

TEST_P(CurlGate, AWriteIsTakenBackUntilItsBodyGoesOut) {
  test::ApiConnection connection(server);
  requests.add(make_namespace(1), {}, [asked = 0]() mutable { return asked++ == 0; });
  connection.transport.run(requests);

  EXPECT_EQ(taken_back(), 1U);
  EXPECT_FALSE(server.get("Namespace", "", "made-1"));
}

// As after a stop: the sockets are shut before the next instruction.
TEST_P(CurlGate, ItsSocketsAreGuarded) {
  server.add_fault("delay=20000 method=POST times=1");
  test::ApiConnection connection(server);
  requests.add(make_namespace(1), {}, [this] {
    util::stop_guard::arm(util::since_boot() - std::chrono::seconds(1), std::chrono::milliseconds(1));
    return true;
  });
  connection.transport.run(requests);
  util::stop_guard::disarm();

  EXPECT_EQ(requests.failure().kind, TransportFailure::Kind::reset);
  requests.outcomes.clear();
  requests.add(kNamespaces);
  connection.transport.run(requests);
  EXPECT_EQ(requests.status(), 200) << "on a new connection";
}

INSTANTIATE_TEST_SUITE_P(Protocols, CurlGate, ::testing::Bool(),
                         [](const auto& each) { return each.param ? "Http1" : "Http2"; });

Request write_of(Method method) {
  const bool creates = method == Method::post;
  return {.method = method,
          .path = std::string("/api/v1/namespaces/default/configmaps") + (creates ? "" : "/there"),
          .headers = {{"Content-Type",
                       method == Method::patch ? "application/merge-patch+json" : "application/json"}},
          .body = creates                   ? R"({"metadata":{"name":"new"}})"
                  : method == Method::patch ? R"({"data":{"k":"v"}})"
                                            : "{}",
          .timeout = {}};
}

// A write whose connection dies before its answer: libcurl would send it again by itself on a new one, and
// the answer to that would be taken for the answer to the first.
apiserver::ApiServerOptions speaking(bool http1_only) {
  apiserver::ApiServerOptions options;
  options.http1 = http1_only;
  return options;
}

class CurlWrites : public ::testing::TestWithParam<std::tuple<bool, Method, const char*>> {
 protected:
  void expect_sent_once(Request write) {
    server.put({{"apiVersion", "v1"},
                {"kind", "ConfigMap"},
                {"metadata", {{"name", "there"}, {"namespace", "default"}}}});
    test::ApiConnection connection(server);
    requests.add(kNamespaces);
    connection.transport.run(requests);  // the connection is warm
    requests.outcomes.clear();
    server.add_fault(std::string(std::get<2>(GetParam())) + " times=1 writes");
    requests.add(std::move(write));
    connection.transport.run(requests);

    ASSERT_EQ(requests.outcomes.size(), 1U);
    ASSERT_TRUE(std::holds_alternative<TransportFailure>(requests.outcomes[0])) << requests.status();
    EXPECT_EQ(requests.failure().delivered, TransportFailure::Delivered::maybe);
    EXPECT_EQ(server.count_requests(std::string(to_string(std::get<1>(GetParam())))), 1U);
  }

  apiserver::ApiServer server{speaking(std::get<0>(GetParam()))};
  Requests requests;
};

TEST_P(CurlWrites, AreSentOnce) { expect_sent_once(write_of(std::get<1>(GetParam()))); }

TEST_P(CurlWrites, WithoutABodyAreSentOnceToo) {
  Request write = write_of(std::get<1>(GetParam()));
  write.body.clear();
  expect_sent_once(std::move(write));
}

INSTANTIATE_TEST_SUITE_P(
    Cuts, CurlWrites,
    ::testing::Combine(::testing::Bool(), ::testing::Values(Method::post, Method::patch, Method::del),
                       ::testing::Values("cut-after-apply", "cut-after-apply reset", "drop", "drop reset")),
    [](const auto& each) {
      std::string name = std::string(std::get<0>(each.param) ? "Http1" : "Http2") +
                         std::string(to_string(std::get<1>(each.param))) + std::get<2>(each.param);
      std::erase_if(name, [](char c) { return c == '-' || c == ' '; });
      return name;
    });

TEST_F(Curl, HasManyRequestsInFlight) {
  server.add_fault("delay=200 path=/namespaces");
  for (int i = 0; i < 16; ++i) requests.add(kNamespaces);
  const auto start = std::chrono::steady_clock::now();
  run();

  EXPECT_EQ(requests.outcomes.size(), 16U);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::milliseconds(16 * 200))
      << "one after the other";
}

TEST_F(Curl, SaysThatAnAnswerTookTooLong) {
  server.add_fault("delay=5000 path=/namespaces");
  requests.add(kNamespaces);
  CurlOptions options;
  options.try_timeout = std::chrono::milliseconds(200);
  run(options);

  EXPECT_EQ(requests.failure().kind, TransportFailure::Kind::timeout);
  EXPECT_EQ(requests.failure().delivered, TransportFailure::Delivered::maybe);
}

TEST_F(Curl, ARequestsOwnTimeoutCountsBeforeTheCommonOne) {
  server.add_fault("delay=400 path=/namespaces");
  requests.add(kNamespaces, {}, std::chrono::seconds(20));
  CurlOptions options;
  options.try_timeout = std::chrono::milliseconds(100);
  run(options);

  EXPECT_EQ(requests.status(), 200);
}

TEST_F(Curl, SaysThatTheConnectionWasCut) {
  server.add_fault("cut-after-apply times=1");
  requests.add(kNamespaces);
  run();

  EXPECT_EQ(requests.failure().kind, TransportFailure::Kind::reset);
  EXPECT_EQ(requests.failure().delivered, TransportFailure::Delivered::maybe);
}

TEST_F(Curl, ThatIsCutBeforeTheFirstAnswerThinksOfTheClientCertificate) {
  const test::TemporaryFolder folder;
  const auto pair = server.client_certificate("jane");
  test::write_bytes(folder / "crt", pair.certificate);
  test::write_bytes(folder / "key", pair.key);
  KubeconfigOverrides overrides;
  overrides.client_certificate = (folder / "crt").string();
  overrides.client_key = (folder / "key").string();
  server.add_fault("drop times=1");
  requests.add(kNamespaces);
  run({}, overrides);

  EXPECT_EQ(requests.failure().kind, TransportFailure::Kind::reset);
  EXPECT_THAT(requests.failure().hint, HasSubstr("client certificate"));
}

TEST_F(Curl, DoesNotTakeHalfAnAnswerForAWholeOne) {
  server.add_fault("cut times=1");
  requests.add(kNamespaces);
  run();

  EXPECT_EQ(requests.failure().kind, TransportFailure::Kind::reset);
}

TEST_F(Curl, HandsABodyOverPieceByPiece) {
  make_namespaces(200);
  std::string body;
  requests.add(kNamespaces, [&](std::string_view data) {
    body += data;
    return Flow::go_on;
  });
  run();

  EXPECT_EQ(requests.status(), 200);
  EXPECT_EQ(std::get<Reply>(requests.outcomes.front()).body, "");
  EXPECT_GE(json::parse(body)["items"].size(), 200U);
}

TEST_F(Curl, KeepsTheBodyOfAnErrorForTheCaller) {
  std::string streamed;
  requests.add("/api/v1/namespaces/none", [&](std::string_view data) {
    streamed += data;
    return Flow::go_on;
  });
  run();

  EXPECT_EQ(streamed, "");
  EXPECT_THAT(std::get<Reply>(requests.outcomes.front()).body, HasSubstr("Status"));
}

TEST_F(Curl, StopsAStreamThatIsNotWantedAnyMore) {
  requests.add(std::string(kNamespaces) + "?watch=true", [](std::string_view) { return Flow::stop; });
  run();

  EXPECT_EQ(requests.failure().kind, TransportFailure::Kind::cancelled);
}

TEST_F(Curl, CancelsEverythingWhenToldToStop) {
  for (int i = 0; i < 3; ++i)
    requests.add(std::string(kNamespaces) + "?watch=true&resourceVersion=999999999",
                 [](std::string_view) { return Flow::go_on; });
  requests.stop_after = std::chrono::steady_clock::now() + std::chrono::milliseconds(100);
  const auto start = std::chrono::steady_clock::now();
  run();

  ASSERT_EQ(requests.outcomes.size(), 3U);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5));
}

TEST_F(Curl, LetsExceptionsOfCallbacksOutAndWorksOn) {
  test::ApiConnection connection(server);
  requests.add(kNamespaces, [](std::string_view) -> Flow { throw Error("from on_data"); });
  EXPECT_THROW(connection.transport.run(requests), Error);

  Requests after;
  after.add(kNamespaces);
  connection.transport.run(after);
  EXPECT_EQ(after.status(), 200);
}

TEST_F(Curl, RefusesAnAnswerThatIsTooLong) {
  make_namespaces(50);
  requests.add(kNamespaces);
  CurlOptions options;
  options.longest_body = 1000;
  run(options);

  EXPECT_THAT(requests.failure().text, HasSubstr("longer than 1000 bytes"));
}

TEST_F(Curl, SaysThatNobodyListens) {
  const std::string nobody = apiserver::ApiServer().url();
  requests.add(kNamespaces);
  run({}, {.server = nobody});

  EXPECT_EQ(requests.failure().kind, TransportFailure::Kind::connect);
  EXPECT_EQ(requests.failure().delivered, TransportFailure::Delivered::no);
}

TEST_F(Curl, TrustsNobodyButTheClustersAuthority) {
  const apiserver::ApiServer stranger;
  requests.add(kNamespaces);
  run({}, {.server = stranger.url()});

  EXPECT_EQ(requests.failure().kind, TransportFailure::Kind::tls);
  EXPECT_THAT(requests.failure().text, HasSubstr("unknown authority"));
  EXPECT_TRUE(stranger.requests().empty());
}

TEST_F(Curl, NamesTheServerAsTlsServerNameSays) {
  apiserver::ApiServerOptions options;
  options.cert_host = "api.example.com";
  const apiserver::ApiServer named(options);
  requests.add(kNamespaces);
  test::ApiConnection(named, {}, {.tls_server_name = "api.example.com"}).transport.run(requests);

  ASSERT_EQ(requests.status(), 200);
  EXPECT_EQ(named.requests().front()["sni"], "api.example.com");
}

TEST_F(Curl, SendsImpersonationAndItsName) {
  requests.add(kNamespaces);
  CurlOptions options;
  options.user_agent = "kots-export/test";
  run(options, {.as = "jane", .as_groups = {"devs", "ops"}});

  const json request = server.requests().front();
  EXPECT_EQ(request["impersonateUser"], "jane");
  EXPECT_EQ(request["userAgent"], "kots-export/test");
  EXPECT_EQ(request["impersonateGroups"], json({"devs", "ops"}));
}

}  // namespace

}  // namespace kots_export::kube
