#include "migration/cluster_objects.h"

#include <kots_export/kube/access.h>

#include <string>

namespace kots_export::migration {

std::vector<bool> denied_of_cluster(Context& context, std::string_view verb,
                                    std::span<const kube::ObjectRef> objects) {
  std::vector<kube::AccessQuestion> questions;
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < objects.size(); ++i) {
    if (!objects[i].ns.empty()) continue;
    questions.push_back({.verb = std::string(verb), .object = objects[i]});
    places.push_back(i);
  }
  std::vector<bool> denied(objects.size());
  if (questions.empty()) return denied;
  const auto answers = kube::review_access(context.client, questions);
  for (std::size_t i = 0; i < places.size(); ++i) denied[places[i]] = answers[i] == kube::Access::denied;
  return denied;
}

}  // namespace kots_export::migration
