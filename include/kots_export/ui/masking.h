#pragma once

#include <kots_export/change/change.h>

#include <nlohmann/json.hpp>

namespace kots_export::ui {

// Returns a copy of `image` (an object, a merge patch, or a part of one) of `kind` as it may be shown.
// Masked, wherever it stands:
//  - every value of a Secret and of a ConfigMap (data, stringData, binaryData): a configuration file may hold
//  a
//    password, and Helm may keep releases there;
//  - what kubectl apply remembers of an object, which is a copy of all of it;
//  - literal environment variables, HTTP headers and annotations whose names sound like secrets;
//  - words of commands that sound like secrets;
//  - any text with a private key or with a password in a URL.
// Keys and names stay, null (a key that is absent or to be removed) too. managedFields are left out.
[[nodiscard]] nlohmann::json masked(const nlohmann::json& image, const std::string& kind);

}  // namespace kots_export::ui
