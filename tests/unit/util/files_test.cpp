#include <kots_export/util/error.h>
#include <kots_export/util/files.h>

#include "unit/support/full_disk.h"
#include "unit/support/problem.h"
#include "unit/support/temporary_folder.h"

#include <csignal>
#include <functional>
#include <future>
#include <set>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace kots_export::util {

namespace {

using test::FullDisk;
using test::problem_and_hint;
using test::read_bytes;
using test::TemporaryFolder;
using test::write_bytes;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

unsigned mode_of(const fs::path& path) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) throw std::runtime_error("no " + path.string());
  return status.st_mode & 07777U;
}

std::set<std::string> names_in(const fs::path& folder) {
  std::set<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) names.insert(entry.path().filename().string());
  return names;
}

// Sets the umask and brings the old one back.
class Umask {
 public:
  explicit Umask(mode_t mask) : before_(::umask(mask)) {}
  Umask(const Umask&) = delete;
  Umask& operator=(const Umask&) = delete;
  ~Umask() { ::umask(before_); }

 private:
  mode_t before_;
};

// The names of what was forced to the disk, in order, and a disk that fails at will.
class Disk {
 public:
  [[nodiscard]] Fsync sync() {
    return [this](int fd) {
      if (failing) {
        errno = EIO;
        return -1;
      }
      synced.push_back(fs::read_symlink("/proc/self/fd/" + std::to_string(fd)));
      return ::fsync(fd);
    };
  }

  std::vector<fs::path> synced;
  bool failing = false;
};

// --- Reading ---

TEST(ReadFile, ReturnsEveryByte) {
  const TemporaryFolder folder;
  const std::string bytes("\0\xFF\r\n end", 8);
  write_bytes(folder / "file", bytes);

  EXPECT_EQ(read_file(folder / "file"), bytes);
}

TEST(ReadFile, SaysWhichFileIsMissing) {
  const TemporaryFolder folder;

  EXPECT_THAT(problem_and_hint([&] { (void)read_file(folder / "none"); }),
              AllOf(HasSubstr((folder / "none").string()), HasSubstr("no such file")));
  EXPECT_EQ(read_file_if_exists(folder / "none"), std::nullopt);
}

TEST(ReadFile, OfAFolderIsAnError) {
  const TemporaryFolder folder;

  EXPECT_THAT(problem_and_hint([&] { (void)read_file_if_exists(folder.path()); }), HasSubstr("cannot read"));
}

TEST(ReadFile, StopsAtTheLimit) {
  const TemporaryFolder folder;
  write_bytes(folder / "file", std::string(1001, 'x'));

  EXPECT_EQ(read_file(folder / "file", 1001).size(), 1001U);
  EXPECT_THAT(problem_and_hint([&] { (void)read_file(folder / "file", 1000); }),
              HasSubstr("longer than 1000 bytes"));
}

// Every line of a file as read_lines gives it; the last with "<cut>" where its line feed is missing.
std::vector<std::string> lines_of(const fs::path& file) {
  std::vector<std::string> lines;
  read_lines(file, [&](std::string_view line, LineEnd end) {
    lines.push_back(std::string(line) + (end == LineEnd::missing ? "<cut>" : ""));
  });
  return lines;
}

