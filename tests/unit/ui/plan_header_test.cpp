#include <kots_export/ui/plan_header.h>

#include <sstream>

#include <gmock/gmock.h>

namespace kots_export::ui {

namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string shown(const PlanHeader& header) {
  std::ostringstream out;
  write_text(out, {.title = {}, .blocks = {fields_of(header)}}, Colour::no);
  return out.str();
}

const PlanHeader kHeader{.server = "https://example.com",
                         .context = "prod",
                         .user = "admin",
                         .ns = "circleci",
                         .release = "server",
                         .chart = "3.4.6",
                         .target_version = "4.0.1",
                         .time = "2026-11-27T10:00:00Z",
                         .version = "0.1.0"};

TEST(PlanHeader, SaysWhereAndWhatAndWhen) {
  EXPECT_EQ(shown(kHeader),
            "cluster: https://example.com, context: prod, user: admin\n"
            "namespace: circleci, release: server\n"
            "chart: 3.4.6 -> 4.0.1\n"
            "planned: 2026-11-27T10:00:00Z by kots-export 0.1.0\n");
}

TEST(PlanHeader, LeavesOutWhatIsNotKnown) {
  PlanHeader header = kHeader;
  header.context = header.user = header.chart = "";

  EXPECT_EQ(shown(header),
            "cluster: https://example.com\n"
            "namespace: circleci, release: server\n"
            "planned: 2026-11-27T10:00:00Z by kots-export 0.1.0\n");
}

TEST(PlanHeader, KeepsATerminalATerminal) {
  PlanHeader header = kHeader;
  header.context = header.chart = header.version = header.release = "\x1b[31m";

  EXPECT_THAT(shown(header), Not(HasSubstr("\x1b")));
}

}  // namespace

}  // namespace kots_export::ui
