#include <kots_export/kube/http_status.h>
#include <kots_export/kube/status.h>
#include <kots_export/util/base64.h>
#include <kots_export/util/error.h>
#include <kots_export/util/random.h>
#include <kots_export/util/text.h>
#include <kots_export/util/time.h>

#include "kube/curl_impl.h"
#include "kube/websocket.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <exception>
#include <functional>
#include <optional>

#include <poll.h>

namespace kots_export::kube {

namespace {

constexpr int kSwitchingProtocols = 101;
constexpr std::size_t kLongestMessage = std::size_t{16} << 20;
constexpr std::size_t kLongestHead = 64 * 1024;
// The longest silence of a server where the request names none, and how often a caller may say stop.
constexpr std::chrono::milliseconds kSilence{60'000};
constexpr std::chrono::milliseconds kTick{100};

std::string random_bytes(std::size_t count) {
  std::string every(256, '\0');
  for (std::size_t i = 0; i < every.size(); ++i) every[i] = static_cast<char>(i);
  return util::random_string(count, every);
}

// Asks the caller while libcurl connects, so that it can stop that too.
struct Connecting {
  const std::function<Flow(std::string_view)>& on_message;
  std::exception_ptr thrown = nullptr;  // exceptions do not cross libcurl
  bool stopped = false;

  static int on_progress(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
    auto& connecting = *static_cast<Connecting*>(self);
    try {
      connecting.stopped = connecting.on_message({}) == Flow::stop;
    } catch (...) {
      connecting.thrown = std::current_exception();
      connecting.stopped = true;
    }
    return connecting.stopped ? 1 : 0;
  }
};

// The raw stream of a connection that libcurl made (address, proxy, TLS) and left open.
class Stream {
 public:
  // `idle` is asked every kTick while nothing comes.
  Stream(CURL* easy, std::chrono::milliseconds silence, std::function<Flow()> idle)
      : easy_(easy), silence_(silence), idle_(std::move(idle)) {
    curl_easy_getinfo(easy_, CURLINFO_ACTIVESOCKET, &socket_);
  }

  void send(std::string_view bytes) {
    while (!bytes.empty()) {
      std::size_t sent = 0;
      const CURLcode code = curl_easy_send(easy_, bytes.data(), bytes.size(), &sent);
      if (code == CURLE_AGAIN) {
        if (wait(POLLOUT) == Flow::stop) return;
      } else if (code != CURLE_OK) {
        throw Error("the connection was cut", curl_easy_strerror(code));
      } else {
        bytes.remove_prefix(sent);
      }
    }
  }

  // Some bytes; empty at the end of the stream, and where idle said stop.
  std::string receive() {
    std::array<char, 16 * 1024> chunk{};
    for (;;) {
      std::size_t got = 0;
      const CURLcode code = curl_easy_recv(easy_, chunk.data(), chunk.size(), &got);
      if (code == CURLE_OK) return {chunk.data(), got};
      if (code != CURLE_AGAIN || wait(POLLIN) == Flow::stop) return {};
    }
  }

 private:
  // Throws Error where the server is silent for too long.
  Flow wait(short what) {
    const auto end = std::chrono::steady_clock::now() + silence_;
    pollfd waiting{.fd = socket_, .events = what, .revents = 0};
    while (::poll(&waiting, 1, static_cast<int>(kTick.count())) <= 0) {
      if (idle_() == Flow::stop) return Flow::stop;
      if (std::chrono::steady_clock::now() > end)
        throw Error(
            util::filled("the server has been silent for {time}",
                         {{"time", util::elapsed_text(std::chrono::floor<std::chrono::seconds>(silence_))}}));
    }
    return Flow::go_on;
  }

  CURL* easy_;
  std::chrono::milliseconds silence_;
  std::function<Flow()> idle_;
  curl_socket_t socket_ = CURL_SOCKET_BAD;
};

std::string upgrade_request(const ServerAddress& server, const Request& request,
                            const std::vector<std::string>& header_lines, std::string_view protocol) {
  constexpr std::size_t kKeyBytes = 16;
  std::string text = "GET " + server.prefix + request.path + " HTTP/1.1\r\n";
  text += "Host: " + server.authority +
          "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n";
  text += "Sec-WebSocket-Key: " + util::base64_encode(random_bytes(kKeyBytes)) + "\r\n";
  text += "Sec-WebSocket-Protocol: " + std::string(protocol) + "\r\n";
  for (const std::string& line : header_lines) {
    if (!line.starts_with("Host:")) text += line + "\r\n";
  }
  return text + "\r\n";
}

int status_of(std::string_view head) {
  int status = 0;
  const auto space = head.find(' ');
  if (space != std::string_view::npos)
    std::from_chars(head.data() + space + 1, head.data() + head.size(), status);
  return status;
}

std::size_t content_length(std::string head) {
  std::ranges::transform(head, head.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  const auto at = head.find("\r\ncontent-length:");
  std::size_t length = 0;
  if (at == std::string::npos) return length;
  const auto digits = head.find_first_of("0123456789", at);
  if (digits != std::string::npos) std::from_chars(head.data() + digits, head.data() + head.size(), length);
  return length;
}

// The answer to the request for a stream, and the bytes that came behind it.
struct Answer {
  std::string head;
  std::string rest;
};

// Nothing where the caller said stop.
std::optional<Answer> read_answer(Stream& stream, const std::function<Flow()>& idle) {
  std::string received;
  std::size_t end = std::string::npos;
  while ((end = received.find("\r\n\r\n")) == std::string::npos) {
    const std::string more = stream.receive();
    if (more.empty() && idle() == Flow::stop) return std::nullopt;
    if (more.empty() || received.size() > kLongestHead)
      throw Error("the server did not answer the request for a stream");
    received += more;
  }
  return Answer{.head = received.substr(0, end + 2), .rest = received.substr(end + 4)};
}

// The body of an answer that refuses the stream.
std::string read_refusal(Stream& stream, const Answer& answer) {
  std::string body = answer.rest;
  const std::size_t length = std::min(content_length(answer.head), kLongestHead);
  while (body.size() < length) {
    const std::string more = stream.receive();
    if (more.empty()) break;
    body += more;
  }
  return body;
}

// Hands out messages until the server closes (true), or the stream breaks or the caller says stop (false).
bool read_messages(Stream& stream, std::string_view first,
                   const std::function<Flow(std::string_view)>& on_message) {
  FrameReader reader(kLongestMessage);
  reader.feed(first);
  for (;;) {
    while (auto message = reader.next()) {
      switch (message->opcode) {
        case Opcode::ping:
          stream.send(encode_frame(Opcode::pong, message->payload, random_bytes(4)));
          break;
        case Opcode::close:
          stream.send(encode_frame(Opcode::close, message->payload.substr(0, 2), random_bytes(4)));
          return true;
        case Opcode::pong:
          break;
        default:
          if (on_message(message->payload) == Flow::stop) return false;
      }
    }
    const std::string more = stream.receive();
    if (more.empty()) return false;
    reader.feed(more);
  }
}

}  // namespace

WebSocketResult CurlTransport::Impl::websocket(const Request& request, std::string_view protocol,
                                               const std::function<Flow(std::string_view)>& on_message) {
  const RequestCredentials credentials = credentials_.current();
  WebSocketResult result = websocket_with(credentials, request, protocol, on_message);
  if (result.http_status != http::kUnauthorized || !credentials_.refresh(credentials)) return result;
  return websocket_with(credentials_.current(), request, protocol, on_message);
}

WebSocketResult CurlTransport::Impl::websocket_with(const RequestCredentials& credentials,
                                                    const Request& request, std::string_view protocol,
                                                    const std::function<Flow(std::string_view)>& on_message) {
  Easy easy(curl_easy_init());
  std::array<char, CURL_ERROR_SIZE> error_buffer{};
  endpoint_.configure(easy.get(), credentials);
  set(easy.get(), CURLOPT_URL, endpoint_.url(request.path).c_str());
  set(easy.get(), CURLOPT_ERRORBUFFER, error_buffer.data());
  set(easy.get(), CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  set(easy.get(), CURLOPT_CONNECT_ONLY, 1L);
  Connecting connecting{.on_message = on_message};
  set(easy.get(), CURLOPT_NOPROGRESS, 0L);
  set(easy.get(), CURLOPT_XFERINFOFUNCTION, &Connecting::on_progress);
  set(easy.get(), CURLOPT_XFERINFODATA, &connecting);
  if (const CURLcode code = curl_easy_perform(easy.get()); code != CURLE_OK) {
    if (connecting.thrown) std::rethrow_exception(connecting.thrown);
    if (connecting.stopped) return {};
    throw ConnectionError("open a stream to the server",
                          failure_of(code, error_buffer.data(), config_.server,
                                     TransportFailure::Delivered::no, HasAnswered::no));
  }
  const auto idle = [&on_message] { return on_message({}); };
  Stream stream(easy.get(), request.timeout.count() > 0 ? request.timeout : kSilence, idle);
  stream.send(
      upgrade_request(endpoint_.address(), request, endpoint_.header_lines(request, credentials), protocol));
  WebSocketResult result;
  const auto answer = read_answer(stream, idle);
  if (!answer) return result;
  result.http_status = status_of(answer->head);
  if (result.http_status != kSwitchingProtocols) {
    result.body = read_refusal(stream, *answer);
  } else {
    result.closed_cleanly = read_messages(stream, answer->rest, on_message);
  }
  return result;
}

}  // namespace kots_export::kube
