#pragma once

#include <kots_export/change/change.h>
#include <kots_export/change/observer.h>
#include <kots_export/kube/transport.h>

#include <optional>
#include <string>
#include <variant>

// What an answer means for a Change: plain decisions, without state. The rules:
//  - done is only an answer that is the object that was written, or a read-back that finds it as wanted;
//  - refused is only a clear refusal of the one try that was made, or of each;
//  - where a try had no such answer, it may have been carried out, and for a while it still may be: what
//  later
//    tries are refused with says nothing about it. The object is read back; where that does not settle it the
//    same write goes again under the same preconditions.
namespace kots_export::change {

using Tries = ChangeOutcome::Tries;

// The object is to be read: what the server did is not known, or only the object tells what its answer means.
struct ReadBack {
  std::string doubt;  // why, for people
  Tries tries = Tries::all_answered;
};
// The write may be sent once more: it is not seen to have happened, and its preconditions keep it from
// happening twice.
struct SendAgain {
  std::string doubt;
  Tries tries = Tries::all_answered;
};
using Fate = std::variant<ChangeOutcome, ReadBack, SendAgain>;

[[nodiscard]] kube::Request write_request(const Change& change, kube::DryRun dry_run);

// `wanted` as the server has it now, where `body`, the answer with a success to a write of it, says so: it is
// the object that was written, whole or its metadata, or after Verb::remove a Status that names it. Nothing
// for anything else (a web page, another object, an answer that was cut short).
[[nodiscard]] std::optional<kube::ObjectRef> written_object(Verb verb, const kube::ObjectRef& wanted,
                                                            const std::string& body);

// After the answer to write_request(change). `earlier` tells of the tries before it.
[[nodiscard]] Fate fate_of_write(const Change& change, const kube::Outcome& outcome, Tries earlier);

// After the answer to get_request(change.object), which was asked because of `why`.
[[nodiscard]] Fate fate_of_read_back(const Change& change, const kube::Outcome& outcome, const ReadBack& why);

// When no more tries are made.
[[nodiscard]] ChangeOutcome give_up(const Change& change, const SendAgain& last);

}  // namespace kots_export::change