TEST(ReadLines, GivesEachLineAndTellsWhereTheLastWasCut) {
  const TemporaryFolder folder;
  const std::string longer_than_a_read(200'000, 'x');
  write_bytes(folder / "whole", "one\n\n" + longer_than_a_read + "\n");
  write_bytes(folder / "cut", "one\ntw");
  write_bytes(folder / "empty", "");

  EXPECT_THAT(lines_of(folder / "whole"), ElementsAre("one", "", longer_than_a_read));
  EXPECT_THAT(lines_of(folder / "cut"), ElementsAre("one", "tw<cut>"));
  EXPECT_THAT(lines_of(folder / "empty"), IsEmpty());
  EXPECT_THAT(problem_and_hint([&] { (void)lines_of(folder / "none"); }), HasSubstr("No such file"));
}

// --- Folders ---

TEST(CreatePrivateFolder, MakesMissingParentsPrivateToo) {
  const TemporaryFolder folder;
  const Umask none(0);

  create_private_folder(folder / "a/b/c/");

  for (const char* name : {"a", "a/b", "a/b/c"}) EXPECT_EQ(mode_of(folder / name), 0700U) << name;
}

TEST(CreatePrivateFolder, DoesNotDependOnTheUmask) {
  const TemporaryFolder folder;
  const Umask all(0777);

  create_private_folder(folder / "a/b");

  EXPECT_EQ(mode_of(folder / "a"), 0700U);
  EXPECT_EQ(mode_of(folder / "a/b"), 0700U);
}

TEST(CreatePrivateFolder, LeavesFoldersThatAreThereAlone) {
  const TemporaryFolder folder;
  fs::create_directory(folder / "open");
  fs::permissions(folder / "open", static_cast<fs::perms>(0755));

  create_private_folder(folder / "open");

  EXPECT_EQ(mode_of(folder / "open"), 0755U);
}

TEST(CreatePrivateFolder, TakesASymlinkToAFolder) {
  const TemporaryFolder folder;
  fs::create_directory(folder / "real");
  fs::create_directory_symlink("real", folder / "output");

  create_private_folder(folder / "output");
  write_private_file(folder / "output/file", "x");

  EXPECT_EQ(read_bytes(folder / "real/file"), "x");
  EXPECT_TRUE(fs::is_symlink(folder / "output"));
}

TEST(CreatePrivateFolder, SaysThatAFileIsInTheWay) {
  const TemporaryFolder folder;
  write_bytes(folder / "output", "precious");

  EXPECT_THAT(problem_and_hint([&] { create_private_folder(folder / "output"); }),
              AllOf(HasSubstr("output"), HasSubstr("A file stands where a folder is needed")));
  EXPECT_THAT(problem_and_hint([&] { create_private_folder(folder / "output/deeper"); }),
              HasSubstr("A file stands"));
  EXPECT_EQ(read_bytes(folder / "output"), "precious");
}

TEST(CreatePrivateFolder, OfNothingIsTheFolderThatOneIsIn) {
  EXPECT_NO_THROW(create_private_folder(""));
  EXPECT_NO_THROW(create_private_folder("."));
  EXPECT_NO_THROW(create_private_folder("/"));
}

TEST(RequireWritableFolder, LeavesNothingBehind) {
  const TemporaryFolder folder;

  require_writable_folder(folder / "output");

  EXPECT_TRUE(fs::is_directory(folder / "output"));
  EXPECT_THAT(names_in(folder / "output"), IsEmpty());
}

TEST(RequireWritableFolder, NamesTheFlagThatHelps) {
  EXPECT_THAT(problem_and_hint([] { require_writable_folder("/proc/kots-export"); }),
              AllOf(HasSubstr("/proc/kots-export"), HasSubstr("--output-dir")));
}

// --- Writing ---

TEST(WritePrivateFile, IsPrivateWhateverTheUmask) {
  const TemporaryFolder folder;
  for (const mode_t mask : {mode_t{0}, mode_t{022}, mode_t{0277}, mode_t{0777}}) {
    SCOPED_TRACE(mask);
    const Umask umask(mask);
    write_private_file(folder / "file", "secret");
    EXPECT_EQ(mode_of(folder / "file"), 0600U);
  }
}

TEST(WritePrivateFile, MakesAFilePrivateThatOthersCouldRead) {
  const TemporaryFolder folder;
  write_bytes(folder / "file", "old");
  fs::permissions(folder / "file", static_cast<fs::perms>(0644));

  const auto copy = write_private_file(folder / "file", "new", Existing::keep_copy);

  EXPECT_EQ(mode_of(folder / "file"), 0600U);
  ASSERT_TRUE(copy);
  EXPECT_EQ(mode_of(*copy), 0600U);
}

TEST(WritePrivateFile, NumbersTheCopiesItKeeps) {
  const TemporaryFolder folder;
  const fs::path file = folder / "values.yaml";

  EXPECT_EQ(write_private_file(file, "1", Existing::keep_copy), std::nullopt);
  EXPECT_EQ(write_private_file(file, "2", Existing::keep_copy), folder / "values.yaml.1");
  EXPECT_EQ(write_private_file(file, "3", Existing::keep_copy), folder / "values.yaml.2");

  EXPECT_EQ(read_bytes(file), "3");
  EXPECT_EQ(read_bytes(folder / "values.yaml.1"), "1");
  EXPECT_EQ(read_bytes(folder / "values.yaml.2"), "2");
}

TEST(WritePrivateFile, KeepsNoCopyOfTheSameContent) {
  const TemporaryFolder folder;
  write_private_file(folder / "file", "same");

  EXPECT_EQ(write_private_file(folder / "file", "same", Existing::keep_copy), std::nullopt);
  EXPECT_THAT(names_in(folder.path()), ElementsAre("file"));
}

TEST(WritePrivateFile, LosesNothingWhenManyWriteAtOnce) {
  constexpr int kRounds = 20;  // each has its own chance that one takes another's file for a left-over
  constexpr int kWriters = 16;
  for (int round = 0; round < kRounds; ++round) {
    const TemporaryFolder folder;
    std::vector<std::future<void>> writers;
    for (int i = 0; i < kWriters; ++i) {
      writers.push_back(std::async(std::launch::async, [&folder, i] {
        write_private_file(folder / "file", std::to_string(i), Existing::keep_copy);
      }));
    }
    for (auto& writer : writers) EXPECT_NO_THROW(writer.get());

    std::set<std::string> contents;
    for (const std::string& name : names_in(folder.path())) contents.insert(read_bytes(folder / name));
    EXPECT_EQ(contents.size(), static_cast<std::size_t>(kWriters));
  }
}

TEST(WritePrivateFile, ReplacesASymlinkAndLeavesWhatItPointsTo) {
  const TemporaryFolder folder;
  write_bytes(folder / "elsewhere", "not mine");
  fs::permissions(folder / "elsewhere", static_cast<fs::perms>(0644));
  fs::create_symlink("elsewhere", folder / "file");

  const auto copy = write_private_file(folder / "file", "secret", Existing::keep_copy);

  EXPECT_FALSE(fs::is_symlink(folder / "file"));
  EXPECT_EQ(read_bytes(folder / "elsewhere"), "not mine");
  EXPECT_EQ(mode_of(folder / "elsewhere"), 0644U);
  ASSERT_TRUE(copy);
  EXPECT_EQ(read_bytes(*copy), "not mine");
}

TEST(WritePrivateFile, WritesIntoWhatIsNoFile) {
  const TemporaryFolder folder;
  const fs::path pipe = folder / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  std::string read;
  std::thread reader([&] { read = read_bytes(pipe); });

  write_private_file(pipe, "values", Existing::keep_copy);
  reader.join();

  EXPECT_EQ(read, "values");
  EXPECT_TRUE(fs::is_fifo(pipe));
  write_private_file("/dev/null", "values", Existing::keep_copy);
  EXPECT_TRUE(fs::is_character_file("/dev/null"));
}

TEST(WritePrivateFile, AddsToAFileBehindADescriptor) {
  const TemporaryFolder folder;
  write_bytes(folder / "file", "before ");
  const int fd = ::open((folder / "file").c_str(), O_WRONLY);
  ASSERT_GE(fd, 0);

  write_private_file("/dev/fd/" + std::to_string(fd), "after", Existing::keep_copy);
  write_private_file("/proc/self/fd/" + std::to_string(fd), "!", Existing::keep_copy);
  ::close(fd);

  EXPECT_EQ(read_bytes(folder / "file"), "before after!");
  EXPECT_THAT(names_in(folder.path()), ElementsAre("file"));
}

TEST(IsStream, OfWhatIsNoFileOfItsOwn) {
  const TemporaryFolder folder;
  ASSERT_EQ(::mkfifo((folder / "pipe").c_str(), 0600), 0);
  fs::create_symlink("pipe", folder / "link");
  write_bytes(folder / "file", "x");
  fs::create_symlink("file", folder / "link-to-file");

  for (const fs::path& stream : {folder / "pipe", folder / "link", fs::path("/dev/null")})
    EXPECT_TRUE(is_stream(stream)) << stream;
  for (const fs::path& other : {folder / "file", folder / "link-to-file", folder / "none"})
    EXPECT_FALSE(is_stream(other)) << other;
}

TEST(WritePrivateFile, OnAFullDiskLeavesTheOldFile) {
  const TemporaryFolder folder;
  write_private_file(folder / "file", "old");
  std::string said;
  {
    const FullDisk full(1000);
    said = problem_and_hint(
        [&] { write_private_file(folder / "file", std::string(5000, 'x'), Existing::keep_copy); });
  }

  EXPECT_THAT(said, HasSubstr("cannot write " + (folder / "file").string()));
  EXPECT_EQ(read_bytes(folder / "file"), "old");
  EXPECT_THAT(names_in(folder.path()), ElementsAre("file"));
}

TEST(WritePrivateFile, SaysThatAFolderIsInTheWay) {
  const TemporaryFolder folder;

  EXPECT_THAT(problem_and_hint([&] { write_private_file(folder.path(), "x"); }),
              HasSubstr("folder of that name"));
}

TEST(WritePrivateFile, IntoAMissingFolderIsAnError) {
  const TemporaryFolder folder;

  EXPECT_THAT(problem_and_hint([&] { write_private_file(folder / "none/file", "x"); }),
              HasSubstr("none/file"));
}

TEST(WritePrivateFile, KeepsACopyOfAFileThatMayNotBeLinked) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root to make a file of another user";
  const TemporaryFolder folder;
  fs::permissions(folder.path(), fs::perms::all);
  write_bytes(folder / "file", "root's");
  fs::permissions(folder / "file", static_cast<fs::perms>(0644));

  // fs.protected_hardlinks lets nobody link what he may not write; replacing it in his own folder he may.
  const pid_t child = ::fork();
  if (child == 0) {
    constexpr uid_t kNobody = 65534;
    if (::setgid(kNobody) != 0 || ::setuid(kNobody) != 0) ::_exit(2);
    try {
      ::_exit(write_private_file(folder / "file", "new", Existing::keep_copy) ? 0 : 1);
    } catch (const Error&) {
      ::_exit(3);
    }
  }
  int status = 0;
  ::waitpid(child, &status, 0);

  EXPECT_EQ(WEXITSTATUS(status), 0);
  EXPECT_EQ(read_bytes(folder / "file"), "new");
  EXPECT_EQ(read_bytes(folder / "file.1"), "root's");
  EXPECT_EQ(mode_of(folder / "file.1"), 0600U);
}

