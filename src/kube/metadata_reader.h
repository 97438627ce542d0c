#pragma once

#include <kots_export/kube/client.h>

#include <functional>
#include <string>
#include <string_view>

// Reads what this tool needs of large answers while they are parsed: no tree of the whole is built.
namespace kots_export::kube {

struct MetadataPage {
  bool valid = false;          // the body was a JSON object
  std::string kind;            // of the list
  std::string continue_token;  // empty: the last page
  std::size_t remaining = 0;   // objects on the pages after it, as far as the server says
};

// Calls `on_object` for each item of a list, full objects or PartialObjectMetadata alike.
[[nodiscard]] MetadataPage read_metadata_page(std::string_view body, const GroupVersionResource& gvr,
                                              const std::string& kind,
                                              const std::function<void(ObjectMetadata)>& on_object);

}  // namespace kots_export::kube
