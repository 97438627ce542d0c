#include <kots_export/kube/client.h>
#include <kots_export/util/text.h>

#include "kube/client_state.h"

#include <deque>

namespace kots_export::kube {

using nlohmann::json;

namespace {

constexpr int kGone = 410;
constexpr int kNotFound = 404;
constexpr const char* kMetadataOnly =
    "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json";

std::string list_query(const std::string& label_selector, const std::string& field_selector, int page_size,
                       const std::string& token) {
  std::string query = "?limit=" + std::to_string(page_size);
  if (!label_selector.empty()) query += "&labelSelector=" + util::percent_encode(label_selector);
  if (!field_selector.empty()) query += "&fieldSelector=" + util::percent_encode(field_selector);
  if (!token.empty()) query += "&continue=" + util::percent_encode(token);
  return query;
}

std::string list_action(const std::string& kind, const std::string& ns) {
  return "list " + kind + (ns.empty() ? std::string() : " in namespace " + ns);
}

std::string continue_token(const json& list) {
  const auto metadata = list.find("metadata");
  if (metadata == list.end() || !metadata->is_object()) return {};
  return metadata->value("continue", "");
}

// Pages of many collections: the next page of each is asked for as soon as its last one is here.
class MetadataLists : public RequestSource {
 public:
  MetadataLists(const Client& client, std::span<const ApiResource> kinds, std::string ns,
                const std::function<void(ObjectMetadata)>& on_object, int page_size)
      : client_(client), ns_(std::move(ns)), on_object_(on_object), page_size_(page_size) {
    for (const ApiResource& kind : kinds) pages_.push_back({&kind, {}});
  }

  std::optional<Exchange> next() override {
    if (failure_ || pages_.empty()) return std::nullopt;
    Page page = std::move(pages_.front());
    pages_.pop_front();
    const bool namespaced = page.kind->scope == ApiResource::Scope::namespaced;
    std::string path = collection_path(page.kind->gvr, namespaced ? ns_ : std::string()) +
                       list_query({}, {}, page_size_, page.token);
    return Exchange{.request = {.method = Method::get,
                                .path = std::move(path),
                                .headers = {{"Accept", kMetadataOnly}},
                                .body = {},
                                .timeout = {}},
                    .done = [this, kind = page.kind](Outcome outcome) { on_page(*kind, outcome); },
                    .on_data = {}};
  }

  Flow tick() override { return client_.interrupted() ? Flow::stop : Flow::go_on; }

  void throw_if_failed() const {
    if (client_.interrupted()) throw Interrupted("stopped while listing the namespace");
    if (failure_) std::rethrow_exception(failure_);
  }

 private:
  struct Page {
    const ApiResource* kind;
    std::string token;
  };

  void on_page(const ApiResource& kind, Outcome& outcome) {
    const std::string action = list_action(kind.kind, ns_);
    if (auto* failed = std::get_if<TransportFailure>(&outcome))
      return fail(ConnectionError(action, std::move(*failed)));
    const Reply& reply = std::get<Reply>(outcome);
    if (reply.status == kGone) return pages_.push_back({&kind, {}});
    if (reply.status == kNotFound) return;  // the server lost the kind since discovery: nothing to list
    if (reply.status >= 300) return fail(api_error(action, reply));
    const json list = parse_body(reply.body, action);
    if (std::string token = continue_token(list); !token.empty()) pages_.push_back({&kind, std::move(token)});
    for (const json& item : list.value("items", json::array()))
      on_object_(metadata_of(item, kind.gvr, kind.kind));
  }

  template <typename E>
  void fail(E error) {
    if (!failure_) failure_ = std::make_exception_ptr(std::move(error));
  }

  const Client& client_;
  std::string ns_;
  const std::function<void(ObjectMetadata)>& on_object_;
  int page_size_;
  std::deque<Page> pages_;
  std::exception_ptr failure_;
};

}  // namespace

void Client::list_metadata(std::span<const ApiResource> kinds, const std::string& ns,
                           const std::function<void(ObjectMetadata)>& on_object, int page_size) {
  MetadataLists lists(*this, kinds, ns, on_object, page_size);
  run(lists);
  lists.throw_if_failed();
}

std::vector<json> Client::list(const GroupVersionResource& gvr, const std::string& ns,
                               const std::string& label_selector, const std::string& field_selector) {
  constexpr int kPageSize = 500;
  const std::string action = list_action(gvr.resource, ns);
  std::vector<json> objects;
  std::string token;
  for (;;) {
    const Reply reply =
        send(*this,
             {.method = Method::get,
              .path = collection_path(gvr, ns) + list_query(label_selector, field_selector, kPageSize, token),
              .headers = {{"Accept", "application/json"}},
              .body = {},
              .timeout = {}},
             action);
    if (reply.status == kGone && !token.empty()) {
      objects.clear();
      token.clear();
      continue;
    }
    if (reply.status >= 300) throw api_error(action, reply);
    json page = parse_body(reply.body, action);
    token = continue_token(page);
    for (json& item : page["items"]) objects.push_back(std::move(item));
    if (token.empty()) return objects;
  }
}

}  // namespace kots_export::kube