// --- On the disk ---

TEST(OnTheDisk, EveryFolderInWhichAFolderWasMadeIsForced) {
  const TemporaryFolder folder;
  fs::create_directory(folder / "output");
  Disk disk;

  create_private_folder(folder / "output/backup/run", disk.sync());

  EXPECT_THAT(disk.synced, ElementsAre(folder / "output", folder / "output/backup"));
}

TEST(OnTheDisk, AFolderThatIsThereIsNotForcedAgain) {
  const TemporaryFolder folder;
  Disk disk;

  create_private_folder(folder.path(), disk.sync());

  EXPECT_THAT(disk.synced, IsEmpty());
}

TEST(OnTheDisk, AFolderThatCannotBeForcedIsAnError) {
  const TemporaryFolder folder;
  Disk disk;
  disk.failing = true;

  EXPECT_THAT(problem_and_hint([&] { create_private_folder(folder / "backup", disk.sync()); }),
              HasSubstr("cannot write to the folder " + folder.path().string()));
}

TEST(OnTheDisk, AWrittenFileIsForcedBeforeItsName) {
  const TemporaryFolder folder;
  Disk disk;

  write_private_file(folder / "file", "content", Existing::replace, disk.sync());

  ASSERT_EQ(disk.synced.size(), 2U);
  EXPECT_TRUE(disk.synced[0].filename().string().starts_with(".file."));
  EXPECT_EQ(disk.synced[1], folder.path());
}

