#include <kots_export/ui/plan_view.h>

#include "unit/ui/changes.h"

#include <sstream>

#include <gmock/gmock.h>

namespace kots_export::ui {

namespace {

using test::creation;
using test::deletion;
using test::label_patch;
using ::testing::HasSubstr;
using ::testing::Not;

const PlanHeader kHeader{.server = "https://example.com",
                         .context = {},
                         .user = {},
                         .ns = "circleci",
                         .release = "server",
                         .chart = {},
                         .target_version = {},
                         .time = "2026-11-27T10:00:00Z",
                         .version = "0.1.0"};

migration::MigrationPlan whole() {
  migration::MigrationPlan plan;
  plan.values = {.v3 = Secret<std::string>("replicas: 1\nsmtp: {password: hunter2}\n"),
                 .v4 = Secret<std::string>("replicas: 2\nsmtp: {password: hunter3}\n")};
  plan.metadata.changes = {label_patch("Job", "k", "a", "b")};
  plan.postgres.changes = {deletion("Service", "l", {})};
  return plan;
}

std::string text_of(const Document& document) {
  std::ostringstream out;
  write_text(out, document, Colour::no);
  return out.str();
}

std::string markdown_of(const Document& document) {
  std::ostringstream out;
  write_markdown(out, document);
  return out.str();
}

TEST(PlanDocument, ShowsWhereAndWhatItDoesAndTheValuesAndTheObjects) {
  EXPECT_EQ(text_of(document_of(whole(), kHeader, Detail::normal)),
            "cluster: https://example.com\n"
            "namespace: circleci, release: server\n"
            "planned: 2026-11-27T10:00:00Z by kots-export 0.1.0\n"
            "what it does to Pods, data and time:\n"
            "  Pods: all go on running; new labels and annotations restart none\n"
            "  data: no PersistentVolumeClaim is deleted, and no volume with it\n"
            "  time: CircleCI's own Pods run on until helm upgrade; the migration guide has CI stand still "
            "from this run until the upgraded ones are up\n"
            "values, from 3.x to 4.x:\n"
            "  - replicas: 1\n"
            "  + replicas: 2\n"
            "  ~ smtp.password: *** (another one)\n"
            "objects:\n"
            "  - delete Service l  (kots_cleanup: part of KOTS)\n"
            "  ~ patch Job k  (annotate: because)\n"
            "      label a: a -> b\n");
}

TEST(PlanDocument, IsTheSameInMarkdown) {
  EXPECT_EQ(markdown_of(document_of(whole(), kHeader, Detail::normal)),
            "## Plan\n\n"
            "- cluster: `https://example.com`\n"
            "- namespace: `circleci`, release: `server`\n"
            "- planned: `2026-11-27T10:00:00Z by kots-export 0.1.0`\n\n"
            "### What it does to Pods, data and time\n\n"
            "- **Pods**: all go on running; new labels and annotations restart none\n"
            "- **data**: no PersistentVolumeClaim is deleted, and no volume with it\n"
            "- **time**: CircleCI's own Pods run on until `helm upgrade`; the migration guide has CI stand "
            "still from this run until the upgraded ones are up\n\n"
            "### Values, from 3.x to 4.x\n\n"
            "```diff\n"
            "- replicas: 1\n"
            "+ replicas: 2\n"
            "~ smtp.password: *** (another one)\n"
            "```\n\n"
            "### Objects\n\n"
            "- `- delete Service l` (`kots_cleanup: part of KOTS`)\n"
            "- `~ patch Job k` (`annotate: because`)\n"
            "  ```text\n"
            "  label a: a -> b\n"
            "  ```\n\n");
}

// What the API server takes and what only a saved plan's file may hold.
TEST(PlanDocument, LetsNothingOfTheClusterBeMarkdown) {
  migration::MigrationPlan plan;
  plan.part = migration::Part::annotate;
  plan.metadata.changes = {label_patch("Job", "x`</details>\n# forged", nullptr, "```\n<img src=a>|@team")};
  plan.metadata.changes.front().why = "[a](javascript:b)\n\n- delete Job y";
  PlanHeader header = kHeader;
  header.context = "`<b>`\n# forged";

  const std::string markdown = markdown_of(document_of(plan, header, Detail::normal));

  EXPECT_THAT(markdown, HasSubstr("context: `` `<b>`\\n# forged ``\n"));
  EXPECT_THAT(markdown, HasSubstr("- ``~ patch Job x`</details>\\n# forged`` (`annotate: [a](javascript:b)"
                                  "\\n\\n- delete Job y`)\n"));
  EXPECT_THAT(markdown, HasSubstr("  ````text\n  label a: (none) -> \"```\\n<img src=a>|@team\"\n  ````\n"));
  EXPECT_THAT(markdown, Not(HasSubstr("\n# forged")));
}

TEST(PlanDocument, OfNothingIsItsHeader) {
  migration::MigrationPlan plan;
  plan.part = migration::Part::annotate;

  EXPECT_EQ(text_of(document_of(plan, kHeader, Detail::normal)),
            "cluster: https://example.com\n"
            "namespace: circleci, release: server\n"
            "planned: 2026-11-27T10:00:00Z by kots-export 0.1.0\n");
}

TEST(PlanDocument, InShortHasTheSum) {
  const change::Plan plan{.changes = {label_patch("ConfigMap", "c1", "a", "b"), deletion("Secret", "s", {}),
                                      creation("Secret", "t", {})},
                          .already_right = 7};

  EXPECT_THAT(text_of(summary_of(plan, kHeader)),
              HasSubstr("objects:\n"
                        "  - delete Secret s\n"
                        "  + create Secret t\n"
                        "  ~ patch 1 ConfigMap\n"
                        "1 to patch, 1 to delete, 1 to create, 7 unchanged\n"));
}

}  // namespace

}  // namespace kots_export::ui
