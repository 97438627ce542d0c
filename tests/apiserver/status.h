#pragma once

#include "apiserver/json.h"

#include <stdexcept>
#include <string>
#include <vector>

// Errors as the API server says them: `Status` objects with code, reason, message and details.
namespace kots_export::apiserver {

struct ResourceType;

// Thrown by handlers, sent as a Status.
class ApiError : public std::runtime_error {
 public:
  ApiError(int code, std::string reason, const std::string& message, Json details = nullptr)
      : std::runtime_error(message), code_(code), reason_(std::move(reason)), details_(std::move(details)) {}

  [[nodiscard]] int code() const noexcept { return code_; }
  [[nodiscard]] Json to_status() const;
  // For an expired list: where the rest can be had inconsistently.
  void set_continue(std::string token) { continue_ = std::move(token); }

 private:
  int code_;
  std::string reason_;
  Json details_;
  std::string continue_;
};

// One thing that validation found wrong.
struct FieldError {
  std::string field;
  std::string reason;   // "FieldValueInvalid"
  std::string message;  // "Invalid value: \"x\": ..."
};
[[nodiscard]] FieldError invalid_value(std::string field, const std::string& value,
                                       const std::string& detail);
[[nodiscard]] FieldError required_value(std::string field, const std::string& detail = {});
[[nodiscard]] FieldError forbidden_value(std::string field, const std::string& detail);
[[nodiscard]] FieldError too_long(std::string field, std::size_t limit);

// The real server's errors (apimachinery/pkg/api/errors), message text included.
[[nodiscard]] ApiError not_found(const ResourceType& type, const std::string& name);
[[nodiscard]] ApiError already_exists(const ResourceType& type, const std::string& name);
[[nodiscard]] ApiError conflict(const ResourceType& type, const std::string& name, const std::string& why);
// A DELETE whose precondition does not hold: names the kind where the others name the resource.
[[nodiscard]] ApiError delete_conflict(const ResourceType& type, const std::string& name,
                                       const std::string& why);
[[nodiscard]] ApiError modified(const ResourceType& type, const std::string& name);
[[nodiscard]] ApiError invalid(const ResourceType& type, const std::string& name,
                               const std::vector<FieldError>& errors);
[[nodiscard]] ApiError creates_with_version();
[[nodiscard]] ApiError bad_request(const std::string& message);
[[nodiscard]] ApiError unknown_resource();
[[nodiscard]] ApiError unauthorized();
[[nodiscard]] ApiError method_not_allowed(const std::string& method);
[[nodiscard]] ApiError unsupported_media_type(const std::string& supported);
[[nodiscard]] ApiError expired(const std::string& message);
// Any other code, with the reason that belongs to it: injected faults.
[[nodiscard]] ApiError generic(int code, const std::string& message);

// Returns the Status that says that `name` is gone (the usual answer to DELETE).
[[nodiscard]] Json success_status(const ResourceType& type, const std::string& name, const std::string& uid);

}  // namespace kots_export::apiserver
