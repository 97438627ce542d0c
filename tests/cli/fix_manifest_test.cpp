#include <kots_export/util/base64.h>
#include <kots_export/util/gzip.h>

#include "cli/installation.h"

#include <algorithm>

#include <gmock/gmock.h>

namespace kots_export::test {

namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr const char* kRecord = "sh.helm.release.v1.circleci-server.v1";

// What a 3.x chart holds, in versions that 1.25 has dropped.
constexpr const char* kOld = R"(---
# Source: circleci-server/templates/secret.yaml
apiVersion: v1
kind: Secret
metadata:
  name: signing-keys
stringData:
  key: hunter2
---
# Source: circleci-server/templates/psp.yaml
apiVersion: policy/v1beta1
kind: PodSecurityPolicy
metadata:
  name: circleci-server
---
# Source: circleci-server/templates/ingress.yaml
apiVersion: extensions/v1beta1
kind: Ingress
metadata:
  name: circleci-ingress
spec:
  rules:
    - host: server.circleci.example.com
      http:
        paths:
          - path: /
            backend:
              serviceName: frontend
              servicePort: 80
---
# Source: circleci-server/templates/cleaner.yaml
apiVersion: batch/v1beta1
kind: CronJob
metadata:
  name: cleaner
)";
constexpr const char* kNew = R"(---
# Source: circleci-server/templates/secret.yaml
apiVersion: v1
kind: Secret
metadata:
  name: signing-keys
stringData:
  key: hunter2
---
# Source: circleci-server/templates/ingress.yaml
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: circleci-ingress
spec:
  rules:
    - host: server.circleci.example.com
      http:
        paths:
          - path: /
            pathType: ImplementationSpecific
            backend:
              service: {"name": "frontend", "port": {"number": 80}}
---
# Source: circleci-server/templates/cleaner.yaml
apiVersion: batch/v1
kind: CronJob
metadata:
  name: cleaner
)";
constexpr const char* kBucket =
    "---\napiVersion: example.com/v1alpha1\nkind: Bucket\nmetadata: {name: files}\n";

// An installation on Kubernetes 1.25 whose release has `manifest`.
class OldInstallation : public Installation {
 public:
  explicit OldInstallation(const std::string& manifest = kOld)
      : Installation([] {
          apiserver::ApiServerOptions options;
          options.minor = 25;
          return options;
        }()) {
    json secret = record();
    json release = read_release(secret);
    release["manifest"] = manifest;
    secret["data"]["release"] = util::base64_encode(util::base64_encode(util::gzip(release.dump())));
    server.put(secret);
    server.clear_requests();
  }

  [[nodiscard]] json record() const { return server.get("Secret", kNamespace, kRecord).value(); }
  [[nodiscard]] std::string manifest() const { return read_release(record())["manifest"]; }

  // What was patched, in the order of the answers; the lock's Lease left out.
  [[nodiscard]] std::vector<std::string> patched() const {
    std::vector<std::string> paths;
    for (const json& request : server.requests()) {
      const std::string path = request["path"];
      if (request["method"] == "PATCH" && path.find("/leases/") == std::string::npos) paths.push_back(path);
    }
    return paths;
  }

 private:
  static json read_release(const json& secret) {
    const std::string data = secret["data"]["release"];
    return json::parse(util::gunzip(util::base64_decode(util::base64_decode(data).value()).value()));
  }
};

TEST(FixManifest, IsTheFirstWritingStepOfARunAndUndoneByRollback) {
  OldInstallation installation;
  const json before = installation.record();

  const Finished run = installation.run(Installation::whole_run());

  ASSERT_EQ(run.exit_code, 0) << run.err;
  EXPECT_EQ(installation.manifest(), kNew);
  EXPECT_THAT(installation.patched().front(), HasSubstr(kRecord));
  EXPECT_EQ(installation.record()["metadata"]["labels"]["app.kubernetes.io/managed-by"], "Helm");

  const Finished back = installation.run({"rollback", "--yes"});

  ASSERT_EQ(back.exit_code, 0) << back.err;
  EXPECT_EQ(installation.record()["data"], before["data"]) << "byte for byte";
  EXPECT_EQ(installation.record()["metadata"]["labels"], before["metadata"]["labels"]);
}

TEST(FixManifest, IsShownAsADiffWithoutAnySecret) {
  OldInstallation installation;

  for (const char* command : {"plan", "run"}) {
    SCOPED_TRACE(command);
    const Finished run =
        installation.run({command, "--license", "4x-license", "--dry-run=client", "--verbose"});

    EXPECT_EQ(run.exit_code, 0) << run.err;
    EXPECT_THAT(run.out,
                AllOf(HasSubstr("PodSecurityPolicy circleci-server (policy/v1beta1): taken out\n"),
                      HasSubstr("Ingress circleci-ingress: extensions/v1beta1 -> networking.k8s.io/v1\n"),
                      HasSubstr("      - apiVersion: extensions/v1beta1\n"),
                      HasSubstr("      -               servicePort: 80\n"),
                      HasSubstr("      +             pathType: ImplementationSpecific\n"),
                      Not(HasSubstr("hunter2"))));
  }
  EXPECT_EQ(installation.manifest(), kOld);
}

