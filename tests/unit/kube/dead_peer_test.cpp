#include <kots_export/kube/client.h>
#include <kots_export/kube/curl_transport.h>

#include "apiserver/fixture.h"
#include "unit/support/api_connection.h"

#include <array>
#include <chrono>
#include <cstring>
#include <functional>
#include <iostream>

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <net/if.h>
#include <nlohmann/json.hpp>
#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

// A server that is not there, or not there any more, and says nothing of it: nothing is acknowledged.
namespace kots_export::kube {

namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;
using Delivered = TransportFailure::Delivered;

// An address that answers no SYN, as behind a firewall: the queue of a listener that accepts nobody is full.
class SilentAddress {
 public:
  SilentAddress() {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ::bind(listener_, reinterpret_cast<sockaddr*>(&address), length);
    ::listen(listener_, 0);
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &length);
    port_ = ntohs(address.sin_port);
    for (int& filler : fillers_) {
      filler = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
      (void)::connect(filler, reinterpret_cast<sockaddr*>(&address), length);
    }
  }
  SilentAddress(const SilentAddress&) = delete;
  SilentAddress& operator=(const SilentAddress&) = delete;
  ~SilentAddress() {
    for (const int filler : fillers_) ::close(filler);
    ::close(listener_);
  }
  // Whether the last one that tried is still trying.
  [[nodiscard]] bool is_silent() const {
    pollfd last{.fd = fillers_.back(), .events = POLLOUT, .revents = 0};
    return ::poll(&last, 1, 200) == 0;
  }
  [[nodiscard]] std::string url(const std::string& scheme) const {
    return scheme + "://127.0.0.1:" + std::to_string(port_);
  }

 private:
  int listener_ = -1;
  int port_ = 0;
  std::array<int, 8> fillers_{};
};

constexpr milliseconds kTimeToConnect{500};

// Many requests at once, reads and writes.
class Many : public RequestSource {
 public:
  explicit Many(std::size_t count) : left_(count) {}
  std::optional<Exchange> next() override {
    if (left_ == 0) return std::nullopt;
    const Method method = left_-- % 2 == 0 ? Method::get : Method::post;
    return Exchange{.request = {.method = method,
                                .path = "/api/v1/namespaces",
                                .headers = {},
                                .body = method == Method::post ? "{}" : "",
                                .timeout = {}},
                    .done = [this](Outcome outcome) { outcomes.push_back(std::move(outcome)); },
                    .on_data = {}};
  }
  std::vector<Outcome> outcomes;

 private:
  std::size_t left_;
};

class SilentServer : public ::testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    if (!silent.is_silent()) GTEST_SKIP() << "this system answers where the queue is full";
  }
  static CurlOptions options() {
    CurlOptions options;
    options.connect_timeout = kTimeToConnect;
    return options;
  }

  SilentAddress silent;
  apiserver::ApiServer server;  // for its kubeconfig alone
  test::ApiConnection connection{server, options(), {.server = silent.url(GetParam())}};
  Clock::time_point start = Clock::now();
};

TEST_P(SilentServer, IsToldWhenTheTimeToConnectIsOver) {
  try {
    (void)connection.client.list({.gvr = {"", "v1", "namespaces"}, .kind = "Namespace", .verbs = {}}, "");
    ADD_FAILURE() << "somebody answered";
  } catch (const ConnectionError& error) {
    EXPECT_EQ(error.failure().kind, TransportFailure::Kind::timeout);
    EXPECT_EQ(error.failure().delivered, Delivered::no);
  }
  EXPECT_LT(Clock::now() - start, 4 * kTimeToConnect) << "it was tried again";
}

TEST_P(SilentServer, IsToldOnceForAllThatWaits) {
  Many many(64);
  connection.transport.run(many);

  ASSERT_EQ(many.outcomes.size(), 64U);
  for (const Outcome& outcome : many.outcomes)
    EXPECT_EQ(std::get<TransportFailure>(outcome).delivered, Delivered::no);
  EXPECT_LT(Clock::now() - start, 4 * kTimeToConnect) << "one waited for the other";
}

