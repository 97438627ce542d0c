#include <kots_export/kube/client.h>
#include <kots_export/kube/http_status.h>
#include <kots_export/kube/metadata_lists.h>
#include <kots_export/util/text.h>

#include "kube/client_state.h"
#include "kube/list_query.h"

namespace kots_export::kube {

using nlohmann::json;

namespace {

// A list that is so often too old for its next page will never be whole.
constexpr int kRestarts = 5;

// The lists as the one thing that a run does.
class ListsAlone : public RequestSource {
 public:
  ListsAlone(const Client& client, MetadataLists& lists) : client_(client), lists_(lists) {}
  std::optional<Exchange> next() override { return lists_.next(); }
  Flow tick() override { return client_.interrupted() ? Flow::stop : Flow::go_on; }

 private:
  const Client& client_;
  MetadataLists& lists_;
};

}  // namespace

std::string list_query(const std::string& label_selector, const std::string& field_selector, int page_size,
                       const std::string& token) {
  std::string query = "?limit=" + std::to_string(page_size);
  if (!label_selector.empty()) query += "&labelSelector=" + util::percent_encode(label_selector);
  if (!field_selector.empty()) query += "&fieldSelector=" + util::percent_encode(field_selector);
  if (!token.empty()) query += "&continue=" + util::percent_encode(token);
  return query;
}

std::string list_action(const std::string& kind, const std::string& ns) {
  const char* action = ns.empty() ? "list {kind}" : "list {kind} in namespace {namespace}";
  return util::filled(action, {{"kind", kind}, {"namespace", ns}});
}

std::string continue_token(const json& list) {
  const auto metadata = list.find("metadata");
  if (metadata == list.end() || !metadata->is_object()) return {};
  return metadata->value("continue", "");
}

void Client::read(MetadataLists& lists) {
  ListsAlone source(*this, lists);
  run(source);
  if (interrupted()) throw Interrupted("stopped while listing the namespace");
  lists.throw_if_failed();
}

void Client::list_metadata(std::span<const ApiResource> kinds, const std::string& ns,
                           const std::function<void(ObjectMetadata)>& on_object, int page_size) {
  MetadataLists lists(from_the_beginning(kinds), ns, on_object, MetadataLists::Pages::all, page_size);
  read(lists);
}

std::vector<json> Client::list(const ApiResource& resource, const std::string& ns,
                               const std::string& label_selector, const std::string& field_selector) {
  constexpr int kPageSize = 500;
  const std::string action = list_action(resource.kind, ns);
  std::vector<json> objects;
  std::string token;
  for (int restarts = 0;;) {
    const Reply reply = send(get_json(collection_path(resource.gvr, ns) +
                                          list_query(label_selector, field_selector, kPageSize, token),
                                      {resource.kind + "List"}),
                             action);
    if (reply.status == http::kGone && !token.empty() && restarts < kRestarts) {
      ++restarts;
      objects.clear();
      token.clear();
      continue;
    }
    if (!http::is_success(reply.status)) throw api_error(action, reply);
    json page = parse_body(reply.body, action);
    token = continue_token(page);
    for (json& item : page["items"]) objects.push_back(std::move(item));
    if (token.empty()) return objects;
  }
}

}  // namespace kots_export::kube
