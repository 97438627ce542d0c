#include "unit/support/scripted_transport.h"

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

#include <nlohmann/json.hpp>

namespace kots_export::test {

using nlohmann::json;

namespace {

constexpr std::chrono::milliseconds kTurn{2};  // a turn of the loop where nothing is to be answered

kube::TransportFailure cancelled() {
  return {.kind = kube::TransportFailure::Kind::cancelled,
          .delivered = kube::TransportFailure::Delivered::maybe,
          .text = "stopped",
          .hint = {}};
}

}  // namespace

kube::Reply ok(const json& body) { return reply(200, body); }

kube::Reply reply(int status) { return reply(status, json::object()); }

kube::Reply reply(int status, const json& body) { return text_reply(status, body.dump()); }

kube::Reply text_reply(int status, std::string body, kube::Headers headers) {
  return {.status = status, .headers = std::move(headers), .body = std::move(body)};
}

kube::Reply status_reply(int code, const std::string& reason, const std::string& message,
                         kube::Headers headers) {
  const json status{{"kind", "Status"},   {"apiVersion", "v1"}, {"status", "Failure"},
                    {"message", message}, {"reason", reason},   {"code", code}};
  return text_reply(code, status.dump(), std::move(headers));
}

kube::TransportFailure reset(kube::TransportFailure::Delivered delivered) {
  return {.kind = kube::TransportFailure::Kind::reset,
          .delivered = delivered,
          .text = "the connection was cut",
          .hint = {}};
}

kube::TransportFailure connection_refused() {
  return {.kind = kube::TransportFailure::Kind::connect,
          .delivered = kube::TransportFailure::Delivered::no,
          .text = "connection refused",
          .hint = {}};
}

std::string watch_line(const std::string& type, const json& object) {
  return json{{"type", type}, {"object", object}}.dump() + "\n";
}

ScriptedTransport::ScriptedTransport(std::function<kube::Outcome(const kube::Request&)> answer,
                                     std::size_t max_in_flight)
    : max_in_flight_(max_in_flight) {
  otherwise([answer = std::move(answer)](const kube::Request& request) {
    return std::visit([](auto&& outcome) { return Answer(std::move(outcome)); }, answer(request));
  });
}

// One exchange in flight and how far its answer has come.
struct ScriptedTransport::Transfer {
  kube::Exchange exchange;
  Answer answer;
  std::size_t piece = 0;
};

void ScriptedTransport::add(Rule rule) { rules_.push_back(std::move(rule)); }

std::size_t ScriptedTransport::count(kube::Method method, const std::string& path) const {
  return static_cast<std::size_t>(std::ranges::count_if(requests_, [&](const kube::Request& request) {
    return request.method == method && request.path.find(path) != std::string::npos;
  }));
}

Answer ScriptedTransport::answer_to(const kube::Request& request) {
  for (Rule& rule : rules_) {
    if (rule.method != request.method || request.path.find(rule.path) == std::string::npos) continue;
    if (rule.after > 0) {
      --rule.after;
    } else if (rule.times > 0) {
      --rule.times;
      return rule.answer;
    }
  }
  if (otherwise_) return otherwise_(request);
  return status_reply(404, "NotFound", "no rule for " + request.path);
}

// Hands over the next piece of the answer.
ScriptedTransport::Progress ScriptedTransport::advance(Transfer& transfer) {
  kube::Exchange& exchange = transfer.exchange;
  if (auto* failure = std::get_if<kube::TransportFailure>(&transfer.answer)) {
    exchange.done(std::move(*failure));
    return Progress::done;
  }
  if (auto* reply = std::get_if<kube::Reply>(&transfer.answer)) {
    if (exchange.on_data && reply->status < 300) {
      transfer.answer = Stream{{std::move(reply->body)}, Stream::End::clean};
      return Progress::some;
    }
    exchange.done(std::move(*reply));
    return Progress::done;
  }
  auto& stream = std::get<Stream>(transfer.answer);
  if (transfer.piece < stream.pieces.size()) {
    if (exchange.on_data(stream.pieces[transfer.piece++]) == kube::Flow::go_on) return Progress::some;
    exchange.done(cancelled());
    return Progress::done;
  }
  if (stream.end == Stream::End::open) return Progress::none;
  if (stream.end == Stream::End::cut) {
    exchange.done(reset());
  } else {
    exchange.done(kube::Reply{.status = 200, .headers = {}, .body = {}});
  }
  return Progress::done;
}

void ScriptedTransport::run(kube::RequestSource& source) {
  std::list<Transfer> in_flight;
  for (;;) {
    while (in_flight.size() < max_in_flight_) {
      auto exchange = source.next();
      if (!exchange) break;
      requests_.push_back(exchange->request);
      Answer answer = answer_to(exchange->request);
      in_flight.push_back({std::move(*exchange), std::move(answer), 0});
      most_in_flight_ = std::max(most_in_flight_, in_flight.size());
    }
    if (in_flight.empty() && !source.wake_at()) return;
    bool any = false;
    // One step of each: streams advance side by side, as they do on a network.
    for (auto transfer = in_flight.begin(); transfer != in_flight.end();) {
      const kube::Request request = transfer->exchange.request;
      const Progress progress = advance(*transfer);
      any = any || progress != Progress::none;
      transfer = progress == Progress::done ? in_flight.erase(transfer) : std::next(transfer);
      if (after_each_) after_each_(request);
    }
    if (!any) std::this_thread::sleep_for(kTurn);
    if (source.tick() == kube::Flow::stop) break;
  }
  for (Transfer& transfer : in_flight) transfer.exchange.done(cancelled());
}

kube::WebSocketResult ScriptedTransport::websocket(
    const kube::Request& request, std::string_view /*protocol*/,
    const std::function<kube::Flow(std::string_view)>& on_message) {
  requests_.push_back(request);
  if (websockets_.empty()) return {.http_status = 404, .body = "no script", .closed_cleanly = false};
  const WebSocketScript& script = websockets_[std::min(next_websocket_++, websockets_.size() - 1)];
  for (const std::string& message : script.messages) {
    if (on_message(message) == kube::Flow::stop)
      return {.http_status = 101, .body = {}, .closed_cleanly = false};
  }
  return script.result;
}

}  // namespace kots_export::test
