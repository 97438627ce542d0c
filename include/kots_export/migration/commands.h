#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace kots_export::migration {

// The commands that are printed for a person to copy. Each names the cluster, also where it is the current
// one: what is current may be another one by the time it is pasted. All of it is quoted for a POSIX shell.
struct Commands {
  // Empty: nothing to name, as in a Pod with its service account.
  std::string context;
  std::vector<std::string>
      kubeconfig;      // the files of --kubeconfig or KUBECONFIG; empty where neither was given
  std::string server;  // of --server
  std::string as;      // of --as
  std::vector<std::string> as_groups;
  // This very command with the flags that it was given, without secrets: to run it again.
  std::string again = "kots-export";
  // Those of the flags that name folder, installation and cluster, for other commands: " -n NS --context
  // CONTEXT".
  std::string given;

  // "kubectl -n NS --context CONTEXT describe job NAME" for `command` "describe job NAME".
  [[nodiscard]] std::string kubectl(std::string_view ns, std::string_view command) const;
  // "helm upgrade RELEASE -n NS --kube-context CONTEXT -f FILE" for `command` "upgrade RELEASE" and `rest`
  // "-f FILE".
  [[nodiscard]] std::string helm(std::string_view ns, std::string_view command, std::string_view rest) const;
  // "kots-export rollback -n NS --context CONTEXT" for `command` "rollback".
  [[nodiscard]] std::string kots_export(std::string_view command) const;
};

}  // namespace kots_export::migration
