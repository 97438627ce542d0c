#pragma once

#include "kube/kubeconfig_file.h"

#include <string>
#include <vector>

// One cluster entry and one user entry, with the flags over them, as parts of a ResolvedConfig.
namespace kots_export::kube {

// Collects every problem, so that an operator mends them in one go.
class Problems {
 public:
  void add(std::string text) { texts_.push_back(std::move(text)); }
  // Throws Error with all of them.
  void throw_if_any() const;

 private:
  std::vector<std::string> texts_;
};

// Both take nullptr where there is no entry: then the flags alone count.
void read_cluster(const KubeconfigEntry* entry, const KubeconfigOverrides& overrides, ResolvedConfig& config,
                  Problems& problems);
void read_user(const KubeconfigEntry* entry, const KubeconfigOverrides& overrides, ResolvedConfig& config,
               Problems& problems);

}  // namespace kots_export::kube