TEST(OnTheDisk, TheNameOfAKeptCopyIsForcedBeforeTheFileIsReplaced) {
  const TemporaryFolder folder;
  write_bytes(folder / "file", "old");
  std::vector<std::string> seen;
  const Fsync sync = [&](int fd) {
    if (fs::read_symlink("/proc/self/fd/" + std::to_string(fd)) == folder.path())
      seen.push_back(read_bytes(folder / "file") + "," + read_bytes(folder / "file.1"));
    return ::fsync(fd);
  };

  write_private_file(folder / "file", "new", Existing::keep_copy, sync);

  EXPECT_THAT(seen, ElementsAre("old,old", "new,old"));
}

TEST(OnTheDisk, AFileWhoseContentCannotBeForcedLeavesTheOldOne) {
  const TemporaryFolder folder;
  write_bytes(folder / "file", "old");
  Disk disk;
  disk.failing = true;

  EXPECT_NE(
      problem_and_hint([&] { write_private_file(folder / "file", "new", Existing::replace, disk.sync()); }),
      "");
  EXPECT_EQ(read_bytes(folder / "file"), "old");
}

// --- Folders that others can write to ---

TEST(RequireOwnFolder, TakesWhatOnlyThisUserWrites) {
  const TemporaryFolder folder;
  fs::permissions(folder.path(), static_cast<fs::perms>(0755));
  EXPECT_NO_THROW(require_own_folder(folder.path()));
}

TEST(RequireOwnFolder, RefusesWhatOthersMayWrite) {
  const TemporaryFolder folder;
  for (const unsigned mode : {0770U, 0707U, 01777U}) {
    SCOPED_TRACE(mode);
    fs::permissions(folder.path(), static_cast<fs::perms>(mode));
    EXPECT_THAT(problem_and_hint([&] { require_own_folder(folder.path()); }),
                AllOf(HasSubstr("other users may write to it"), HasSubstr("chmod go-w")));
  }
}

