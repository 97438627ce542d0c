#pragma once

#include <string>

#include <nlohmann/json.hpp>

// What full lists and metadata lists share.
namespace kots_export::kube {

// "?limit=500&labelSelector=...": selectors and the token of the next page are left out where empty.
[[nodiscard]] std::string list_query(const std::string& label_selector, const std::string& field_selector,
                                     int page_size, const std::string& token);

// "list Secret in namespace x", for errors.
[[nodiscard]] std::string list_action(const std::string& kind, const std::string& ns);

// metadata.continue of a list or a Status; empty where there is none.
[[nodiscard]] std::string continue_token(const nlohmann::json& list);

}  // namespace kots_export::kube
