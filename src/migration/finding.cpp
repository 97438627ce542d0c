#include "migration/finding.h"

namespace kots_export::migration {

using Status = change::CheckOutcome::Status;

Status status_of(const CheckFinding& finding, OnProblem on_problem) {
  using Kind = CheckFinding::Kind;
  switch (finding.kind) {
    case Kind::ok:
      return Status::ok;
    case Kind::note:
      return Status::note;
    case Kind::skipped:
      return Status::skipped;
    case Kind::to_do:
      return Status::to_do;
    case Kind::warning:
      return on_problem == OnProblem::note ? Status::note : Status::warning;
    case Kind::problem:
      break;
  }
  switch (on_problem) {
    case OnProblem::stop:
      return Status::failed;
    case OnProblem::warn:
      return Status::warning;
    case OnProblem::note:
    case OnProblem::not_asked:
      break;
  }
  return Status::note;
}

void tell(change::Observer& observer, std::string_view id, std::string_view group, Status status,
          CheckFinding finding) {
  observer.check_done({.id = id,
                       .group = group,
                       .status = status,
                       .detail = std::move(finding.detail),
                       .remedy = std::move(finding.remedy)});
}

}  // namespace kots_export::migration
