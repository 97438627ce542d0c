#include "cli/recovery.h"

#include "cli/installation.h"

#include <chrono>
#include <csignal>
#include <fstream>
#include <functional>
#include <thread>

#include <gmock/gmock.h>
#include <sys/resource.h>

namespace kots_export::test {

namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

const std::vector<std::string> kRollback = {"rollback", "--yes", "--settle-time=0"};

json runs_of(const Installation& installation) {
  return json::parse(installation.run({"runs", "-o", "json"}).out)["runs"];
}

TEST(Recovery, RollbackAfterACompleteRunRestoresEverything) {
  Installation installation;
  const json before = state_of(installation);
  ASSERT_EQ(installation.run(Installation::whole_run()).exit_code, 0);
  ASSERT_NE(state_of(installation), before);

  const Finished rollback = installation.run(kRollback);

  EXPECT_EQ(rollback.exit_code, 0) << rollback.err;
  EXPECT_EQ(difference(before, state_of(installation)), "");
  EXPECT_THAT(rollback.err, HasSubstr("the database migration is not undone"));
}

TEST(Recovery, ARollbackCanBeRolledBack) {
  Installation installation;
  ASSERT_EQ(installation.run(Installation::whole_run()).exit_code, 0);
  const json migrated = state_of(installation);
  ASSERT_EQ(installation.run(kRollback).exit_code, 0);
  const std::string rollback = runs_of(installation).at(0)["run"];

  const Finished again = installation.run({"rollback", rollback, "--yes"});

  EXPECT_EQ(again.exit_code, 0) << again.err;
  EXPECT_EQ(difference(migrated, state_of(installation)), "");
  EXPECT_TRUE(installation.server.get("Pod", kNamespace, "postgresql-0")) << "its Pods are orphaned again";
}

TEST(Recovery, RunsTellsWhatCameOfEachRunNewestFirst) {
  Installation installation;
  EXPECT_EQ(runs_of(installation), json::array());
  ASSERT_EQ(installation.run(Installation::whole_run()).exit_code, 0);
  ASSERT_EQ(installation.run(kRollback).exit_code, 0);

  const json runs = runs_of(installation);

  ASSERT_EQ(runs.size(), 2U);
  EXPECT_EQ(runs[0]["state"], "complete");
  EXPECT_EQ(runs[0]["rollsBack"], runs[1]["run"]);
  EXPECT_EQ(runs[1]["state"], "rolled back");
  EXPECT_EQ(runs[1]["namespace"], kNamespace);
  EXPECT_EQ(runs[1]["server"], installation.server.url());
  EXPECT_GT(runs[1]["changes"]["patched"], 10);
  EXPECT_THAT(installation.run({"runs"}).out, AllOf(HasSubstr("STATE"), HasSubstr("rolled back")));
}

TEST(Recovery, ABrokenJournalIsNamedAndStopsNothingElse) {
  Installation installation;
  const json before = state_of(installation);
  ASSERT_EQ(installation.run({"annotate", "--yes"}).exit_code, 0);
  const auto broken = installation.folder / "backup/20200101T000000.000Z-dead";
  std::filesystem::create_directory(broken);
  write(broken / "journal.jsonl", "nonsense\n{}\n");

  const json report = json::parse(installation.run({"runs", "-o", "json"}).out);
  const Finished flyway = installation.run({"flyway", "--yes"});
  const Finished named = installation.run({"rollback", "20200101", "--yes"});
  const Finished rollback = installation.run({"rollback", "--yes"});

  EXPECT_EQ(report["runs"].size(), 1U);
  ASSERT_EQ(report["unreadable"].size(), 1U);
  EXPECT_EQ(report["unreadable"][0]["run"], broken.filename().string());
  EXPECT_EQ(report["unreadable"][0]["why"], "line 1 is broken");
  EXPECT_THAT(installation.run({"runs"}).out, HasSubstr("unreadable: line 1 is broken"));
  EXPECT_EQ(flyway.exit_code, 0) << flyway.err;
  EXPECT_EQ(named.exit_code, 1);
  EXPECT_THAT(named.err, AllOf(HasSubstr("cannot read"), HasSubstr("line 1 is broken")));
  EXPECT_EQ(rollback.exit_code, 0) << rollback.err;
  EXPECT_THAT(rollback.err,
              HasSubstr("the journal of run " + broken.filename().string() + " cannot be read"));
  EXPECT_EQ(difference(before, state_of(installation)), "");
}

TEST(Recovery, WithoutARunThereIsNothingToRollBack) {
  Installation installation;
  const Finished rollback = installation.run(kRollback);
  EXPECT_EQ(rollback.exit_code, 1);
  EXPECT_THAT(rollback.err, HasSubstr("there is no run to roll back"));
}

TEST(Recovery, RollbackInADryRunChangesNothing) {
  Installation installation;
  ASSERT_EQ(installation.run(Installation::whole_run()).exit_code, 0);
  const json migrated = state_of(installation);
  installation.server.clear_requests();

  const Finished shown = installation.run({"rollback", "--dry-run=client"});

  EXPECT_EQ(shown.exit_code, 0) << shown.err;
  EXPECT_THAT(shown.out, AllOf(HasSubstr("create StatefulSet postgresql"), HasSubstr("nothing was changed")));
  EXPECT_EQ(installation.server.count_writes(), 0U);
  EXPECT_EQ(state_of(installation), migrated);
}

TEST(Recovery, RollbackGivesAServiceANewAddressWhereItsOldOneIsTaken) {
  Installation installation;
  const json service = installation.server.get("Service", kNamespace, "kotsadm").value();
  ASSERT_EQ(installation.run(Installation::whole_run()).exit_code, 0);
  installation.server.put(
      {{"apiVersion", "v1"},
       {"kind", "Service"},
       {"metadata", {{"name", "other"}, {"namespace", kNamespace}}},
       {"spec", {{"clusterIP", service["spec"]["clusterIP"]}, {"ports", service["spec"]["ports"]}}}});

  const Finished rollback = installation.run(kRollback);

  EXPECT_EQ(rollback.exit_code, 0) << rollback.err;
  EXPECT_THAT(rollback.err, HasSubstr("Service kotsadm gets a new address"));
  const json again = installation.server.get("Service", kNamespace, "kotsadm").value();
  EXPECT_NE(again["spec"]["clusterIP"], service["spec"]["clusterIP"]);
  EXPECT_EQ(again["spec"]["selector"], service["spec"]["selector"]);
}

TEST(Recovery, RollbackLeavesWhatSomebodyElseChangedSinceAndDoesTheRest) {
  Installation installation;
  const json before = state_of(installation);
  ASSERT_EQ(installation.run(Installation::whole_run()).exit_code, 0);
  json frontend = installation.server.get("Deployment", kNamespace, "frontend").value();
  frontend["metadata"]["annotations"]["meta.helm.sh/release-name"] = "somebody-elses";
  installation.server.put(frontend);

  const Finished rollback = installation.run(kRollback);

  EXPECT_EQ(rollback.exit_code, 1);
  EXPECT_THAT(rollback.err,
              AllOf(HasSubstr("Deployment frontend has since been changed"), HasSubstr("1 change of run")));
  json after = state_of(installation);
  EXPECT_EQ(after["Deployment/frontend"]["metadata"]["annotations"]["meta.helm.sh/release-name"],
            "somebody-elses");
  EXPECT_EQ(after["Deployment/frontend"]["metadata"]["labels"],
            before["Deployment/frontend"]["metadata"]["labels"]);
  after["Deployment/frontend"]["metadata"]["annotations"].erase("meta.helm.sh/release-name");
  EXPECT_EQ(difference(before, after), "");
}

TEST(Recovery, RollbackRefusesAnotherCluster) {
  Installation installation;
  ASSERT_EQ(installation.run(Installation::whole_run()).exit_code, 0);
  const Installation other;

  const Finished rollback =
      other.run(Start{.arguments = {"rollback", "--yes", "--output-dir", installation.folder.string()},
                      .environment = {},
                      .input = {},
                      .folder = {},
                      .meanwhile = {}});

  EXPECT_EQ(rollback.exit_code, 1);
  EXPECT_THAT(rollback.err, HasSubstr("was not made on this cluster"));
  EXPECT_EQ(other.server.count_writes(), 0U);
}

TEST(Recovery, AJobThatAKilledRunLeftIsFollowedToItsEnd) {
  Installation installation;
  installation.server.seed(
      "apiVersion: testing/v1\nkind: JobBehaviour\nname: circle-migrator\nstartDelay: 400\nlines: "
      "[migrated]\n");
  const Finished killed =
      installation.run(Start{.arguments = Installation::whole_run(),
                             .environment = {},
                             .input = {},
                             .folder = {},
                             .meanwhile = [&](pid_t pid) {
                               if (installation.server.get("Job", kNamespace, "circle-migrator"))
                                 ::kill(pid, SIGKILL);
                             }});
  ASSERT_EQ(killed.exit_code, 128 + SIGKILL);

  const Finished again = installation.run(Installation::whole_run());

  EXPECT_EQ(again.exit_code, 0) << again.err;
  EXPECT_THAT(again.err, HasSubstr("Job circle-migrator of an earlier run that was cut off is there"));
  EXPECT_FALSE(installation.server.get("Job", kNamespace, "circle-migrator"));
}

TEST(Recovery, CtrlCFinishesWhatIsInFlightAndSaysHowToGoOnAndBack) {
  Installation installation;
  installation.server.add_fault("method=PATCH delay=500");
  const json before = state_of(installation);
  const Finished run =
      installation.run(Start{.arguments = Installation::whole_run(),
                             .environment = {},
                             .input = {},
                             .folder = {},
                             .meanwhile = [&, sent = false](pid_t pid) mutable {
                               if (!sent && installation.server.count_requests("PATCH") > 0) {
                                 sent = true;
                                 ::kill(pid, SIGINT);
                               }
                             }});
  EXPECT_EQ(run.exit_code, 130) << run.err;
  EXPECT_THAT(run.err, AllOf(HasSubstr("Run the same command again"), HasSubstr("kots-export rollback")));
  const json runs = runs_of(installation);
  EXPECT_EQ(runs[0]["state"], "interrupted");
  EXPECT_EQ(runs[0]["changes"]["unknown"], 0) << "the journal is complete";
  EXPECT_FALSE(installation.server.get("Lease", kNamespace, "kots-export"));

  EXPECT_EQ(installation.run(kRollback).exit_code, 0);
  EXPECT_EQ(difference(before, state_of(installation)), "");
}

// Sends `signals` to a whole run once it patches.
Finished run_and_signal(Installation& installation, const std::vector<int>& signals) {
  installation.server.add_fault("method=PATCH hold-answer");
  return installation.run(Start{.arguments = Installation::whole_run(),
                                .environment = {},
                                .input = {},
                                .folder = {},
                                .meanwhile = [&, sent = false](pid_t pid) mutable {
                                  if (sent || installation.server.count_requests("PATCH") == 0) return;
                                  sent = true;
                                  for (const int signal : signals) {
                                    ::kill(pid, signal);
                                    std::this_thread::sleep_for(
                                        std::chrono::milliseconds(20));  // two at once are one
                                  }
                                  installation.server.clear_faults();  // lets go of what is held
                                }});
}

TEST(Rollback, IsRefusedWhileTheDatabaseIsMigrated) {
  Installation installation;
  installation.server.seed(
      "apiVersion: testing/v1\nkind: JobBehaviour\nname: circle-migrator\noutcome: never-finish\n");
  const Finished run = installation.run({"flyway", "--yes", "--timeout", "1"});
  ASSERT_EQ(run.exit_code, 1);
  EXPECT_THAT(run.err, AllOf(HasSubstr("Do not delete it"),
                             HasSubstr("run the same command again: `kots-export flyway --timeout 1 -y`"),
                             Not(HasSubstr("rollback"))));

  const Finished refused = installation.run(kRollback);
  EXPECT_EQ(refused.exit_code, 4);
  EXPECT_THAT(refused.err, AllOf(HasSubstr("the database migration is running: since "),
                                 HasSubstr("check migrator-job failed")));
  EXPECT_TRUE(installation.server.get("Job", kNamespace, "circle-migrator"));
  const Finished shown = installation.run({"rollback", "--dry-run=client"});
  EXPECT_EQ(shown.exit_code, 4);
  EXPECT_THAT(shown.out, AllOf(HasSubstr("! - delete Job circle-migrator"),
                               HasSubstr("! data: the database migration is stopped while it runs")));

  EXPECT_EQ(installation.run({"rollback", "--yes", "--settle-time=0", "--stop-migrator"}).exit_code, 0);
  EXPECT_FALSE(installation.server.get("Job", kNamespace, "circle-migrator"));
}

TEST(Rollback, AfterAnUpgradeByHelmIsRefusedUntilHelmHasGoneBack) {
  Installation installation;
  ASSERT_EQ(installation.run({"annotate", "--yes"}).exit_code, 0);
  installation.server.seed(R"({"apiVersion": "testing/v1", "kind": "HelmRelease", "name": "circleci-server",
    "namespace": "circleci-server", "revision": 2, "status": "deployed", "chartName": "circleci-server",
    "chartVersion": "4.0.1", "config": {}, "manifest": ""})");
  installation.server.clear_requests();

