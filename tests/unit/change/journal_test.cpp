#include <kots_export/change/journal.h>
#include <kots_export/change/journal_reader.h>
#include <kots_export/util/process.h>

#include "unit/change/changes.h"
#include "unit/support/full_disk.h"
#include "unit/support/temporary_folder.h"

#include <array>
#include <cerrno>
#include <fstream>
#include <vector>

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

namespace kots_export::change {

namespace {

using test::create_of;
using test::delete_of;
using test::FullDisk;
using test::patch_of;
using test::TemporaryFolder;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

RunHeader header_of(const std::string& run) {
  RunHeader header;
  header.run = run;
  header.ns = "ns";
  header.namespace_uid = "uid-of-ns";
  header.server = "https://example.com";
  return header;
}

void record(Journal& journal, const Change& change, std::size_t id) {
  const std::array<const Change*, 1> changes = {&change};
  journal.record(changes, id);
}

ChangeOutcome done(const std::string& uid) {
  ChangeOutcome outcome;
  outcome.object.uid = uid;
  outcome.object.resource_version = "7";
  return outcome;
}

TEST(Journal, IsReadBackAsItWasWritten) {
  const TemporaryFolder folder;
  Journal journal(folder.path(), header_of("r1"));
  record(journal, patch_of("a"), 1);
  record(journal, delete_of("b"), 2);
  journal.record_outcome(1, done("uid-a"));
  journal.record_end(RunEnd::complete);

  const RunRecord run = read_journal(journal.path());

  EXPECT_EQ(run.header.run, "r1");
  EXPECT_EQ(run.header.namespace_uid, "uid-of-ns");
  EXPECT_EQ(run.end, RunEnd::complete);
  ASSERT_EQ(run.entries.size(), 2U);
  EXPECT_EQ(run.entries[0].change.after, patch_of("a").after);
  EXPECT_EQ(run.entries[0].change.object.gvr.resource, "configmaps");
  EXPECT_EQ(run.entries[0].outcome.object.uid, "uid-a");
  EXPECT_EQ(run.entries[1].change.verb, Verb::remove);
  EXPECT_EQ(run.entries[1].outcome.status, ChangeOutcome::Status::unknown);
  EXPECT_TRUE(run.unanswered_until.has_value()) << "the run ended before the answer";
}

TEST(Journal, IsPrivateToItsOwner) {
  const TemporaryFolder folder;
  const Journal journal(folder.path(), header_of("r1"));
  struct stat status {};
  ASSERT_EQ(::stat(journal.path().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
  ASSERT_EQ(::stat(journal.path().parent_path().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0700U);
}

TEST(Journal, KeepsWhenATryWasLeftWithoutAnAnswer) {
  const TemporaryFolder folder;
  Journal journal(folder.path(), header_of("r1"));
  record(journal, patch_of("a"), 1);
  ChangeOutcome outcome = done("uid-a");
  outcome.tries = ChangeOutcome::Tries::one_unanswered;
  const auto before = std::chrono::system_clock::now() - std::chrono::seconds(1);
  journal.record_outcome(1, outcome);
  const RunRecord run = read_journal(journal.path());
  EXPECT_EQ(run.entries.at(0).outcome.tries, ChangeOutcome::Tries::one_unanswered);
  ASSERT_TRUE(run.unanswered_until.has_value());
  EXPECT_GT(*run.unanswered_until, before);
}

// The file may not grow beyond what it has: as a full disk does it.
TEST(Journal, KeepsNoHalfLineWhereTheDiskIsFull) {
  const TemporaryFolder folder;
  Journal journal(folder.path(), header_of("r1"));
  record(journal, patch_of("a"), 1);
  const auto size = std::filesystem::file_size(journal.path());
  {
    const FullDisk full(size + 20);
    EXPECT_THROW(record(journal, patch_of("b"), 2), Error);
  }

  EXPECT_EQ(std::filesystem::file_size(journal.path()), size);
  journal.record_outcome(1, done("uid-a"));
  const RunRecord run = read_journal(journal.path());
  ASSERT_EQ(run.entries.size(), 1U);
  EXPECT_EQ(run.entries[0].outcome.status, ChangeOutcome::Status::done);
}

TEST(Journal, IsOnTheDiskWithEveryFolderAboveItBeforeAnythingIsRecorded) {
  const TemporaryFolder folder;
  std::vector<std::filesystem::path> synced;

  const Journal journal(folder.path() / "output/backup", header_of("r1"), [&](int fd) {
    synced.push_back(std::filesystem::read_symlink("/proc/self/fd/" + std::to_string(fd)));
    return ::fsync(fd);
  });

  EXPECT_THAT(synced, ElementsAre(folder.path(), folder.path() / "output", folder.path() / "output/backup",
                                  folder.path() / "output/backup/r1", journal.path()));
}

// Throws Error where the journal cannot record; says so by what it returns.
bool can_record(Journal& journal, const Change& change, std::size_t id) {
  try {
    record(journal, change, id);
    return true;
  } catch (const Error&) {
    return false;
  }
}

TEST(Journal, HoldsNothingOfWhatDidNotReachTheDiskAndIsBrokenForGood) {
  const TemporaryFolder folder;
  bool failing = false;
  Journal journal(folder.path(), header_of("r1"), [&](int fd) {
    errno = EIO;
    return failing ? -1 : ::fsync(fd);
  });
  record(journal, patch_of("a"), 1);
  failing = true;

  EXPECT_FALSE(can_record(journal, patch_of("b"), 2));
  failing = false;  // what an fsync says now proves nothing

  EXPECT_FALSE(can_record(journal, patch_of("c"), 3));
  EXPECT_THROW(journal.record_outcome(1, done("uid-a")), Error);
  EXPECT_THROW(journal.record_end(RunEnd::complete), Error);
  const RunRecord run = read_journal(journal.path());
  ASSERT_EQ(run.entries.size(), 1U);
  EXPECT_EQ(run.entries[0].id, 1U);
  EXPECT_FALSE(run.end);
}

TEST(Journal, ThatCannotBeginIsNoRun) {
  const TemporaryFolder folder;
  const auto run = folder.path() / "r1";
  // The one above it, so that it is made; its own, with the journal in it; and the journal.
  for (const auto& broken : {folder.path(), run, run / "journal.jsonl"}) {
    SCOPED_TRACE(broken);
    bool was_there = false;
    const auto sync = [&](int fd) {
      errno = EIO;
      was_there = was_there || std::filesystem::exists(run);
      return std::filesystem::read_symlink("/proc/self/fd/" + std::to_string(fd)) == broken ? -1 : 0;
    };

    EXPECT_THROW(Journal(folder.path(), header_of("r1"), sync), Error);

    EXPECT_TRUE(was_there);
    EXPECT_FALSE(std::filesystem::exists(run));
  }
}

TEST(Journal, StandsInNoFolderThatOthersMayWrite) {
  const TemporaryFolder folder;
  std::filesystem::permissions(folder.path(), static_cast<std::filesystem::perms>(0777));

  EXPECT_THROW(Journal(folder.path(), header_of("r1")), Error);
}

TEST(JournalReader, LeavesOutALastLineThatWasCut) {
  const TemporaryFolder folder;
  Journal journal(folder.path(), header_of("r1"));
  record(journal, patch_of("a"), 1);
  std::ofstream(journal.path(), std::ios::app) << R"({"event":"change","id":2,"verb":"pat)";
  EXPECT_EQ(read_journal(journal.path()).entries.size(), 1U);
}

// It sent nothing, or the disk is damaged: whatever it is, no run to go back to.
TEST(JournalReader, AJournalWithoutAWholeFirstLineIsNamedAndLeftOut) {
  for (const std::string& content :
       {std::string(), std::string(R"({"event":"ru)"), std::string(4096, '\0'), std::string("[]\n"),
        std::string("null\n"), std::string("{}\n"), std::string("nonsense\n"), std::string("\n\n"),
        std::string(R"({"event":"end","result":"complete"})") + "\n"}) {
    SCOPED_TRACE(content.substr(0, 40));
    const TemporaryFolder folder;
    std::filesystem::create_directory(folder.path() / "r1");
    std::ofstream(folder.path() / "r1/journal.jsonl") << content;
    const Runs all = read_runs(folder.path());
    EXPECT_TRUE(all.runs.empty());
    ASSERT_EQ(all.broken.size(), 1U);
    EXPECT_EQ(all.broken[0].run, "r1");
  }
}

TEST(JournalReader, TellsHowARunEnded) {
  const TemporaryFolder folder;
  const auto state = [&](const std::string& run, std::optional<RunEnd> end, const std::string& process = {}) {
    RunHeader header = header_of(run);
    header.process = process;
    Journal journal(folder.path(), header);
    if (end) journal.record_end(*end);
    const std::vector<RunRecord> runs = {read_journal(journal.path())};
    return state_of(runs[0], runs);
  };
  EXPECT_EQ(state("r1", RunEnd::complete), RunState::complete);
  EXPECT_EQ(state("r2", RunEnd::failed), RunState::failed);
  EXPECT_EQ(state("r3", RunEnd::interrupted), RunState::interrupted);
  EXPECT_EQ(state("r4", std::nullopt), RunState::interrupted) << "it was killed";
  EXPECT_EQ(state("r5", std::nullopt, util::process_identity()), RunState::running);
}

// Until format 3 an end said nothing more.
TEST(JournalReader, AnEndWithoutAResultIsThatOfACompleteRun) {
  const TemporaryFolder folder;
  Journal journal(folder.path(), header_of("r1"));
  std::ofstream(journal.path(), std::ios::app) << R"({"event":"end"})"
                                               << "\n";
  EXPECT_EQ(read_journal(journal.path()).end, RunEnd::complete);
}

TEST(JournalReader, SaysWhichLineIsBroken) {
  const TemporaryFolder folder;
  Journal journal(folder.path(), header_of("r1"));
  std::ofstream(journal.path(), std::ios::app) << "nonsense\n";
  record(journal, patch_of("a"), 1);
  try {
    (void)read_journal(journal.path());
    FAIL() << "a broken line was passed over";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("line 2 is broken"));
  }
}

TEST(JournalReader, RefusesAFormatThatIsNewerThanItself) {
  const TemporaryFolder folder;
  std::filesystem::create_directory(folder.path() / "r1");
  std::ofstream(folder.path() / "r1/journal.jsonl") << R"({"event":"run","format":4})"
                                                    << "\n";
  EXPECT_THROW((void)read_journal(folder.path() / "r1/journal.jsonl"), Error);
}

TEST(JournalReader, AFolderThatIsMissingHoldsNoRuns) {
  EXPECT_TRUE(read_runs("/nowhere/backup").runs.empty());
}

TEST(JournalReader, AFolderThatCannotBeReadIsAnError) {
  const TemporaryFolder folder;
  std::ofstream(folder.path() / "backup") << "a file";
  EXPECT_THROW((void)read_runs(folder.path() / "backup"), Error);
}

TEST(JournalReader, ABrokenJournalIsNamedAndStopsNobodyFromReadingTheOthers) {
  const TemporaryFolder folder;
  for (const char* run : {"r1", "r2", "r3"}) {
    Journal journal(folder.path(), header_of(run));
    record(journal, patch_of("a"), 1);
    if (std::string(run) == "r2") std::ofstream(journal.path(), std::ios::app) << "nonsense\n{}\n";
  }

  const Runs all = read_runs(folder.path());

  ASSERT_EQ(all.runs.size(), 2U);
  EXPECT_EQ(all.runs[0].header.run, "r1");
  EXPECT_EQ(all.runs[1].header.run, "r3");
  ASSERT_EQ(all.broken.size(), 1U);
  EXPECT_EQ(all.broken[0].run, "r2");
  EXPECT_THAT(all.broken[0].error.why(), HasSubstr("line 3 is broken"));
}

TEST(JournalReader, AFifoInTheJournalsPlaceKeepsNobodyWaiting) {
  const TemporaryFolder folder;
  std::filesystem::create_directory(folder.path() / "r1");
  ASSERT_EQ(::mkfifo((folder.path() / "r1" / "journal.jsonl").c_str(), 0600), 0);

  const Runs all = read_runs(folder.path());

  ASSERT_EQ(all.broken.size(), 1U);
  EXPECT_THAT(all.broken[0].error.why(), HasSubstr("it is no file"));
}

// Nothing is guessed: a verb that is not known is no patch, a status that is not known no refusal.
TEST(JournalReader, AWordThatItDoesNotKnowIsAnErrorOfThatJournal) {
  for (const char* line : {R"({"event":"change","id":2,"verb":"replace"})",
                           R"({"event":"outcome","id":1,"status":"perhaps"})"}) {
    SCOPED_TRACE(line);
    const TemporaryFolder folder;
    Journal journal(folder.path(), header_of("r1"));
    record(journal, patch_of("a"), 1);
    std::ofstream(journal.path(), std::ios::app) << line << "\n";

    const Runs all = read_runs(folder.path());

    EXPECT_TRUE(all.runs.empty());
    ASSERT_EQ(all.broken.size(), 1U);
    EXPECT_THAT(all.broken[0].error.why(), HasSubstr("line 3 cannot be understood"));
  }
}

// Secrets of old runs are not kept in memory, and a folder of many runs is read in little.
TEST(JournalReader, OutlinesRunsOfWhichOnlyManifestsOfCreatesAreKept) {
  const TemporaryFolder folder;
  Journal journal(folder.path(), header_of("r1"));
  record(journal, patch_of("a"), 1);
  record(journal, delete_of("b"), 2);
  record(journal, create_of("c"), 3);

  const Runs all = read_runs(folder.path());

  const auto& entries = all.runs.at(0).entries;
  ASSERT_EQ(entries.size(), 3U);
  EXPECT_TRUE(entries[0].change.before.is_null() && entries[0].change.after.is_null());
  EXPECT_EQ(entries[1].change.object.name, "b");
  EXPECT_TRUE(entries[1].change.before.is_null());
  EXPECT_EQ(entries[2].change.after, create_of("c").after);
}

// Longer than a file may be that is read at once. (Its end is a hole, as after a power cut: no text to
// parse.)
TEST(JournalReader, ReadsAJournalOfAnyLength) {
  const TemporaryFolder folder;
  Journal journal(folder.path(), header_of("r1"));
  record(journal, patch_of("a"), 1);
  std::filesystem::resize_file(journal.path(), std::uintmax_t{257} << 20);

  EXPECT_EQ(read_journal(journal.path()).entries.size(), 1U);
}

RunRecord record_of(const std::string& run, const std::string& rolls_back = {}) {
  RunRecord record;
  record.header.run = run;
  record.header.rolls_back = rolls_back;
  record.end = RunEnd::complete;
  return record;
}

TEST(RunStates, ARollbackThatIsRolledBackItselfDoesNotCount) {
  const std::vector<RunRecord> undone = {record_of("r1"), record_of("r2", "r1")};
  EXPECT_EQ(state_of(undone[0], undone), RunState::rolled_back);
  const std::vector<RunRecord> redone = {record_of("r1"), record_of("r2", "r1"), record_of("r3", "r2")};
  EXPECT_EQ(state_of(redone[0], redone), RunState::complete);
}

// After the clock was set back a rollback has a name before the run that it undoes.
TEST(RunStates, NoClockSaysWhichRunWasFirst) {
  const std::vector<RunRecord> runs = {record_of("r1", "r2"), record_of("r2")};
  EXPECT_EQ(state_of(runs[1], runs), RunState::rolled_back);
}

TEST(RunStates, OfJournalsThatNameEachOtherIsFound) {
  const std::vector<RunRecord> runs = {record_of("r1", "r2"), record_of("r2", "r1"), record_of("r3", "r3")};
  for (const RunRecord& run : runs) (void)state_of(run, runs);
}

TEST(RunStates, ARollbackThatWasCutOffDoesNotCount) {
  std::vector<RunRecord> runs = {record_of("r1"), record_of("r2", "r1")};
  runs[1].end.reset();
  EXPECT_EQ(state_of(runs[0], runs), RunState::complete);
}

TEST(WasCreated, GoesByTheUidAndWhereThatWasLostByTheManifest) {
  RunRecord run = record_of("r1");
  Change create = create_of("a");
  create.after = {{"kind", "ConfigMap"}, {"data", {{"k", "v"}}}};
  run.entries.push_back({.id = 1, .change = create, .outcome = done("uid-1")});
  const std::vector<RunRecord> known = {run};
  run.entries[0].outcome.status = ChangeOutcome::Status::unknown;
  const std::vector<RunRecord> lost = {run};
  const nlohmann::json ours = {
      {"kind", "ConfigMap"}, {"data", {{"k", "v"}}}, {"metadata", {{"uid", "uid-1"}}}};
  nlohmann::json other = ours;
  other["metadata"]["uid"] = "uid-2";

  EXPECT_TRUE(was_created(known, create.object, ours));
  EXPECT_FALSE(was_created(known, create.object, other));
  EXPECT_TRUE(was_created(lost, create.object, other));
  other["data"]["k"] = "w";
  EXPECT_FALSE(was_created(lost, create.object, other));
}

}  // namespace

}  // namespace kots_export::change
