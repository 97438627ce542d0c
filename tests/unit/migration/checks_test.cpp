#include <kots_export/helm/release.h>
#include <kots_export/migration/checks.h>
#include <kots_export/util/base64.h>
#include <kots_export/util/time.h>
#include <kots_export/values/yaml.h>

#include "apiserver/certificates.h"
#include "unit/migration/migration_fixture.h"
#include "unit/support/scripted_transport.h"

#include <functional>
#include <ostream>
#include <set>

#include <gmock/gmock.h>

namespace kots_export::migration {

namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;
using Status = change::CheckOutcome::Status;

apiserver::ApiServerOptions with_jane(apiserver::ApiServerOptions options) {
  options.tokens = {"jane-token=jane"};
  return options;
}

// The sample installation has all that a migration needs; each test takes something away.
class Checks : public MigrationTest {
 protected:
  explicit Checks(const apiserver::ApiServerOptions& options = with_installation(),
                  const kube::KubeconfigOverrides& overrides = {})
      : MigrationTest(options, overrides) {}

  [[nodiscard]] RunOptions options() const {
    RunOptions result;
    result.license = Secret<std::string>("4x-license");
    result.paths.root = folder.path();
    return result;
  }

  // Plans `part` and returns the text of the Error that it ends with, and its exit code.
  std::pair<std::string, ExitCode> outcome(Part part = Part::whole) { return outcome(part, options()); }
  std::pair<std::string, ExitCode> outcome(Part part, const RunOptions& given) {
    server.clear_requests();
    observer.checks.clear();
    context.failed_checks.clear();
    context.releases.reset();
    context.decoded.clear();
    try {
      (void)plan_migration(context, part, given);
      return {"", ExitCode::done};
    } catch (const Error& error) {
      return {std::string(error.what()) + " | " + error.hint(), error.exit_code()};
    }
  }

  [[nodiscard]] const change::CheckOutcome& check(std::string_view id) const {
    const auto found = std::ranges::find(observer.checks, id, &change::CheckOutcome::id);
    if (found == observer.checks.end()) throw std::runtime_error("check " + std::string(id) + " did not run");
    return *found;
  }

  void put_pull_secret(const json& data, const std::string& type = "kubernetes.io/dockerconfigjson") {
    server.put({{"apiVersion", "v1"},
                {"kind", "Secret"},
                {"metadata", {{"name", "regcred"}, {"namespace", kNs}}},
                {"type", type},
                {"data", data}});
  }
  static json docker_config(const std::string& content) {
    return {{".dockerconfigjson", util::base64_encode(content)}};
  }