  const Finished refused = installation.run(kRollback);

  EXPECT_EQ(refused.exit_code, 4);
  EXPECT_THAT(refused.err, AllOf(HasSubstr("revision 2 is chart 4.0.1"),
                                 HasSubstr("helm rollback circleci-server 1 -n circleci-server")));
  EXPECT_EQ(installation.server.count_writes(), 0U);
  EXPECT_EQ(installation.run({"rollback", "--yes", "--settle-time=0", "--after-upgrade"}).exit_code, 0);
}

TEST(Rollback, SaysBeforehandWhatItDoesNotUndoAndWhatRunsAgain) {
  const Installation installation;
  ASSERT_EQ(installation.run(Installation::whole_run()).exit_code, 0);

  const Finished rollback = installation.run({"rollback"});

  EXPECT_EQ(rollback.exit_code, 2);  // nobody can be asked
  EXPECT_THAT(rollback.err,
              AllOf(HasSubstr("warning: the database migration is not undone"),
                    HasSubstr("note: Job inject-bottoken-abc123: recreated, so they run again")));
}

// The run that migrated left nothing to put back, and is not the one that is undone.
TEST(Rollback, SaysThatALaterRunMigratedTheDatabase) {
  const Installation installation;
  ASSERT_EQ(installation.run({"annotate", "--yes"}).exit_code, 0);
  ASSERT_EQ(installation.run({"rollback", "--dry-run=client"}).err.find("database migration"),
            std::string::npos);
  ASSERT_EQ(installation.run({"flyway", "--yes"}).exit_code, 0);
  EXPECT_THAT(installation.run(kRollback).err, HasSubstr("warning: the database migration is not undone"));
}

