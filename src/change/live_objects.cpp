#include "change/live_objects.h"

#include <kots_export/kube/http_status.h>
#include <kots_export/util/text.h>

#include <exception>
#include <map>
#include <unordered_set>
#include <utility>
#include <vector>

namespace kots_export::change {

using nlohmann::json;

namespace {

// Kinds of which fewer objects are named are read one by one.
constexpr std::size_t kWorthAList = 20;

class Reads : public kube::RequestSource {
 public:
  using OnObject = std::function<void(std::size_t, std::optional<json>)>;

  Reads(const kube::Client& client, std::span<const kube::ObjectRef> objects, const OnObject& on_object)
      : client_(client), objects_(objects), on_object_(on_object) {}

  std::optional<kube::Exchange> next() override {
    if (failure_ || started_ == objects_.size()) return std::nullopt;
    const std::size_t index = started_++;
    return kube::Exchange{.request = kube::get_request(objects_[index]),
                          .done = [this, index](kube::Outcome outcome) { on_reply(index, outcome); },
                          .on_data = {}};
  }

  kube::Flow tick() override { return client_.interrupted() ? kube::Flow::stop : kube::Flow::go_on; }

  void throw_if_failed() const {
    if (client_.interrupted()) throw Interrupted("stopped while reading what is there");
    if (failure_) std::rethrow_exception(failure_);
  }

 private:
  void on_reply(std::size_t index, kube::Outcome& outcome) {
    const std::string action = util::filled("read {object}", {{"object", kube::describe(objects_[index])}});
    if (auto* failed = std::get_if<kube::TransportFailure>(&outcome))
      return fail(kube::ConnectionError(action, std::move(*failed)));
    const auto& reply = std::get<kube::Reply>(outcome);
    if (reply.status == kube::http::kNotFound) return on_object_(index, std::nullopt);
    if (!kube::http::is_success(reply.status)) return fail(kube::api_error(action, reply));
    json object = json::parse(reply.body, nullptr, false);
    if (!object.is_object())
      return fail(Error(util::filled("cannot {action}", {{"action", action}}), "the answer is not JSON"));
    on_object_(index, std::move(object));
  }

  template <typename E>
  void fail(E error) {
    if (!failure_) failure_ = std::make_exception_ptr(std::move(error));
  }

  const kube::Client& client_;
  std::span<const kube::ObjectRef> objects_;
  const OnObject& on_object_;
  std::size_t started_ = 0;
  std::exception_ptr failure_;
};

}  // namespace

void read_objects(kube::Client& client, std::span<const kube::ObjectRef> objects,
                  const std::function<void(std::size_t, std::optional<json>)>& on_object) {
  Reads reads(client, objects, on_object);
  client.run(reads);
  reads.throw_if_failed();
}

void read_metadata(kube::Client& client, std::span<const kube::ObjectRef> objects,
                   const std::function<void(kube::ObjectMetadata)>& on_object) {
  std::map<std::pair<std::string, kube::GroupVersionResource>, std::size_t> counts;
  for (const kube::ObjectRef& object : objects) ++counts[{object.ns, object.gvr}];
  std::unordered_set<kube::ObjectKey> wanted;
  std::vector<kube::ObjectRef> single;
  std::map<std::string, std::map<kube::GroupVersionResource, kube::ApiResource>> listed;  // by namespace
  for (const kube::ObjectRef& object : objects) {
    if (!wanted.insert(kube::key_of(object)).second) continue;
    if (!object.ns.empty() && counts[{object.ns, object.gvr}] >= kWorthAList) {
      listed[object.ns].try_emplace(object.gvr,
                                    kube::ApiResource{.gvr = object.gvr, .kind = object.kind, .verbs = {}});
    } else {
      single.push_back(object);
    }
  }
  for (auto& object : client.get_metadata(single)) {
    if (object) on_object(std::move(*object));
  }
  for (const auto& [ns, by_resource] : listed) {
    std::vector<kube::ApiResource> kinds;
    for (const auto& [gvr, kind] : by_resource) kinds.push_back(kind);
    client.list_metadata(kinds, ns, [&](kube::ObjectMetadata object) {
      if (wanted.erase(kube::key_of(object.ref)) > 0) on_object(std::move(object));
    });
  }
}

std::optional<std::string> live_uid_of_owner(kube::Client& client, const nlohmann::json& owner,
                                             const std::string& ns) {
  const kube::ApiResource* kind =
      client.find_for_manifest(owner.value("apiVersion", ""), owner.value("kind", ""));
  if (kind == nullptr) return std::nullopt;
  const bool namespaced = kind->scope == kube::ApiResource::Scope::namespaced;
  const auto live = client.get_metadata({.gvr = kind->gvr,
                                         .kind = kind->kind,
                                         .ns = namespaced ? ns : std::string(),
                                         .name = owner.value("name", ""),
                                         .uid = {},
                                         .resource_version = {}});
  return live ? std::optional(live->ref.uid) : std::nullopt;
}

}  // namespace kots_export::change
