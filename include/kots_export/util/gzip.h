#pragma once

#include <cstddef>
#include <string>
#include <string_view>

// gzip (RFC 1952) through zlib: the inside of Helm's release Secret.
namespace kots_export::util {

// True where `bytes` begin with 1f 8b 08, the test that Helm itself makes (pkg/storage/driver/util.go).
[[nodiscard]] bool is_gzip(std::string_view bytes);

// Returns the inflated content of one gzip stream. `limit` bounds the result in bytes against bombs.
// Throws Error where the stream is damaged, cut short, or longer than `limit`.
[[nodiscard]] std::string gunzip(std::string_view bytes, std::size_t limit = std::size_t{256} << 20);

// Returns `bytes` as one gzip stream at zlib's best compression (what Helm writes).
[[nodiscard]] std::string gzip(std::string_view bytes);

}  // namespace kots_export::util