TEST_P(SilentServer, IsToldOnceForAllThatWouldFollow) {
  Many many(200);
  connection.client.run(many);

  EXPECT_EQ(many.outcomes.size(), 200U);
  EXPECT_LT(Clock::now() - start, 4 * kTimeToConnect) << "each window tried anew";
}

TEST_P(SilentServer, IsNotWaitedForWhereTheCallerOfAStreamSaysStop) {
  const Request request{.path = "/api/v1/namespaces/n/pods/p/exec"};
  WebSocketResult result;
  EXPECT_NO_THROW(result = connection.transport.websocket(request, "v4.channel.k8s.io",
                                                          [](std::string_view) { return Flow::stop; }));

  EXPECT_EQ(result.http_status, 0);
  EXPECT_LT(Clock::now() - start, kTimeToConnect);
}

INSTANTIATE_TEST_SUITE_P(Schemes, SilentServer, ::testing::Values("http", "https"),
                         [](const auto& each) { return std::string(each.param); });

// --- A server that asks for time, or takes its own ---

std::vector<ObjectRef> config_maps(std::size_t count) {
  return std::vector<ObjectRef>(count, {.gvr = {"", "v1", "configmaps"},
                                        .kind = "ConfigMap",
                                        .ns = "n",
                                        .name = "c",
                                        .uid = {},
                                        .resource_version = {}});
}

milliseconds processor_time_of_this_thread() {
  rusage used{};
  ::getrusage(RUSAGE_THREAD, &used);
  const auto of = [](const timeval& time) {
    return std::chrono::duration_cast<milliseconds>(std::chrono::seconds(time.tv_sec) +
                                                    std::chrono::microseconds(time.tv_usec));
  };
  return of(used.ru_utime) + of(used.ru_stime);
}

