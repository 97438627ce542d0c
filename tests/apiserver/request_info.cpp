#include "apiserver/request_info.h"

#include <algorithm>

namespace kots_export::apiserver {
namespace {

std::vector<std::string> split_path(std::string_view path) {
  std::vector<std::string> segments;
  while (!path.empty()) {
    const std::size_t slash = std::min(path.find('/'), path.size());
    if (slash > 0) segments.push_back(percent_decode(path.substr(0, slash), PlusIsBlank::no));
    path.remove_prefix(std::min(slash + 1, path.size()));
  }
  return segments;
}

std::string verb_of(const Request& request, const RequestInfo& info) {
  if (request.method == "POST") return "create";
  if (request.method == "PUT") return "update";
  if (request.method == "PATCH") return "patch";
  if (request.method == "DELETE") return info.name.empty() ? "deletecollection" : "delete";
  if (request.flag("watch") && info.subresource.empty()) return "watch";
  return info.name.empty() ? "list" : "get";
}

}  // namespace

RequestInfo parse_request_info(const Request& request) {
  RequestInfo info;
  info.segments = split_path(request.path);
  const std::vector<std::string>& all = info.segments;
  std::size_t at = 0;
  if (all.size() > 2 && all[0] == "api") {
    info.version = all[1];
    at = 2;
  } else if (all.size() > 3 && all[0] == "apis") {
    info.group = all[1];
    info.version = all[2];
    at = 3;
  } else {
    return info;
  }
  info.is_api = true;
  // /namespaces/NAME and its own subresources speak of the namespace; anything longer of what is in it.
  const std::size_t left = all.size() - at;
  if (all[at] == "namespaces" && left > 2 && all[at + 2] != "status" && all[at + 2] != "finalize") {
    info.name_space = all[at + 1];
    at += 2;
  }
  info.resource = all[at];
  if (all.size() > at + 1) info.name = all[at + 1];
  if (all.size() > at + 2) info.subresource = all[at + 2];
  if (info.resource == "namespaces" && info.name_space.empty()) info.name_space = info.name;
  info.verb = verb_of(request, info);
  return info;
}

}  // namespace kots_export::apiserver