  test::TemporaryFolder folder;
};

TEST_F(Checks, LetAnInstallationThrough) {
  EXPECT_EQ(outcome().first, "");
  EXPECT_EQ(server.count_writes(), 0U);
  for (const auto& one : observer.checks) EXPECT_NE(one.status, Status::failed) << one.id << one.detail;
}

TEST_F(Checks, AreAllRunByAWholeMigrationThatAsksThem) {
  (void)outcome();
  std::set<std::string_view> ran;
  for (const auto& one : observer.checks) ran.insert(one.id);
  for (const Check& one : all_checks()) {
    const bool is_asked = one.on_problem[0] != OnProblem::not_asked;
    EXPECT_EQ(ran.contains(one.id), is_asked) << one.id;
  }
}

TEST_F(Checks, EndAtANamespaceThatIsNotThere) {
  context.ns.name = "circleci-sever";
  const auto [text, code] = outcome();
  EXPECT_EQ(code, ExitCode::check_failed);
  EXPECT_THAT(text, AllOf(HasSubstr("namespace circleci-sever does not exist"), HasSubstr("circleci-server"),
                          HasSubstr("--namespace")));
}

TEST_F(Checks, EndAtAReleaseThatIsNotThereAndNameThoseThatAre) {
  context.release = "circle";
  const auto [text, code] = outcome();
  EXPECT_EQ(code, ExitCode::check_failed);
  EXPECT_THAT(text, AllOf(HasSubstr("no release circle"), HasSubstr("--release-name"),
                          HasSubstr("circleci-server"), HasSubstr("other")));
}

TEST_F(Checks, SayThatTheServerKnowsNoSuchUser) {
  server.add_fault("status=401 path=/namespaces/circleci-server");
  EXPECT_EQ(outcome().second, ExitCode::check_failed);
}

TEST_F(Checks, ShowThePlanOfADryRunAllTheSame) {
  change::Executor dry(connection.client, observer, {.dry_run = kube::DryRun::client});
  Context look{.client = connection.client,
               .executor = dry,
               .observer = observer,
               .ns = {kNs},
               .release = "circleci-server"};
  server.remove("Secret", kNs, "regcred");

  const MigrationPlan plan = plan_migration(look, Part::whole, options());

  EXPECT_FALSE(plan.together().empty());
  EXPECT_THAT(look.failed_checks, ElementsAre("pull-secret"));
  EXPECT_THROW(throw_if_checks_failed(look), Error);
}

TEST_F(Checks, MayBeSkippedByTheirIds) {
  server.remove("Secret", kNs, "regcred");
  RunOptions without = options();
  without.skip_checks = {"pull-secret"};
  EXPECT_EQ(outcome(Part::whole, without).first, "");
  EXPECT_EQ(check("pull-secret").status, Status::skipped);
}

TEST_F(Checks, RefuseToSkipWhatNothingGoesWithout) {
  for (const char* id :
       {"namespace", "release", "release-chart", "lock", "database", "migrator-job", "no-such-check"}) {
    const std::vector<std::string> ids = {id};
    EXPECT_THROW(require_skippable(ids), UsageError) << id;
  }
  const std::vector<std::string> ids = {"values", "permissions"};
  EXPECT_NO_THROW(require_skippable(ids));
}

// What is planted, which check finds it, and in which words.
struct Planted {
  const char* name;
  const char* id;
  Status status;
  const char* words;
  const char* remedy;
  std::function<void(apiserver::ApiServer&)> plant;
  friend void PrintTo(const Planted& planted, std::ostream* out) { *out << planted.name; }
};

json in_namespace(const std::string& api_version, const std::string& kind, const std::string& name) {
  return {{"apiVersion", api_version}, {"kind", kind}, {"metadata", {{"name", name}, {"namespace", kNs}}}};
}

json job(const std::string& condition) {
  json migrator = in_namespace("batch/v1", "Job", "circle-migrator");
  migrator["spec"]["template"]["spec"] = {{"restartPolicy", "Never"},
                                          {"containers", json::array({{{"name", "m"}, {"image", "m"}}})}};
  if (!condition.empty())
    migrator["status"]["conditions"] = json::array({{{"type", condition}, {"status", "True"}}});
  return migrator;
}

json revision(int number, const std::string& status, const std::string& version,
              const std::string& manifest = "", const std::string& chart = "circleci-server") {
  return {
      {"apiVersion", "testing/v1"}, {"kind", "HelmRelease"},   {"name", "circleci-server"},
      {"namespace", kNs},           {"revision", number},      {"status", status},
      {"chartName", chart},         {"chartVersion", version}, {"config", {{"domainName", "ci.example.com"}}},
      {"manifest", manifest}};
}

std::function<void(apiserver::ApiServer&)> seed(const json& object) {
  return [object](apiserver::ApiServer& server) { server.seed(object.dump()); };
}
std::function<void(apiserver::ApiServer&)> put(const json& object) {
  return [object](apiserver::ApiServer& server) { server.put(object); };
}

json namespace_with(const json& metadata) {
  json object{{"apiVersion", "v1"}, {"kind", "Namespace"}, {"metadata", metadata}};
  object["metadata"]["name"] = kNs;
  return object;
}

json cluster_object(const std::string& kind, const std::string& name) {
  json object{{"apiVersion", "rbac.authorization.k8s.io/v1"}, {"kind", kind}, {"metadata", {{"name", name}}}};
  if (kind == "ClusterRoleBinding")
    object["roleRef"] = {
        {"apiGroup", "rbac.authorization.k8s.io"}, {"kind", "ClusterRole"}, {"name", "kotsadm-role"}};
  return object;
}

std::vector<Planted> planted_problems() {
  constexpr const char* kOldPolicy =
      "apiVersion: extensions/v1beta1\nkind: NetworkPolicy\nmetadata: {name: circleci-policy}\n";
  constexpr const char* kOldDefinition =
      "---\napiVersion: apiextensions.k8s.io/v1alpha1\nkind: CustomResourceDefinition\nmetadata: {name: d}\n";
  return {
      {"FreshInstallationOf4", "release-chart", Status::failed, "is chart circleci-server 4.0.0", "--context",
       seed(revision(1, "deployed", "4.0.0"))},
      {"AnotherChart", "release-chart", Status::failed, "not circleci-server", "--release-name",
       seed(revision(1, "deployed", "3.4.4", "", "nginx"))},
      {"Server2", "release-chart", Status::failed, "2.19.0", "Upgrade to Server 3.4",
       seed(revision(1, "deployed", "2.19.0"))},
      {"Server31", "release-chart", Status::warning, "3.1.0", "Upgrade to Server 3.4",
       seed(revision(1, "deployed", "3.1.0"))},
      {"UpgradedAlready", "release-chart", Status::failed, "nothing to migrate", "",
       [](apiserver::ApiServer& server) {
         server.seed(revision(1, "superseded", "3.4.4").dump());
         server.seed(revision(2, "deployed", "4.0.1").dump());
       }},
      {"PendingUpgrade", "release-status", Status::failed, "revision 2 is pending-upgrade",
       "helm rollback circleci-server 1", seed(revision(2, "pending-upgrade", "3.4.4"))},
      {"PendingUpgradeSavesTheRecord", "release-status", Status::failed, "pending-upgrade",
       "delete secret sh.helm.release.v1.circleci-server.v2", seed(revision(2, "pending-upgrade", "3.4.4"))},
      {"PendingInstallOfTheOnlyRevision", "release-status", Status::failed, "pending-install",
       "Never delete Secret sh.helm.release.v1.circleci-server.v1",
       seed(revision(1, "pending-install", "3.4.4"))},
      {"FailedUpgradeIn3", "release-status", Status::warning, "revision 1 is deployed", "",
       seed(revision(2, "failed", "3.4.5"))},
      {"FailedUpgradeTo4", "release-status", Status::failed, "an upgrade to chart 4.0.1 was tried",
       "helm upgrade", seed(revision(2, "failed", "4.0.1"))},
      {"NothingDeployed", "release-status", Status::failed, "none is deployed: Helm will refuse",
       "helm history", seed(revision(1, "uninstalled", "3.4.4"))},
      {"FailedInstall", "release-status", Status::warning, "revision 1 is failed, and none is deployed",
       "helm history", seed(revision(1, "failed", "3.4.4"))},
      {"DroppedApi", "manifest-apis", Status::warning, "NetworkPolicy circleci-policy (extensions/v1beta1)",
       "fix-manifest, the run's first step", seed(revision(1, "deployed", "3.4.4", kOldPolicy))},
      {"DroppedApiThatCannotBeMapped", "manifest-apis", Status::failed,
       "CustomResourceDefinition d (apiextensions.k8s.io/v1alpha1): nothing that is served", "mapkubeapis",
       seed(revision(1, "deployed", "3.4.4", std::string(kOldPolicy) + kOldDefinition))},
      {"NoPullSecret", "pull-secret", Status::failed, "does not exist", "kots-export secret",
       [](apiserver::ApiServer& server) { server.remove("Secret", kNs, "regcred"); }},
      {"FrontendDown", "database", Status::failed, "no Pod of the frontend", "get pods",
       [](apiserver::ApiServer& server) { server.remove("Pod", kNs, "frontend-7d9c5b8f6d-x2x7k"); }},
      {"MigratorFailed", "migrator-job", Status::failed, "a database migration that failed",
       "delete job circle-migrator", put(job("Failed"))},
      {"MigratorOfAnotherRun", "migrator-job", Status::failed, "is migrating the database",
       "Do not delete it", put(job(""))},
      {"MigratorComplete", "migrator-job", Status::note, "is complete", "", put(job("Complete"))},
      {"Istio", "sidecars", Status::warning, "istio-injection", "nothing is to be done",
       put(namespace_with({{"labels", {{"istio-injection", "enabled"}}}}))},
      {"IstioRevision", "sidecars", Status::warning, "istio.io/rev=canary", "",
       put(namespace_with({{"labels", {{"istio.io/rev", "canary"}}}}))},
      {"Linkerd", "sidecars", Status::warning, "linkerd.io/inject", "",
       put(namespace_with({{"annotations", {{"linkerd.io/inject", "enabled"}}}}))},
      {"WorkloadDown", "workloads", Status::warning, "Deployment output-processor (0 of 4 ready)", "get pods",
       [](apiserver::ApiServer&) {}},
      {"VolumesThatGo", "volumes", Status::note, "data-postgresql-0", "set to Retain",
       [](apiserver::ApiServer&) {}},
      {"NoVelero", "backup", Status::warning, "no Velero", "cannot be undone", [](apiserver::ApiServer&) {}},
      {"KotsClusterRole", "kots-cluster-role", Status::note, "ClusterRole kotsadm-role",
       "delete clusterroles kotsadm-role", put(cluster_object("ClusterRole", "kotsadm-role"))},
      {"KotsClusterRoleBinding", "kots-cluster-role", Status::note, "ClusterRoleBinding kotsadm-rolebinding",
       "delete clusterrolebindings kotsadm-rolebinding",
       put(cluster_object("ClusterRoleBinding", "kotsadm-rolebinding"))},
      {"ValuesWithoutSecrets", "values", Status::failed, "errors", "--values",
       seed(revision(1, "deployed", "3.4.4"))},
      {"NoSecretOfTheOperator", "own-secrets", Status::warning, "Secret api-token, Secret session-cookie",
       "--values", seed(revision(1, "deployed", "3.4.4"))},
      {"SecretOfTheOperatorWithoutItsKey", "own-secrets", Status::warning,
       "encryption-key in Secret signing-keys", "helm upgrade",
       [](apiserver::ApiServer& server) {
         server.seed(revision(1, "deployed", "3.4.4").dump());
         put({{"apiVersion", "v1"},
              {"kind", "Secret"},
              {"metadata", {{"name", "signing-keys"}, {"namespace", kNs}}},
              {"data", {{"signing-key", "eA=="}}}})(server);
       }},
      {"SecretOfTheOperatorWithAnEmptyKey", "own-secrets", Status::warning,
       "encryption-key in Secret signing-keys", "Create what is missing",
       [](apiserver::ApiServer& server) {
         server.seed(revision(1, "deployed", "3.4.4").dump());
         put({{"apiVersion", "v1"},
              {"kind", "Secret"},
              {"metadata", {{"name", "signing-keys"}, {"namespace", kNs}}},
              {"data", {{"signing-key", "eA=="}, {"encryption-key", ""}}}})(server);
       }},
  };
}

// The installation with postgresql.tls, and Secret postgres-tls with these files.
std::function<void(apiserver::ApiServer&)> postgresql_tls(const std::string& certificate,
                                                          const std::string& key,
                                                          const std::string& authority,
                                                          const std::string& host = "") {
  return [=](apiserver::ApiServer& server) {
    json release = revision(1, "deployed", "3.4.4");
    release["config"]["postgresql"]["tls"] = {{"enabled", true},
                                              {"certificatesSecret", "postgres-tls"},
                                              {"certFilename", "cert.pem"},
                                              {"certKeyFilename", "cert.key"},
                                              {"certCAFilename", "ca.pem"}};
    if (!host.empty()) release["config"]["postgresql"]["postgresqlHost"] = host;
    server.seed(release.dump());
    json data = json::object();
    for (const auto& [name, text] :
         {std::pair{"cert.pem", certificate}, {"cert.key", key}, {"ca.pem", authority}})
      if (!text.empty()) data[name] = util::base64_encode(text);
    server.put({{"apiVersion", "v1"},
                {"kind", "Secret"},
                {"metadata", {{"name", "postgres-tls"}, {"namespace", kNs}}},
                {"data", data}});
  };
}

std::vector<Planted> planted_certificates() {
  using apiserver::Validity;
  const apiserver::KeyPair authority = apiserver::make_authority("ca");
  const apiserver::KeyPair own = apiserver::issue(authority, {.common_name = "postgresql"});
  const apiserver::KeyPair old =
      apiserver::issue(authority, {.common_name = "postgresql", .validity = Validity::expired});
  const apiserver::KeyPair other = apiserver::make_authority("other");
  const apiserver::KeyPair ending = apiserver::make_authority("ending", Validity::expires_soon);
  const apiserver::KeyPair of_ending = apiserver::issue(ending, {.common_name = "postgresql"});
  const apiserver::KeyPair soon =
      apiserver::issue(authority, {.common_name = "postgresql", .validity = Validity::expires_soon});
  const apiserver::KeyPair named =
      apiserver::issue(authority, {.common_name = "x", .dns_names = {"pg.example.com"}});
  const std::string old_root =
      apiserver::issue(authority, {.common_name = "root", .validity = Validity::expired}).certificate_pem;
  const char* const id = "postgresql-tls";
  return {{"CertificateOfPostgresql", id, Status::ok, "Secret postgres-tls: cert.pem is valid until", "",
           postgresql_tls(own.certificate_pem, own.key_pem, authority.certificate_pem)},
          {"KeyOfAnotherCertificate", id, Status::warning,
           "Secret postgres-tls: cert.key is not the key of cert.pem", "helm upgrade",
           postgresql_tls(own.certificate_pem, other.key_pem, authority.certificate_pem)},
          {"CertificateOfAnotherAuthority", id, Status::warning, "cert.pem was not issued by ca.pem", "",
           postgresql_tls(own.certificate_pem, own.key_pem, other.certificate_pem)},
          {"ExpiredCertificate", id, Status::warning, "cert.pem expired on", "",
           postgresql_tls(old.certificate_pem, old.key_pem, authority.certificate_pem)},
          {"ExpiredAuthority", id, Status::warning, "ca.pem expired on", "",
           postgresql_tls(own.certificate_pem, own.key_pem, old_root)},
          {"ExpiredRootBesideTheAuthority", id, Status::ok, "cert.pem is valid until", "",
           postgresql_tls(own.certificate_pem, own.key_pem, old_root + authority.certificate_pem)},
          {"AuthorityThatExpiresSoon", id, Status::warning, "Secret postgres-tls: ca.pem is valid until",
           "Renew it in time",
           postgresql_tls(of_ending.certificate_pem, of_ending.key_pem, ending.certificate_pem)},
          {"CertificateThatExpiresSoon", id, Status::warning, "Secret postgres-tls: cert.pem is valid until",
           "Renew it in time", postgresql_tls(soon.certificate_pem, soon.key_pem, authority.certificate_pem)},
          {"ExpiredCertificateBehindTheFirst", id, Status::warning,
           "cert.pem holds one more certificate, which expired on", "Renew it in time",
           postgresql_tls(own.certificate_pem + old_root, own.key_pem, authority.certificate_pem)},
          {"CertificateOfAnotherHost", id, Status::warning, "cert.pem is not for pg.example.com",
           "with a certificate of that name",
           postgresql_tls(own.certificate_pem, own.key_pem, authority.certificate_pem, "pg.example.com")},
          {"CertificateOfAnotherHostThatExpiresSoon", id, Status::warning,
           ", cert.pem is not for pg.example.com", "Renew it in time, with that name",
           postgresql_tls(soon.certificate_pem, soon.key_pem, authority.certificate_pem, "pg.example.com")},
          {"CertificateOfTheHost", id, Status::ok, "cert.pem is valid until", "",
           postgresql_tls(named.certificate_pem, named.key_pem, authority.certificate_pem, "pg.example.com")},
          {"CertificateOfTheHostByItsCommonName", id, Status::ok, "cert.pem is valid until", "",
           postgresql_tls(own.certificate_pem, own.key_pem, authority.certificate_pem, "postgresql")},
          {"NoCertificate", id, Status::warning, "cert.pem holds no certificate", "",
           postgresql_tls("x", own.key_pem, authority.certificate_pem)},
          {"NoKey", id, Status::warning, "cert.key holds no private key", "",
           postgresql_tls(own.certificate_pem, "x", authority.certificate_pem)},
          {"NoAuthority", id, Status::warning, "ca.pem holds no certificate", "",
           postgresql_tls(own.certificate_pem, own.key_pem, "x")},
          {"NoFileOfTheKey", id, Status::skipped, "is not complete", "",
           postgresql_tls(own.certificate_pem, "", authority.certificate_pem)},
          {"NoFileOfTheAuthority", "own-secrets", Status::warning, "ca.pem in Secret postgres-tls", "",
           postgresql_tls(own.certificate_pem, own.key_pem, "")}};
}

class APlantedProblem : public Checks, public ::testing::WithParamInterface<Planted> {};

TEST_P(APlantedProblem, IsFoundBeforeTheFirstWrite) {
  const Planted& planted = GetParam();
  planted.plant(server);

  const auto [text, code] = outcome();

  const change::CheckOutcome& found = check(planted.id);
  EXPECT_EQ(found.status, planted.status) << found.detail;
  EXPECT_THAT(found.detail, HasSubstr(planted.words));
  EXPECT_THAT(found.remedy, HasSubstr(planted.remedy));
  if (planted.status == Status::failed) {
    EXPECT_EQ(code, ExitCode::check_failed) << text;
    EXPECT_THAT(context.failed_checks, Contains(planted.id));
  }
  EXPECT_EQ(server.count_writes(), 0U);
}

INSTANTIATE_TEST_SUITE_P(All, APlantedProblem, ::testing::ValuesIn(planted_problems()),
                         [](const auto& each) { return each.param.name; });
INSTANTIATE_TEST_SUITE_P(Certificates, APlantedProblem, ::testing::ValuesIn(planted_certificates()),
                         [](const auto& each) { return each.param.name; });

TEST_F(Checks, OfAStepThatIsRunAfterAFailedUpgradeOnlyNoteThatUpgrade) {
  server.seed(revision(2, "pending-upgrade", "4.0.1").dump());
  for (const Part part : {Part::annotate, Part::kots_cleanup}) {
    EXPECT_EQ(outcome(part).first, "") << to_string(part);
    EXPECT_EQ(check("release-status").status, Status::note);
  }
  EXPECT_EQ(outcome(Part::flyway).first, "");
  EXPECT_EQ(check("release-status").status, Status::warning);
  EXPECT_EQ(outcome(Part::postgres).second, ExitCode::check_failed);
}

TEST_F(Checks, OfAStepAloneNameTheCommandThatMapsDroppedVersions) {
  server.seed(revision(1, "deployed", "3.4.4",
                       "apiVersion: extensions/v1beta1\nkind: NetworkPolicy\nmetadata: {name: x}\n")
                  .dump());
  EXPECT_EQ(outcome(Part::annotate).first, "");
  EXPECT_EQ(check("manifest-apis").status, Status::warning);
  EXPECT_THAT(check("manifest-apis").remedy, HasSubstr("`kots-export fix-manifest"));
  observer.checks.clear();
  EXPECT_EQ(outcome(Part::fix_manifest).first, "");
  EXPECT_EQ(check("manifest-apis").status, Status::ok);
}

TEST_F(Checks, RefuseAPullSecretThatCannotWork) {
  put_pull_secret(docker_config(R"({"auths": {"docker.io": {}}})"));
  EXPECT_EQ(outcome().second, ExitCode::check_failed);
  EXPECT_THAT(check("pull-secret").detail,
              HasSubstr("cannot be used: it has no entry for cciserver.azurecr.io"));
  EXPECT_THAT(check("pull-secret").remedy, HasSubstr("--force --docker-username USER"));
}

TEST_F(Checks, LookForTheRegistryThatWasAskedFor) {
  RunOptions dev = options();
  dev.registry.name = "devcharts";
  EXPECT_EQ(outcome(Part::whole, dev).second, ExitCode::check_failed);
  EXPECT_THAT(check("pull-secret").detail, HasSubstr("no entry for devcharts.azurecr.io"));
  EXPECT_THAT(check("pull-secret").remedy, HasSubstr("--dev"));
}

// With a credential that says this of itself.
class ChecksOfAUser : public Checks {
 protected:
  static std::time_t in(std::chrono::seconds time) {
    return std::time(nullptr) + static_cast<std::time_t>(time.count());
  }
  void say(const kube::CredentialFacts& facts) {
    context.credential = [facts] { return facts; };
    EXPECT_EQ(outcome().first, "");
  }
  const kube::User jane{.name = "jane", .groups = {"ops", "ci"}};
};

TEST_F(ChecksOfAUser, NameHimAndTheEndOfHisCredential) {
  say({.kind = "client certificate", .user = jane, .ends = in(std::chrono::hours(24))});
  EXPECT_EQ(check("identity").status, Status::ok);
  EXPECT_THAT(check("identity").detail,
              AllOf(HasSubstr("user jane, groups ops, ci (the server does not say)"),
                    HasSubstr("the client certificate is valid until 2")));
}

TEST_F(ChecksOfAUser, WarnWhereTheCredentialEndsBeforeARunCould) {
  const auto run = options().timeout + std::chrono::minutes(10);
  say({.kind = "token", .user = jane, .ends = in(run - std::chrono::seconds(30))});
  EXPECT_EQ(check("identity").status, Status::warning);
  EXPECT_THAT(check("identity").detail, HasSubstr("the token ends at 2"));
  say({.kind = "token", .user = jane, .ends = in(run + std::chrono::seconds(30))});
  EXPECT_EQ(check("identity").status, Status::ok);
}

TEST_F(ChecksOfAUser, DoNotWarnOfACredentialThatIsRenewed) {
  say({.kind = "token", .user = jane, .ends = in(std::chrono::seconds(1)), .is_renewed = true});
  EXPECT_EQ(check("identity").status, Status::ok);
}

TEST_F(ChecksOfAUser, OnlyNoteThatAnEndIsNotKnown) {
  say({});
  EXPECT_EQ(check("identity").status, Status::note);
  EXPECT_THAT(check("identity").detail, HasSubstr("does not say until when"));
}

TEST_F(Checks, SayThatForceIsRefusedWhereTheServerKeepsNoAddress) {
  EXPECT_EQ(outcome().first, "");
  EXPECT_EQ(check("helm-force").status, Status::note);
  EXPECT_THAT(check("helm-force").detail, HasSubstr("primary clusterIP can not be unset"));
  EXPECT_THAT(check("helm-force").remedy, HasSubstr("no --force"));
  EXPECT_EQ(context.helm_force, HelmForce::refused);
  EXPECT_EQ(server.count_writes(), 0U);
}

class ChecksOfANewServer : public Checks {
 protected:
  ChecksOfANewServer() : Checks(of_minor(22)) {}
  static apiserver::ApiServerOptions of_minor(int minor) {
    apiserver::ApiServerOptions options = with_installation();
    options.minor = minor;
    return options;
  }
};

TEST_F(ChecksOfANewServer, SayThatForceIsTaken) {
  const json before = *server.get("Service", kNs, "frontend");
  EXPECT_EQ(outcome().first, "");
  EXPECT_EQ(check("helm-force").status, Status::ok);
  EXPECT_EQ(context.helm_force, HelmForce::taken);
  EXPECT_EQ(*server.get("Service", kNs, "frontend"), before);
  EXPECT_EQ(server.count_writes(), 0U);
}

// What says nothing of a Service without its address: no right to replace one, a webhook's word, another
// answer.
TEST_F(Checks, DoNotKnowOfForceWhereTheServerSaysSomethingElse) {
  for (const char* fault :
       {"status=403 path=/services/frontend method=PUT", "status=422 path=/services/frontend method=PUT",
        "status=409 path=/services/frontend method=PUT"}) {
    SCOPED_TRACE(fault);
    server.clear_faults();
    server.add_fault(fault);
    EXPECT_EQ(outcome().first, "");
    EXPECT_EQ(check("helm-force").status, Status::note);
    EXPECT_THAT(check("helm-force").detail, HasSubstr("is not known: "));
    EXPECT_EQ(context.helm_force, HelmForce::unknown);
  }
}

TEST_F(Checks, TryForceOnNoServiceThatIsNotTheReleases) {
  server.remove("Service", kNs, "frontend");
  EXPECT_EQ(outcome().first, "");
  EXPECT_EQ(check("helm-force").status, Status::skipped);
}

// With a registry that answers every question about a manifest in one way.
class ChecksWithARegistry : public Checks {
 protected:
  void answer_with(const test::Answer& answer) {
    context.transport_to = [this, answer](const std::string& url) {
      asked.push_back(url);
      return std::make_unique<test::ScriptedTransport>([this, answer](const kube::Request& request) {
        asked.push_back(request.path);
        const auto* failure = std::get_if<kube::TransportFailure>(&answer);
        return failure != nullptr ? kube::Outcome(*failure) : kube::Outcome(std::get<kube::Reply>(answer));
      });
    };
  }
  // With a registry that lets in "USER:PASSWORD" alone.
  void let_in(const std::string& login) {
    context.transport_to = [this, login](const std::string&) {
      return std::make_unique<test::ScriptedTransport>(
          [this, login](const kube::Request& request) -> kube::Outcome {
            const std::string sent = request.headers.back().second;
            if (sent == "Basic " + util::base64_encode(login)) return test::ok({{"schemaVersion", 2}});
            asked.push_back(sent);
            return test::text_reply(401, "{}", {{"www-authenticate", "Basic realm=\"r\""}});
          });
    };
  }

