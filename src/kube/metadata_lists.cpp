#include <kots_export/kube/http_status.h>
#include <kots_export/kube/metadata_lists.h>
#include <kots_export/util/text.h>

#include "kube/client_state.h"
#include "kube/list_query.h"
#include "kube/metadata_reader.h"
#include "kube/own_answer.h"

namespace kots_export::kube {

using nlohmann::json;

namespace {

// A list that is so often too old for its next page will never be whole.
constexpr int kRestarts = 5;
constexpr const char* kPartialList = "PartialObjectMetadataList";
constexpr const char* kMetadataOnly =
    "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json";

}  // namespace

std::vector<ListPosition> from_the_beginning(std::span<const ApiResource> kinds) {
  std::vector<ListPosition> positions;
  for (const ApiResource& kind : kinds)
    positions.push_back({.kind = kind, .field_selector = {}, .token = {}, .after = {}});
  return positions;
}

MetadataLists::MetadataLists(std::vector<ListPosition> from, std::string ns, OnObject on_object, Pages pages,
                             int page_size)
    : ns_(std::move(ns)),
      on_object_(std::move(on_object)),
      pages_(pages),
      page_size_(page_size),
      waiting_(std::make_move_iterator(from.begin()), std::make_move_iterator(from.end())) {
  for (const ListPosition& position : waiting_) remaining_ += position.remaining;
}

std::optional<Exchange> MetadataLists::next() {
  if (failure_ || waiting_.empty()) return std::nullopt;
  ListPosition position = std::move(waiting_.front());
  waiting_.pop_front();
  const bool namespaced = position.kind.scope == ApiResource::Scope::namespaced;
  std::string path = collection_path(position.kind.gvr, namespaced ? ns_ : std::string()) +
                     list_query({}, position.field_selector, page_size_, position.token);
  return Exchange{.request = {.method = Method::get,
                              .path = std::move(path),
                              .headers = {{"Accept", kMetadataOnly}},
                              .body = {},
                              .timeout = {},
                              .expected = {.kinds = {position.kind.kind + "List", kPartialList},
                                           .long_one = ExpectedAnswer::ReadBy::caller}},
                  .done = [this, position = std::move(position)](
                              const Outcome& outcome) mutable { on_page(std::move(position), outcome); },
                  .on_data = {}};
}

void MetadataLists::on_page(ListPosition position, const Outcome& outcome) {
  const std::string action = list_action(position.kind.kind, ns_);
  if (const auto* failed = std::get_if<TransportFailure>(&outcome))
    return fail(ConnectionError(action, *failed));
  const Reply& reply = std::get<Reply>(outcome);
  if (reply.status == http::kGone && position.restarts < kRestarts)
    return on_expired(std::move(position), reply);
  if (reply.status == http::kNotFound) return;  // the server does not serve the kind: nothing to list
  if (!http::is_success(reply.status)) return fail(api_error(action, reply));

  remaining_ -= std::exchange(position.remaining, 0);
  const std::string seen_until = position.after;
  const MetadataPage page =
      read_metadata_page(reply.body, position.kind.gvr, position.kind.kind, [&](ObjectMetadata object) {
        std::string key = object.ref.ns + "/" + object.ref.name;
        if (key <= seen_until) return;
        position.after = std::move(key);
        on_object_(std::move(object));
      });
  if (!page.valid) return fail(not_json(action));
  if (page.kind != kPartialList && page.kind != position.kind.kind + "List")
    return fail(Error(util::filled("cannot {action}", {{"action", action}}),
                      util::filled("the answer is a {kind}", {{"kind", page.kind}}), kForeignAnswerHint));
  if (page.continue_token.empty()) return;
  position.token = page.continue_token;
  position.remaining = page.remaining;
  remaining_ += page.remaining;
  if (pages_ == Pages::first) {
    rest_.push_back(std::move(position));
  } else {
    waiting_.push_back(std::move(position));
  }
}

// The Status of an expired list may name a token that goes on from the same key in the present state.
void MetadataLists::on_expired(ListPosition position, const Reply& reply) {
  const json status = json::parse(reply.body, nullptr, false);
  ++position.restarts;
  position.token = status.is_object() ? continue_token(status) : std::string();
  waiting_.push_back(std::move(position));
}

void MetadataLists::throw_if_failed() const {
  if (failure_) std::rethrow_exception(failure_);
}

template <typename E>
void MetadataLists::fail(E error) {
  if (!failure_) failure_ = std::make_exception_ptr(std::move(error));
}

}  // namespace kots_export::kube