TEST(Rollback, SaysThatAnEarlierRunMigratedTheDatabase) {
  const Installation installation;
  ASSERT_EQ(installation.run({"flyway", "--yes"}).exit_code, 0);
  ASSERT_EQ(installation.run(Installation::whole_run()).exit_code, 0);
  EXPECT_THAT(installation.run(kRollback).err, HasSubstr("warning: the database migration is not undone"));
}

TEST(Rollback, StopsTheMigratorOfAnotherRunWhereToldTo) {
  Installation installation;
  installation.server.seed(
      "apiVersion: testing/v1\nkind: JobBehaviour\nname: circle-migrator\noutcome: never-finish\n");
  ASSERT_EQ(installation.run({"annotate", "--yes"}).exit_code, 0);
  const std::string run = runs_of(installation).at(0)["run"];
  ASSERT_EQ(installation.run({"flyway", "--yes", "--timeout", "1"}).exit_code, 1);

  const Finished rollback =
      installation.run({"rollback", run, "--yes", "--settle-time=0", "--stop-migrator"});

  EXPECT_EQ(rollback.exit_code, 0) << rollback.err;
  EXPECT_FALSE(installation.server.get("Job", kNamespace, "circle-migrator"));
  EXPECT_FALSE(installation.server.get("Secret", kNamespace, "circle-migrator-database"));
}

