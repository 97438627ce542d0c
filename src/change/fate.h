#pragma once

#include <kots_export/change/change.h>
#include <kots_export/change/observer.h>
#include <kots_export/kube/transport.h>

#include <string>
#include <variant>

// What an answer means for a Change: plain decisions, without state.
namespace kots_export::change {

// Whether the server acted on the write is not known: the object is to be read.
struct ReadBack {
  std::string doubt;  // why, for people
};
// The write did not happen, and may be sent once more.
struct SendAgain {
  std::string doubt;
};
using Fate = std::variant<ChangeOutcome, ReadBack, SendAgain>;

[[nodiscard]] kube::Request write_request(const Change& change, kube::DryRun dry_run);

// After the answer to write_request(change).
[[nodiscard]] Fate fate_of_write(const Change& change, const kube::Outcome& outcome);

// After the answer to get_request(change.object), which was asked because of `doubt`.
[[nodiscard]] Fate fate_of_read_back(const Change& change, const kube::Outcome& outcome, std::string doubt);

}  // namespace kots_export::change
