#pragma once

#include "apiserver/json.h"

#include <string>
#include <vector>

namespace kots_export::apiserver {

// Returns one YAML document as JSON, with the types that Kubernetes' YAML reader (YAML 1.1 rules for plain
// scalars) gives: yes/no/on/off are booleans, 0x1F and 1_000 integers, anything quoted a string.
// Throws std::runtime_error (yaml-cpp's, with the line) where it cannot be read.
[[nodiscard]] Json parse_yaml(const std::string& text);

// Returns every document of a stream; empty ones are left out. JSON is read too.
[[nodiscard]] std::vector<Json> parse_yaml_documents(const std::string& text);

}  // namespace kots_export::apiserver
