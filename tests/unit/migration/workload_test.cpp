#include "migration/verify/workload.h"

#include <ostream>
#include <string>

#include <gmock/gmock.h>

namespace kots_export::migration {

namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using State = Readiness::State;

struct Case {
  const char* name;
  const char* kind;
  const char* live;
  State state;
  const char* why;
};
void PrintTo(const Case& one, std::ostream* out) { *out << one.name; }

class Judge : public ::testing::TestWithParam<Case> {};

TEST_P(Judge, AsKstatusDoes) {
  const Case& one = GetParam();
  const Readiness found = judge(one.kind, json::parse(one.live));
  EXPECT_EQ(found.state, one.state) << found.why;
  EXPECT_THAT(found.why, HasSubstr(one.why));
}

INSTANTIATE_TEST_SUITE_P(
    Workloads, Judge,
    ::testing::Values(
        Case{
            "DeploymentReady", "Deployment",
            R"({"metadata":{"generation":2},"spec":{"replicas":2},"status":{"observedGeneration":2,"replicas":2,
                 "updatedReplicas":2,"availableReplicas":2,"readyReplicas":2}})",
            State::ready, ""},
        Case{"DeploymentScaledToNothing", "Deployment", R"({"spec":{"replicas":0},"status":{}})",
             State::ready, ""},
        Case{
            "DeploymentNotSeenYet", "Deployment",
            R"({"metadata":{"generation":3},"spec":{"replicas":1},"status":{"observedGeneration":2,"replicas":1,
                 "updatedReplicas":1,"availableReplicas":1,"readyReplicas":1}})",
            State::in_progress, "has not seen"},
        Case{"DeploymentOldPods", "Deployment",
             R"({"spec":{"replicas":1},"status":{"replicas":2,"updatedReplicas":1,"availableReplicas":2,
                 "readyReplicas":2}})",
             State::in_progress, "1 of the old revision"},
        Case{"DeploymentNotUpdated", "Deployment",
             R"({"spec":{"replicas":2},"status":{"replicas":2,"updatedReplicas":1,"availableReplicas":2,
                 "readyReplicas":2}})",
             State::in_progress, "1 of 2 of the new revision"},
        Case{"DeploymentGivenUp", "Deployment",
             R"({"spec":{"replicas":1},"status":{"replicas":1,"updatedReplicas":1,"conditions":[
                 {"type":"Progressing","status":"False","reason":"ProgressDeadlineExceeded","message":"timed out"}]}})",
             State::failed, "timed out"},
        Case{"DeploymentNotAvailable", "Deployment",
             R"({"spec":{"replicas":1},"status":{"replicas":1,"updatedReplicas":1,"availableReplicas":1,
                 "readyReplicas":1,"conditions":[{"type":"Available","status":"False","message":"minimum"}]}})",
             State::in_progress, "minimum"},
        Case{
            "StatefulSetReady", "StatefulSet",
            R"({"spec":{"replicas":1,"updateStrategy":{"type":"RollingUpdate","rollingUpdate":{"partition":0}}},
                 "status":{"replicas":1,"readyReplicas":1,"currentReplicas":1,"updatedReplicas":1}})",
            State::ready, ""},
        Case{"StatefulSetOnDelete", "StatefulSet",
             R"({"spec":{"replicas":1,"updateStrategy":{"type":"OnDelete"}},"status":{}})", State::ready, ""},
        Case{"StatefulSetNotReady", "StatefulSet",
             R"({"spec":{"replicas":2},"status":{"replicas":2,"readyReplicas":1}})", State::in_progress,
             "1 of 2 ready"},
        Case{"StatefulSetRolling", "StatefulSet",
             R"({"spec":{"replicas":1},"status":{"replicas":1,"readyReplicas":1,"currentReplicas":1,
                 "currentRevision":"a","updateRevision":"b"}})",
             State::in_progress, "rolling update"},
        Case{"StatefulSetPartition", "StatefulSet",
             R"({"spec":{"replicas":3,"updateStrategy":{"rollingUpdate":{"partition":1}}},
                 "status":{"replicas":3,"readyReplicas":3,"updatedReplicas":1}})",
             State::in_progress, "1 of 2 of the new revision"},
        Case{"DaemonSetNotSeenYet", "DaemonSet", R"({"spec":{},"status":{}})", State::in_progress,
             "not looked"},
        Case{"DaemonSetWithoutNodes", "DaemonSet",
             R"({"status":{"observedGeneration":1,"desiredNumberScheduled":0}})", State::ready, ""},
        Case{"DaemonSetNotReady", "DaemonSet",
             R"({"status":{"observedGeneration":1,"desiredNumberScheduled":2,"currentNumberScheduled":2,
                 "updatedNumberScheduled":2,"numberAvailable":2,"numberReady":1}})",
             State::in_progress, "1 of 2 ready"},
        Case{"JobRunning", "Job", R"({"status":{"startTime":"2026-11-24T10:15:30Z","active":1}})",
             State::ready, ""},
        Case{"JobNotBegun", "Job", R"({"status":{}})", State::in_progress, "not begun"},
        Case{"JobComplete", "Job", R"({"status":{"conditions":[{"type":"Complete","status":"True"}]}})",
             State::ready, ""},
        Case{
            "JobFailed", "Job",
            R"({"status":{"conditions":[{"type":"Failed","status":"True","reason":"BackoffLimitExceeded"}]}})",
            State::failed, "BackoffLimitExceeded"},
        Case{"BeingDeleted", "Deployment", R"({"metadata":{"deletionTimestamp":"2026-11-24T10:15:30Z"}})",
             State::in_progress, "being deleted"}),
    [](const auto& one) { return std::string(one.param.name); });

}  // namespace

}  // namespace kots_export::migration
