#pragma once

#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

namespace kots_export::kube {

// Returns the first document of `text`, YAML or JSON, with the types that sigs.k8s.io/yaml gives: anchors and
// merge keys resolved, plain scalars by YAML 1.1, of a key that stands twice the last. An empty text is null.
// `action` says what was tried ("cannot read the kubeconfig F"). Throws Error with the line and never with
// the text: not UTF-8, not YAML, grown out of all proportion by aliases.
[[nodiscard]] nlohmann::json yaml_to_json(std::string_view text, const std::string& action);

}  // namespace kots_export::kube
