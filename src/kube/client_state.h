#pragma once

#include <kots_export/kube/client.h>

#include "kube/pace.h"

#include <exception>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace kots_export::kube {

// What discovery found. A group that did not answer is not one that the server lacks.
struct Discovered {
  std::vector<ApiResource> resources;
  std::map<std::string, std::exception_ptr, std::less<>> failed_groups;
};

struct Client::State {
  Transport& transport;
  RetryPolicy retry;
  std::function<bool()> interrupted;
  Pace pace;  // what was learned of the server holds for later calls
  std::optional<Discovered> discovered;
  std::optional<std::vector<ApiResource>> moved_kinds;
  bool reached = false;  // the server has answered before

  [[nodiscard]] bool is_interrupted() const { return interrupted && interrupted(); }
};

// A source of exchanges that are known beforehand; all of them reads, which an interrupt may cut.
class ListedRequests : public RequestSource {
 public:
  explicit ListedRequests(const Client& client) : client_(client) {}
  void add(Exchange exchange) { exchanges_.push_back(std::move(exchange)); }
  std::optional<Exchange> next() override {
    if (next_ == exchanges_.size()) return std::nullopt;
    return std::move(exchanges_[next_++]);
  }
  Flow tick() override { return client_.interrupted() ? Flow::stop : Flow::go_on; }

 private:
  const Client& client_;
  std::vector<Exchange> exchanges_;
  std::size_t next_ = 0;
};

// The reply, where there was one. Throws Interrupted, ConnectionError.
[[nodiscard]] Reply reply_of(const Client& client, std::optional<Outcome>& outcome,
                             const std::string& action);

// A GET of `path` whose answer is one of `kinds` (empty: any), wanted in the form `accept`.
[[nodiscard]] Request get_json(std::string path, std::vector<std::string> kinds,
                               const char* accept = "application/json");

// "The answer is not JSON": a proxy or another server may be in the way.
[[nodiscard]] Error not_json(const std::string& action);

// The body as JSON. Throws not_json where it is none.
[[nodiscard]] nlohmann::json parse_body(const std::string& body, const std::string& action);

[[nodiscard]] ObjectMetadata metadata_of(const nlohmann::json& object, const GroupVersionResource& gvr,
                                         const std::string& kind);

// A GET of what the container has written so far.
[[nodiscard]] Request log_request(const std::string& ns, const std::string& pod,
                                  const std::string& container);

// Throws ApiError, ConnectionError where the server or its core group does not answer.
[[nodiscard]] Discovered discover(Client& client);

}  // namespace kots_export::kube
