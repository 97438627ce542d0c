#pragma once

#include <kots_export/kube/client.h>

#include <array>
#include <string_view>
#include <vector>

// What every supported server serves at a version that is known beforehand: no question to the server.
namespace kots_export::kube {

// The resource of `kind` in `group`, or nothing where only the server knows.
[[nodiscard]] const ApiResource* find_builtin(std::string_view group, std::string_view kind);

// Kinds that moved from one version to another within the supported servers. Source: Kubernetes' guide to
// deprecated APIs.
struct MovedKind {
  std::string_view group;
  std::string_view kind;
  std::string_view resource;
  std::string_view version;        // where the server has it
  std::string_view older_version;  // else
};
inline constexpr std::array<MovedKind, 2> kMovedKinds = {{
    {"batch", "CronJob", "cronjobs", "v1", "v1beta1"},                           // v1 from 1.21 on
    {"policy", "PodDisruptionBudget", "poddisruptionbudgets", "v1", "v1beta1"},  // v1 from 1.21 on
}};

// True for builtin and moved kinds.
[[nodiscard]] bool is_known(std::string_view group, std::string_view kind);

// Asks the server which version of each moved kind it serves: one small request for each, side by side.
// Throws ApiError, ConnectionError, Interrupted.
[[nodiscard]] std::vector<ApiResource> read_moved_kinds(Client& client);

}  // namespace kots_export::kube
