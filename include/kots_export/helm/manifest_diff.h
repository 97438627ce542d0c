#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace kots_export::helm {

// How two manifests differ, for people: a line for each object that another apiVersion, or no document, has
// ("Ingress web: extensions/v1beta1 -> networking.k8s.io/v1"), then the lines that went and came, "- " or
// "+ " before each. Nothing of what is the same is shown, and no line of a document that could hold a secret
// beside what changed: one with a Secret or a ConfigMap in it, or one that is written on one line.
[[nodiscard]] std::vector<std::string> manifest_diff(std::string_view before, std::string_view after);

}  // namespace kots_export::helm
