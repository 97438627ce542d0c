#pragma once

#include <kots_export/kube/transport.h>
#include <kots_export/util/error.h>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

// The API server's `Status` object (meta/v1) as clear text.
namespace kots_export::kube {

// An answer of the API server that is not a success. `reason` is the Status' machine-readable one
// ("NotFound", "AlreadyExists", "Conflict", "Forbidden", "Invalid", ...), derived from the code where the
// body is no Status.
class ApiError : public Error {
 public:
  ApiError(std::string action, int code, std::string reason, std::string message, Hint hint);
  [[nodiscard]] int code() const noexcept { return code_; }
  [[nodiscard]] const std::string& reason() const noexcept { return reason_; }

 private:
  int code_;
  std::string reason_;
};

// The server was not reached, or its answer did not arrive.
class ConnectionError : public Error {
 public:
  ConnectionError(std::string action, TransportFailure failure);
  [[nodiscard]] const TransportFailure& failure() const noexcept { return failure_; }

 private:
  TransportFailure failure_;
};

inline constexpr const char* kForeignAnswerHint =
    "Something else than a Kubernetes API server may answer at this address; check --context and the proxy.";

// Whether the Status in `reply` gives a field that begins with `field` ("metadata.uid") among the causes of
// its refusal. Source: meta/v1 StatusDetails, which 422 has.
[[nodiscard]] bool blames_field(const Reply& reply, std::string_view field);

// Whether `reply` is the API server's own word: a Status, and not the page of something on the way.
[[nodiscard]] bool is_status(const Reply& reply);

// Reads a Status from `reply` (status >= 300). `action` says what was tried on which object, in words that
// follow "cannot": "list Secrets in namespace circleci-server". Server text is made printable. 401 and 403
// get a hint.
[[nodiscard]] ApiError api_error(std::string_view action, const Reply& reply);

// How long the server asks to be left alone (Retry-After in seconds), a minute at most; nothing where it does
// not ask, or in another form.
[[nodiscard]] std::optional<std::chrono::milliseconds> retry_after(const Outcome& outcome);

}  // namespace kots_export::kube