TEST(Rollback, InADryRunShowsWhatItDoesAsAPlanDoes) {
  const Installation installation;
  ASSERT_EQ(installation.run(Installation::whole_run()).exit_code, 0);
  const Finished shown = installation.run({"rollback", "--dry-run=client"});
  EXPECT_THAT(shown.out, AllOf(HasSubstr("release:"), HasSubstr("what it does to Pods, data and time"),
                               HasSubstr("+ create Deployment kotsadm")));
  EXPECT_LT(shown.out.find("+ create"), shown.out.find("~ patch"));
  const json document = json::parse(installation.run({"rollback", "--dry-run=client", "-o", "json"}).out);
  EXPECT_TRUE(document["effects"].is_object()) << document["effects"];
}

TEST(Rollback, WhatMayNotBeReadIsAFailedCheck) {
  apiserver::ApiServerOptions options;
  options.tokens = {"jane-token=jane"};
  options.deny = {"jane get secrets", "jane list secrets"};
  const Installation installation(options);
  ASSERT_EQ(installation.run(Installation::whole_run()).exit_code, 0);
  const Finished refused =
      installation.run({"rollback", "--yes", "--settle-time=0", "--token", "jane-token"});
  EXPECT_EQ(refused.exit_code, 4) << refused.err;
  EXPECT_THAT(refused.err, AllOf(HasSubstr("forbidden"), HasSubstr("auth can-i --list")));
}

TEST(Recovery, SomebodysSighupStopsTheRunInOrder) {
  Installation installation;
  const Finished run = run_and_signal(installation, {SIGHUP});

  EXPECT_EQ(run.exit_code, 130) << run.err;
  EXPECT_EQ(runs_of(installation)[0]["state"], "interrupted");
  EXPECT_FALSE(installation.server.get("Lease", kNamespace, "kots-export"));
}

TEST(Recovery, ASecondCtrlCEndsAtOnceAndSaysWhereTheJournalIs) {
  Installation installation;
  const Finished run = run_and_signal(installation, {SIGINT, SIGINT});

  EXPECT_EQ(run.exit_code, 128 + SIGINT) << run.err;
  EXPECT_THAT(run.err,
              ::testing::ContainsRegex("ended at once; what was sent, or may have been, is in .*backup.*\n"));
}

TEST(Recovery, ARunThatFailedSaysHowFarItCameAndBothWaysOn) {
  Installation installation;
  installation.server.add_fault("method=PATCH status=422 path=/deployments/frontend");
  const Finished run = installation.run({"annotate", "--yes"});

  EXPECT_EQ(run.exit_code, 1);
  EXPECT_THAT(run.err, AllOf(HasSubstr("refused 1, unknown 0"), HasSubstr("journal: ./backup/"),
                             HasSubstr("Run the same command again to go on"),
                             HasSubstr(" To go back to what was there before:\n    kots-export rollback " +
                                       runs_of(installation)[0]["run"].get<std::string>() + "\n")));
  EXPECT_EQ(runs_of(installation)[0]["state"], "failed");
}

TEST(Recovery, ARunThatDidNothingSendsNobodyToAnEarlierOnesRollback) {
  Installation installation;
  ASSERT_EQ(installation.run({"annotate", "--yes"}).exit_code, 0);
  installation.server.add_fault("method=DELETE status=403 path=postgresql");

  const Finished run = installation.run({"postgres", "--yes"});

  EXPECT_EQ(run.exit_code, 1);
  EXPECT_THAT(run.err, AllOf(HasSubstr("done 0, refused"), Not(HasSubstr("rollback"))));
}

TEST(Recovery, AJournalThatHoldsNothingIsNamedAndNotChosen) {
  Installation installation;
  const json before = state_of(installation);
  ASSERT_EQ(installation.run({"annotate", "--yes"}).exit_code, 0);
  const auto later = installation.folder / "backup/29991231T000000.000Z-aaaa";
  std::filesystem::create_directory(later);
  write(later / "journal.jsonl", std::string(4096, '\0'));

  const Finished rollback = installation.run(kRollback);

  EXPECT_EQ(rollback.exit_code, 0) << rollback.err;
  EXPECT_THAT(rollback.err, HasSubstr("29991231T000000.000Z-aaaa"));
  EXPECT_EQ(difference(before, state_of(installation)), "");
}

TEST(Recovery, WhatWasInFlightWhenTheLockWasLostIsUnknown) {
  Installation installation;
  installation.server.add_fault("method=PATCH path=/configmaps/ hold-answer");
  installation.server.add_fault("method=PATCH path=/leases status=503");
  const Finished run = installation.run({"annotate", "--yes", "--lock-duration", "3s", "-o", "json"});
  installation.server.clear_faults();

  EXPECT_EQ(run.exit_code, 1) << run.err;
  const json document = json::parse(run.out);
  const json journal = runs_of(installation)[0]["changes"];
  EXPECT_GT(journal["unknown"], 0);
  EXPECT_EQ(document["summary"]["unknown"], journal["unknown"]);
  EXPECT_EQ(document["summary"]["notSent"], journal["notSent"]);
  EXPECT_THAT(run.err, HasSubstr("unknown " + journal["unknown"].dump()));
}

