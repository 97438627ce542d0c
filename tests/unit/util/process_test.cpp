#include <kots_export/util/process.h>

#include "unit/support/temporary_folder.h"

#include <csignal>
#include <fstream>
#include <utility>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

namespace kots_export::util {

namespace {

// A process of ours, until it is told to end.
class Child {
 public:
  Child() {
    int pipe[2] = {};
    if (::pipe(pipe) != 0) throw std::runtime_error("no pipe");
    pid_ = ::fork();
    if (pid_ == 0) {
      ::close(pipe[1]);
      char byte = 0;
      (void)!::read(pipe[0], &byte, 1);
      ::_exit(0);
    }
    ::close(pipe[0]);
    end_ = pipe[1];
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() { end(); }
  void end() {
    become_zombie();
    if (!std::exchange(was_asked_, true)) ::waitpid(pid_, nullptr, 0);
  }
  // It ends, and nobody asks how.
  void become_zombie() {
    if (end_ < 0) return;
    ::close(end_);
    end_ = -1;
    siginfo_t info{};
    ::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOWAIT);
  }
  // As process_identity() names it, started at the same time as this process.
  [[nodiscard]] std::string identity() const {
    std::ifstream stat("/proc/" + std::to_string(pid_) + "/stat");
    std::string field;
    for (int i = 0; i < 22; ++i) stat >> field;
    return identity(field);
  }
  // `started` may be wrong.
  [[nodiscard]] std::string identity(const std::string& started) const {
    const std::string mine = process_identity();
    const auto pid_at = mine.rfind('/', mine.rfind('/') - 1);
    return mine.substr(0, pid_at + 1) + std::to_string(pid_) + "/" + started;
  }

 private:
  pid_t pid_ = -1;
  int end_ = -1;
  bool was_asked_ = false;  // how it ended
};

TEST(Process, ThatRunsHasNotEnded) { EXPECT_FALSE(has_ended(process_identity())); }

TEST(Process, OfAnotherMachineIsNotKnown) {
  EXPECT_FALSE(has_ended("another-machine/pid:[1]/1/1"));
  EXPECT_FALSE(has_ended(""));
}

TEST(Process, WhosePidIsAnothersNowHasEnded) {
  const Child child;
  EXPECT_TRUE(has_ended(child.identity("1")));
}

// A parent that does not ask how it ended keeps it in /proc: a CI agent, a container without an init.
TEST(Process, ThatIsAZombieHasEnded) {
  Child child;
  const std::string identity = child.identity();
  EXPECT_FALSE(has_ended(identity));
  EXPECT_TRUE(is_running(identity));
  child.become_zombie();
  EXPECT_TRUE(has_ended(identity));
  EXPECT_FALSE(is_running(identity));
}

// What is seen of a process of another user where /proc is mounted with hidepid=2: nothing.
TEST(Process, ThatProcDoesNotShowIsAskedForBySignal) {
  const test::TemporaryFolder hidden;
  Child child;
  EXPECT_FALSE(has_ended(child.identity("1"), hidden.path()));
  child.end();
  EXPECT_TRUE(has_ended(child.identity("1"), hidden.path()));
}

// And with hidepid=1: a folder that is not readable.
TEST(Process, ThatProcDoesNotLetUsReadIsAskedForBySignal) {
  const test::TemporaryFolder hidden;
  Child child;
  const std::string identity = child.identity("1");
  const std::string pid =
      identity.substr(0, identity.rfind('/')).substr(identity.rfind('/', identity.rfind('/') - 1) + 1);
  // Not readable for root either: a folder where a file is expected.
  std::filesystem::create_directories(hidden.path() / pid / "stat");
  EXPECT_FALSE(has_ended(identity, hidden.path()));
}

}  // namespace

}  // namespace kots_export::util
