#pragma once

#include <kots_export/change/change.h>

#include <string>
#include <string_view>

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

// The body of a request or an answer as it may be shown, on one line: JSON, masked as above, lists item by
// item; in JSON that is no object of Kubernetes (a registry's token) every text below a key that sounds like
// a secret is masked too. Of all that is no JSON only the size is told. `path` is the request's: a patch does
// not say of which kind it is.
[[nodiscard]] std::string masked_body(std::string_view path, std::string_view body);

// The value of an HTTP header as it may be shown: masked where its name sounds like a secret.
[[nodiscard]] std::string masked_header(const std::string& name, const std::string& value);

// The path and query of a request as they may be shown.
[[nodiscard]] std::string masked_path(std::string_view path);

}  // namespace kots_export::ui
