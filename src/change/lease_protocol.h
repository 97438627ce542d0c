#pragma once

#include <kots_export/kube/client.h>
#include <kots_export/kube/transport.h>

#include <chrono>
#include <optional>
#include <string>
#include <variant>

// Lease `kots-export` as requests, and what their answers mean: plain decisions, without state.
namespace kots_export::change {

// Who holds a Lease, and how. `holder` and `process` together name one run among all.
struct LeaseTerms {
  std::string holder;
  std::string process;
  std::chrono::seconds duration{0};
};

// A Lease as it was on the server.
struct SeenLease {
  std::string uid;
  std::string version;  // changes with every renewal
  LeaseTerms terms;
};

[[nodiscard]] bool is_held_by(const SeenLease& lease, const LeaseTerms& terms);

// Nothing where `body` is no Lease (a web page, an answer that was cut short).
[[nodiscard]] std::optional<SeenLease> lease_in(const std::string& body);

// The Lease of namespace `ns`.
[[nodiscard]] kube::ObjectRef lease_of(const std::string& ns);

// --- To make it: who gets a 201 holds the lock ---
[[nodiscard]] kube::Request make_request(const kube::ObjectRef& lease, const LeaseTerms& terms);
struct Exists {};       // another's, or ours by a try that was not answered: a look tells
struct NotPossible {};  // the user may not (403), or the server has no Leases (404)
struct Unclear {};      // it may exist now: a look tells
struct Refused {};      // the server says no
using Making = std::variant<SeenLease, Exists, NotPossible, Unclear, Refused>;
[[nodiscard]] Making answer_to_make(const kube::Outcome& outcome, const LeaseTerms& terms);

// --- To look at it ---
[[nodiscard]] kube::Request look_request(const kube::ObjectRef& lease);
struct NotThere {};
struct NotSeen {};  // no answer that says anything
using Look = std::variant<SeenLease, NotThere, NotSeen>;
[[nodiscard]] Look answer_to_look(const kube::Outcome& outcome);

// --- To take it from `seen`: refused where that was renewed or replaced since ---
[[nodiscard]] kube::Request take_request(kube::ObjectRef lease, const SeenLease& seen);
// --- To give it back: refused where it is no longer the one of `uid` ---
[[nodiscard]] kube::Request release_request(kube::ObjectRef lease, const std::string& uid);
enum class Taking {
  done,     // the Lease that was meant is gone
  refused,  // it is no longer the one that was meant (409); whether that is so, a look tells
  unclear,  // nobody knows, or the server was not asked, or asks for time: it may be sent again
  no,       // the server says no
};
[[nodiscard]] Taking answer_to_take(const kube::ObjectRef& lease, const kube::Outcome& outcome);

// --- To renew it ---
// By UID, not by resourceVersion: each holder makes a Lease of its own, so the UID alone says whether it is
// ours; and a renewal whose answer was lost does not make the server refuse the next.
[[nodiscard]] kube::Request renew_request(kube::ObjectRef lease, const std::string& uid);
enum class Renewing {
  renewed,   // 2xx, with our Lease
  doubtful,  // 404, 409, 422 (its UID is another's), or an answer with another's Lease: a look tells
  failed,    // anything else
};
[[nodiscard]] Renewing answer_to_renew(const kube::Outcome& outcome, const std::string& uid,
                                       const LeaseTerms& terms);

// What went wrong, for people; empty for a success.
[[nodiscard]] std::string failure_text(const kube::Outcome& outcome, const std::string& action);

}  // namespace kots_export::change