TEST(Recovery, ASignInPageIsNeitherTheMigratorsLogNorTheEndOfItsJob) {
  Installation installation;
  installation.server.add_fault("method=GET path=/log html times=1");
  ASSERT_EQ(installation.run({"flyway", "--yes"}).exit_code, 0);
  EXPECT_THAT(read(installation.folder / "logs/circle-migrator.log"), Not(HasSubstr("<html>")));

  installation.server.add_fault("method=GET path=jobs?watch html");
  const Finished unseen = installation.run({"flyway", "--yes", "--timeout", "2"});
  EXPECT_EQ(unseen.exit_code, 1);
  EXPECT_THAT(unseen.err, AllOf(HasSubstr("whether Job circle-migrator has ended cannot be seen"),
                                HasSubstr("Do not delete it"), HasSubstr("the answer is not JSON")));
}

// --- A migration is one unit ---

TEST(Recovery, ADatabaseThatWasMigratedIsLeftOutUntilARollback) {
  const Installation installation;
  ASSERT_EQ(installation.run(Installation::whole_run()).exit_code, 0);
  const std::vector<std::string> plan = {"plan", "--license", "4x-license", "--detailed-exitcode"};

  const Finished again = installation.run(plan);
  EXPECT_EQ(again.exit_code, 0) << again.out << again.err;
  EXPECT_THAT(again.err, HasSubstr("has migrated the database"));
  auto forced = plan;
  forced.emplace_back("--again");
  EXPECT_EQ(installation.run(forced).exit_code, 3);
  EXPECT_EQ(installation.run({"plan", "flyway", "--detailed-exitcode"}).exit_code, 3) << "it was asked for";

  ASSERT_EQ(installation.run(kRollback).exit_code, 0);
  const Finished after = installation.run(plan);
  EXPECT_EQ(after.exit_code, 3);
  EXPECT_THAT(after.out + after.err, HasSubstr("Job circle-migrator"));
}

TEST(Recovery, RollbackPassesOverARunThatLeftNothingToUndo) {
  Installation installation;
  const json before = state_of(installation);
  ASSERT_EQ(installation.run({"annotate", "--yes"}).exit_code, 0);
  ASSERT_EQ(installation.run({"flyway", "--yes"}).exit_code, 0);

  EXPECT_EQ(installation.run(kRollback).exit_code, 0);

  EXPECT_EQ(difference(before, state_of(installation)), "");
}

TEST(Recovery, AMigrationThatTwoRunsMadeIsNeverStartedByARollback) {
  Installation installation;
  const json before = state_of(installation);
  ASSERT_EQ(installation.run({"annotate", "--yes"}).exit_code, 0);
  installation.server.add_fault("method=GET path=jobs?watch html");
  ASSERT_EQ(installation.run({"flyway", "--yes", "--timeout", "2"}).exit_code, 1);
  installation.server.clear_faults();
  ASSERT_EQ(installation.run({"flyway", "--yes"}).exit_code, 0) << "takes the Job up, and deletes it";
  installation.server.clear_requests();

  const Finished rollback = installation.run(kRollback);

  EXPECT_EQ(rollback.exit_code, 0) << rollback.err;
  EXPECT_EQ(difference(before, state_of(installation)), "") << "both are passed over";
  EXPECT_EQ(installation.server.count_requests("POST", "/jobs"), 0U);
}

// The Job stands there while a whole run, or annotate, goes over the namespace.
TEST(Recovery, WhatTheMigratorLeftIsNotMarkedAsTheReleases) {
  const std::vector<std::vector<std::vector<std::string>>> ways = {
      {Installation::whole_run()}, {{"annotate", "--yes"}, {"flyway", "--yes"}}};
  for (const auto& way : ways) {
    Installation installation;
    const json before = state_of(installation);
    installation.server.add_fault("method=GET path=jobs?watch html");
    ASSERT_EQ(installation.run({"flyway", "--yes", "--timeout", "2"}).exit_code, 1);
    installation.server.clear_faults();
    for (const auto& command : way) ASSERT_EQ(installation.run(command).exit_code, 0);
    installation.server.clear_requests();

    const Finished rollback = installation.run({"rollback", "--all", "--yes", "--settle-time=0"});

    EXPECT_EQ(rollback.exit_code, 0) << rollback.err;
    EXPECT_EQ(difference(before, state_of(installation)), "");
    EXPECT_THAT(rollback.err, Not(HasSubstr("create Job circle-migrator")));
  }
}

// Runs a command, and `change` while it waits for the answer that gives it the lock.
Finished run_while(Installation& installation, const std::vector<std::string>& arguments,
                   const std::function<void()>& change) {
  installation.server.add_fault("method=POST path=/leases hold-answer");
  return installation.run(Start{.arguments = arguments,
                                .environment = {},
                                .input = {},
                                .folder = {},
                                .meanwhile = [&, done = false](pid_t) mutable {
                                  if (done || installation.server.count_requests("POST", "/leases") == 0)
                                    return;
                                  done = true;
                                  change();
                                  installation.server.clear_faults();
                                }});
}

