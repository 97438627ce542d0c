#include "ui/release_edit.h"

#include <kots_export/helm/manifest_diff.h>
#include <kots_export/helm/release.h>
#include <kots_export/helm/storage.h>
#include <kots_export/util/error.h>
#include <kots_export/util/json.h>

namespace kots_export::ui {

std::optional<std::vector<std::string>> release_edit(const change::Change& change) {
  if (change.verb != change::Verb::patch || !helm::is_release_secret(change.object)) return std::nullopt;
  const std::string before = util::text_at(change.before, {"data", "release"});
  const std::string after = util::text_at(change.after, {"data", "release"});
  if (before.empty() || after.empty()) return std::nullopt;
  try {
    return helm::manifest_diff(helm::decode_release(before).manifest, helm::decode_release(after).manifest);
  } catch (const Error&) {
    return std::nullopt;  // a plan's file may hold anything
  }
}

}  // namespace kots_export::ui
