#include "change/fate.h"

#include <kots_export/change/holds.h>
#include <kots_export/kube/http_status.h>
#include <kots_export/kube/status.h>
#include <kots_export/util/json.h>
#include <kots_export/util/text.h>

#include <algorithm>

#include <nlohmann/json.hpp>

namespace kots_export::change {

using nlohmann::json;
using util::text_at;
using Status = ChangeOutcome::Status;

namespace {

std::string action(const Change& change) {
  return util::filled("{verb} {object}",
                      {{"verb", to_string(change.verb)}, {"object", kube::describe(change.object)}});
}

// Outcomes of one Change, whose tries before this one were `earlier`.
class Judge {
 public:
  Judge(const Change& change, Tries earlier) : change_(change), earlier_(earlier) {}

  [[nodiscard]] bool is_open() const { return earlier_ == Tries::one_unanswered; }

  [[nodiscard]] ChangeOutcome done(kube::ObjectRef object) const {
    return {.status = Status::done, .error = {}, .object = std::move(object), .tries = earlier_};
  }
  [[nodiscard]] ChangeOutcome done() const { return done(change_.object); }

  // What the server's last word is, where an earlier try does not leave it open.
  [[nodiscard]] ChangeOutcome settled(Status status, std::string error, std::string hint = {}) const {
    return {.status = is_open() ? Status::unknown : status,
            .error = std::move(error),
            .hint = std::move(hint),
            .object = change_.object,
            .tries = earlier_};
  }
  // The object is not there any more, or another is in its place.
  [[nodiscard]] ChangeOutcome gone() const {
    // What was to be deleted and is gone after an unanswered delete, went by it.
    if (change_.verb == Verb::remove && is_open()) return done();
    if (!is_open()) return settled(Status::gone, "");
    return settled(Status::gone, util::filled("{object} is not there any more",
                                              {{"object", kube::describe(change_.object)}}));
  }
  [[nodiscard]] ChangeOutcome refused(const Error& error) const {
    return settled(Status::refused, error.what(), error.hint());
  }
  [[nodiscard]] ChangeOutcome replaced() const {
    return refused(Error(util::filled("cannot {action}", {{"action", action(change_)}}),
                         "it was replaced by another object of the same name since the plan was made",
                         "Run the same command again: it makes a new plan from what is there now."));
  }
  [[nodiscard]] ChangeOutcome changed() const {
    return refused(Error(util::filled("cannot {action}", {{"action", action(change_)}}),
                         "it was changed since the plan was made",
                         "Run the same command again: it makes a new plan from what is there now."));
  }