  std::vector<std::string> asked;
};

TEST_F(ChecksWithARegistry, AskForTheImageAndTheChart) {
  answer_with(test::ok({{"schemaVersion", 2}}));
  EXPECT_EQ(outcome().first, "");
  EXPECT_EQ(check("registry-image").status, Status::ok);
  EXPECT_EQ(check("registry-chart").status, Status::ok);
  EXPECT_THAT(asked, ElementsAre("https://cciserver.azurecr.io",
                                 "/v2/circle-migrator/manifests/0.1.532114-6a5071e0ed",
                                 "/v2/circleci-server/manifests/4.0.1"));
}

TEST_F(ChecksWithARegistry, OfFlywayAloneAskForTheImage) {
  answer_with(test::ok({{"schemaVersion", 2}}));
  EXPECT_EQ(outcome(Part::flyway).first, "");
  EXPECT_EQ(asked.size(), 2U);
}

TEST_F(ChecksWithARegistry, StopWhereTheSecretIsRefused) {
  let_in("somebody:else");
  EXPECT_EQ(outcome().second, ExitCode::check_failed);
  EXPECT_EQ(check("registry-image").status, Status::failed);
  EXPECT_THAT(check("registry-image").detail, HasSubstr("does not give image circle-migrator"));
  EXPECT_THAT(check("registry-image").remedy, HasSubstr("kots-export secret"));
  EXPECT_EQ(check("registry-chart").detail, "see check registry-image");
  EXPECT_THAT(context.failed_checks, ElementsAre("registry-image"));
  EXPECT_EQ(server.count_writes(), 0U);
}

TEST_F(ChecksWithARegistry, TryEveryLoginThatTheKubeletTries) {
  put_pull_secret(docker_config(R"({"auths": {"*.azurecr.io": {"username": "right", "password": "1"},)"
                                R"("cciserver.azurecr.io": {"username": "wrong", "password": "2"}}})"));
  let_in("right:1");
  EXPECT_EQ(outcome().first, "");
  EXPECT_THAT(asked, Contains("Basic " + util::base64_encode("wrong:2")));
}

TEST_F(ChecksWithARegistry, StopWhereThereIsNoSuchVersion) {
  answer_with(test::text_reply(404, R"({"errors": [{"message": "manifest unknown"}]})"));
  EXPECT_EQ(outcome().second, ExitCode::check_failed);
  EXPECT_THAT(context.failed_checks, ElementsAre("registry-image", "registry-chart"));
  EXPECT_THAT(check("registry-chart").detail, HasSubstr("has no chart circleci-server 4.0.1"));
  EXPECT_THAT(check("registry-chart").remedy, HasSubstr("--target-version"));
}

TEST_F(ChecksWithARegistry, OnlyWarnOnceWhereItIsNotReached) {
  answer_with(test::connection_refused());
  EXPECT_EQ(outcome().first, "");
  EXPECT_EQ(check("registry-image").status, Status::warning);
  EXPECT_THAT(check("registry-image").detail,
              AllOf(StartsWith("could not check whether Secret regcred can pull image circle-migrator:"),
                    EndsWith(": connection refused")));
  EXPECT_EQ(check("registry-chart").status, Status::skipped);
  EXPECT_EQ(asked.size(), 2U);
}

TEST_F(ChecksWithARegistry, SendNoSecretThatCannotBeUsed) {
  server.remove("Secret", kNs, "regcred");
  answer_with(test::ok({{"schemaVersion", 2}}));
  EXPECT_EQ(outcome().second, ExitCode::check_failed);
  EXPECT_EQ(check("registry-image").detail, "see check pull-secret");
  EXPECT_THAT(asked, IsEmpty());
}

TEST_F(ChecksWithARegistry, AskForAVersionByItsTagAndForNoRange) {
  answer_with(test::ok({{"schemaVersion", 2}}));
  RunOptions other = options();
  for (const char* range : {"^4", "4.x", "4.0.1 || 4.1", ">=4.0.1", "~4.0"}) {
    other.target_version = range;
    EXPECT_EQ(outcome(Part::whole, other).first, "") << range;
    EXPECT_THAT(check("registry-chart").detail, HasSubstr("is a range")) << range;
  }
  other.target_version = "v4.1.0-rc.1+build.2";
  EXPECT_EQ(outcome(Part::whole, other).first, "");
  EXPECT_EQ(asked.back(), "/v2/circleci-server/manifests/v4.1.0-rc.1_build.2");
}

TEST_F(Checks, HearOfAnotherRunBeforeAnythingElseIsLookedAt) {
  context.other_run = [] { return Error("another run is at work", "", "Wait for it."); };
  EXPECT_EQ(outcome().second, ExitCode::check_failed);
  EXPECT_EQ(check("lock").status, Status::failed);
}

TEST_F(Checks, LetCorrectionsMendTheValues) {
  server.seed(revision(1, "deployed", "3.4.4").dump());
  EXPECT_EQ(outcome().second, ExitCode::check_failed);
  RunOptions corrected = options();
  corrected.corrections = {
      {.path = "sample",
       .yaml = Secret<std::string>(test::read_bytes(KOTS_EXPORT_TEST_DATA "/values-3.x.yaml"))},
      {.path = "more",
       .yaml = Secret<std::string>("mongodb: {auth: {password: 0123456789abcdef}}\n"
                                   "postgresql: {auth: {postgresPassword: x1y2z3}}\n")}};
  (void)outcome(Part::whole, corrected);
  EXPECT_NE(check("values").status, Status::failed) << check("values").detail;
}

struct Backup {
  const char* phase;
  int hours_ago;
  json spec;
  Status status;
  const char* words;
};

class ChecksWithVelero : public Checks {
 protected:
  static apiserver::ApiServerOptions with_velero() {
    apiserver::ApiServerOptions options = with_installation();
    options.custom_groups = {"velero.io"};
    return options;
  }
  ChecksWithVelero() : Checks(with_velero()) {
    server.seed("{apiVersion: v1, kind: Namespace, metadata: {name: velero}}");
  }
};

TEST_F(ChecksWithVelero, KnowABackupThatCanBeGoneBackTo) {
  const std::vector<Backup> cases = {
      {"Completed", 2, json::object(), Status::ok, "is 2 hours old"},
      {"Completed", 30, json::object(), Status::warning, "30 hours old"},
      {"Failed", 2, json::object(), Status::warning, "no completed backup"},
      {"Completed", 2, {{"includedNamespaces", {"other"}}}, Status::warning, "no completed backup"},
      {"Completed",
       2,
       {{"includedNamespaces", {"*"}}, {"excludedNamespaces", {kNs}}},
       Status::warning,
       "no completed backup"},
      {"Completed", 2, {{"includedNamespaces", {kNs}}}, Status::ok, ""},
  };
  for (const Backup& backup : cases) {
    SCOPED_TRACE(std::string(backup.phase) + backup.spec.dump());
    const auto done = std::chrono::system_clock::now() - std::chrono::hours(backup.hours_ago);
    server.put({{"apiVersion", "velero.io/v1"},
                {"kind", "Backup"},
                {"metadata", {{"name", "nightly"}, {"namespace", "velero"}}},
                {"spec", backup.spec},
                {"status",
                 {{"phase", backup.phase},
                  {"completionTimestamp",
                   util::utc_text(std::chrono::system_clock::to_time_t(done), "%Y-%m-%dT%H:%M:%SZ")}}}});
    (void)outcome();
    EXPECT_EQ(check("backup").status, backup.status) << check("backup").detail;
    EXPECT_THAT(check("backup").detail, HasSubstr(backup.words));
  }
}

class ChecksAsJane : public Checks {
 protected:
  ChecksAsJane() : Checks(with_jane(with_installation()), {.token = Secret<std::string>("jane-token")}) {}
};

TEST_F(ChecksAsJane, DoNotNeedTheRightToReadNamespaces) {
  server.deny("jane * namespaces");
  EXPECT_EQ(outcome().first, "");
}

TEST_F(ChecksAsJane, NameNoNamespacesWhereTheyMayNotBeListed) {
  server.deny("jane list namespaces");
  context.ns.name = "elsewhere";
  EXPECT_THAT(outcome().first,
              AllOf(HasSubstr("namespace elsewhere does not exist"), Not(HasSubstr("forbidden"))));
}

TEST_F(ChecksAsJane, SayThatSecretsMayNotBeRead) {
  server.deny("jane * secrets");
  const auto [text, code] = outcome();
  EXPECT_THAT(text, AllOf(HasSubstr("Secret"), HasSubstr("forbidden")));
  EXPECT_EQ(code, ExitCode::check_failed);
}

// Each single permission of the plan that is taken away is named, and no other.
class APermission : public ChecksAsJane, public ::testing::WithParamInterface<std::string> {};

TEST_P(APermission, ThatIsMissingIsTheOneThatIsNamed) {
  server.deny("jane " + GetParam());

  const auto [text, code] = outcome();

  EXPECT_EQ(code, ExitCode::check_failed) << text;
  const std::string detail = check("permissions").detail;
  EXPECT_THAT(detail, AllOf(HasSubstr(GetParam()), Not(HasSubstr(";"))));
  EXPECT_EQ(server.count_writes(), 0U);
}

INSTANTIATE_TEST_SUITE_P(OfTheWholeMigration, APermission,
                         ::testing::Values("patch configmaps", "patch secrets", "patch deployments.apps",
                                           "patch statefulsets.apps", "patch services",
                                           "patch serviceaccounts", "patch networkpolicies.networking.k8s.io",
                                           "patch poddisruptionbudgets.policy", "patch cronjobs.batch",
                                           "patch roles.rbac.authorization.k8s.io",
                                           "patch ingresses.networking.k8s.io", "create jobs.batch",
                                           "create secrets", "delete jobs.batch", "delete secrets",
                                           "delete deployments.apps", "delete statefulsets.apps",
                                           "delete persistentvolumeclaims", "watch jobs.batch", "watch pods",
                                           "get pods/log"),
                         [](const auto& each) {
                           std::string name = each.param;
                           std::ranges::replace_if(
                               name, [](unsigned char c) { return std::isalnum(c) == 0; }, '_');
                           return name;
                         });

class AReading : public ChecksAsJane, public ::testing::WithParamInterface<std::string> {};

TEST_P(AReading, ThatIsMissingIsTheOneThatIsNamed) {
  server.deny("jane " + GetParam());
  const auto [text, code] = outcome();
  EXPECT_EQ(code, ExitCode::check_failed) << text;
  EXPECT_THAT(check("reading").detail, AllOf(HasSubstr(GetParam()), Not(HasSubstr(";"))));
  EXPECT_EQ(server.count_writes(), 0U);
}

INSTANTIATE_TEST_SUITE_P(OfTheWholeMigration, AReading,
                         ::testing::Values("list configmaps", "list serviceaccounts", "list services",
                                           "list deployments.apps", "list cronjobs.batch",
                                           "list poddisruptionbudgets.policy", "get jobs.batch",
                                           "get statefulsets.apps", "get deployments.apps", "get configmaps",
                                           "get services", "get serviceaccounts",
                                           "get ingresses.networking.k8s.io"),
                         [](const auto& each) {
                           std::string name = each.param;
                           std::ranges::replace_if(
                               name, [](unsigned char c) { return std::isalnum(c) == 0; }, '_');
                           return name;
                         });

TEST_F(ChecksAsJane, NameTheObjectsWhereOnlySomeAreRefused) {
  server.deny("jane delete statefulsets.apps/postgresql");
  EXPECT_EQ(outcome(Part::postgres).second, ExitCode::check_failed);
  EXPECT_THAT(check("permissions").detail, HasSubstr("delete statefulsets.apps (postgresql)"));
}

TEST_F(ChecksAsJane, OnlyWarnOfWhatTheMigrationFindsAWayRound) {
  for (const char* denied : {"* leases.coordination.k8s.io", "get pods/exec"})
    server.deny(std::string("jane ") + denied);
  EXPECT_EQ(outcome().first, "");
  EXPECT_EQ(check("permissions").status, Status::warning);
}

TEST_F(ChecksAsJane, WarnWhereAVolumeCannotBeKeptAndItsClaimIsKeptInstead) {
  for (const std::string denied : {"patch persistentvolumes", "get persistentvolumes"}) {
    SCOPED_TRACE(denied);
    server.deny("jane " + denied);
    context.lacking.clear();
    observer.checks.clear();
    EXPECT_EQ(outcome().first, "");
    EXPECT_EQ(check("permissions").status, Status::warning);
    EXPECT_THAT(check("permissions").detail, HasSubstr(denied));
  }
}

class OfTheCluster : public ChecksAsJane, public ::testing::WithParamInterface<const char*> {};

TEST_P(OfTheCluster, WhatMayNotBeReadOrChangedIsNamedAndLeftOut) {
  server.deny(std::string("jane ") + GetParam());
  EXPECT_EQ(outcome().first, "");
  EXPECT_EQ(check("permissions").status, Status::warning);
  EXPECT_THAT(check("permissions").detail, HasSubstr(GetParam()));
  EXPECT_TRUE(std::ranges::any_of(
      observer.notices, [](const auto& notice) { return notice.id == "annotate.not-ours-to-change"; }));
}

INSTANTIATE_TEST_SUITE_P(ClusterRoles, OfTheCluster,
                         ::testing::Values("patch clusterroles.rbac.authorization.k8s.io",
                                           "get clusterroles.rbac.authorization.k8s.io"));

// `check` tells what a run of this user would meet; `plan` may be read by another than who carries it out.
TEST_F(ChecksAsJane, FailInALookThatIsForThisUsersRunAndWarnInAPreview) {
  server.deny("jane delete statefulsets.apps");
  change::Executor dry(connection.client, observer, {.dry_run = kube::DryRun::client});
  using Purpose = RunOptions::Purpose;
  for (const auto& [purpose, status] :
       {std::pair{Purpose::check, Status::failed}, std::pair{Purpose::run, Status::warning}}) {
    Context look{.client = connection.client,
                 .executor = dry,
                 .observer = observer,
                 .ns = {kNs},
                 .release = "circleci-server"};
    RunOptions asked = options();
    asked.purpose = purpose;
    observer.checks.clear();
    (void)plan_migration(look, Part::whole, asked);
    EXPECT_EQ(check("permissions").status, status);
  }
}

TEST_F(ChecksAsJane, AreSkippedWhereNobodyMayAskWhatHeMay) {
  server.add_fault("status=403 path=/selfsubjectaccessreviews");
  EXPECT_EQ(outcome().first, "");
  EXPECT_EQ(check("permissions").status, Status::skipped);
}

}  // namespace

}  // namespace kots_export::migration
