#pragma once

#include <kots_export/kube/kubeconfig_view.h>

#include <string>
#include <vector>

// What `config` shows to people beside the document itself.
namespace kots_export::ui {

// "read: FILE" and "not there: FILE", a line each; the Pod's service account where that is what counts.
[[nodiscard]] std::string sources_text(const kube::KubeconfigView& view);

// A table as `kubectl config get-contexts` prints it, with the server and the file of each context.
[[nodiscard]] std::string contexts_table(const std::vector<kube::ContextSummary>& contexts);

}  // namespace kots_export::ui