 private:
  const Change& change_;
  Tries earlier_;
};

// The server's own answer to something that it did not do. A page of whatever stands before the server is
// not; of that nobody knows on which way it met the request. 429 comes before any work, often as plain text.
bool is_clear_refusal(const kube::Reply& reply) {
  if (kube::http::is_success(reply.status) || kube::http::is_server_error(reply.status)) return false;
  if (reply.status == kube::http::kTooManyRequests) return true;
  return kube::is_status(reply);
}

// Source: apimachinery, api/errors NewForbidden: 'deployments.apps "frontend" is forbidden: WHY'. All of it
// where it is worded in another way.
std::string why_forbidden(const kube::ApiError& error) {
  constexpr std::string_view kBefore = " is forbidden: ";
  const auto at = error.why().find(kBefore);
  return at == std::string::npos ? error.why() : error.why().substr(at + kBefore.size());
}

Fate fate_of_refusal(const Change& change, const kube::Reply& reply, Tries earlier) {
  const Judge judge(change, earlier);
  const kube::ApiError error = kube::api_error(action(change), reply);
  switch (reply.status) {
    case kube::http::kNotFound:
      if (change.verb != Verb::create) return judge.gone();
      break;
    case kube::http::kConflict:
      // To a create: it exists (AlreadyExists), or it lost a race on the namespace's quota (Conflict).
      if (change.verb == Verb::create && error.reason() == "Conflict")
        return SendAgain{error.what(), earlier};
      if (change.verb == Verb::create && !judge.is_open()) break;
      return ReadBack{error.what(), earlier};
    case kube::http::kInvalid:
      // Source: ValidateObjectMetaUpdate: the UID in a patch is one that the object does not have.
      if (kube::blames_field(reply, "metadata.uid")) return judge.replaced();
      break;
    default:
      break;
  }
  // An earlier try may have happened all the same: the object tells.
  if (judge.is_open()) return ReadBack{error.what(), earlier};
  ChangeOutcome refused = judge.refused(error);
  if (reply.status == kube::http::kForbidden) refused.forbidden = why_forbidden(error);
  return refused;
}

Fate fate_of_live_object(const Change& change, const json& live, kube::ObjectRef found, const ReadBack& why) {
  const Judge judge(change, why.tries);
  const bool same = change.object.uid.empty() || found.uid == change.object.uid;
  const bool insists = change.guard == Guard::resource_version && !change.object.resource_version.empty();
  const bool moved = insists && found.resource_version != change.object.resource_version;
  switch (change.verb) {
    case Verb::create:
      if (holds(live, change.after)) return judge.done(std::move(found));
      return judge.settled(Status::refused,
                           util::filled("cannot {action}: {why}; another of that name is there",
                                        {{"action", action(change)}, {"why", why.doubt}}));
    case Verb::remove:
      if (!same) return judge.gone();
      if (util::find_at(live, {"metadata", "deletionTimestamp"}) != nullptr)
        return judge.done(std::move(found));
      if (moved) return judge.changed();
      return SendAgain{why.doubt, why.tries};
    case Verb::patch:
      break;
  }
  if (!same) return judge.replaced();
  if (holds(live, change.after)) return judge.done(std::move(found));
  if (moved) return judge.changed();
  return SendAgain{why.doubt, why.tries};
}

}  // namespace

std::optional<kube::ObjectRef> written_object(Verb verb, const kube::ObjectRef& wanted,
                                              const std::string& body) {
  const auto found = kube::identity_in(body);
  if (!found) return std::nullopt;
  const auto agrees = [](const std::string& is, const std::string& should) {
    return should.empty() || is == should;
  };
  if (verb == Verb::remove && found->kind == "Status") {
    const json status = json::parse(body, nullptr, false);
    const bool same = agrees(wanted.name, text_at(status, {"details", "name"})) &&
                      (wanted.uid.empty() || agrees(wanted.uid, text_at(status, {"details", "uid"})));
    return same && text_at(status, {"status"}) == "Success" ? std::optional(wanted) : std::nullopt;
  }
  const bool same = (found->kind == wanted.kind || found->kind == "PartialObjectMetadata") &&
                    found->name == wanted.name && found->ns == wanted.ns && !found->uid.empty() &&
                    agrees(found->uid, wanted.uid);
  if (!same) return std::nullopt;
  kube::ObjectRef written = wanted;
  written.uid = found->uid;
  written.resource_version = found->resource_version;
  return written;
}

kube::Request write_request(const Change& change, kube::DryRun dry_run) {
  kube::ObjectRef object = change.object;
  if (change.guard == Guard::uid) object.resource_version.clear();
  switch (change.verb) {
    case Verb::create:
      return kube::create_request(change.object, change.after, dry_run);
    case Verb::remove:
      return kube::delete_request(object, change.propagation, dry_run);
    case Verb::patch:
      break;
  }
  // With them in the patch the server refuses it where the object was replaced, or changed, since the plan.
  json patch = change.after;
  if (!object.uid.empty()) patch["metadata"]["uid"] = object.uid;
  if (!object.resource_version.empty()) patch["metadata"]["resourceVersion"] = object.resource_version;
  return kube::merge_patch_request(object, patch, dry_run);
}

Fate fate_of_write(const Change& change, const kube::Outcome& outcome, Tries earlier) {
  const Judge judge(change, earlier);
  if (const auto* failure = std::get_if<kube::TransportFailure>(&outcome)) {
    const kube::ConnectionError error(action(change), *failure);
    if (failure->delivered == kube::TransportFailure::Delivered::maybe)
      return ReadBack{error.what(), Tries::one_unanswered};
    return judge.settled(Status::not_sent, error.what(), error.hint());
  }
  const auto& reply = std::get<kube::Reply>(outcome);
  if (kube::http::is_success(reply.status)) {
    if (auto written = written_object(change.verb, change.object, reply.body))
      return judge.done(std::move(*written));
    return ReadBack{
        util::filled("cannot {action}: the answer is not that object", {{"action", action(change)}}),
        Tries::one_unanswered};
  }
  if (is_clear_refusal(reply)) return fate_of_refusal(change, reply, earlier);
  return ReadBack{kube::api_error(action(change), reply).what(), Tries::one_unanswered};
}

Fate fate_of_read_back(const Change& change, const kube::Outcome& outcome, const ReadBack& why) {
  const auto* reply = std::get_if<kube::Reply>(&outcome);
  if (reply == nullptr) return SendAgain{why.doubt, why.tries};
  if (reply->status == kube::http::kNotFound && is_clear_refusal(*reply)) {
    if (change.verb == Verb::create) return SendAgain{why.doubt, why.tries};
    return Judge(change, why.tries).gone();
  }
  if (!kube::http::is_success(reply->status)) return SendAgain{why.doubt, why.tries};
  const json live = json::parse(reply->body, nullptr, false);
  const auto identity = kube::identity_in(reply->body);
  if (!identity || identity->kind != change.object.kind || identity->name != change.object.name)
    return SendAgain{why.doubt, why.tries};
  kube::ObjectRef found = change.object;
  found.uid = identity->uid;
  found.resource_version = identity->resource_version;
  return fate_of_live_object(change, live, std::move(found), why);
}

ChangeOutcome give_up(const Change& change, const SendAgain& last) {
  return Judge(change, last.tries).settled(Status::refused, last.doubt);
}

}  // namespace kots_export::change
