#include <kots_export/kube/http_status.h>
#include <kots_export/kube/status.h>
#include <kots_export/util/json.h>
#include <kots_export/util/text.h>

#include <algorithm>
#include <charconv>

#include <nlohmann/json.hpp>

namespace kots_export::kube {

using nlohmann::json;

namespace {

constexpr std::size_t kLongestMessage = 2000;

// Bytes cut off at `limit`, but not inside of a character.
std::string shortened(std::string text, std::size_t limit) {
  if (text.size() <= limit) return text;
  while (limit > 0 && (static_cast<unsigned char>(text[limit]) & 0xC0U) == 0x80U) --limit;
  text.resize(limit);
  return text + "...";
}

// What a body that is no Status has to say: a line of text, but not a proxy's HTML page or its JSON.
std::string first_line(std::string_view body) {
  body = util::trim(body);
  if (body.starts_with('<')) return "the answer is a web page, not Kubernetes'; a proxy may be in the way";
  if (body.starts_with('{')) return "the answer is JSON, but no Status of Kubernetes'";
  return std::string(util::trim(body.substr(0, body.find('\n'))));
}

Hint hint_for(int code) {
  switch (code) {
    case http::kUnauthorized:
      return "The server does not accept these credentials. Log in again (exec plugins: run your cloud's "
             "login), or choose "
             "another user with --context, --user or --token.";
    case http::kForbidden:
      return "This user may not do that. Ask the cluster's administrator for the permission, or choose "
             "another user with --context or --user.";
    case http::kNotFound:
      return {};
    case http::kConflict:
      return Hint::with_way_on("The object was changed by somebody else meanwhile; run the command again.");
    case http::kGone:
      return Hint::with_way_on("The list took too long; run the command again.");
    case http::kInvalid:
      return {};
    case http::kTooManyRequests:
      return Hint::with_way_on(
          "The server is overloaded; run the command again later, or with a lower --concurrency.");
    default:
      if (!http::is_server_error(code)) return {};
      return Hint::with_way_on("The server has a problem of its own; run the command again when it is well.");
  }
}

std::string reason_for(int code) {
  switch (code) {
    case http::kBadRequest:
      return "BadRequest";
    case http::kUnauthorized:
      return "Unauthorized";
    case http::kForbidden:
      return "Forbidden";
    case http::kNotFound:
      return "NotFound";
    case http::kConflict:
      return "Conflict";
    case http::kGone:
      return "Expired";
    case http::kInvalid:
      return "Invalid";
    case http::kTooManyRequests:
      return "TooManyRequests";
    case http::kUnavailable:
      return "ServiceUnavailable";
    default:
      return "HTTP " + std::to_string(code);
  }
}

// Nothing (null) where the body is no Status.
json status_in(const Reply& reply) {
  json body = json::parse(reply.body, nullptr, false);
  const bool is_one = body.is_object() && body.value("kind", json()) == "Status";
  return is_one ? std::move(body) : json();
}

}  // namespace

std::string_view to_string(Method method) {
  switch (method) {
    case Method::get:
      return "GET";
    case Method::post:
      return "POST";
    case Method::put:
      return "PUT";
    case Method::patch:
      return "PATCH";
    case Method::del:
      return "DELETE";
  }
  return "";
}

bool is_unreachable(const TransportFailure& failure) {
  using Kind = TransportFailure::Kind;
  return failure.delivered == TransportFailure::Delivered::no &&
         (failure.kind == Kind::resolve || failure.kind == Kind::connect || failure.kind == Kind::timeout);
}

std::optional<std::string> Reply::header(std::string_view lower_case_name) const {
  const auto found = std::ranges::find(headers, lower_case_name, &std::pair<std::string, std::string>::first);
  return found == headers.end() ? std::nullopt : std::optional(found->second);
}

ApiError::ApiError(std::string action, int code, std::string reason, std::string message, Hint hint)
    : Error(util::filled("cannot {action}", {{"action", action}}), std::move(message), std::move(hint)),
      code_(code),
      reason_(std::move(reason)) {}

ConnectionError::ConnectionError(std::string action, TransportFailure failure)
    : Error(util::filled("cannot {action}", {{"action", action}}), failure.text, failure.hint),
      failure_(std::move(failure)) {}

bool blames_field(const Reply& reply, std::string_view field) {
  const json status = status_in(reply);
  const json* causes = util::find_at(status, {"details", "causes"});
  if (causes == nullptr || !causes->is_array()) return false;
  return std::ranges::any_of(
      *causes, [&](const json& cause) { return util::text_at(cause, {"field"}).starts_with(field); });
}

bool is_status(const Reply& reply) { return !status_in(reply).is_null(); }

ApiError api_error(std::string_view action, const Reply& reply) {
  const json status = status_in(reply);
  std::string reason = reason_for(reply.status);
  std::string message;
  if (!status.is_null()) {
    if (status.contains("reason") && status["reason"].is_string()) reason = status["reason"];
    if (status.contains("message") && status["message"].is_string()) message = status["message"];
  } else {
    message = first_line(reply.body);
  }
  if (message.empty()) message = reason;
  // A server's words make no line of their own.
  std::ranges::replace(message, '\n', ' ');
  return {std::string(action), reply.status, reason,
          util::filled("{message} ({status})",
                       {{"message", util::printable(shortened(std::move(message), kLongestMessage))},
                        {"status", reply.status}}),
          status.is_null() && reply.status == http::kForbidden ? Hint(kForeignAnswerHint)
                                                               : hint_for(reply.status)};
}

std::optional<std::chrono::milliseconds> retry_after(const Outcome& outcome) {
  const auto* reply = std::get_if<Reply>(&outcome);
  if (reply == nullptr) return std::nullopt;
  const auto header = reply->header("retry-after");
  if (!header) return std::nullopt;
  // A server that asks for more than this is not waited for longer.
  constexpr std::chrono::seconds kLongestRetryAfter{60};
  int seconds = 0;
  const auto [end, error] = std::from_chars(header->data(), header->data() + header->size(), seconds);
  if (error != std::errc() || end != header->data() + header->size() || seconds < 0) return std::nullopt;
  return std::min<std::chrono::milliseconds>(std::chrono::seconds(seconds), kLongestRetryAfter);
}

}  // namespace kots_export::kube