TEST(Recovery, APlanThatIsOutOfDateWhenTheLockIsHadIsNotCarriedOut) {
  Installation installation;
  const Finished run =
      run_while(installation, Installation::whole_run(), [&] {  // as another run would have done
        ASSERT_TRUE(installation.server.remove("Deployment", kNamespace, "kotsadm"));
      });

  EXPECT_EQ(run.exit_code, 1);
  EXPECT_THAT(run.err, AllOf(HasSubstr("the cluster is not as the plan saw it any more"),
                             HasSubstr("not needed any more: delete Deployment kotsadm"),
                             HasSubstr("Run the same command again")));
  EXPECT_EQ(written_objects(installation), json::array());
  EXPECT_FALSE(std::filesystem::exists(installation.folder / "output/helm-values.yaml"));
}

// As annotate's way back would.
void take_marks_from_frontend(Installation& installation) {
  json frontend = installation.server.get("Deployment", kNamespace, "frontend").value();
  frontend["metadata"]["labels"].erase("app.kubernetes.io/managed-by");
  frontend["metadata"]["annotations"].erase("meta.helm.sh/release-name");
  frontend["metadata"]["annotations"].erase("meta.helm.sh/release-namespace");
  installation.server.put(frontend);
}

// Another run's rollback, and its work after it, are not undone by an answer of long ago.
TEST(Recovery, ARollbackThatIsOutOfDateWhenTheLockIsHadIsNotCarriedOut) {
  Installation installation;
  ASSERT_EQ(installation.run({"annotate", "--yes"}).exit_code, 0);
  installation.server.clear_requests();
  const Finished run = run_while(installation, kRollback, [&] { take_marks_from_frontend(installation); });

  EXPECT_EQ(run.exit_code, 1);
  EXPECT_THAT(run.err, AllOf(HasSubstr("the cluster is not as the plan saw it any more"),
                             HasSubstr("kots-export rollback 2"), Not(HasSubstr("Run the same command"))))
      << "another run may be the newest now";
  EXPECT_EQ(written_objects(installation), json::array());
}

// What a run did in its last seconds stood in no journal when the rollback was planned.
TEST(Recovery, RollbackOfARunThatHasGoneOnSinceIsNotCarriedOut) {
  for (const bool has_something : {true, false}) {
    SCOPED_TRACE(has_something);
    Installation installation;
    ASSERT_EQ(installation.run({"annotate", "--yes"}).exit_code, 0);
    if (!has_something) {
      take_marks_from_frontend(installation);
      ASSERT_EQ(installation.run({"annotate", "--yes"}).exit_code, 0);
      take_marks_from_frontend(installation);
    }
    const std::string journal = runs_of(installation).at(0)["journal"];
    installation.server.clear_requests();
    const Finished run = run_while(installation, kRollback, [&] {
      std::ofstream(installation.folder / journal, std::ios::app)
          << R"({"event":"end","result":"complete","at":"2026-11-27T00:00:00Z"})" << '\n';
    });

    EXPECT_EQ(run.exit_code, 1);
    EXPECT_THAT(run.err, HasSubstr("has gone on since this was planned"));
    EXPECT_EQ(written_objects(installation), json::array());
    EXPECT_EQ(installation.run(kRollback).exit_code, 0) << "it is not rolled back";
  }
}

// The newest was meant, and another one is that by now.
TEST(Recovery, RollbackWithoutANameIsNotThatOfAnOlderRun) {
  Installation installation;
  ASSERT_EQ(installation.run({"annotate", "--yes"}).exit_code, 0);
  const std::string first = runs_of(installation).at(0)["run"];
  installation.server.clear_requests();
  const Finished run = run_while(installation, kRollback, [&] {
    const auto backup = installation.folder / "backup";
    const auto later = backup / "29991231T000000.000Z-zzzz";
    std::filesystem::copy(backup / first, later);
    std::ifstream old(backup / first / "journal.jsonl");
    std::string text((std::istreambuf_iterator<char>(old)), std::istreambuf_iterator<char>());
    text.replace(text.find(first), first.size(), later.filename().string());
    std::ofstream(later / "journal.jsonl", std::ios::trunc) << text;
  });

  EXPECT_EQ(run.exit_code, 1);
  EXPECT_THAT(run.err, HasSubstr("was made since this was planned"));
  EXPECT_EQ(written_objects(installation), json::array());
}

TEST(Recovery, RollbackOfARunThatIsStillAtWorkIsRefused) {
  Installation installation;
  installation.server.add_fault("method=PATCH path=/deployments/frontend hold");
  Finished refused;
  const Finished run = installation.run(Start{.arguments = {"annotate", "--yes"},
                                              .environment = {},
                                              .input = {},
                                              .folder = {},
                                              .meanwhile = [&, done = false](pid_t) mutable {
                                                if (done || installation.server.held() == 0) return;
                                                done = true;
                                                refused = installation.run(kRollback);
                                                installation.server.clear_faults();
                                              }});

  EXPECT_EQ(run.exit_code, 0) << run.err;
  EXPECT_EQ(refused.exit_code, 4) << refused.err;
  EXPECT_THAT(refused.err, HasSubstr("is still running"));
  EXPECT_EQ(installation.run(kRollback).exit_code, 0);
}

