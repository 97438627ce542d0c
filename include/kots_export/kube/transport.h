#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

// The only door to the network: requests in, replies out. The implementation on libcurl's multi interface is
// in kube/curl_transport.h; tests give a scripted one.
namespace kots_export::kube {

enum class Method { get, post, put, patch, del };

[[nodiscard]] std::string_view to_string(Method method);  // "GET", "POST", "PUT", "PATCH", "DELETE"

using Headers = std::vector<std::pair<std::string, std::string>>;

// What a success must be to be the API server's own: one of these kinds (empty: any), of this name (empty:
// any).
struct ExpectedAnswer {
  std::vector<std::string> kinds;
  std::string name = {};
  // What Content-Type begins with; empty: anything. The body of a stream that is something else does not go
  // to on_data.
  std::string content_type = {};
  // caller: who asked reads an answer beyond 64 kB to its end, and sees what it is.
  enum class ReadBy { client, caller } long_one = ReadBy::client;
};

// One HTTP request to the API server. `path` begins with "/" and holds the query; the transport adds server,
// prefix, credentials and impersonation.
struct Request {
  Method method = Method::get;
  std::string path;
  Headers headers;
  std::string body;
  // Zero: no limit beyond the transport's own (streams).
  std::chrono::milliseconds timeout{0};
  ExpectedAnswer expected = {};
  // fresh: over a connection of its own, where the one that is there may be dead without anybody knowing.
  enum class Connection { any, fresh } connection = Connection::any;
};

// What the server answered, whatever the status code. Header names are lower case.
struct Reply {
  int status = 0;
  Headers headers;
  std::string body;

  [[nodiscard]] std::optional<std::string> header(std::string_view lower_case_name) const;
};

// No answer, or not a whole one.
struct TransportFailure {
  // foreign: something else than the API server answered.
  enum class Kind { resolve, connect, tls, timeout, reset, cancelled, credentials, foreign, other };
  // Whether the server can have acted on the request: `no` only where it certainly never got it.
  enum class Delivered { no, maybe };
  Kind kind = Kind::other;
  Delivered delivered = Delivered::maybe;
  std::string text;  // for people: what went wrong, no secret
  std::string hint;  // what to do next; may be empty
};

// Whether there was no connection to be had: the server is down, or is not where it was looked for.
[[nodiscard]] bool is_unreachable(const TransportFailure& failure);

using Outcome = std::variant<Reply, TransportFailure>;

enum class Flow { go_on, stop };

// A request with what is to happen to its answer. Both functions are called on the thread that runs the
// transport.
struct Exchange {
  Request request;
  // Called once, with the reply (its body empty where `on_data` took it) or the failure.
  std::function<void(Outcome)> done;
  // Where set, the body of a 2xx answer arrives here piece by piece; `stop` ends the exchange (`cancelled`).
  std::function<Flow(std::string_view)> on_data;
  // A stream (a watch, a log) stays open for long: it is not counted among what is in flight, so that no
  // number of them keeps a request, or another stream, from starting.
  enum class Kind { request, stream } kind = Kind::request;
  // Where set, asked just before the first byte of the request goes out, and of its body: false takes it
  // back, and `done` gets `cancelled`, Delivered::no. Until then a request may have waited for a connection.
  std::function<bool()> may_send = {};
};

// A request that has failed and is to be sent again.
struct Retry {
  Method method = Method::get;
  std::string path;
  std::string why;  // for people: "the server answers 429", no secret
  std::chrono::steady_clock::time_point at;
};

// What a transport pulls its work from.
class RequestSource {
 public:
  virtual ~RequestSource() = default;
  // Returns the next exchange to start; nothing where there is none now. The transport asks again after each
  // completed exchange and at `wake_at`. It is finished when there is none, nothing is in flight, and no
  // wake_at.
  virtual std::optional<Exchange> next() = 0;
  // A moment at which next() may have more (a retry after a backoff), or nothing.
  virtual std::optional<std::chrono::steady_clock::time_point> wake_at() { return std::nullopt; }
  // Asked at least every 100 ms: `stop` cancels everything in flight and ends the run.
  virtual Flow tick() { return Flow::go_on; }
  // Of what is to be sent again, what comes first; nothing where nothing is. For people: decides nothing.
  [[nodiscard]] virtual std::optional<Retry> next_retry() const { return std::nullopt; }
};

// How an exec session over WebSocket ended.
struct WebSocketResult {
  int http_status = 0;  // 101 where the session was opened, else the server's answer
  std::string body;     // the answer's body where it was not 101
  bool closed_cleanly = false;
};

class Transport {
 public:
  virtual ~Transport() = default;

  // Carries out what `source` gives, at most `max_in_flight()` requests at once, until it is finished or
  // stopped.
  // Never throws for a failed request: that is an Outcome. Exceptions of callbacks cancel what is in flight
  // and come out of run(). Not re-entrant; one thread.
  virtual void run(RequestSource& source) = 0;
  [[nodiscard]] virtual std::size_t max_in_flight() const = 0;

  // Opens a WebSocket (RFC 6455, client side) with sub-protocol `protocol` and hands every complete message
  // to `on_message` until the server closes or `on_message` says stop; while the server is silent an empty
  // message comes every 100 ms, so that the caller can. Throws Error where no connection can be had, and
  // where the silence is longer than the request's timeout (60 s where it has none).
  virtual WebSocketResult websocket(const Request& request, std::string_view protocol,
                                    const std::function<Flow(std::string_view)>& on_message) = 0;
};

}  // namespace kots_export::kube
