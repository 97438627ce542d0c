#pragma once

#include <optional>
#include <string>
#include <string_view>

// RFC 4648 base64, standard alphabet with padding: the one of Kubernetes' Secret data and kubeconfig
// `*-data`.
namespace kots_export::util {

// Returns `bytes` encoded on one line, padded. Any length; empty gives empty.
[[nodiscard]] std::string base64_encode(std::string_view bytes);

// Returns the decoded bytes, or nothing where `text` is not base64: a foreign character, missing padding,
// padding inside. Line feeds and carriage returns are skipped, as Go's decoder (and so kubectl's) does.
[[nodiscard]] std::optional<std::string> base64_decode(std::string_view text);

}  // namespace kots_export::util
