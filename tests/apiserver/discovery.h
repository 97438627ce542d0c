#pragma once

#include "apiserver/http.h"
#include "apiserver/json.h"
#include "apiserver/resources.h"

#include <optional>
#include <string>
#include <vector>

namespace kots_export::apiserver {

// An answer of discovery with the media type it goes out as.
struct DiscoveryAnswer {
  Json body;
  std::string content_type = "application/json";
};

// A group whose APIService is down: the aggregated form says `freshness: Stale` and no resources, the old
// form lists the group all the same, and whatever is below /apis/GROUP/VERSION is 503.
struct StaleGroup {
  std::string group;
  std::string version;  // of a group that this server does not know otherwise
};
// Reads "GROUP" or "GROUP/VERSION" (v1 without it).
[[nodiscard]] StaleGroup parse_stale_group(const std::string& text);
// True for the paths that such a group's own server would answer.
[[nodiscard]] bool is_unavailable(const std::vector<StaleGroup>& stale,
                                  const std::vector<std::string>& segments);

// Returns the answer to GET /version, /api, /api/v1, /apis, /apis/GROUP and /apis/GROUP/VERSION, the
// aggregated form where the request accepts it and the minor has it; nothing for any other path.
[[nodiscard]] std::optional<DiscoveryAnswer> discover(const Registry& registry, const Request& request,
                                                      const std::vector<std::string>& segments,
                                                      const std::vector<StaleGroup>& stale = {});

}  // namespace kots_export::apiserver