TEST(RequireOwnFolder, RefusesAnotherUsersFolder) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give a folder away";
  const TemporaryFolder folder;
  ASSERT_EQ(::chown(folder.path().c_str(), 12345, 12345), 0);
  EXPECT_THAT(problem_and_hint([&] { require_own_folder(folder.path()); }),
              AllOf(HasSubstr("another user (uid 12345)"), HasSubstr("chown")));
}

// --- AppendFile ---

TEST(AppendFile, IsPrivateAndGoesOnWhereItEnded) {
  const TemporaryFolder folder;
  const Umask none(0);
  AppendFile(folder / "log").append("one\n");
  AppendFile(folder / "log").append("two\n");

  EXPECT_EQ(read_bytes(folder / "log"), "one\ntwo\n");
  EXPECT_EQ(mode_of(folder / "log"), 0600U);
}

TEST(AppendFile, MakesAFilePrivateThatOthersCouldRead) {
  const TemporaryFolder folder;
  write_bytes(folder / "log", "");
  fs::permissions(folder / "log", static_cast<fs::perms>(0644));

  AppendFile(folder / "log").append("secret\n");

  EXPECT_EQ(mode_of(folder / "log"), 0600U);
}

TEST(AppendFile, MovesWithItsFile) {
  const TemporaryFolder folder;
  AppendFile first(folder / "log");
  AppendFile second(std::move(first));

  second.append("line\n");
  second.sync();

  EXPECT_EQ(second.path(), folder / "log");
  EXPECT_EQ(read_bytes(folder / "log"), "line\n");
}

TEST(AppendFile, SaysThatTheDiskIsFull) {
  const TemporaryFolder folder;
  AppendFile file(folder / "log");
  std::string said;
  {
    const FullDisk full(10);
    said = problem_and_hint([&] { file.append("twenty characters...\n"); });
  }

  EXPECT_THAT(said, HasSubstr("cannot write " + (folder / "log").string()));
}

TEST(AppendFile, KeepsNoHalfLineWhereTheDiskIsFull) {
  const TemporaryFolder folder;
  AppendFile file(folder / "log");
  file.append("one\n");
  {
    const FullDisk full(10);
    EXPECT_NE(problem_and_hint([&] { file.append("twenty characters...\n"); }), "");
  }

  EXPECT_EQ(read_bytes(folder / "log"), "one\n");
  file.append("two\n");
  EXPECT_EQ(read_bytes(folder / "log"), "one\ntwo\n");
}

TEST(AppendFile, ForcesItsNameToTheDiskBeforeItsFirstUse) {
  const TemporaryFolder folder;
  Disk disk;

  const AppendFile file(folder / "log", disk.sync());

  EXPECT_THAT(disk.synced, ElementsAre(folder.path()));
}

TEST(AppendFile, CutsOffWhatDidNotReachTheDisk) {
  const TemporaryFolder folder;
  Disk disk;
  AppendFile file(folder / "log", disk.sync());
  file.append_to_disk("one\n");
  disk.failing = true;

  EXPECT_THAT(problem_and_hint([&] { file.append_to_disk("two\n"); }), HasSubstr("Input/output error"));

  EXPECT_EQ(read_bytes(folder / "log"), "one\n");
}

// An fsync that succeeds after one that failed proves nothing: the system may have forgotten the pages.
TEST(AppendFile, IsBrokenForGoodOnceItCouldNotBeForced) {
  const TemporaryFolder folder;
  Disk disk;
  AppendFile file(folder / "log", disk.sync());
  file.append("one\n");
  disk.failing = true;
  EXPECT_NE(problem_and_hint([&] { file.sync(); }), "");
  disk.failing = false;

  for (const auto& use : std::vector<std::function<void()>>{
           [&] { file.append("two\n"); }, [&] { file.append_to_disk("two\n"); }, [&] { file.sync(); }}) {
    EXPECT_THAT(problem_and_hint(use), HasSubstr("an earlier write did not reach the disk"));
  }
  EXPECT_EQ(read_bytes(folder / "log"), "one\n");
}

TEST(AppendFile, FollowsNoLink) {
  const TemporaryFolder folder;
  write_bytes(folder / "target", "");
  fs::permissions(folder / "target", static_cast<fs::perms>(0644));
  fs::create_symlink(folder / "target", folder / "log");

  EXPECT_THAT(problem_and_hint([&] { AppendFile(folder / "log").append("secret\n"); }),
              HasSubstr("symbolic link"));

  EXPECT_EQ(read_bytes(folder / "target"), "");
  EXPECT_EQ(mode_of(folder / "target"), 0644U);
}

}  // namespace

}  // namespace kots_export::util
