#pragma once

#include <kots_export/kube/client.h>

#include <array>
#include <string_view>
#include <vector>

// What every supported server serves at a version that is known beforehand: no question to the server.
namespace kots_export::kube {

// The resource of `kind` in `group`, or nothing where only the server knows.
[[nodiscard]] const ApiResource* find_builtin(std::string_view group, std::string_view kind);

// The kind whose plural is `resource` in `group`, moved kinds too; empty where only the server knows.
[[nodiscard]] std::string_view kind_of_builtin(std::string_view group, std::string_view resource);

// A kind that a server serves at v1 from 1.21 on, and at v1beta1 before. Source: Kubernetes' guide to
// deprecated APIs.
struct MovedKind {
  std::string_view group;
  std::string_view kind;
  std::string_view resource;
};
inline constexpr std::array<MovedKind, 2> kMovedKinds = {{
    {"batch", "CronJob", "cronjobs"},
    {"policy", "PodDisruptionBudget", "poddisruptionbudgets"},
}};

// Whether `path` of a request lies in an API version that has a builtin kind, so that every server serves it.
[[nodiscard]] bool is_below_builtin_version(std::string_view path);

// True for builtin and moved kinds.
[[nodiscard]] bool is_known(std::string_view group, std::string_view kind);

// Asks the server at which version it serves the moved kinds: one small request, as all moved at once.
// Throws ApiError, ConnectionError, Interrupted.
[[nodiscard]] std::vector<ApiResource> read_moved_kinds(Client& client);

}  // namespace kots_export::kube
