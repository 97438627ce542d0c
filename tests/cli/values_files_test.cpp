// What runs write into output/, what people edit there, and the files of --values.
#include "cli/installation.h"

#include <gmock/gmock.h>

namespace kots_export::test {

namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class EditedValues : public ::testing::Test {
 protected:
  EditedValues() {
    EXPECT_EQ(installation_.run(Installation::whole_run()).exit_code, 0);
    written_ = read(file_);
    edited_ = written_ + "# checked by Jo\nextra: 1\n";
    write(file_, edited_);
  }

  [[nodiscard]] std::string in_output(const std::string& name) const {
    const auto file = installation_.folder / "output" / name;
    return std::filesystem::exists(file) ? read(file) : "";
  }

  Installation installation_;
  std::filesystem::path file_ = installation_.folder / "output/helm-values.yaml";
  std::string written_;
  std::string edited_;
};

TEST_F(EditedValues, StayAndTheNewOnesGoBeside) {
  const Finished run = installation_.run(Installation::whole_run());

  EXPECT_EQ(run.exit_code, 0) << run.err;
  EXPECT_EQ(read(file_), edited_);
  EXPECT_EQ(in_output("helm-values.new.yaml"), written_);
  EXPECT_EQ(in_output("helm-values.yaml.1"), "");
  EXPECT_THAT(run.err, AllOf(HasSubstr("note: ./output/helm-values.yaml was edited"),
                             HasSubstr("./output/helm-values.new.yaml"), HasSubstr("6 warnings")));
  EXPECT_THAT(run.out, HasSubstr(" -f " + file_.string() + " "));
}

TEST_F(EditedValues, AreReplacedWhenTold) {
  const Finished run = installation_.run(Installation::whole_run({"--overwrite-values"}));

  EXPECT_EQ(run.exit_code, 0) << run.err;
  EXPECT_EQ(read(file_), written_);
  EXPECT_EQ(in_output("helm-values.yaml.1"), edited_);
  EXPECT_THAT(run.err, HasSubstr("helm-values.yaml.1"));
}

TEST_F(EditedValues, AreNamedInThePlan) {
  const Finished plan = installation_.run(Installation::whole_run({"--dry-run=client"}));
  const Finished told =
      installation_.run(Installation::whole_run({"--dry-run=client", "--overwrite-values"}));

  EXPECT_THAT(plan.out, HasSubstr("written to ./output/helm-values.new.yaml: a new file beside the edited"));
  EXPECT_THAT(told.out, HasSubstr("written to ./output/helm-values.yaml: replaces the edited file"));
}

TEST_F(EditedValues, StayUnderASavedPlanToo) {
  std::filesystem::remove(file_);
  ASSERT_EQ(installation_.run({"plan", "--license", "4x-license", "--out", "migration.plan"}).exit_code, 0);
  write(file_, edited_);

  EXPECT_THAT(installation_.run({"plan", "show", "migration.plan"}).out, HasSubstr("helm-values.new.yaml"));
  const Finished run = installation_.run({"apply", "migration.plan", "--yes"});

  EXPECT_EQ(run.exit_code, 0) << run.err;
  EXPECT_EQ(read(file_), edited_);
  EXPECT_NE(in_output("helm-values.new.yaml"), "");
}

TEST_F(EditedValues, AreReplacedByASavedPlanThatSaysSo) {
  ASSERT_EQ(
      installation_.run({"plan", "--license", "4x-license", "--overwrite-values", "--out", "migration.plan"})
          .exit_code,
      0);

  ASSERT_EQ(installation_.run({"apply", "migration.plan", "--yes"}).exit_code, 0);
  EXPECT_EQ(read(file_), written_);
}

class Corrections : public ::testing::Test {
 protected:
  Corrections() {
    write(installation_.folder / "one.yaml", "smtp: {port: 2525, password: hunter2}\n");
    write(installation_.folder / "two.yaml", "smtp: {port: 2626}\n");
  }
  [[nodiscard]] std::string values() const { return read(installation_.folder / "output/helm-values.yaml"); }

  Installation installation_;
  std::vector<std::string> both_ = {"--values", "one.yaml", "--values", "two.yaml"};
};

TEST_F(Corrections, AreNamedInThePlanInTheirOrderWithoutTheirContent) {
  const Finished plan = installation_.run(
      Installation::whole_run({"--dry-run=client", "--values", "one.yaml", "--values", "two.yaml"}));

  EXPECT_THAT(plan.out, ::testing::ContainsRegex("corrected by one.yaml, sha256 [0-9a-f]+\n"
                                                 "  corrected by two.yaml, sha256 "));
  EXPECT_THAT(plan.out + plan.err, Not(HasSubstr("hunter2")));
}

TEST_F(Corrections, AreKeptForTheNextRunAlthoughTheFilesAreGone) {
  ASSERT_EQ(installation_.run(Installation::whole_run(both_)).exit_code, 0);
  const std::string first = values();
  EXPECT_THAT(first, HasSubstr("2626"));
  std::filesystem::remove(installation_.folder / "one.yaml");
  std::filesystem::remove(installation_.folder / "two.yaml");

  const Finished again = installation_.run(Installation::whole_run());

  EXPECT_EQ(again.exit_code, 0) << again.err;
  EXPECT_EQ(values(), first);
  EXPECT_THAT(again.err, HasSubstr("one.yaml, two.yaml"));
}

TEST_F(Corrections, AreReplacedAndDropped) {
  ASSERT_EQ(installation_.run(Installation::whole_run(both_)).exit_code, 0);

  ASSERT_EQ(installation_.run(Installation::whole_run({"--values", "one.yaml"})).exit_code, 0);
  ASSERT_EQ(installation_.run(Installation::whole_run()).exit_code, 0);
  EXPECT_THAT(values(), AllOf(HasSubstr("2525"), Not(HasSubstr("2626"))));

  ASSERT_EQ(installation_.run(Installation::whole_run({"--values", "/dev/null"})).exit_code, 0);
  const Finished last = installation_.run(Installation::whole_run());
  EXPECT_THAT(values(), Not(HasSubstr("2525")));
  EXPECT_THAT(last.err, Not(HasSubstr("one.yaml")));
}

TEST_F(Corrections, OfASavedPlanAreKeptByApply) {
  ASSERT_EQ(installation_
                .run({"plan", "--license", "4x-license", "--values", "one.yaml", "--out", "migration.plan"})
                .exit_code,
            0);
  EXPECT_FALSE(std::filesystem::exists(installation_.folder / "output"));
  std::filesystem::remove(installation_.folder / "one.yaml");

  EXPECT_THAT(installation_.run({"plan", "show", "migration.plan"}).out, HasSubstr("corrected by one.yaml"));
  EXPECT_EQ(installation_.run({"apply", "migration.plan", "--yes", "--values", "two.yaml"}).exit_code, 2);
  ASSERT_EQ(installation_.run({"apply", "migration.plan", "--yes"}).exit_code, 0);

  EXPECT_THAT(installation_.run(Installation::whole_run()).err, HasSubstr("one.yaml"));
  EXPECT_THAT(values(), HasSubstr("2525"));
}

}  // namespace

}  // namespace kots_export::test
