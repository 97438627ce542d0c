#include "apiserver/status.h"

#include "apiserver/resources.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace kots_export::apiserver {
namespace {

// "deployments.apps", or "secrets" in the core group.
std::string qualified(const std::string& resource, const std::string& group) {
  return group.empty() ? resource : resource + '.' + group;
}

Json details_of(const ResourceType& type, const std::string& name, const std::string& kind) {
  Json details = {{"kind", kind}};
  if (!name.empty()) details["name"] = name;
  if (!type.group.empty()) details["group"] = type.group;
  return details;
}

}  // namespace

Json ApiError::to_status() const {
  Json status = {{"kind", "Status"},    {"apiVersion", "v1"}, {"metadata", Json::object()},
                 {"status", "Failure"}, {"message", what()},  {"reason", reason_},
                 {"code", code_}};
  if (!details_.is_null()) status["details"] = details_;
  if (!continue_.empty()) status["metadata"]["continue"] = continue_;
  if (reason_.empty()) status.erase("reason");
  return status;
}

FieldError invalid_value(std::string field, const std::string& value, const std::string& detail) {
  return {std::move(field), "FieldValueInvalid", "Invalid value: " + Json(value).dump() + ": " + detail};
}

FieldError required_value(std::string field, const std::string& detail) {
  return {std::move(field), "FieldValueRequired",
          detail.empty() ? "Required value" : "Required value: " + detail};
}

FieldError forbidden_value(std::string field, const std::string& detail) {
  return {std::move(field), "FieldValueForbidden", "Forbidden: " + detail};
}

FieldError too_long(std::string field, std::size_t limit) {
  return {std::move(field), "FieldValueTooLong",
          "Too long: must have at most " + std::to_string(limit) + " bytes"};
}

ApiError not_found(const ResourceType& type, const std::string& name) {
  return {404, "NotFound", qualified(type.plural, type.group) + " \"" + name + "\" not found",
          details_of(type, name, type.plural)};
}

ApiError already_exists(const ResourceType& type, const std::string& name) {
  return {409, "AlreadyExists", qualified(type.plural, type.group) + " \"" + name + "\" already exists",
          details_of(type, name, type.plural)};
}

ApiError conflict(const ResourceType& type, const std::string& name, const std::string& why) {
  return {
      409, "Conflict",
      "Operation cannot be fulfilled on " + qualified(type.plural, type.group) + " \"" + name + "\": " + why,
      details_of(type, name, type.plural)};
}

ApiError delete_conflict(const ResourceType& type, const std::string& name, const std::string& why) {
  return {
      409, "Conflict",
      "Operation cannot be fulfilled on " + qualified(type.kind, type.group) + " \"" + name + "\": " + why,
      details_of(type, name, type.kind)};
}

ApiError modified(const ResourceType& type, const std::string& name) {
  return conflict(
      type, name,
      "the object has been modified; please apply your changes to the latest version and try again");
}

ApiError invalid(const ResourceType& type, const std::string& name, const std::vector<FieldError>& errors) {
  Json details = details_of(type, name, type.kind);
  details["causes"] = Json::array();
  // A cause that stands there twice is said once.
  std::vector<std::string> texts;
  for (const FieldError& error : errors) {
    details["causes"].push_back(
        {{"reason", error.reason}, {"message", error.message}, {"field", error.field}});
    std::string text = error.field + ": " + error.message;
    if (std::find(texts.begin(), texts.end(), text) == texts.end()) texts.push_back(std::move(text));
  }
  std::string all;
  for (const std::string& text : texts) all += (all.empty() ? "" : ", ") + text;
  if (texts.size() > 1) all = '[' + all + ']';
  return {422, "Invalid", qualified(type.kind, type.group) + " \"" + name + "\" is invalid: " + all,
          std::move(details)};
}

// The store's own error, which the server hands on as it is: no reason.
ApiError creates_with_version() {
  return {500, "", "resourceVersion should not be set on objects to be created"};
}

ApiError bad_request(const std::string& message) { return {400, "BadRequest", message}; }

ApiError unknown_resource() {
  return {404, "NotFound", "the server could not find the requested resource", Json::object()};
}

ApiError unauthorized() { return {401, "Unauthorized", "Unauthorized"}; }

ApiError method_not_allowed(const std::string& method) {
  return {405, "MethodNotAllowed",
          "the server does not allow this method on the requested resource (" + method + ")", Json::object()};
}

ApiError unsupported_media_type(const std::string& supported) {
  return {415, "UnsupportedMediaType",
          "the body of the request was in an unknown format - accepted media types include: " + supported};
}

ApiError expired(const std::string& message) { return {410, "Expired", message}; }

ApiError generic(int code, const std::string& message) {
  static constexpr std::array<std::pair<int, std::string_view>, 13> kReasons{{{400, "BadRequest"},
                                                                              {401, "Unauthorized"},
                                                                              {403, "Forbidden"},
                                                                              {404, "NotFound"},
                                                                              {405, "MethodNotAllowed"},
                                                                              {406, "NotAcceptable"},
                                                                              {409, "Conflict"},
                                                                              {410, "Gone"},
                                                                              {422, "Invalid"},
                                                                              {429, "TooManyRequests"},
                                                                              {500, "InternalError"},
                                                                              {503, "ServiceUnavailable"},
                                                                              {504, "Timeout"}}};
  std::string reason;
  for (const auto& [known, text] : kReasons) {
    if (known == code) reason = text;
  }
  return {code, reason, message};
}

Json success_status(const ResourceType& type, const std::string& name, const std::string& uid) {
  Json details = details_of(type, name, type.plural);
  if (!uid.empty()) details["uid"] = uid;
  return {{"kind", "Status"},
          {"apiVersion", "v1"},
          {"metadata", Json::object()},
          {"status", "Success"},
          {"details", std::move(details)}};
}

}  // namespace kots_export::apiserver
