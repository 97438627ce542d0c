#include <kots_export/ui/effects_view.h>
#include <kots_export/ui/filled_line.h>
#include <kots_export/util/text.h>
#include <kots_export/util/time.h>

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
  const auto add = [&lines](const char* sentence, const Effects::Objects& objects) {
    if (objects.empty()) return;
    lines.add(filled_line(sentence, {{"objects", names(objects)}, {"command", name("helm upgrade")}}));
  };
  add("deleted with {objects}", effects.deleted);
  add("those of {objects} go on running without it; one that is deleted or evicted is not recreated before "
      "{command}",
      effects.orphaned);
  add("restarted by a new template: {objects}", effects.restarted);
  add("started, or taken over where they still run: {objects}", effects.started);
  add("one of {objects} runs, and is deleted with it when it is done", effects.run);
  add("one of {objects} runs already: it is followed to its end, then deleted", effects.followed);
  const bool patches_metadata = effects.metadata_patches > 0;
  if (lines.empty()) {
    lines.add({{patches_metadata ? "all go on running; new labels and annotations restart none"
                                 : "all go on running"}});
  } else {
    lines.add({{patches_metadata ? "all others go on running; new labels and annotations restart none"
                                 : "all others go on running"}});
  }
  return lines;
}

const char* sentence_of(Data data) {
  switch (data) {
    case Data::never_bound:
      return "{claim} is deleted; it was never bound and holds no data";
    case Data::kept:
      return "{claim} is deleted; its data stays: volume {volume} is set to Retain first";
    case Data::retained:
      return "{claim} is deleted; its data stays: the reclaim policy of volume {volume} is Retain";
    case Data::deleted:
      return "{claim} is deleted, and its data with it: the reclaim policy of volume {volume} is Delete";
    case Data::by_policy:
      return "{claim} is deleted; its data stays where the reclaim policy of volume {volume} is Retain, and "
             "is deleted where it is Delete";
  }
  return "";
}

Line line_of(const Effects::Claim& claim) {
  return filled_line(sentence_of(claim.data),
                     {{"claim", name(kube::describe(claim.claim))}, {"volume", name(claim.volume)}});
}

Item::Weight weight_of(Data data) {
  return data == Data::deleted || data == Data::by_policy ? Item::Weight::grave : Item::Weight::normal;
}

std::string_view word_of(Data data) {
  switch (data) {
    case Data::never_bound:
      return "neverBound";
    case Data::kept:
      return "kept";
    case Data::retained:
      return "retained";
    case Data::deleted:
      return "deleted";
    case Data::by_policy:
      break;
  }
  return "byReclaimPolicy";
}

Lines data(const Effects& effects) {
  Lines lines("data");
  for (const Effects::Claim& claim : effects.claims) lines.add(line_of(claim), weight_of(claim.data));
  if (!effects.deleted_with_claims.empty())
    lines.add(filled_line("PersistentVolumeClaims are deleted with {objects}",
                          {{"objects", names(effects.deleted_with_claims)}}));
  if (lines.empty()) lines.add({{"no PersistentVolumeClaim is deleted, and no volume with it"}});
  if (effects.migrates_database) {
    lines.add({{"the database migration changes PostgreSQL's schema and cannot be undone: only a backup "
                "brings the old one back"}},
              Item::Weight::grave);
  }
  if (effects.cuts_migration) {
    lines.add(
        {{"the database migration is stopped while it runs: the database then has to be restored from its "
          "backup"}},
        Item::Weight::grave);
  }
  return lines;
}

Lines time(const Effects& effects) {
  Lines lines("time");
  if (effects.migration_wait) {
    lines.add(
        filled_line("the run waits for the database migration, {time} at most ({flag})",
                    {{"time", {util::elapsed_text(*effects.migration_wait)}}, {"flag", name("--timeout")}}));
  }
  if (effects.deletion_wait)
    lines.add({{util::filled("the run waits until what it deletes of PostgreSQL is gone, {time} at most",
                             {{"time", util::elapsed_text(*effects.deletion_wait)}})}});
  if (effects.upgrade_follows) {
    lines.add(
        filled_line("CircleCI's own Pods run on until {command}; the migration guide has CI stand still "
                    "from this run until the upgraded ones are up",
                    {{"command", name("helm upgrade")}}));
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
    claims.push_back({{"name", claim.claim.name}, {"volume", claim.volume}, {"data", word_of(claim.data)}});
  }
  return {{"pods",
           {{"deletedWith", names_json(effects.deleted)},
            {"orphanedBy", names_json(effects.orphaned)},
            {"restartedWith", names_json(effects.restarted)},
            {"startedWith", names_json(effects.started)},
            {"runToEnd", names_json(effects.run)},
            {"followedToEnd", names_json(effects.followed)}}},
          {"data",
           {{"deletedClaims", std::move(claims)},
            {"claimsDeletedWith", names_json(effects.deleted_with_claims)},
            {"databaseMigration", effects.migrates_database},
            {"databaseMigrationStopped", effects.cuts_migration}}},
          {"time",
           {{"migrationSeconds", seconds_json(effects.migration_wait)},
            {"deletionSeconds", seconds_json(effects.deletion_wait)}}}};
}

}  // namespace kots_export::ui
