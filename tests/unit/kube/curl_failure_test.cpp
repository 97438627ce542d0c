#include "kube/curl_easy.h"

#include <gtest/gtest.h>

namespace kots_export::kube {
namespace {

using Kind = TransportFailure::Kind;
using Delivered = TransportFailure::Delivered;

TransportFailure of(CURLcode code, const char* detail, HasAnswered has_answered) {
  return failure_of(code, detail, "https://cluster:6443", Delivered::maybe, has_answered);
}

constexpr const char* kAlert =
    "OpenSSL SSL_read: error:0A00045C:SSL routines::tlsv13 alert certificate required";

TEST(CurlFailure, AlertOfAServerThatNeverAnsweredIsAboutTheClientCertificate) {
  const TransportFailure failure = of(CURLE_RECV_ERROR, kAlert, HasAnswered::no);
  EXPECT_EQ(failure.kind, Kind::tls);
  EXPECT_EQ(failure.delivered, Delivered::no);
}

TEST(CurlFailure, AlertOfAServerThatHasAnsweredLeavesTheFateOpen) {
  const TransportFailure failure = of(CURLE_RECV_ERROR, kAlert, HasAnswered::yes);
  EXPECT_EQ(failure.kind, Kind::reset);
  EXPECT_EQ(failure.delivered, Delivered::maybe);
}

TEST(CurlFailure, HandshakeThatIsCutIsNoFaultOfTlsWhereTheServerHasAnswered) {
  for (const char* detail : {"Send failure: Broken pipe",
                             "OpenSSL SSL_connect: Connection reset by peer in connection to cluster:6443",
                             "OpenSSL SSL_connect: SSL_ERROR_SYSCALL in connection to cluster:6443"}) {
    const TransportFailure failure = of(CURLE_SSL_CONNECT_ERROR, detail, HasAnswered::yes);
    EXPECT_EQ(failure.kind, Kind::reset) << detail;
    EXPECT_EQ(failure.delivered, Delivered::no) << detail;
    EXPECT_EQ(of(CURLE_SSL_CONNECT_ERROR, detail, HasAnswered::no).kind, Kind::tls) << detail;
  }
}

TEST(CurlFailure, HandshakeThatIsRefusedStaysOne) {
  EXPECT_EQ(of(CURLE_SSL_CONNECT_ERROR, "wrong version number", HasAnswered::yes).kind, Kind::tls);
}

TEST(CurlFailure, ProxyThatRefusesIsNamedInEveryWording) {
  for (const char* detail :
       {"Received HTTP code 502 from proxy after CONNECT", "CONNECT tunnel failed, response 502"}) {
    const TransportFailure failure = of(CURLE_RECV_ERROR, detail, HasAnswered::no);
    EXPECT_EQ(failure.kind, Kind::connect) << detail;
    EXPECT_NE(failure.text.find("the proxy lets nobody through"), std::string::npos) << detail;
  }
}

}  // namespace
}  // namespace kots_export::kube
