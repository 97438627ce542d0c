#include <kots_export/kube/http_status.h>
#include <kots_export/util/json.h>
#include <kots_export/util/text.h>

#include "kube/client_state.h"

#include <map>
#include <set>

namespace kots_export::kube {

using nlohmann::json;

namespace {

// The kinds that the answer to GET /apis/GROUP/VERSION names (meta/v1 APIResourceList).
std::set<std::string> kinds_in(const json& list) {
  std::set<std::string> kinds;
  const json* resources = util::find_at(list, {"resources"});
  if (resources == nullptr || !resources->is_array()) return kinds;
  for (const json& resource : *resources) kinds.insert(util::text_at(resource, {"kind"}));
  return kinds;
}

}  // namespace

std::vector<bool> Client::serves(std::span<const std::pair<std::string, std::string>> kinds) {
  std::map<std::string, std::optional<Outcome>> outcomes;
  for (const auto& [api_version, kind] : kinds) outcomes.try_emplace(api_version);
  ListedRequests requests(*this);
  for (auto& [api_version, outcome] : outcomes) {
    requests.add({.request = get_json(version_path(api_version), {"APIResourceList"}),
                  .done = [&outcome](Outcome answer) { outcome = std::move(answer); },
                  .on_data = {}});
  }
  run(requests);
  std::map<std::string, std::set<std::string>> served;
  for (auto& [api_version, outcome] : outcomes) {
    const std::string action = util::filled("ask what {version} serves", {{"version", api_version}});
    const Reply reply = reply_of(*this, outcome, action);
    if (reply.status == http::kNotFound) continue;
    if (!http::is_success(reply.status)) throw api_error(action, reply);
    served[api_version] = kinds_in(parse_body(reply.body, action));
  }
  std::vector<bool> answers;
  for (const auto& [api_version, kind] : kinds) answers.push_back(served[api_version].contains(kind));
  return answers;
}

}  // namespace kots_export::kube
