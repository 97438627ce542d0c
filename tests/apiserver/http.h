#pragma once

#include "apiserver/stream.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// Requests and answers, whichever HTTP they come and go by: what the layers above know of the wire.
namespace kots_export::apiserver {

inline constexpr std::size_t kBodyLimit = std::size_t{3} << 20;  // the real server's
inline constexpr std::size_t kHeadLimit = std::size_t{1} << 20;

using Headers = std::vector<std::pair<std::string, std::string>>;

// A request, whole. Header names are in lower case; query values are percent-decoded.
struct Request {
  std::string method;
  std::string target;  // as it came, path and query
  std::string path;    // without the query, still percent-encoded
  std::vector<std::pair<std::string, std::string>> query;
  Headers headers;
  std::string body;
  bool body_too_large = false;
  const TlsPeer* peer = nullptr;
  std::string_view protocol = "http/1.1";  // or "h2"
  std::uint64_t connection = 0;            // which connection of the server's it came on, from 1 on

  // Takes path and query from the target.
  void set_target(std::string text);
  // Returns the first header of that (lower-case) name, or an empty text.
  [[nodiscard]] std::string_view header(std::string_view name) const;
  [[nodiscard]] std::vector<std::string> header_values(std::string_view name) const;
  // Returns the first query parameter of that name, or nothing.
  [[nodiscard]] std::optional<std::string> parameter(std::string_view name) const;
  [[nodiscard]] std::vector<std::string> parameter_values(std::string_view name) const;
  // True where the parameter stands there with a value that Go reads as true.
  [[nodiscard]] bool flag(std::string_view name) const;
};

// Trouble that a test asked for, played while the answer is written.
enum class AnswerFault {
  none,
  cut,            // breaks in the middle of the body
  vanish,         // breaks before the first byte of the answer
  shorten,        // half the body that was announced, and an orderly end
  shorten_clean,  // half the body, and an end that looks like the whole
  replace,        // another answer in its place
};

// An answer that stands in place of the real one.
struct Replacement {
  int status = 0;
  std::string content_type;
  std::string body;
};

// What breaks.
enum class Breakage {
  close,   // the connection, by FIN
  reset,   // the connection, by RST
  stream,  // on HTTP/2 this stream alone, by RST_STREAM; on HTTP/1.1 the connection
};

// Writes the answer to one request. All functions throw ConnectionLost.
class ResponseWriter {
 public:
  explicit ResponseWriter(bool accepts_gzip) : accepts_gzip_(accepts_gzip) {}
  ResponseWriter(const ResponseWriter&) = delete;
  ResponseWriter& operator=(const ResponseWriter&) = delete;
  virtual ~ResponseWriter() = default;

  void set_header(std::string name, std::string value);
  void set_fault(AnswerFault fault, Breakage breakage) {
    fault_ = fault;
    breakage_ = breakage;
  }
  void replace_answer(Replacement replacement) {
    fault_ = AnswerFault::replace;
    replacement_ = std::move(replacement);
  }
  // Is told the status once, before the first byte of the answer goes out (0: none will).
  void set_observer(std::function<void(int status)> observer) { observer_ = std::move(observer); }

  // Sends a whole answer.
  void send(int status, std::string_view content_type, std::string_view body);

  // A streaming answer: `begin`, any number of `chunk`, `end`. Each chunk is on the wire when it returns.
  void begin(int status, std::string_view content_type);
  void chunk(std::string_view bytes);
  void end();

  // Sends a head without a body and hands the connection over (101 Switching Protocols). HTTP/1.1 only.
  virtual Stream& upgrade(std::string_view head) = 0;

  [[nodiscard]] virtual bool client_gone() const = 0;
  // The status that went out; 0 before that.
  [[nodiscard]] int status() const { return status_; }

  // Breaks the connection or the stream, with no (further) answer; returns, unlike all that writes
  // afterwards.
  virtual void hang_up(Breakage breakage) = 0;
  // Sends the client away: on HTTP/2 by a GOAWAY that says that this request was not looked at (throws
  // ConnectionLost), on HTTP/1.1 by an answer with `Connection: close`.
  virtual void go_away() = 0;

 protected:
  // The answer's parts, as the protocol frames them. Nothing need be on the wire before `flush` returns.
  // Without `length` the body's end is told by its framing.
  virtual void put_head(int status, const Headers& headers, std::optional<std::size_t> length) = 0;
  // `announced`: how many bytes the framing shall speak of.
  virtual void put_body(std::string_view bytes, std::size_t announced) = 0;
  virtual void put_end() = 0;
  virtual void flush() = 0;
  void announce(int status);
  // Tells the observer, before the client can notice anything.
  void report(int status) const {
    if (observer_) observer_(status);
  }

 private:
  [[nodiscard]] Headers head(std::string_view content_type);
  void send_replacement();
  [[noreturn]] void break_off();

  bool accepts_gzip_;
  AnswerFault fault_ = AnswerFault::none;
  Breakage breakage_ = Breakage::close;
  Replacement replacement_;
  int status_ = 0;
  std::function<void(int status)> observer_;
  Headers headers_;
};

// What answers a request; called by many threads.
using Handler = std::function<void(const Request&, ResponseWriter&)>;

[[nodiscard]] bool accepts_gzip(const Request& request);

// Returns `text` with %XX (and + as a blank where `plus_is_blank`) decoded.
enum class PlusIsBlank { no, yes };
[[nodiscard]] std::string percent_decode(std::string_view text, PlusIsBlank plus);
[[nodiscard]] std::string to_lower(std::string_view text);

}  // namespace kots_export::apiserver
