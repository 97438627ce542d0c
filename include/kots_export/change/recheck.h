#pragma once

#include <kots_export/change/change.h>
#include <kots_export/change/object_state.h>
#include <kots_export/kube/client.h>

#include <span>
#include <string>
#include <unordered_map>
#include <vector>

// Whether a plan that was made earlier can still be carried out as it was seen.
namespace kots_export::change {

// The objects of `plan` as they are now, metadata only; what does not exist is left out. Kinds of
// which it names many are listed, the others are read by name. Throws ApiError, ConnectionError.
[[nodiscard]] std::vector<kube::ObjectMetadata> read_objects(kube::Client& client, const Plan& plan);

// True where each object of `plan` is in `now` as it was planned on, to its resourceVersion, and what the
// plan creates is not there.
[[nodiscard]] bool is_as_planned(const Plan& plan, std::span<const kube::ObjectMetadata> now);

// Throws Error with `hint`, and the first Change that differs, where `now`, the same plan made once more, is
// another one. What was planned on (resourceVersion, values before) does not count.
void require_same(const Plan& plan, const Plan& now, const Hint& hint);

// UIDs of what a plan was to create, and is there.
using Made = std::unordered_map<kube::ObjectKey, std::string>;

struct Recheck {
  Plan left;             // what is still to be done
  std::size_t done = 0;  // Changes that are already true: a plan that was cut off goes on
  // "Deployment frontend was changed: label team (by kubectl at ...)", ...: these forbid the whole plan.
  std::vector<std::string> changed;
  Made made;  // for plans that go on from this one
};

// Compares `now` with the plan: another UID is another object. One with another resourceVersion is read
// whole, and compared with what `then` says of it in all that counts (object_state.h); where that says
// nothing, another resourceVersion is a change. What is left to be done insists on the resourceVersion of
// `now`. An object that is to be created and is there already is read whole and compared.
[[nodiscard]] Recheck recheck(kube::Client& client, const Plan& plan,
                              std::span<const kube::ObjectMetadata> now, const ObjectStates& then,
                              Made made = {});

}  // namespace kots_export::change
