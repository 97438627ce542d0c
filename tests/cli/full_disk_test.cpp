#include "cli/installation.h"

#include <algorithm>
#include <fstream>
#include <set>

#include <gmock/gmock.h>
#include <sys/mount.h>

namespace kots_export::test {

namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// A file system of its own at `folder`, so small that it fills up; without the right to mount one there is
// none.
class SmallDisk {
 public:
  SmallDisk(std::filesystem::path folder, const std::string& size) : folder_(std::move(folder)) {
    std::filesystem::create_directories(folder_);
    is_there_ = ::mount("tmpfs", folder_.c_str(), "tmpfs", 0, ("mode=0700,size=" + size).c_str()) == 0;
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;
  ~SmallDisk() {
    if (is_there_) ::umount2(folder_.c_str(), MNT_DETACH);
  }

  [[nodiscard]] bool is_there() const { return is_there_; }

  // Takes all the room but `left` pages.
  void fill(std::size_t left) const {
    constexpr std::size_t kPage = 4096;
    const auto room = std::filesystem::space(folder_).available;
    std::ofstream(folder_ / "filler") << std::string(room - left * kPage, 'x');
  }
  void make_room() const { std::filesystem::remove(folder_ / "filler"); }

 private:
  std::filesystem::path folder_;
  bool is_there_ = false;
};

// The names of the objects that a journal below `backup` says were, or may have been, written to.
std::set<std::string> journalled(const std::filesystem::path& backup) {
  std::set<std::string> names;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(backup)) {
    if (entry.path().filename() != "journal.jsonl") continue;
    std::ifstream in(entry.path());
    for (std::string line; std::getline(in, line);) {
      const json event = json::parse(line);  // a half line would throw
      if (event["event"] == "change")
        names.insert(event["object"]["kind"].get<std::string>() + " " +
                     event["object"]["name"].get<std::string>());
    }
  }
  return names;
}

bool is_annotated(const json& object) {
  return object["metadata"].value("annotations", json::object()).value("meta.helm.sh/release-name", "") ==
         "circleci-server";
}

TEST(FullDisk, OfTheJournalEndsTheRunAndNothingUnrecordedWasSent) {
  Installation installation;
  const SmallDisk disk(installation.folder / "backup", "1m");
  if (!disk.is_there()) GTEST_SKIP() << "needs the right to mount";
  disk.fill(7);

  const Finished full = installation.run(Installation::whole_run());

  EXPECT_EQ(full.exit_code, 1);
  EXPECT_THAT(full.err, HasSubstr("No space left"));
  // Another folder would split the journal.
  EXPECT_THAT(full.err, ::testing::Not(HasSubstr("another folder")));
  EXPECT_TRUE(std::ranges::any_of(installation.server.list("ConfigMap", kNamespace), is_annotated))
      << "the disk was full too early to show anything";
  const auto recorded = journalled(installation.folder / "backup");
  for (const char* kind : {"ConfigMap", "Secret", "Service", "Deployment", "StatefulSet", "ServiceAccount"}) {
    for (const json& object : installation.server.list(kind, kNamespace)) {
      const bool is_patched = is_annotated(object);
      const std::string name = std::string(kind) + " " + object["metadata"]["name"].get<std::string>();
      EXPECT_TRUE(!is_patched || recorded.contains(name)) << name << " was patched and is in no journal";
    }
  }

  disk.make_room();
  const Finished again = installation.run({"annotate", "--yes"});
  EXPECT_EQ(again.exit_code, 0) << again.err;
  EXPECT_EQ(installation.run({"rollback", "--yes"}).exit_code, 0);
}

TEST(FullDisk, ThatCannotTakeAJournalAtAllLeavesNoRunAndSendsNothing) {
  Installation installation;
  const SmallDisk disk(installation.folder / "backup", "64k");
  if (!disk.is_there()) GTEST_SKIP() << "needs the right to mount";
  disk.fill(0);

  const Finished full = installation.run({"annotate", "--yes"});

  EXPECT_EQ(full.exit_code, 1);
  EXPECT_THAT(full.err, HasSubstr("No space left"));
  // Another folder would split the journal.
  EXPECT_THAT(full.err, ::testing::Not(HasSubstr("another folder")));
  EXPECT_EQ(json::parse(installation.run({"runs", "-o", "json"}).out)["runs"], json::array());
  for (const json& object : installation.server.list("ConfigMap", kNamespace)) {
    EXPECT_FALSE(is_annotated(object));
  }
}

TEST(FullDisk, OfTheLogsFailsNoMigration) {
  Installation installation;
  const SmallDisk disk(installation.folder / "logs", "64k");
  if (!disk.is_there()) GTEST_SKIP() << "needs the right to mount";
  disk.fill(0);

  const Finished run = installation.run({"flyway", "--yes"});

  EXPECT_EQ(run.exit_code, 0) << run.err;
  EXPECT_THAT(run.err, HasSubstr("the migrator's log cannot be written"));
}

TEST(Folders, ThatOthersMayWriteHoldNoJournal) {
  Installation installation;
  std::filesystem::create_directory(installation.folder / "backup");
  std::filesystem::permissions(installation.folder / "backup", static_cast<std::filesystem::perms>(0777));

  const Finished run = installation.run({"annotate", "--yes"});

  EXPECT_EQ(run.exit_code, 1);
  EXPECT_THAT(run.err, HasSubstr("chmod go-w"));
  EXPECT_THAT(files_below(installation.folder / "backup"), IsEmpty());
}

}  // namespace

}  // namespace kots_export::test
