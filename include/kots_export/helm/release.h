#pragma once

#include <kots_export/values/value.h>

#include <string>
#include <string_view>

namespace kots_export::helm {

// What this tool needs of a release as Helm stores it (Helm 3, pkg/release/release.go).
struct Release {
  std::string name;
  std::string ns;
  int revision = 0;
  std::string status;
  std::string chart_name;
  std::string chart_version;
  values::Value config;          // the user's values: always a map
  std::string manifest;          // the rendered objects, YAML documents
  std::string description = {};  // how its operation went: "Upgrade complete", or what failed
};

// Decodes `data.release` of a release Secret as the API's JSON carries it: base64 (Kubernetes') of base64
// (Helm's) of gzip of JSON; without gzip's magic bytes, of plain JSON (pkg/storage/driver/util.go). Throws
// Error that says which layer is damaged, or that the values are not a map.
[[nodiscard]] Release decode_release(std::string_view data_release);

// The other way round. Only what Release holds.
[[nodiscard]] std::string encode_release(const Release& release);

// `data_release` with another manifest and nothing else changed: what Release does not hold stays as well, in
// its order and with its digits. Throws what decode_release throws.
[[nodiscard]] std::string with_manifest(std::string_view data_release, std::string manifest);

}  // namespace kots_export::helm
