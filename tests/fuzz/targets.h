#pragma once

#include <string_view>

// What is fuzzed. Each takes any bytes; it may throw kots_export::Error and nothing else, and aborts where a
// promise is broken.
namespace kots_export::test {

// The YAML reader; and what it reads, written and read again, is the same.
void fuzz_yaml(std::string_view bytes);
// The decoder of release Secrets; with bytes that are no base64 also as the JSON inside.
void fuzz_release(std::string_view bytes);
// Reading, transforming (twice: the second changes nothing), writing and validating values.
void fuzz_transform(std::string_view bytes);

}  // namespace kots_export::test
