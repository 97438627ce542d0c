#pragma once

#include "apiserver/store.h"

#include <map>
#include <string>
#include <vector>

namespace kots_export::apiserver {

// A container's environment as the kubelet makes it.
struct Environment {
  std::vector<std::pair<std::string, std::string>> variables;
  // What stands in the way: `secret "x" not found`; empty where nothing does.
  std::string problem;

  [[nodiscard]] const std::string* find(const std::string& name) const;
};

// Returns what the image brings along (`image`), then envFrom, then env, each overriding what came before,
// with
// $(NAME) expanded and valueFrom of Secrets, ConfigMaps and fields of the Pod looked up.
[[nodiscard]] Environment resolve_environment(const Store& store, const Json& pod, const Json& container,
                                              const std::map<std::string, std::string>& image);

// Returns `text` with $(NAME) replaced where NAME is known, and $$ by $.
[[nodiscard]] std::string expand(const std::string& text, const Environment& environment);

}  // namespace kots_export::apiserver
