#include "cli/recovery.h"

#include <csignal>
#include <cstdlib>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

// A whole run on 300 objects, killed with SIGKILL before and after its n-th write. By default n is each of
// the last 60 writes, where most differs from one to the next (the database's migration, deletes, the Lease),
// and every 100th before; with KOTS_EXPORT_KILL_AT=every-write it is each (ctest -C Long -L long).
namespace kots_export::test {

namespace {

using nlohmann::json;

constexpr int kShards = 16;
constexpr int kLast = 60;
constexpr int kSample = 100;

std::string many_objects() {
  std::string yaml =
      "apiVersion: testing/v1\nkind: JobBehaviour\nname: circle-migrator\nstartDelay: 0\ndelay: 0\nlines: "
      "[migrated]\n";
  struct Kind {
    const char* header;
    int count;
    const char* content;
  };
  constexpr Kind kKinds[] = {
      {"apiVersion: v1, kind: ConfigMap", 150, "data: {key: \"value %d\"}"},
      {"apiVersion: v1, kind: Secret", 60, "type: Opaque, data: {key: dmFsdWU=}"},
      {"apiVersion: v1, kind: Service", 25, "spec: {selector: {app: \"a-%d\"}, ports: [{port: 80}]}"},
      {"apiVersion: v1, kind: ServiceAccount", 20, "automountServiceAccountToken: false"},
  };
  for (const Kind& kind : kKinds) {
    yaml += "---\napiVersion: testing/v1\nkind: Repeat\ncount: " + std::to_string(kind.count) +
            "\nobject: {" + kind.header +
            ", metadata: {name: \"many-%d\", namespace: circleci-server, labels: {app: \"many-%d\", "
            "kots.io/app-slug: "
            "circleci-server, kots.io/backup: velero}, annotations: {kots.io/app-slug: circleci-server}}, " +
            kind.content + "}\n";
  }
  return yaml;
}

apiserver::ApiServerOptions options() {
  apiserver::ApiServerOptions result;
  result.seed = many_objects();
  return result;
}

// The numbers of the writes at which one shard kills a run that has `writes`. The one after the last is never
// sent: there the run ends by itself.
std::vector<int> points(int writes, int shard) {
  const char* at = std::getenv("KOTS_EXPORT_KILL_AT");
  const bool every = at != nullptr && std::string_view(at) == "every-write";
  std::vector<int> all;
  for (int n = 1; n <= writes + 1; ++n) {
    if (every || n % kSample == 1 || n > writes - kLast) all.push_back(n);
  }
  std::vector<int> mine;
  for (auto i = static_cast<std::size_t>(shard); i < all.size(); i += kShards) mine.push_back(all[i]);
  return mine;
}

// One installation that is killed, mended and rolled back again and again: each rollback has to leave it as
// it was, or the next point fails.
class Kill : public ::testing::TestWithParam<int> {
 protected:
  Kill() : installation(options()), before(state_of(installation)) {
    run_to_the_end();
    migrated = state_of(installation);
    writes = static_cast<int>(installation.server.count_writes());
    roll_back("undisturbed");
  }

  void run_to_the_end() {
    const Finished run = installation.run(Installation::whole_run());
    ASSERT_EQ(run.exit_code, 0) << run.err;
  }

  // Returns false where the run has fewer than n writes.
  bool kill_at(int n, const std::string& moment) {
    installation.server.add_fault("writes times=1 after=" + std::to_string(n - 1) + " " + moment);
    const Finished run = installation.run(Start{.arguments = Installation::whole_run(),
                                                .environment = {},
                                                .input = {},
                                                .folder = {},
                                                .meanwhile = [&](pid_t pid) {
                                                  if (installation.server.held() > 0) ::kill(pid, SIGKILL);
                                                }});
    installation.server.clear_faults();
    EXPECT_TRUE(run.exit_code == 128 + SIGKILL || run.exit_code == 0) << run.exit_code << run.err;
    const bool was_killed = run.exit_code != 0;
    if (was_killed) ++kills;
    return was_killed;
  }

  // A run that was killed before its journal was there has sent nothing, and there is nothing to undo.
  void roll_back(const std::string& what) {
    const Finished rollback = installation.run({"rollback", "--yes", "--settle-time=0", "--stop-migrator"});
    const bool no_run = rollback.err.find("there is no run to roll back") != std::string::npos;
    ASSERT_TRUE(rollback.exit_code == 0 || no_run) << what << "\n" << rollback.err;
  }

  void expect_state(const json& wanted, const std::string& what) {
    // Garbage collection takes a moment.
    (void)installation.server.wait_until([&] { return state_of(installation) == wanted; });
    EXPECT_EQ(difference(wanted, state_of(installation)), "") << what;
  }

  Installation installation;
  json before;
  json migrated;
  int writes = 0;
  std::size_t kills = 0;
};

TEST_P(Kill, AtAnyWriteARunConvergesWhenItIsRunAgainAndIsUndoneByRollback) {
  expect_state(before, "after the undisturbed run was rolled back");
  const std::vector<int> all = points(writes, GetParam());
  for (const int n : all) {
    for (const char* moment : {"hold", "hold-answer"}) {
      if (HasFailure()) return;
      SCOPED_TRACE("write " + std::to_string(n) + " of " + std::to_string(writes) + ", " + moment);
      if (!kill_at(n, moment)) {
        roll_back("it was not killed");
        continue;
      }
      roll_back("after the kill");
      expect_state(before, "rolled back after the kill");

      if (!kill_at(n, moment)) {
        roll_back("it was not killed");
        continue;
      }
      run_to_the_end();
      expect_state(migrated, "run again after the kill");
      roll_back("the second run");
      roll_back("the killed run");
      expect_state(before, "both rolled back");
    }
    std::filesystem::remove_all(installation.folder / "backup");
  }
  // Of the four at each write; where the run has a write less than the one before it, there is none.
  EXPECT_GE(kills, 2 * all.size()) << "too little was tried";
}

INSTANTIATE_TEST_SUITE_P(Shards, Kill, ::testing::Range(0, kShards));

}  // namespace

}  // namespace kots_export::test