TEST(FixManifest, LeavesNoSecretInOutputOrLogs) {
  OldInstallation installation;

  const Finished run = installation.run(Installation::whole_run({"--verbose", "-o", "json"}));

  ASSERT_EQ(run.exit_code, 0) << run.err;
  EXPECT_THAT(run.out + run.err, Not(HasSubstr("hunter2")));
  EXPECT_THAT(run.out + run.err, Not(HasSubstr(installation.record()["data"]["release"].get<std::string>())));
  for (const auto& [name, content] : files_below(installation.folder / "logs"))
    EXPECT_THAT(content, Not(HasSubstr("hunter2"))) << name;
}

TEST(FixManifest, IsAStepOfItsOwnThatFindsNothingToDoASecondTime) {
  OldInstallation installation;

  EXPECT_EQ(installation.run({"fix-manifest", "--dry-run=client", "--detailed-exitcode"}).exit_code, 3);
  const Finished first = installation.run({"-f", "fix-manifest", "--yes"});
  EXPECT_EQ(first.exit_code, 0) << first.err;
  EXPECT_EQ(installation.manifest(), kNew);
  EXPECT_EQ(installation.patched().size(), 1U);

  const Finished second = installation.run({"fix-manifest", "--yes"});

  EXPECT_EQ(second.exit_code, 0) << second.err;
  EXPECT_THAT(second.err, HasSubstr("nothing to do"));
  EXPECT_EQ(installation.patched().size(), 1U);
  EXPECT_EQ(installation.run({"plan", "fix-manifest", "--detailed-exitcode"}).exit_code, 0);
}

TEST(FixManifest, StopsBeforeTheFirstWriteWhereAnObjectCannotBeMapped) {
  OldInstallation installation(std::string(kOld) + kBucket);

  for (const auto& command : {Installation::whole_run(), std::vector<std::string>{"fix-manifest", "--yes"}}) {
    SCOPED_TRACE(command.front());
    const Finished run = installation.run(command);

    EXPECT_EQ(run.exit_code, 4) << run.err;
    EXPECT_THAT(run.err, AllOf(HasSubstr("Bucket files (example.com/v1alpha1)"), HasSubstr("manifest-apis")));
  }
  EXPECT_EQ(installation.server.count_writes(), 0U);
}

TEST(FixManifest, MapsTheOthersWhereSomebodyKnowsBetter) {
  OldInstallation installation(std::string(kOld) + kBucket);

  const Finished run = installation.run({"fix-manifest", "--yes", "--skip-check", "manifest-apis"});

  EXPECT_EQ(run.exit_code, 0) << run.err;
  EXPECT_EQ(installation.manifest(), std::string(kNew) + kBucket);
}

TEST(FixManifest, StandsInASavedPlan) {
  OldInstallation installation;
  ASSERT_EQ(installation.run({"plan", "--license", "4x-license", "--out", "migration.plan"}).exit_code, 0);
  EXPECT_EQ(installation.manifest(), kOld);

  const Finished applied = installation.run({"apply", "migration.plan", "--yes"});

  EXPECT_EQ(applied.exit_code, 0) << applied.err;
  EXPECT_EQ(installation.manifest(), kNew);
  EXPECT_EQ(installation.record()["metadata"]["labels"]["app.kubernetes.io/managed-by"], "Helm");
}

TEST(FixManifest, OfASavedPlanThatWasCutOffIsNotDoneAgain) {
  OldInstallation installation;
  ASSERT_EQ(installation.run({"plan", "--license", "4x-license", "--out", "migration.plan"}).exit_code, 0);
  // The first write goes through, no other one does.
  installation.server.add_fault("status=403 after=1 method=PATCH path=/namespaces/circleci-server/secrets");
  ASSERT_EQ(installation.run({"apply", "migration.plan", "--yes"}).exit_code, 1);
  ASSERT_EQ(installation.manifest(), kNew);
  installation.server.clear_faults();

  const Finished applied = installation.run({"apply", "migration.plan", "--dry-run=client"});

  EXPECT_THAT(applied.out, Not(HasSubstr("fix-manifest: 1")));
  EXPECT_THAT(applied.err, Not(HasSubstr(std::string(kRecord) + " was changed"))) << applied.err;
}

TEST(FixManifest, LeavesARecordAloneThatSomebodyWroteSince) {
  OldInstallation installation;
  ASSERT_EQ(installation.run({"plan", "fix-manifest", "--out", "fix.plan"}).exit_code, 0);
  json theirs = installation.record();
  theirs["metadata"]["labels"]["modifiedAt"] = "1700000000";
  installation.server.put(theirs);

  const Finished applied = installation.run({"apply", "fix.plan", "--yes"});

  EXPECT_EQ(applied.exit_code, 4);
  EXPECT_THAT(applied.err, HasSubstr(std::string("Secret ") + kRecord + " was changed"));
  EXPECT_EQ(installation.manifest(), kOld);
}

TEST(FixManifest, IsNoPartOfARunThatNeedsNone) {
  OldInstallation installation(kNew);

  const Finished run = installation.run(Installation::whole_run());

  ASSERT_EQ(run.exit_code, 0) << run.err;
  EXPECT_THAT(run.err, Not(HasSubstr("fix-manifest")));
}

}  // namespace

}  // namespace kots_export::test
