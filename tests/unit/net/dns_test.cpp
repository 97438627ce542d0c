#include <kots_export/net/dns.h>
#include <kots_export/util/error.h>

#include <array>
#include <cstring>
#include <functional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace kots_export::net {

namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Status = DnsAnswer::Status;

// A name server on 127.0.0.1 that answers each question with what `answer` makes of its bytes. Real ones are
// asked in tests/verify.
class NameServer {
 public:
  explicit NameServer(std::function<std::string(std::string)> answer) : answer_(std::move(answer)) {
    socket_ = ::socket(AF_INET, SOCK_DGRAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    ::bind(socket_, reinterpret_cast<sockaddr*>(&address), size);
    ::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  ~NameServer() {
    ::shutdown(socket_, SHUT_RDWR);
    thread_.join();
    ::close(socket_);
  }

  [[nodiscard]] std::string address() const { return "127.0.0.1:" + std::to_string(port_); }

 private:
  void serve() {
    std::array<char, 512> bytes{};
    for (;;) {
      sockaddr_in from{};
      socklen_t size = sizeof from;
      const auto got =
          ::recvfrom(socket_, bytes.data(), bytes.size(), 0, reinterpret_cast<sockaddr*>(&from), &size);
      if (got <= 0) return;
      const std::string answer = answer_({bytes.data(), static_cast<std::size_t>(got)});
      ::sendto(socket_, answer.data(), answer.size(), 0, reinterpret_cast<sockaddr*>(&from), size);
    }
  }

  std::function<std::string(std::string)> answer_;
  int socket_ = -1;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

// `question` as an answer (RFC 1035, 4.1) with that RCODE and `records` of its own.
std::string answered(std::string question, char code, const std::vector<std::string>& records) {
  question[2] = static_cast<char>(question[2] | '\x80');
  question[3] = static_cast<char>('\x80' | code);
  question[7] = static_cast<char>(records.size());
  for (const std::string& record : records) question += record;
  return question;
}

// A record of the name that was asked for, 5 minutes long.
std::string record(char type, const std::string& data) {
  return std::string("\xc0\x0c\0", 3) + type + std::string("\0\x01\0\0\x01\x2c\0", 7) +
         static_cast<char>(data.size()) + data;
}

constexpr char kA = 1;
constexpr char kCname = 5;
constexpr char kSoa = 6;

char type_in(const std::string& question) { return question[question.size() - 3]; }

TEST(Resolver, TellsAddressesAndTheirTime) {
  const NameServer server([](const std::string& question) {
    return type_in(question) == kA ? answered(question, 0, {record(kA, "\x0a\x01\x02\x03")})
                                   : answered(question, 0, {});
  });

  const Resolved resolved = Resolver(server.address()).resolve("ci.example.com");

  EXPECT_EQ(resolved.status, Status::found);
  EXPECT_THAT(resolved.addresses, ElementsAre("10.1.2.3"));
  EXPECT_EQ(resolved.ttl, 300U);
}

TEST(Resolver, TellsTheNamesThatCnamesLeadThrough) {
  const NameServer server([](const std::string& question) {
    return answered(question, 0,
                    {record(kCname, std::string("\x02LB\x03"
                                                "aws\0",
                                                8))});
  });
  const Resolved resolved = Resolver(server.address()).resolve("ci.example.com");
  EXPECT_THAT(resolved.chain, ElementsAre("lb.aws"));
  EXPECT_EQ(resolved.status, Status::found);
}

TEST(Resolver, TellsANameThatIsNotThereFromOneWithoutAnAddress) {
  const NameServer none([](const std::string& question) { return answered(question, 3, {}); });
  const NameServer empty([](const std::string& question) { return answered(question, 0, {}); });
  EXPECT_EQ(Resolver(none.address()).resolve("ci.example.com").status, Status::no_such_name);
  EXPECT_EQ(Resolver(empty.address()).resolve("ci.example.com").status, Status::no_data);
}

TEST(Resolver, KnowsTheApexOfAZone) {
  const std::string soa = std::string("\0\0", 2) + std::string(20, '\0');
  const NameServer server([&](const std::string& question) {
    return type_in(question) == kSoa ? answered(question, 0, {record(kSoa, soa)}) : answered(question, 0, {});
  });
  EXPECT_TRUE(Resolver(server.address()).is_apex("example.com"));
}

TEST(Resolver, SaysWhoDidNotAnswerOrAnswersNonsense) {
  const Resolved silent = Resolver("127.0.0.1:9").resolve("ci.example.com");
  EXPECT_EQ(silent.status, Status::failed);
  EXPECT_THAT(silent.why, HasSubstr("name server 127.0.0.1:9 did not answer"));
  // A record whose data ends beyond the message, and one whose name points at itself.
  for (const std::string& broken : {std::string("\xc0\x0c\0\x01\0\x01\0\0\0\0\0\xff", 12),
                                    std::string("\xc0\x15\0\x01\0\x01\0\0\0\0\0\x04"
                                                "abcd",
                                                16)}) {
    const NameServer server([&](const std::string& question) { return answered(question, 0, {broken}); });
    EXPECT_THAT(Resolver(server.address()).resolve("a.b").addresses, IsEmpty());
  }
  EXPECT_THAT(Resolver().resolve(std::string(70, 'x') + ".com").why, HasSubstr("no domain name"));
}

TEST(Resolver, WaitsForASilentServerTwiceAndForNoneOnceItIsInterrupted) {
  int questions = 0;
  const NameServer server([&](const std::string&) {
    ++questions;
    return std::string();  // too short for an answer
  });
  bool interrupted = false;
  Resolver resolver(server.address(), [&] { return interrupted; });

  EXPECT_THAT(resolver.resolve("ci.example.com").why, HasSubstr("did not answer"));
  EXPECT_EQ(resolver.resolve("app.ci.example.com").status, Status::failed);
  const int asked = questions;
  EXPECT_EQ(resolver.resolve("ci.example.com").status, Status::failed);
  EXPECT_THAT(resolver.resolve("vm-service.ci.example.com").why, HasSubstr("did not answer"));
  EXPECT_EQ(questions, asked);

  interrupted = true;
  Resolver other(server.address(), [&] { return interrupted; });
  EXPECT_THROW((void)other.resolve("ci.example.com"), Interrupted);
}

// Whether `question` is of a name whose first label is `label`.
bool asks_for(const std::string& question, std::string_view label) {
  return question.substr(13, label.size()) == label;
}

TEST(Resolver, TakesAnErrorForAnAnswerAboutThatNameAlone) {
  constexpr char kServfail = 2;
  constexpr char kNotimp = 4;
  constexpr char kRefused = 5;
  for (const auto& [code, word] :
       {std::pair(kServfail, "SERVFAIL"), std::pair(kNotimp, "NOTIMP"), std::pair(kRefused, "REFUSED")}) {
    const NameServer server([&](const std::string& question) {
      return asks_for(question, "lb") ? answered(question, code, {})
                                      : answered(question, 0, {record(kA, "\x0a\x01\x02\x03")});
    });
    Resolver resolver(server.address());

    const Resolved refused = resolver.resolve("lb.example.net");
    EXPECT_EQ(refused.status, Status::failed);
    EXPECT_THAT(refused.why, HasSubstr(word));
    EXPECT_EQ(resolver.resolve("ci.example.com").status, Status::found);
  }
}

TEST(Resolver, EndsWithTheEmptyAnswerOfAServerThatDoesNotServeTheName) {
  const NameServer server([](const std::string& question) {
    std::string answer = answered(question, 0, {});
    answer[3] = 0;  // it asks no other server
    return answer;
  });
  EXPECT_THAT(Resolver(server.address()).resolve("lb.example.net").why,
              HasSubstr("neither serves that name"));
}

TEST(Resolver, SaysThatAnAnswerWasCutOff) {
  const NameServer server([](const std::string& question) {
    std::string answer = answered(question, 0, {});
    answer[2] = static_cast<char>(answer[2] | 0x02);  // RFC 1035, 4.1.1: TC; nobody listens on TCP
    return answer;
  });
  EXPECT_THAT(Resolver(server.address()).resolve("ci.example.com").why, HasSubstr("cut off"));
}

TEST(Resolver, AsksForOtherNamesWhereTheServerIsSilentAboutTheFirst) {
  const NameServer server([](const std::string& question) {
    return asks_for(question, "app") ? answered(question, 0, {record(kA, "\x0a\x01\x02\x03")})
                                     : std::string();
  });
  Resolver resolver(server.address());

  EXPECT_THAT(resolver.resolve("ci.example.com").why, HasSubstr("did not answer"));
  EXPECT_EQ(resolver.resolve("app.ci.example.com").status, Status::found);
  EXPECT_EQ(resolver.ask("ci.example.com", RecordType::cname).status, Status::failed);
}

TEST(Resolver, AsksForOtherNamesOnceTheServerHasAnswered) {
  const NameServer server([](const std::string& question) {
    return asks_for(question, "lb") ? std::string() : answered(question, 0, {record(kA, "\x0a\x01\x02\x03")});
  });
  Resolver resolver(server.address());

  EXPECT_EQ(resolver.resolve("ci.example.com").status, Status::found);
  EXPECT_THAT(resolver.resolve("lb.example.net").why, HasSubstr("did not answer"));
  EXPECT_EQ(resolver.resolve("app.ci.example.com").status, Status::found);
}

TEST(Resolver, DoesNotSayThatANameHasNoAddressWhereHalfOfItIsNotKnown) {
  const NameServer server(
      [](const std::string& question) { return answered(question, type_in(question) == kA ? 0 : 2, {}); });
  EXPECT_EQ(Resolver(server.address()).resolve("ci.example.com").status, Status::failed);
}

TEST(Resolver, TakesAnAddressWithOrWithoutAPort) {
  for (const char* good : {"10.0.0.2", "10.0.0.2:5353", "fd00::2", "[fd00::2]", "[fd00::2]:53"})
    EXPECT_NO_THROW(Resolver{good}) << good;
  for (const char* bad : {"ns.example.com", "10.0.0.2:", "10.0.0.2:0", "10.0.0.2:65536", "10.0.0.2:5x", ":53",
                          "[fd00::2", "[fd00::2]53", " 10.0.0.2"})
    EXPECT_THROW(Resolver{bad}, UsageError) << bad;
}

TEST(Resolver, AsksAServerOfIpv6) {
  const Resolved silent = Resolver("[::1]:9").resolve("ci.example.com");
  EXPECT_THAT(silent.why, HasSubstr("did not answer"));
}

}  // namespace

}  // namespace kots_export::net
