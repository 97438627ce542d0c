#pragma once

#include <kots_export/migration/context.h>

#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

// What must hold after `helm upgrade`: the guide's steps 7 to 11. A table of checks, told through the
// Observer as those before the migration are; docs/checks.md is made from it.
namespace kots_export::migration {

struct VerifyOptions {
  std::string dns_server = {};  // "ADDR" or "ADDR:PORT"; empty: those of resolv.conf
  // How long to wait for the release and its workloads before anything is judged; nothing: not at all.
  std::optional<std::chrono::milliseconds> wait = std::nullopt;
};

struct Verifying;     // what a check works with
struct CheckFinding;  // what it found

struct VerifyCheck {
  std::string_view id;
  std::string_view group;
  std::string_view what;     // what it looks at
  std::string_view fails;    // what fails it
  std::string_view lenient;  // what is a warning, a note or "to do" only; may be empty
  // Several findings where several things are wrong, each with a remedy of its own. Never none.
  std::vector<CheckFinding> (*run)(Verifying&);
};

// All of them, in the order in which they run.
[[nodiscard]] std::span<const VerifyCheck> verify_checks();

// How many checks ended how; each once, at its worst.
struct VerifyResult {
  std::vector<std::string> failed;  // by id
  std::vector<std::string> to_do;
  std::vector<std::string> warnings;
  // What realitycheck has to be told, from the values.
  std::string domain = {};
  std::string cloud_provider = {};  // see cloud_provider_of
};

// Waits where that is asked, then runs all checks once and tells the observer of each finding. Where no
// revision of 4.x is there, the first check says so, and it is the only one. Reads, asks name servers, and
// connects to the load balancer; changes nothing. Throws Error where the namespace or the release is not
// there, ApiError (but for what this user may not read: that check is skipped), ConnectionError, Interrupted.
[[nodiscard]] VerifyResult verify(Context& context, const VerifyOptions& options);

}  // namespace kots_export::migration
