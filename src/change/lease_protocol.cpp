#include "change/lease_protocol.h"

#include <kots_export/change/lease.h>
#include <kots_export/kube/http_status.h>
#include <kots_export/kube/status.h>
#include <kots_export/util/json.h>
#include <kots_export/util/time.h>

#include "change/fate.h"

#include <ctime>

#include <nlohmann/json.hpp>

namespace kots_export::change {

namespace http = kube::http;
using nlohmann::json;
using util::text_at;

namespace {

constexpr const char* kProcessAnnotation = "kots-export/process";

// meta/v1 MicroTime.
std::string micro_time() {
  const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
  const auto micros = std::chrono::duration_cast<std::chrono::microseconds>(since_epoch).count();
  constexpr long long kMillion = 1'000'000;
  const auto seconds = static_cast<std::time_t>(micros / kMillion);
  const std::string fraction = std::to_string(kMillion + micros % kMillion);
  return util::utc_text(seconds, "%Y-%m-%dT%H:%M:%S.") + fraction.substr(1) + "Z";
}

// Nothing where there was no answer.
std::optional<int> status_of(const kube::Outcome& outcome) {
  const auto* reply = std::get_if<kube::Reply>(&outcome);
  return reply != nullptr ? std::optional(reply->status) : std::nullopt;
}

std::optional<SeenLease> lease_in(const kube::Outcome& outcome) {
  const auto* reply = std::get_if<kube::Reply>(&outcome);
  if (reply == nullptr || !http::is_success(reply->status)) return std::nullopt;
  return change::lease_in(reply->body);
}

// And not of a gateway, or of a portal that wants a sign-in.
bool is_word_of_server(const kube::Outcome& outcome) {
  const auto* reply = std::get_if<kube::Reply>(&outcome);
  return reply != nullptr && kube::is_status(*reply);
}

bool was_certainly_not_sent(const kube::Outcome& outcome) {
  const auto* failure = std::get_if<kube::TransportFailure>(&outcome);
  return failure != nullptr && failure->delivered == kube::TransportFailure::Delivered::no;
}

}  // namespace

bool is_held_by(const SeenLease& lease, const LeaseTerms& terms) {
  return lease.terms.holder == terms.holder && lease.terms.process == terms.process;
}

std::optional<SeenLease> lease_in(const std::string& body) {
  const json live = json::parse(body, nullptr, false);
  SeenLease seen{.uid = text_at(live, {"metadata", "uid"}),
                 .version = text_at(live, {"metadata", "resourceVersion"}),
                 .terms = {.holder = text_at(live, {"spec", "holderIdentity"}),
                           .process = text_at(live, {"metadata", "annotations", kProcessAnnotation})}};
  if (seen.uid.empty() || text_at(live, {"metadata", "name"}) != kLockName) return std::nullopt;
  const json* duration = util::find_at(live, {"spec", "leaseDurationSeconds"});
  if (duration != nullptr && duration->is_number_integer())
    seen.terms.duration = std::chrono::seconds(duration->get<std::int32_t>());
  return seen;
}

kube::ObjectRef lease_of(const std::string& ns) {
  return {.gvr = {.group = "coordination.k8s.io", .version = "v1", .resource = "leases"},
          .kind = "Lease",
          .ns = ns,
          .name = kLockName,
          .uid = {},
          .resource_version = {}};
}

kube::Request make_request(const kube::ObjectRef& lease, const LeaseTerms& terms) {
  const std::string time = micro_time();
  const json manifest{{"apiVersion", kube::api_version(lease.gvr)},
                      {"kind", lease.kind},
                      {"metadata",
                       {{"name", lease.name},
                        {"namespace", lease.ns},
                        {"annotations", {{kProcessAnnotation, terms.process}}}}},
                      {"spec",
                       {{"holderIdentity", terms.holder},
                        {"leaseDurationSeconds", terms.duration.count()},
                        {"acquireTime", time},
                        {"renewTime", time}}}};
  return kube::create_request(lease, manifest, kube::DryRun::none);
}

Making answer_to_make(const kube::Outcome& outcome, const LeaseTerms& terms) {
  const auto status = status_of(outcome);
  if (!status) return was_certainly_not_sent(outcome) ? Making(Refused{}) : Making(Unclear{});
  if (http::is_success(*status)) {
    auto made = lease_in(outcome);
    if (made && is_held_by(*made, terms)) return std::move(*made);
    return Unclear{};
  }
  if (*status == http::kConflict) return Exists{};
  const bool is_missing = *status == http::kForbidden || *status == http::kNotFound;
  if (is_missing) return is_word_of_server(outcome) ? Making(NotPossible{}) : Making(Unclear{});
  return http::is_server_error(*status) ? Making(Unclear{}) : Making(Refused{});
}

kube::Request look_request(const kube::ObjectRef& lease) { return kube::get_request(lease); }

Look answer_to_look(const kube::Outcome& outcome) {
  if (status_of(outcome) == http::kNotFound && is_word_of_server(outcome)) return NotThere{};
  auto seen = lease_in(outcome);
  return seen ? Look(std::move(*seen)) : Look(NotSeen{});
}

kube::Request take_request(kube::ObjectRef lease, const SeenLease& seen) {
  lease.uid = seen.uid;
  lease.resource_version = seen.version;
  return kube::delete_request(lease, kube::Propagation::background, kube::DryRun::none);
}

kube::Request release_request(kube::ObjectRef lease, const std::string& uid) {
  lease.uid = uid;
  return kube::delete_request(lease, kube::Propagation::background, kube::DryRun::none);
}

Taking answer_to_take(const kube::ObjectRef& lease, const kube::Outcome& outcome) {
  const auto status = status_of(outcome);
  if (!status || *status == http::kTooManyRequests || http::is_server_error(*status)) return Taking::unclear;
  if (*status == http::kNotFound) return Taking::done;
  if (*status == http::kConflict) return Taking::refused;
  if (http::is_success(*status)) {
    const auto gone = written_object(Verb::remove, lease, std::get<kube::Reply>(outcome).body);
    return gone ? Taking::done : Taking::unclear;
  }
  return Taking::no;
}

kube::Request renew_request(kube::ObjectRef lease, const std::string& uid) {
  lease.uid = uid;
  const json patch{{"metadata", {{"uid", uid}}}, {"spec", {{"renewTime", micro_time()}}}};
  kube::Request request = kube::merge_patch_request(lease, patch, kube::DryRun::none);
  // The whole Lease, not its metadata alone: it says who holds it.
  for (auto& [name, value] : request.headers) {
    if (name == "Accept") value = "application/json";
  }
  return request;
}

Renewing answer_to_renew(const kube::Outcome& outcome, const std::string& uid, const LeaseTerms& terms) {
  const auto status = status_of(outcome);
  if (!status) return Renewing::failed;
  if (*status == http::kNotFound || *status == http::kConflict || *status == http::kInvalid)
    return Renewing::doubtful;
  const auto live = lease_in(outcome);
  if (!live) return Renewing::failed;
  return live->uid == uid && is_held_by(*live, terms) ? Renewing::renewed : Renewing::doubtful;
}

std::string failure_text(const kube::Outcome& outcome, const std::string& action) {
  if (const auto* failure = std::get_if<kube::TransportFailure>(&outcome)) return failure->text;
  const auto& reply = std::get<kube::Reply>(outcome);
  if (!http::is_success(reply.status)) return kube::api_error(action, reply).why();
  return lease_in(outcome) ? std::string() : "the answer is no Lease";
}

}  // namespace kots_export::change
