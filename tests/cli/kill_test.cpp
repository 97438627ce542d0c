#include "cli/recovery.h"

#include <csignal>
#include <cstdlib>

#include <gtest/gtest.h>

// A whole run on 300 objects, killed with SIGKILL before and after its n-th write, for every n. By default a
// sample of the points; KOTS_EXPORT_KILL_EVERY=1 takes every one (ctest -C Recovery -L recovery).
namespace kots_export::test {

namespace {

using nlohmann::json;

constexpr int kShards = 8;

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

int stride() {
  const char* every = std::getenv("KOTS_EXPORT_KILL_EVERY");
  return every != nullptr ? std::max(1, std::atoi(every)) : 100;
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
    return run.exit_code != 0;
  }

  // A run that was killed before its journal was there has sent nothing, and there is nothing to undo.
  void roll_back(const std::string& what) {
    const Finished rollback = installation.run({"rollback", "--yes", "--settle-time=0"});
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
};

TEST_P(Kill, AtAnyWriteARunConvergesWhenItIsRunAgainAndIsUndoneByRollback) {
  expect_state(before, "after the undisturbed run was rolled back");
  for (int n = 1 + GetParam() * stride(); n <= writes + 1 && !HasFatalFailure(); n += kShards * stride()) {
    for (const char* moment : {"hold", "hold-answer"}) {
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
      if (HasFailure()) return;
    }
    std::filesystem::remove_all(installation.folder / "backup");
  }
}

INSTANTIATE_TEST_SUITE_P(Shards, Kill, ::testing::Range(0, kShards));

}  // namespace

}  // namespace kots_export::test
