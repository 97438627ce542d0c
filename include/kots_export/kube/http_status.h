#pragma once

// The status codes of HTTP that this tool tells apart, under one set of names. What the API server means by
// each stands in the contract suite (docs/contract.md). Source: RFC 9110, RFC 6585, the API conventions.
namespace kots_export::kube::http {

inline constexpr int kOk = 200;
inline constexpr int kMultipleChoices = 300;  // the first that is no success
inline constexpr int kBadRequest = 400;
inline constexpr int kUnauthorized = 401;
inline constexpr int kForbidden = 403;
inline constexpr int kNotFound = 404;
inline constexpr int kConflict = 409;
inline constexpr int kGone = 410;
inline constexpr int kInvalid = 422;
inline constexpr int kTooManyRequests = 429;
inline constexpr int kInternalError = 500;
inline constexpr int kBadGateway = 502;
inline constexpr int kUnavailable = 503;
inline constexpr int kGatewayTimeout = 504;

[[nodiscard]] constexpr bool is_success(int status) { return status >= kOk && status < kMultipleChoices; }
// What a server that is overloaded or restarting answers, or a proxy before it: it passes.
[[nodiscard]] constexpr bool is_passing(int status) {
  return status == kTooManyRequests || status == kInternalError || status == kBadGateway ||
         status == kUnavailable || status == kGatewayTimeout;
}
[[nodiscard]] constexpr bool is_server_error(int status) { return status >= kInternalError; }

}  // namespace kots_export::kube::http
