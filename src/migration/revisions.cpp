#include "migration/revisions.h"

#include <kots_export/migration/names.h>
#include <kots_export/util/text.h>

#include <algorithm>
#include <charconv>
#include <ranges>

namespace kots_export::migration {

using helm::StoredRevision;

ChartVersion chart_version_of(const std::string& text) {
  ChartVersion version;
  const char* const end = text.data() + text.size();
  const auto [after, error] = std::from_chars(text.data(), end, version.major);
  if (error == std::errc() && after != end && *after == '.') std::from_chars(after + 1, end, version.minor);
  return version;
}

bool is_server(const helm::Release& release) { return release.chart_name == names::kChart; }

bool is_upgraded(const helm::Release& release) {
  return is_server(release) && chart_version_of(release.chart_version).major >= 4;
}

bool is_pending(const StoredRevision& stored) { return stored.status.starts_with("pending-"); }

std::string name_of(const StoredRevision& stored) {
  return util::filled("revision {revision}", {{"revision", stored.revision}});
}

std::string state_of(const StoredRevision& stored) {
  const char* words =
      stored.status.empty() ? "revision {revision} has no status" : "revision {revision} is {status}";
  return util::filled(words, {{"revision", stored.revision}, {"status", stored.status}});
}

std::string rollback_command(const Context& context, int revision) {
  const std::string command =
      "rollback " + util::shell_quote(context.release) + " " + std::to_string(revision);
  return context.commands.helm(context.ns.name, command, {});
}

// The only revision, and revision 1, hold the 3.x values: they are never to be deleted.
std::string way_out_of_pending(const Context& context, const std::vector<StoredRevision>& revisions) {
  const StoredRevision& newest = revisions.back();
  const auto rollback_to = [&](int revision) { return rollback_command(context, revision); };
  if (revisions.size() == 1 || newest.revision == 1)
    return util::filled(
        "Make sure that no Helm command is running on it. Then: `{rollback}`. Never delete Secret {secret}: "
        "it holds the 3.x values.",
        {{"rollback", rollback_to(newest.revision)}, {"secret", newest.secret.name}});
  const auto back_to =
      std::ranges::find_if(revisions | std::views::reverse, [](const StoredRevision& stored) {
        return stored.status == kDeployed || stored.status == "superseded";
      });
  const bool can_go_back = back_to != (revisions | std::views::reverse).end();
  const auto kubectl = [&](const std::string& command) {
    return context.commands.kubectl(context.ns.name, command);
  };
  const std::string deletion = kubectl("get secret " + newest.secret.name + " -o yaml") + " > " +
                               newest.secret.name + ".yaml && " +
                               kubectl("delete secret " + newest.secret.name);
  const char* words = can_go_back ? "Make sure that no Helm command is running on it. Then: `{rollback}`, or "
                                    "save and delete its record: `{deletion}`."
                                  : "Make sure that no Helm command is running on it. Then: save and delete "
                                    "its record: `{deletion}`.";
  return util::filled(words, {{"rollback", can_go_back ? rollback_to(back_to->revision) : std::string()},
                              {"deletion", deletion}});
}

}  // namespace kots_export::migration