TEST(Recovery, AMigratorThatWasStartedSinceTheRollbackWasPlannedIsNotLeftRunning) {
  Installation installation;
  ASSERT_EQ(installation.run({"annotate", "--yes"}).exit_code, 0);
  installation.server.clear_requests();
  const Finished run =
      run_while(installation, {"rollback", "--yes", "--settle-time=0", "--stop-migrator"}, [&] {
        installation.server.put(json::parse(R"({"apiVersion": "batch/v1", "kind": "Job",
          "metadata": {"name": "circle-migrator", "namespace": "circleci-server"},
          "spec": {"template": {"spec": {"restartPolicy": "Never",
                                         "containers": [{"name": "migrator", "image": "migrator"}]}}},
          "status": {"active": 1, "startTime": "2026-11-27T00:00:00Z"}})"));
      });

  EXPECT_EQ(run.exit_code, 1);
  EXPECT_THAT(run.err, HasSubstr("the database migration was started since this was planned"));
  EXPECT_EQ(written_objects(installation), json::array());
}

TEST(Recovery, AnAppliedPlanDoesNotMigrateWhatWasMigratedSince) {
  Installation installation;
  ASSERT_EQ(installation.run({"plan", "flyway", "--out", "migration.plan"}).exit_code, 0);
  ASSERT_EQ(installation.run({"flyway", "--yes"}).exit_code, 0);
  installation.server.clear_requests();

  const Finished applied = installation.run({"apply", "migration.plan", "--yes"});

  EXPECT_EQ(applied.exit_code, 1);
  EXPECT_THAT(applied.err, HasSubstr("has migrated the database since this was planned"));
  EXPECT_EQ(installation.server.count_requests("POST", "/jobs"), 0U);
}

TEST(Recovery, APlanWhoseObjectsOnlyReportedTheirStatusIsCarriedOut) {
  Installation installation;
  const Finished run = run_while(installation, Installation::whole_run(), [&] {
    json frontend = installation.server.get("Deployment", kNamespace, "frontend").value();
    frontend["status"]["observedGeneration"] = 7;
    installation.server.put(frontend);
  });

  EXPECT_EQ(run.exit_code, 0) << run.err;
  EXPECT_THAT(run.err, Not(HasSubstr("holds the lock"))) << "its own";
}

TEST(Recovery, AMigratorThatARollbackStoppedIsNotStartedByUndoingThat) {
  Installation installation;
  installation.server.add_fault("method=GET path=jobs?watch html");
  ASSERT_EQ(installation.run({"flyway", "--yes", "--timeout", "2"}).exit_code, 1);
  installation.server.clear_faults();
  ASSERT_EQ(installation.run({"rollback", "--yes", "--settle-time=0", "--stop-migrator"}).exit_code, 0);
  const std::string rollback = runs_of(installation).at(0)["run"];
  installation.server.clear_requests();

  EXPECT_EQ(installation.run({"rollback", rollback, "--yes"}).exit_code, 0);

  EXPECT_EQ(installation.server.count_requests("POST", "/jobs"), 0U);
  EXPECT_FALSE(installation.server.get("Secret", kNamespace, "circle-migrator-database"));
}

TEST(Recovery, RollbackOfAllGoesBackBeforeTheFirstRun) {
  Installation installation;
  const json before = state_of(installation);
  ASSERT_EQ(installation.run({"annotate", "--yes"}).exit_code, 0);
  ASSERT_EQ(installation.run({"kots_cleanup", "--yes"}).exit_code, 0);

  const Finished rollback = installation.run({"rollback", "--all", "--yes", "--settle-time=0"});

  EXPECT_EQ(rollback.exit_code, 0) << rollback.err;
  EXPECT_EQ(difference(before, state_of(installation)), "");
  EXPECT_EQ(installation.run({"rollback", "--all", "--yes"}).exit_code, 1) << "there is nothing left";
}

// Its objects are as a later run left them: what that did is not undone under this one's name.
TEST(Recovery, ARunThatIsRolledBackIsNotRolledBackAgain) {
  Installation installation;
  ASSERT_EQ(installation.run({"annotate", "--yes"}).exit_code, 0);
  const std::string run = runs_of(installation).at(0)["run"];
  ASSERT_EQ(installation.run(kRollback).exit_code, 0);
  ASSERT_EQ(installation.run({"annotate", "--yes"}).exit_code, 0);
  const json before = state_of(installation);

  const Finished again = installation.run({"rollback", run, "--yes", "--settle-time=0"});

  EXPECT_EQ(again.exit_code, 0) << again.err;
  EXPECT_THAT(again.err, HasSubstr("run " + run + " is rolled back already"));
  EXPECT_EQ(difference(before, state_of(installation)), "");
}

// What a rollback goes back to is what stood there when it was overwritten, not when the plan was made.
TEST(Recovery, AValueThatWasChangedBeforeTheLockWasHadComesBack) {
  Installation installation;
  const auto set_label = [&](const char* value) {
    json frontend = installation.server.get("Deployment", kNamespace, "frontend").value();
    frontend["metadata"]["labels"]["app.kubernetes.io/managed-by"] = value;
    installation.server.put(frontend);
  };
  set_label("one");
  ASSERT_EQ(run_while(installation, {"annotate", "--yes"}, [&] { set_label("another"); }).exit_code, 0);
  ASSERT_EQ(installation.run(kRollback).exit_code, 0);

  const json frontend = installation.server.get("Deployment", kNamespace, "frontend").value();
  EXPECT_EQ(frontend["metadata"]["labels"]["app.kubernetes.io/managed-by"], "another");
}

