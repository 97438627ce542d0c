#pragma once

#include "apiserver/http.h"
#include "apiserver/json.h"
#include "apiserver/resources.h"

#include <optional>
#include <string>

namespace kots_export::apiserver {

// An answer of discovery with the media type it goes out as.
struct DiscoveryAnswer {
  Json body;
  std::string content_type = "application/json";
};

// Returns the answer to GET /version, /api, /api/v1, /apis, /apis/GROUP and /apis/GROUP/VERSION, the
// aggregated form where the request accepts it and the minor has it; nothing for any other path.
[[nodiscard]] std::optional<DiscoveryAnswer> discover(const Registry& registry, const Request& request,
                                                      const std::vector<std::string>& segments);

}  // namespace kots_export::apiserver
