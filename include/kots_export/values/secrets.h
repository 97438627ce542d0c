#pragma once

#include <kots_export/values/value.h>

#include <cstddef>
#include <string>
#include <string_view>

// Which values must not be shown. What is doubtful is hidden: rather one too many than one too few.
namespace kots_export::values {

enum class Below { ordinary_key, secret_key };

// True where the values below this key are secret by its name, however it is spelled ("api_key", "apiKey",
// "API-KEY"): passwords, tokens, keys, keysets, licenses, service accounts, and files that people put such
// things into. Names of Secrets are not.
[[nodiscard]] bool is_secret_key(std::string_view key);

// True where a variable or a header of this name holds a secret. Takes more for one than is_secret_key: the
// name is all that is known of it.
[[nodiscard]] bool is_secret_variable(std::string_view name);

// True where `text` holds a secret, whatever key it stands at: a private key, a token of GitHub, GitLab or
// Slack, a JSON Web Token, a password in a URL or an address ("user:password@host"), an assignment to a word
// like password or token ("password: x", "--token=x"), an element of such a name ("<password>x</password>"),
// a flag of such a name with a word behind it ("--token x"), a user of curl ("curl -u user:x"), or a header's
// credentials ("Bearer x").
[[nodiscard]] bool is_secret_text(std::string_view text);

// What the entry `key` of `map`, and the item at `index` of `list`, are: as what is above them, or secret by
// their own key, by the name beside a `value` (as of variables), or by the flag before them ("--password",
// "x").
[[nodiscard]] Below below_entry(const Map& map, const std::string& key, Below above);
[[nodiscard]] Below below_item(const List& list, std::size_t index, Below above);

// Returns `value` with every secret text and number in it as "***": all of them below a secret key, those of
// secret keys, variables and flags within, and secret texts. Booleans and null stay.
[[nodiscard]] Value masked(const Value& value, Below below);

}  // namespace kots_export::values
