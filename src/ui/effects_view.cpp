#include <kots_export/ui/effects_view.h>
#include <kots_export/util/text.h>

#include <algorithm>

namespace kots_export::ui {

using migration::Effects;
using nlohmann::json;
using Data = Effects::Claim::Data;

namespace {

Span name(std::string text) { return {.text = std::move(text), .style = Style::name}; }

// "Job a, Job b"
Span names(const Effects::Objects& objects) {
  std::vector<std::string> names;
  for (const kube::ObjectRef& object : objects) names.push_back(kube::describe(object));
  return name(util::listed(names));
}

class Lines {
 public:
  explicit Lines(std::string topic) : topic_(std::move(topic)) {}

  void add(Line line, Item::Weight weight = Item::Weight::normal) {
    line.insert(line.begin(), {{.text = topic_, .style = Style::strong}, {.text = ": "}});
    items_.push_back({.weight = weight, .text = std::move(line)});
  }
  void move_to(List& list) { std::ranges::move(items_, std::back_inserter(list.items)); }
  [[nodiscard]] bool empty() const { return items_.empty(); }

 private:
  std::string topic_;
  std::vector<Item> items_;
};

Lines pods(const Effects& effects) {
  Lines lines("Pods");
  if (!effects.deleted.empty()) lines.add({{"deleted with "}, names(effects.deleted)});
  if (!effects.orphaned.empty()) {
    lines.add({{"those of "},
               names(effects.orphaned),
               {" go on running without it; one that is deleted or evicted is not recreated before "},
               name("helm upgrade")});
  }
  if (!effects.restarted.empty()) lines.add({{"restarted by a new template: "}, names(effects.restarted)});
  if (!effects.started.empty())
    lines.add({{"started, or taken over where they still run: "}, names(effects.started)});
  if (!effects.run.empty())
    lines.add({{"one of "}, names(effects.run), {" runs, and is deleted with it when it is done"}});
  const std::string rest = lines.empty() ? "all go on running" : "all others go on running";
  lines.add({{rest + (effects.metadata_patches > 0 ? "; new labels and annotations restart none" : "")}});
  return lines;
}

Line line_of(const Effects::Claim& claim) {
  Line line = {name(kube::describe(claim.claim))};
  switch (claim.data) {
    case Data::never_bound:
      line.push_back({" is deleted; it was never bound and holds no data"});
      break;
    case Data::kept:
      line.push_back({" is deleted; its data stays: volume "});
      line.push_back(name(claim.volume));
      line.push_back({" is set to Retain first"});
      break;
    case Data::by_policy:
      line.push_back({" is deleted; its data stays where the reclaim policy of volume "});
      line.push_back(name(claim.volume));
      line.push_back({" is Retain, and is deleted where it is Delete"});
      break;
  }
  return line;
}

Lines data(const Effects& effects) {
  Lines lines("data");
  for (const Effects::Claim& claim : effects.claims) lines.add(line_of(claim));
  if (!effects.deleted_with_claims.empty())
    lines.add({{"PersistentVolumeClaims are deleted with "}, names(effects.deleted_with_claims)});
  if (lines.empty()) lines.add({{"no PersistentVolumeClaim is deleted, and no volume with it"}});
  if (effects.migrates_database) {
    lines.add({{"the database migration changes PostgreSQL's schema and cannot be undone: only a backup "
                "brings the old one back"}},
              Item::Weight::grave);
  }
  return lines;
}

Lines time(const Effects& effects) {
  const auto at_most = [](std::chrono::seconds wait) { return util::elapsed_text(wait) + " at most"; };
  Lines lines("time");
  if (effects.migration_wait) {
    lines.add({{"the run waits for the database migration, " + at_most(*effects.migration_wait) + " ("},
               name("--timeout"),
               {")"}});
  }
  if (effects.deletion_wait)
    lines.add(
        {{"the run waits until what it deletes of PostgreSQL is gone, " + at_most(*effects.deletion_wait)}});
  if (effects.upgrade_follows) {
    lines.add({{"CircleCI's own Pods run on until "},
               name("helm upgrade"),
               {"; the migration guide has CI stand still from this run until the upgraded ones are up"}});
  }
  return lines;
}

json names_json(const Effects::Objects& objects) {
  json list = json::array();
  for (const kube::ObjectRef& object : objects)
    list.push_back({{"kind", object.kind}, {"name", object.name}});
  return list;
}

json seconds_json(const std::optional<std::chrono::seconds>& wait) {
  return wait ? json(wait->count()) : json(nullptr);
}

}  // namespace

List list_of(const Effects& effects) {
  List list;
  for (Lines lines : {pods(effects), data(effects), time(effects)}) lines.move_to(list);
  return list;
}

json json_of(const Effects& effects) {
  json claims = json::array();
  for (const Effects::Claim& claim : effects.claims) {
    const char* data = claim.data == Data::never_bound ? "neverBound"
                       : claim.data == Data::kept      ? "kept"
                                                       : "byReclaimPolicy";
    claims.push_back({{"name", claim.claim.name}, {"volume", claim.volume}, {"data", data}});
  }
  return {{"pods",
           {{"deletedWith", names_json(effects.deleted)},
            {"orphanedBy", names_json(effects.orphaned)},
            {"restartedWith", names_json(effects.restarted)},
            {"startedWith", names_json(effects.started)},
            {"runToEnd", names_json(effects.run)}}},
          {"data",
           {{"deletedClaims", std::move(claims)},
            {"claimsDeletedWith", names_json(effects.deleted_with_claims)},
            {"databaseMigration", effects.migrates_database}}},
          {"time",
           {{"migrationSeconds", seconds_json(effects.migration_wait)},
            {"deletionSeconds", seconds_json(effects.deletion_wait)}}}};
}

}  // namespace kots_export::ui
