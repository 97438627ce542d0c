#include <kots_export/kube/client.h>
#include <kots_export/kube/curl_transport.h>

#include "apiserver/fixture.h"
#include "unit/support/api_connection.h"

#include <array>
#include <chrono>

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <nlohmann/json.hpp>
#include <poll.h>
#include <sys/socket.h>
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
    (void)connection.client.list({"", "v1", "namespaces"}, "");
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

}  // namespace

}  // namespace kots_export::kube
