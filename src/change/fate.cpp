#include "change/fate.h"

#include <kots_export/change/holds.h>
#include <kots_export/kube/http_status.h>
#include <kots_export/kube/status.h>

#include <nlohmann/json.hpp>

namespace kots_export::change {

using nlohmann::json;
using Status = ChangeOutcome::Status;

namespace {

std::string action(const Change& change) {
  return std::string(to_string(change.verb)) + " " + kube::describe(change.object);
}

ChangeOutcome ended(Status status, kube::ObjectRef object) {
  return {.status = status, .error = {}, .object = std::move(object)};
}

ChangeOutcome refused(const Change& change, const Error& error,
                      ChangeOutcome::Fate fate = ChangeOutcome::Fate::known) {
  std::string text = error.what();
  if (!error.hint().empty()) text += " (" + error.hint() + ")";
  return {.status = Status::refused, .fate = fate, .error = std::move(text), .object = change.object};
}

// The write was sent, and what came of it cannot be read.
ChangeOutcome unknown(const Change& change, const Error& error) {
  return refused(change, error, ChangeOutcome::Fate::unknown);
}

ChangeOutcome succeeded(const Change& change, const std::string& body) {
  if (change.verb == Verb::remove) return ended(Status::done, change.object);
  return ended(Status::done, kube::with_identity_of(change.object, body));
}

Fate fate_of_live_object(const Change& change, const std::string& body, std::string doubt) {
  const json live = json::parse(body, nullptr, false);
  if (!live.is_object()) {
    return unknown(change,
                   Error("cannot read back " + kube::describe(change.object), "the answer is not JSON"));
  }
  kube::ObjectRef found = change.object;
  found.uid.clear();
  found = kube::with_identity_of(std::move(found), body);
  const bool same = change.object.uid.empty() || found.uid == change.object.uid;
  switch (change.verb) {
    case Verb::create:
      // It did not exist when the plan was made: the request arrived.
      return ended(Status::done, std::move(found));
    case Verb::remove:
      if (!same) return ended(Status::done, change.object);
      if (live.value("metadata", json::object()).contains("deletionTimestamp"))
        return ended(Status::done, std::move(found));
      return SendAgain{std::move(doubt)};
    case Verb::patch:
      break;
  }
  if (!same) {
    return refused(change, Error("cannot " + action(change),
                                 "it was replaced by another object of the same name since the plan was made",
                                 "Run the same command again: it plans anew from what is there now."));
  }
  if (holds(live, change.after)) return ended(Status::done, std::move(found));
  return SendAgain{std::move(doubt)};
}

}  // namespace

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

Fate fate_of_write(const Change& change, const kube::Outcome& outcome) {
  if (const auto* failure = std::get_if<kube::TransportFailure>(&outcome)) {
    const kube::ConnectionError error(action(change), *failure);
    if (failure->delivered == kube::TransportFailure::Delivered::no) return refused(change, error);
    return ReadBack{error.what()};
  }
  const auto& reply = std::get<kube::Reply>(outcome);
  if (kube::http::is_success(reply.status)) return succeeded(change, reply.body);
  if (reply.status == kube::http::kNotFound && change.verb != Verb::create)
    return ended(Status::gone, change.object);
  const kube::ApiError error = kube::api_error(action(change), reply);
  const bool lost_a_race = reply.status == kube::http::kConflict && change.verb != Verb::create;
  if (reply.status >= kube::http::kInternalError || lost_a_race) return ReadBack{error.what()};
  return refused(change, error);
}

Fate fate_of_read_back(const Change& change, const kube::Outcome& outcome, std::string doubt) {
  const std::string reading = "read back " + kube::describe(change.object);
  const auto* reply = std::get_if<kube::Reply>(&outcome);
  if (reply == nullptr)
    return unknown(change, kube::ConnectionError(reading, std::get<kube::TransportFailure>(outcome)));
  if (reply->status == kube::http::kNotFound) {
    if (change.verb == Verb::create) return SendAgain{std::move(doubt)};
    return ended(change.verb == Verb::remove ? Status::done : Status::gone, change.object);
  }
  if (!kube::http::is_success(reply->status)) return unknown(change, kube::api_error(reading, *reply));
  return fate_of_live_object(change, reply->body, std::move(doubt));
}

}  // namespace kots_export::change
