#include <kots_export/ui/status_view.h>

#include <gmock/gmock.h>

namespace kots_export::ui {

namespace {

using migration::InstallationStatus;
using migration::Stage;
using migration::StepStatus;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

std::string text_of(const InstallationStatus& status) {
  return text_of(status, migration::Commands(), std::chrono::system_clock::now(), Colour::no);
}

TEST(StatusView, NamesTheChartOfTheRunInTheNextCommand) {
  InstallationStatus status;
  status.target_version = "4.1.3";
  for (const auto& [stage, command] : {std::pair(Stage::half_migrated, "kots-export plan"),
                                       std::pair(Stage::migrated, "kots-export message")}) {
    status.stage = stage;
    EXPECT_THAT(text_of(status), HasSubstr(std::string(command) + " --target-version 4.1.3"));
  }
}

TEST(StatusView, SendsAFailedUpgradeBackWhereTheMigrationIsNotDone) {
  InstallationStatus status;
  status.stage = Stage::upgrade_failed;
  status.rollback_command = "helm rollback circleci-server 1";
  status.steps = {{.step = "annotate", .state = StepStatus::State::to_do, .detail = {}}};
  EXPECT_THAT(text_of(status), AllOf(HasSubstr("The migration before it is not done"),
                                     HasSubstr("`helm rollback circleci-server 1`"),
                                     HasSubstr("`kots-export plan`"), Not(HasSubstr("kots-export verify"))));
  status.steps.front().state = StepStatus::State::done;
  EXPECT_THAT(text_of(status), AllOf(HasSubstr("kots-export verify"), Not(HasSubstr("helm rollback"))));
}

}  // namespace

}  // namespace kots_export::ui
