#include <kots_export/migration/commands.h>
#include <kots_export/util/text.h>

namespace kots_export::migration {

using util::shell_quote;

namespace {

// The flags of one program for the same things.
struct Spelling {
  std::string_view context;
  std::string_view server;
  std::string_view as;
  std::string_view as_group;
};
constexpr Spelling kKubectl{
    .context = "--context", .server = "--server", .as = "--as", .as_group = "--as-group"};
constexpr Spelling kHelm{.context = "--kube-context",
                         .server = "--kube-apiserver",
                         .as = "--kube-as-user",
                         .as_group = "--kube-as-group"};

// --kubeconfig takes one file; several have to be given as they were.
std::string before(const Commands& commands) {
  if (commands.kubeconfig.size() < 2) return "";
  std::string files;
  for (const std::string& file : commands.kubeconfig) files += (files.empty() ? "" : ":") + file;
  return "KUBECONFIG=" + shell_quote(files) + " ";
}

std::string cluster_flags(const Commands& commands, const Spelling& spelling) {
  std::string text;
  const auto add = [&text](std::string_view flag, const std::string& value) {
    if (!value.empty()) text += " " + std::string(flag) + " " + shell_quote(value);
  };
  add(spelling.context, commands.context);
  if (commands.kubeconfig.size() == 1) add("--kubeconfig", commands.kubeconfig.front());
  add(spelling.server, commands.server);
  add(spelling.as, commands.as);
  for (const std::string& group : commands.as_groups) add(spelling.as_group, group);
  return text;
}

}  // namespace

std::string Commands::kubectl(std::string_view ns, std::string_view command) const {
  return before(*this) + "kubectl -n " + shell_quote(ns) + cluster_flags(*this, kKubectl) + " " +
         std::string(command);
}

std::string Commands::helm(std::string_view ns, std::string_view command, std::string_view rest) const {
  return before(*this) + "helm " + std::string(command) + " -n " + shell_quote(ns) +
         cluster_flags(*this, kHelm) + (rest.empty() ? "" : " ") + std::string(rest);
}

std::string Commands::kots_export(std::string_view command) const {
  return "kots-export " + std::string(command) + given;
}

}  // namespace kots_export::migration
