#include <kots_export/helm/storage.h>
#include <kots_export/migration/export.h>
#include <kots_export/util/text.h>
#include <kots_export/values/yaml.h>

#include <algorithm>
#include <ranges>

namespace kots_export::migration {

namespace {

std::string revisions_there(const std::vector<helm::StoredRevision>& revisions) {
  std::string text;
  for (const auto& stored : revisions) {
    if (!text.empty()) text += ", ";
    const char* words = stored.status.empty() ? "{revision}" : "{revision} ({status})";
    text += util::filled(words, {{"revision", stored.revision}, {"status", stored.status}});
  }
  const char* words =
      text.empty() ? "revisions that are there: none" : "revisions that are there: {revisions}";
  return util::filled(words, {{"revisions", text}});
}

// Without --revision: the newest whose chart is 3.x. A revision that cannot be decoded is not a candidate.
std::optional<helm::Release> newest_of_3x(Context& context,
                                          const std::vector<helm::StoredRevision>& revisions) {
  for (const auto& stored : revisions | std::views::reverse) {
    try {
      const helm::Release& release = decoded_revision(context, stored);
      if (release.chart_version.starts_with("3.")) return release;
    } catch (const kube::ApiError&) {
      throw;
    } catch (const kube::ConnectionError&) {
      throw;
    } catch (const Error& error) {
      context.observer.warn("export.revision-unreadable",
                            {{"secret", stored.secret.name}, {"why", error.why()}});
    }
  }
  return std::nullopt;
}

}  // namespace

helm::Release read_release(Context& context, const ExportOptions& options) {
  const auto revisions = stored_revisions(context);
  const int wanted = options.revision.value_or(1);
  const auto found = std::ranges::find(revisions, wanted, &helm::StoredRevision::revision);
  if (found != revisions.end()) return decoded_revision(context, *found);
  if (!options.revision) {
    if (auto release = newest_of_3x(context, revisions)) {
      context.observer.note("export.other-revision", {{"revision", std::to_string(release->revision)}});
      return std::move(*release);
    }
    throw Error(util::filled("release {release} in namespace {namespace} has no revision of a 3.x chart",
                             {{"release", context.release}, {"namespace", context.ns.name}}),
                revisions_there(revisions),
                "Choose one with --revision, or another release with --release-name.");
  }
  throw Error(
      util::filled("release {release} in namespace {namespace} has no revision {revision}",
                   {{"release", context.release}, {"namespace", context.ns.name}, {"revision", wanted}}),
      revisions_there(revisions), "Choose one of them with --revision.");
}

std::string values_yaml(const helm::Release& release) { return values::to_yaml(release.config); }

}  // namespace kots_export::migration
