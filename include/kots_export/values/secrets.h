#pragma once

#include <kots_export/values/value.h>

#include <string_view>

// Which values must not be shown.
namespace kots_export::values {

// True where the values below this key are secret by its name: passwords, tokens, keys, keysets, licences,
// service accounts, and files that people put such things into.
[[nodiscard]] bool is_secret_key(std::string_view key);

// True where one of the keys of `path` is.
[[nodiscard]] bool is_secret_path(const Path& path);

enum class Below { ordinary_key, secret_key };

// Returns `value` with every secret text and number in it as "***": all of them below a secret key, those of
// secret keys within, and texts that hold a URL with a password. Booleans and null stay.
[[nodiscard]] Value masked(const Value& value, Below below);

}  // namespace kots_export::values