TEST(SlowServer, IsWaitedForWithoutWork) {
  apiserver::ApiServerOptions slow;
  slow.faults = {"status=429 retry-after=3 times=24", "delay=300"};
  const apiserver::ApiServer server(slow);
  test::ApiConnection connection(server);
  Client client(connection.transport);
  const auto began = Clock::now();
  const auto used = processor_time_of_this_thread();
  (void)client.get(config_maps(24));
  const auto took = std::chrono::duration_cast<milliseconds>(Clock::now() - began);
  EXPECT_GE(took, milliseconds(3'000));
  // Of a debug build, with 48 requests and a TLS handshake in it; the loop that this guards against took 80%.
  EXPECT_LT((processor_time_of_this_thread() - used) * 50, took);
}

TEST(SlowServer, IsGivenTheRequestTimeoutForAllTries) {
  apiserver::ApiServerOptions broken;
  broken.faults = {"status=503"};
  const apiserver::ApiServer server(broken);
  test::ApiConnection connection(server);
  Client client(connection.transport, {.attempts = 10'000,
                                       .total = milliseconds(600),
                                       .first_delay = milliseconds(20),
                                       .longest_delay = milliseconds(20)});
  const auto began = Clock::now();
  EXPECT_THROW((void)client.get(config_maps(1)), ApiError);
  EXPECT_GE(Clock::now() - began, milliseconds(500));
  EXPECT_LT(Clock::now() - began, milliseconds(3'000));
}

TEST(SlowServer, ThatNeverAnswersIsToldWithTheRequestTimeout) {
  apiserver::ApiServerOptions hanging;
  hanging.faults = {"hold"};
  const apiserver::ApiServer server(hanging);
  test::ApiConnection connection(server);
  Client client(connection.transport, {.total = milliseconds(600)});
  try {
    (void)client.get(config_maps(1));
    ADD_FAILURE() << "it has answered";
  } catch (const ConnectionError& error) {
    EXPECT_THAT(error.what(), ::testing::HasSubstr("no answer within 600 ms (--request-timeout)"));
  }
}

// --- A network of its own, that can be cut ---

constexpr int kNotPossible = 77;

bool enter_own_network() {
  return ::unshare(CLONE_NEWNET) == 0 || ::unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0;
}

bool set_loopback(bool up) {
  const int control = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  ifreq request{};
  std::strcpy(request.ifr_name, "lo");
  bool done = ::ioctl(control, SIOCGIFFLAGS, &request) == 0;
  request.ifr_flags = static_cast<short>(up ? request.ifr_flags | IFF_UP : request.ifr_flags & ~IFF_UP);
  done = done && ::ioctl(control, SIOCSIFFLAGS, &request) == 0;
  ::close(control);
  return done;
}

// In a process of its own; what it returns is the exit code.
int in_own_network(const std::function<int()>& body) {
  const pid_t child = ::fork();
  if (child == 0) {
    if (!enter_own_network() || !set_loopback(true)) ::_exit(kNotPossible);
    ::_exit(body());
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

// A watch that says nothing, or a request that is not answered, over a network that is cut after a moment.
class UntilCut : public RequestSource {
 public:
  explicit UntilCut(Exchange exchange) : exchange_(std::move(exchange)) {
    exchange_->done = [this](Outcome end) { outcome = std::move(end); };
  }
  std::optional<Exchange> next() override { return std::exchange(exchange_, std::nullopt); }
  Flow tick() override {
    if (!is_cut_ && Clock::now() - start_ > milliseconds(500)) is_cut_ = set_loopback(false);
    return Clock::now() - start_ > std::chrono::seconds(20) ? Flow::stop : Flow::go_on;
  }
  std::optional<Outcome> outcome;

 private:
  std::optional<Exchange> exchange_;
  Clock::time_point start_ = Clock::now();
  bool is_cut_ = false;
};

// 0 where the transport notices by itself that nobody is there any more.
int notices_the_cut(bool http1, const Exchange& exchange) {
  apiserver::ApiServerOptions server_options;
  server_options.http1 = http1;
  server_options.faults = {"hold method=PATCH"};
  const apiserver::ApiServer server(server_options);
  CurlOptions options;
  options.peer_timeout = std::chrono::seconds(2);
  options.connect_timeout = std::chrono::seconds(1);
  test::ApiConnection connection(server, options);
  UntilCut source(exchange);
  connection.transport.run(source);
  const auto* failure = source.outcome ? std::get_if<TransportFailure>(&*source.outcome) : nullptr;
  if (failure == nullptr) return 2;
  std::cerr << failure->text << '\n';
  if (failure->kind == TransportFailure::Kind::cancelled) return 3;
  return failure->delivered == TransportFailure::Delivered::maybe ? 0 : 4;
}

class CutNetwork : public ::testing::TestWithParam<bool> {};

TEST_P(CutNetwork, IsNoticedWithAStreamOpenThatSaysNothing) {
  const Exchange watch{.request = {.path = "/api/v1/configmaps?watch=true&resourceVersion=999999999"},
                       .done = {},
                       .on_data = [](std::string_view) { return Flow::go_on; },
                       .kind = Exchange::Kind::stream};
  const int code = in_own_network([&] { return notices_the_cut(GetParam(), watch); });
  if (code == kNotPossible) GTEST_SKIP() << "no network of its own may be made here";
  EXPECT_EQ(code, 0);
}

TEST_P(CutNetwork, IsNoticedWhileAWriteIsNotAnswered) {
  const Exchange write{.request = {.method = Method::patch,
                                   .path = "/api/v1/namespaces/default",
                                   .headers = {{"Content-Type", "application/merge-patch+json"}},
                                   .body = "{}"},
                       .done = {},
                       .on_data = {}};
  const int code = in_own_network([&] { return notices_the_cut(GetParam(), write); });
  if (code == kNotPossible) GTEST_SKIP() << "no network of its own may be made here";
  EXPECT_EQ(code, 0);
}

INSTANTIATE_TEST_SUITE_P(Protocols, CutNetwork, ::testing::Bool(),
                         [](const auto& each) { return each.param ? "Http1" : "Http2"; });

}  // namespace

}  // namespace kots_export::kube
