#pragma once

#include <kots_export/kube/transport.h>

#include <cstddef>
#include <functional>
#include <limits>
#include <list>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <nlohmann/json_fwd.hpp>

// A kube::Transport without a network: a test writes down what the server answers, and reads what it was
// asked.
namespace kots_export::test {

// The body of a 200 that arrives in pieces: a watch or a log.
struct Stream {
  std::vector<std::string> pieces;
  enum class End {
    clean,  // the server closed it
    cut,    // the connection was reset
    open,   // it says no more, but stays open until the client stops
  } end = End::clean;
};

using Answer = std::variant<kube::Reply, kube::TransportFailure, Stream>;

// Answers as they come up often.
[[nodiscard]] kube::Reply ok(const nlohmann::json& body);
[[nodiscard]] kube::Reply reply(int status);  // {}
[[nodiscard]] kube::Reply reply(int status, const nlohmann::json& body);
[[nodiscard]] kube::Reply text_reply(int status, std::string body, kube::Headers headers = {});
// A Status as API servers write it: code, reason ("Conflict"), message.
[[nodiscard]] kube::Reply status_reply(int code, const std::string& reason, const std::string& message = {},
                                       kube::Headers headers = {});
[[nodiscard]] kube::TransportFailure reset(
    kube::TransportFailure::Delivered delivered = kube::TransportFailure::Delivered::maybe);
[[nodiscard]] kube::TransportFailure connection_refused();
// One line of a watch.
[[nodiscard]] std::string watch_line(const std::string& type, const nlohmann::json& object);

// One line of the script. The first rule that matches and is not used up answers.
struct Rule {
  kube::Method method = kube::Method::get;
  std::string path;  // somewhere in path and query; empty: any
  Answer answer;
  std::size_t after = 0;                                        // lets so many matching requests pass first
  std::size_t times = std::numeric_limits<std::size_t>::max();  // and then answers so many
};

class ScriptedTransport : public kube::Transport {
 public:
  explicit ScriptedTransport(std::size_t max_in_flight = 4) : max_in_flight_(max_in_flight) {}
  // One function answers everything.
  explicit ScriptedTransport(std::function<kube::Outcome(const kube::Request&)> answer,
                             std::size_t max_in_flight = 4);

  // Rules are asked in the order in which they were added.
  void add(Rule rule);
  void get(std::string path, Answer answer) { add({.path = std::move(path), .answer = std::move(answer)}); }
  // The same for one request only; several of them answer one after the other.
  void get_once(std::string path, Answer answer) {
    add({.path = std::move(path), .answer = std::move(answer), .times = 1});
  }
  // What answers where no rule does. Without it: 404 with a Status.
  void otherwise(std::function<Answer(const kube::Request&)> answer) { otherwise_ = std::move(answer); }
  // Called after each answer was handed over: time for a test to press Ctrl-C.
  void after_each(std::function<void(const kube::Request&)> hook) { after_each_ = std::move(hook); }
  // What the next websocket() calls give, message by message; the last one repeats.
  struct WebSocketScript {
    kube::WebSocketResult result{.http_status = 101, .body = {}, .closed_cleanly = true};
    std::vector<std::string> messages;
  };
  void on_websocket(WebSocketScript script) { websockets_.push_back(std::move(script)); }

  // Every request so far, in the order in which they were started; those over WebSocket too.
  [[nodiscard]] const std::vector<kube::Request>& requests() const { return requests_; }
  [[nodiscard]] std::size_t count(kube::Method method, const std::string& path = {}) const;
  // The most that were in flight at once.
  [[nodiscard]] std::size_t most_in_flight() const { return most_in_flight_; }

  // --- Transport: answers in the order of the requests, one at each turn of the loop ---
  void run(kube::RequestSource& source) override;
  [[nodiscard]] std::size_t max_in_flight() const override { return max_in_flight_; }
  kube::WebSocketResult websocket(const kube::Request& request, std::string_view protocol,
                                  const std::function<kube::Flow(std::string_view)>& on_message) override;

 private:
  struct Transfer;

  [[nodiscard]] Answer answer_to(const kube::Request& request);
  enum class Progress { none, some, done };
  static Progress advance(Transfer& transfer);

  std::size_t max_in_flight_;
  std::list<Rule> rules_;
  std::function<Answer(const kube::Request&)> otherwise_;
  std::function<void(const kube::Request&)> after_each_;
  std::vector<WebSocketScript> websockets_;
  std::size_t next_websocket_ = 0;
  std::vector<kube::Request> requests_;
  std::size_t most_in_flight_ = 0;
};

}  // namespace kots_export::test
