#pragma once

#include <kots_export/values/value.h>

#include <optional>
#include <string>
#include <vector>

// Two values compared by meaning: the order of keys, comments, quotes and the form of numbers do not count.
namespace kots_export::values {

struct Difference {
  std::string path;             // "telegraf.args[2]"; empty where the documents themselves differ in kind
  std::optional<Value> before;  // nothing: it was added
  std::optional<Value> after;   // nothing: it was removed
};

enum class ShowSecrets { no, yes };

// Returns what differs, in the order of `before`'s keys, then what `after` added. A map that is on one side
// only is one difference. Without ShowSecrets, what may be secret is masked as `masked` does it.
[[nodiscard]] std::vector<Difference> diff(const Value& before, const Value& after, ShowSecrets show_secrets);

}  // namespace kots_export::values
