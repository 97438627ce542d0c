#pragma once

#include "apiserver/stream.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// HTTP/1.1 as an API server needs it: keep-alive, chunked both ways, streaming answers, upgrades.
namespace kots_export::apiserver {

// A request, whole. Header names are in lower case; query values are percent-decoded.
struct Request {
  std::string method;
  std::string target;  // as it came, path and query
  std::string path;    // without the query, still percent-encoded
  std::vector<std::pair<std::string, std::string>> query;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  bool body_too_large = false;
  const TlsPeer* peer = nullptr;
  std::string_view protocol = "http/1.1";  // or "h2"
  std::uint64_t connection = 0;            // which connection of the server's it came on, from 1 on

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
  cut,     // the connection breaks in the middle of the body
  vanish,  // the connection breaks before the first byte of the answer
};

// Writes the answer to one request. All functions throw ConnectionLost.
class ResponseWriter {
 public:
  ResponseWriter(Stream& stream, bool keep_alive, bool accepts_gzip)
      : stream_(stream), keep_alive_(keep_alive), accepts_gzip_(accepts_gzip) {}

  void set_header(std::string name, std::string value);
  void set_fault(AnswerFault fault) { fault_ = fault; }
  // Is told the status once, before the first byte of the answer goes out (0: none will).
  void set_observer(std::function<void(int status)> observer) { observer_ = std::move(observer); }

  // Sends a whole answer.
  void send(int status, std::string_view content_type, std::string_view body);

  // A streaming answer: `begin`, any number of `chunk`, `end`. Each chunk is on the wire when it returns.
  void begin(int status, std::string_view content_type);
  void chunk(std::string_view bytes);
  void end();

  // Sends a head without a body and hands the connection over (101 Switching Protocols).
  Stream& upgrade(std::string_view head);

  [[nodiscard]] bool client_gone() const { return stream_.client_gone(); }
  // The status that went out; 0 before that.
  [[nodiscard]] int status() const { return status_; }
  [[nodiscard]] bool keep_alive() const { return keep_alive_; }

 private:
  [[nodiscard]] std::string head(int status, std::string_view content_type) const;
  void announce(int status);
  [[noreturn]] void break_off();

  Stream& stream_;
  bool keep_alive_;
  bool accepts_gzip_;
  AnswerFault fault_ = AnswerFault::none;
  int status_ = 0;
  std::function<void(int status)> observer_;
  std::vector<std::pair<std::string, std::string>> headers_;
};

// Reads requests from one connection, one after the other.
class RequestReader {
 public:
  explicit RequestReader(Stream& stream) : stream_(stream) {}

  // Returns the next request, or nothing where the client has ended or sent what is no HTTP.
  // A body over 3 MiB (the real server's limit) is not read; `body_too_large` says so.
  [[nodiscard]] std::optional<Request> next();

 private:
  bool fill();
  std::optional<std::string> take_line();
  bool take(std::size_t size, std::string& into);
  bool read_body(Request& request);
  bool read_chunked(Request& request);

  Stream& stream_;
  std::string buffer_;
  std::size_t at_ = 0;
};

// Returns `text` with %XX (and + as a blank where `plus_is_blank`) decoded.
enum class PlusIsBlank { no, yes };
[[nodiscard]] std::string percent_decode(std::string_view text, PlusIsBlank plus);

}  // namespace kots_export::apiserver
