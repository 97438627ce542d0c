#pragma once

#include "apiserver/access.h"
#include "apiserver/http.h"
#include "apiserver/resources.h"

#include <string>
#include <vector>

namespace kots_export::apiserver {

// What a request's path and method mean (apiserver/pkg/endpoints/request/requestinfo.go).
struct RequestInfo {
  std::vector<std::string> segments;  // of the path, decoded
  bool is_api = false;                // below /api/VERSION/ or /apis/GROUP/VERSION/, with a resource
  std::string group;
  std::string version;
  std::string name_space;
  std::string resource;
  std::string name;
  std::string subresource;
  std::string verb;  // get list watch create update patch delete deletecollection

  [[nodiscard]] AccessRequest access() const {
    return {verb, group, resource, subresource, name_space, name};
  }
};

[[nodiscard]] RequestInfo parse_request_info(const Request& request);

}  // namespace kots_export::apiserver
