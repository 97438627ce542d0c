#pragma once

#include <kots_export/change/observer.h>
#include <kots_export/migration/checks.h>

#include <string>
#include <string_view>
#include <utility>

// What a check finds, and what becomes of it: for the checks before the migration and after the upgrade.
namespace kots_export::migration {

// `warning` is the most that it does, whatever the table says of a problem. `to_do`: it is left to a person,
// or on its way.
struct CheckFinding {
  enum class Kind { ok, note, warning, to_do, problem, skipped } kind = Kind::ok;
  std::string detail;
  std::string remedy = {};
  friend bool operator==(const CheckFinding&, const CheckFinding&) = default;
};

inline CheckFinding ok(std::string detail) {
  return {.kind = CheckFinding::Kind::ok, .detail = std::move(detail)};
}
inline CheckFinding note(std::string detail, std::string remedy = {}) {
  return {.kind = CheckFinding::Kind::note, .detail = std::move(detail), .remedy = std::move(remedy)};
}
inline CheckFinding warning(std::string detail, std::string remedy) {
  return {.kind = CheckFinding::Kind::warning, .detail = std::move(detail), .remedy = std::move(remedy)};
}
inline CheckFinding to_do(std::string detail, std::string remedy) {
  return {.kind = CheckFinding::Kind::to_do, .detail = std::move(detail), .remedy = std::move(remedy)};
}
inline CheckFinding problem(std::string detail, std::string remedy) {
  return {.kind = CheckFinding::Kind::problem, .detail = std::move(detail), .remedy = std::move(remedy)};
}
inline CheckFinding skipped(std::string why) {
  return {.kind = CheckFinding::Kind::skipped, .detail = std::move(why)};
}

// What a finding comes to where a problem does `on_problem`.
[[nodiscard]] change::CheckOutcome::Status status_of(const CheckFinding& finding, OnProblem on_problem);

// Tells the observer of a finding. `id` and `group` are of a table that lasts.
void tell(change::Observer& observer, std::string_view id, std::string_view group,
          change::CheckOutcome::Status status, CheckFinding finding);

}  // namespace kots_export::migration
