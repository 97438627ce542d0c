#pragma once

#include "apiserver/http.h"
#include "apiserver/json.h"

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <fstream>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace kots_export::apiserver {

// Trouble that a test orders. A rule is words: conditions, how often, and what happens, as in
//     status=500 after=3 times=2 method=PATCH path=/secrets
// Conditions: method=NAME, path=TEXT (somewhere in path and query), writes (whatever changes something).
// after=N lets N matching requests pass first; times=N limits it to N requests (without it, every one). What
// happens, one or several of:
//     status=CODE       answered so, nothing is applied          retry-after=SECONDS  header of that answer
//     html              answered by a sign-in page (200, or `status`)
//     body=JSON         answered by this (200, or `status`); no white space
//     delay=MS          waits before it goes on
//     after-apply       with status, html, body, reset, reset-stream: is applied first
//     drop              closed, nothing applied
//     cut               applied, closed in the middle of the answer's body
//     cut-after-apply   applied, closed before the answer
//     short             applied, half of the announced body and an orderly end
//     short-clean       applied, half of the body and an end that looks like the whole
//     hold              waits until the faults are cleared or the client goes, then closed, nothing applied
//     hold-answer       the same, but applied
//     late=MS           closed at once, applied after that time
//     goaway            HTTP/2: GOAWAY, this request is not looked at; HTTP/1.1: `Connection: close`
// "Closed" is the connection, with all streams on it, by FIN; with
//     reset             by RST; without any other word like `drop`
//     reset-stream      HTTP/2: only this stream, by RST_STREAM; without any other word like `drop`
struct Fault {
  std::string method;
  std::string path;
  int after = 0;
  int times = -1;  // -1: without limit
  int status = 0;
  int retry_after = -1;
  std::chrono::milliseconds delay{0};
  std::chrono::milliseconds late{-1};  // -1: not at all
  bool drop = false;
  bool writes = false;
  bool hold = false;
  bool hold_answer = false;
  bool html = false;
  std::string body;
  bool go_away = false;
  bool after_apply = false;
  AnswerFault answer = AnswerFault::none;
  Breakage breakage = Breakage::close;
};

// Reads one rule, as words or as a JSON object of the same names. Throws std::runtime_error.
[[nodiscard]] Fault parse_fault(const std::string& text);
[[nodiscard]] Fault parse_fault(const Json& rule);

// The rules in force. Safe for many threads.
class Faults {
 public:
  void add(Fault fault);
  // Also lets go of what is held.
  void clear();
  // Keeps the calling request until the faults are cleared, its client has gone, or that time has passed.
  void hold(const ResponseWriter& answer);
  void hold_for(std::chrono::milliseconds time);
  // Counts the calling request as held for as long as the result lives.
  [[nodiscard]] std::shared_ptr<void> count_as_held();
  // How many requests are held just now.
  [[nodiscard]] int held() const;
  // Returns what befalls this request, which is counted by every rule that matches it.
  [[nodiscard]] std::optional<Fault> next(const Request& request);

 private:
  void hold_until(std::chrono::steady_clock::time_point end, const std::function<bool()>& enough);

  mutable std::mutex mutex_;
  std::vector<Fault> faults_;
  std::condition_variable cleared_;
  std::uint64_t clearings_ = 0;
  int held_ = 0;
};

// What came, in order; one JSON object a request: method, path, query, user, impersonate, userAgent,
// clientCertificate, sni, protocol, connection, status (0: no answer was sent); for what is no GET also
// `applied` (whether it changed the store) and, where one object was meant, its uid.
class RequestLog {
 public:
  // Writes every entry to `path` as well, one line each. Throws std::runtime_error where it cannot be opened.
  void write_to(const std::string& path);
  void add(Json entry);
  [[nodiscard]] std::vector<Json> entries() const;
  void clear();

 private:
  mutable std::mutex mutex_;
  std::vector<Json> entries_;
  std::ofstream file_;
};

}  // namespace kots_export::apiserver