TEST(Recovery, RollbackWhoseVolumeIsNotFreedMakesNoClaimAndTheNextOneEndsWell) {
  Installation installation;
  const json before = state_of(installation);
  ASSERT_EQ(installation.run(Installation::whole_run()).exit_code, 0);
  installation.server.add_fault("status=422 method=PATCH path=/persistentvolumes/");
  ASSERT_EQ(installation.run(kRollback).exit_code, 1);
  EXPECT_EQ(installation.server.count_requests("POST", "/persistentvolumeclaims"), 0U);
  installation.server.clear_faults();

  const Finished rollback = installation.run(kRollback);

  EXPECT_EQ(rollback.exit_code, 0) << rollback.err;
  EXPECT_EQ(difference(before, state_of(installation)), "");
}

TEST(Recovery, RunsShowTellsEachChangeOfARun) {
  Installation installation;
  installation.server.add_fault("method=PATCH status=422 path=/deployments/frontend delay=1500");
  ASSERT_EQ(installation.run({"annotate", "--yes"}).exit_code, 1);
  const std::string run = runs_of(installation)[0]["run"];

  const Finished shown = installation.run({"runs", "show", run.substr(0, 15)});

  EXPECT_EQ(shown.exit_code, 0) << shown.err;
  EXPECT_THAT(shown.out, AllOf(HasSubstr("state:      failed"), HasSubstr("user:       admin ("),
                               HasSubstr("steps:      annotate\n"),
                               ::testing::ContainsRegex("ended:      .*Z \\(.*s\\)"),
                               HasSubstr("done     patch  Deployment output-processor (annotate)"),
                               HasSubstr("refused  patch  Deployment frontend (annotate): ")));
  const json document = json::parse(installation.run({"runs", "show", run, "-o", "json"}).out)["run"];
  EXPECT_EQ(document["state"], "failed");
  EXPECT_EQ(document["notSentIs"], "known");
  EXPECT_EQ(document["steps"], json::array({"annotate"}));
  EXPECT_EQ(document["entries"].size(), document["changes"]["patched"].get<std::size_t>() + 1);
  EXPECT_EQ(installation.run({"runs", "show", "1999"}).exit_code, 2);
}

TEST(Recovery, NothingIsSentWhoseJournalLineWasNotWritten) {
  Installation installation;
  const json before = state_of(installation);
  // Files may not grow beyond 24 kB: room for logs and values, not for the journal's images.
  rlimit old{};
  ::getrlimit(RLIMIT_FSIZE, &old);
  std::signal(SIGXFSZ, SIG_IGN);  // as in a child of a shell that ignores it: write(2) fails instead
  rlimit limit = old;
  limit.rlim_cur = 24'000;
  ::setrlimit(RLIMIT_FSIZE, &limit);
  const Finished run = installation.run(Installation::whole_run());
  ::setrlimit(RLIMIT_FSIZE, &old);

  EXPECT_EQ(run.exit_code, 1);
  EXPECT_THAT(run.err, HasSubstr("cannot write"));
  const auto journal = find_journal(installation);
  const json sent = written_objects(installation);
  for (const auto& object : sent)
    EXPECT_THAT(read(journal), HasSubstr("\"name\":\"" + object.get<std::string>() + "\""));
  EXPECT_EQ(installation.run(kRollback).exit_code, 0);
  EXPECT_EQ(difference(before, state_of(installation)), "");
}

TEST(Lock, OfAnotherRunIsRespectedAndForceUnlockTakesIt) {
  Installation installation;
  installation.server.put(json::parse(R"({"apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
    "metadata": {"name": "kots-export", "namespace": "circleci-server"},
    "spec": {"holderIdentity": "jo@elsewhere/1/r", "leaseDurationSeconds": 3600}})"));
  const Finished refused = installation.run(
      Start{.arguments = {"annotate", "--yes"},
            .environment = {},
            .input = {},
            .folder = {},
            .meanwhile = [&](pid_t) {
              json lease = installation.server.get("Lease", kNamespace, "kots-export").value();
              lease["spec"]["renewTime"] = std::to_string(installation.server.resource_version());
              installation.server.put(lease);
            }});
  EXPECT_EQ(refused.exit_code, 4);
  EXPECT_THAT(refused.err, HasSubstr("jo@elsewhere/1/r holds the lock"));
  EXPECT_EQ(installation.server.count_requests("PATCH"), 0U);

  EXPECT_EQ(installation.run({"annotate", "--yes", "--force-unlock"}).exit_code, 0);
  EXPECT_FALSE(installation.server.get("Lease", kNamespace, "kots-export"));
}

TEST(Lock, ThatMayNotBeTakenWarnsAndTheRunGoesOn) {
  apiserver::ApiServerOptions options;
  options.tokens = {"t=jane"};
  options.deny = {"jane * leases.coordination.k8s.io"};
  Installation installation(options);
  const Finished run = installation.run({"annotate", "--yes", "--token", "t"});
  EXPECT_EQ(run.exit_code, 0) << run.err;
  EXPECT_THAT(run.err, HasSubstr("cannot be locked against a second run"));
}

}  // namespace

}  // namespace kots_export::test
