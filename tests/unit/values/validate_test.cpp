#include <kots_export/util/base64.h>
#include <kots_export/util/error.h>
#include <kots_export/values/transform.h>
#include <kots_export/values/validate.h>

#include "apiserver/certificates.h"
#include "unit/values/good_values.h"

#include <algorithm>
#include <fstream>
#include <iterator>

#include <gmock/gmock.h>

namespace kots_export::values {

namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

TEST(Validate, FindsNothingInGoodValues) { EXPECT_THAT(findings(kGood), IsEmpty()); }

TEST(Validate, RefusesWhatIsNoMap) { EXPECT_THROW((void)findings("- a\n"), Error); }

TEST(Validate, OfNothingNamesEveryRequiredValue) {
  const auto found = findings("{}");
  for (const char* path :
       {"global.domainName", "global.license", "object_storage.bucketName", "object_storage",
        "postgresql.auth.postgresPassword", "mongodb.auth.password", "mongodb.auth.rootPassword",
        "rabbitmq.auth.password", "rabbitmq.auth.erlangCookie"})
    EXPECT_THAT(found, Contains(HasSubstr(std::string("error: ") + path + ": "))) << path;
  EXPECT_THAT(found,
              Contains(HasSubstr("warning: pusher.secret: is missing, so the chart takes its example")));
}

TEST(Validate, BlankValuesOfSecretsThatAnOperatorMakesAreOneWarning) {
  std::string blank = kGood;
  for (const auto& [from, to] :
       {std::pair{"apiToken: a", "apiToken: ''"},
        {"sessionCookieKey: '1234567890123456'\n", ""},
        {"signing: '{\"primaryKeyId\":1,\"key\":[]}', encryption: '{\"primaryKeyId\":1,\"key\":[]}'", ""},
        {"clientId: i, clientSecret: s", ""},
        {"secret: p", "secret: ''"},
        {"key: k", "key: null"},
        {"irsaRole: r, region: eu", ""}}) {
    ASSERT_NE(blank.find(from), std::string::npos) << from;
    blank.replace(blank.find(from), std::string(from).size(), to);
  }

  EXPECT_THAT(
      findings(blank),
      ::testing::UnorderedElementsAre(
          "2: warning: apiToken: is left blank, as all of apiToken, sessionCookieKey, keyset.signing, "
          "keyset.encryption, github.clientId, github.clientSecret, pusher.secret, "
          "nomad.server.gossip.encryption.key, object_storage.s3.accessKey, object_storage.s3.secretKey: "
          "right only if you make the Secrets yourself, with these keys: api-token (api-token); "
          "session-cookie (session-cookie-key); signing-keys (signing-key, encryption-key); "
          "github-secret (clientId, clientSecret); pusher (secret); nomad-gossip-encryption-key "
          "(gossip-key); object-storage-secret (s3AccessKey, s3SecretKey) [own-secret]",
          HasSubstr("note: nomad.server.gossip.encryption.key: is null")));
}

TEST(Validate, HalfOfASecretInTheValuesIsAnError) {
  EXPECT_THAT(
      findings(with("github", "github: {clientId: i}")),
      ::testing::ElementsAre(HasSubstr("error: github.clientSecret: is missing: github.clientId is given")));
  EXPECT_THAT(
      findings(with("keyset", R"(keyset: {encryption: '{"primaryKeyId":1,"key":[]}'})")),
      ::testing::ElementsAre(HasSubstr("error: keyset.signing: is missing: keyset.encryption is given")));
}

TEST(Validate, ADatastoreMayHaveItsPasswordInASecret) {
  EXPECT_THAT(findings(with("postgresql", "postgresql: {auth: {existingSecret: s}}")), IsEmpty());
  EXPECT_THAT(findings(with("postgresql",
                            "postgresql: {internal: false, postgresqlHost: h, auth: {username: u, "
                            "existingSecret: s}}")),
              IsEmpty());
  EXPECT_THAT(findings(with("mongodb", "mongodb: {auth: {existingSecret: s}}")), IsEmpty());
  EXPECT_THAT(
      findings(with("rabbitmq", "rabbitmq: {auth: {existingPasswordSecret: s, existingErlangSecret: t}}")),
      IsEmpty());
  EXPECT_THAT(findings(with("rabbitmq", "rabbitmq: {auth: {existingPasswordSecret: s}}")),
              ::testing::ElementsAre(HasSubstr("error: rabbitmq.auth.erlangCookie: is missing")));
}

TEST(Validate, TellsTheSecretsThatAnOperatorMakes) {
  const auto names = [](const std::string& yaml) {
    std::string text;
    for (const NeededSecret& secret : needed_secrets(parse_yaml(yaml, "test"), Target::v4_1)) {
      text += secret.name + ":";
      for (const std::string& key : secret.keys) text += " " + key;
      for (const std::string& key : secret.one_of) text += (key == secret.one_of.front() ? " " : "|") + key;
      text += "\n";
    }
    return text;
  };
  EXPECT_EQ(names(kGood), "");
  EXPECT_EQ(names(with("apiToken", "apiToken:")), "api-token: api-token\n");
  EXPECT_EQ(names(with("object_storage", "object_storage: {gcs: {enabled: true}}")),
            "object-storage-secret: gcs_sa.json\n");
  EXPECT_EQ(names(with("mongodb", "mongodb: {auth: {existingSecret: m}}")),
            "m: mongodb-root-password mongodb-password\n");
  EXPECT_EQ(names(with("mongodb", "mongodb: {internal: false, hosts: 'h:1', auth: {existingSecret: m}}")),
            "m: mongodb-root-password mongodb-password\n");
  EXPECT_EQ(names(with("rabbitmq", "rabbitmq: {auth: {existingPasswordSecret: p, existingErlangSecret: e}}")),
            "p: rabbitmq-password\ne: rabbitmq-erlang-cookie\n");
  EXPECT_EQ(names(with("rabbitmq", "rabbitmq: {auth: {existingPasswordSecret: p, existingErlangSecret: p}}")),
            "p: rabbitmq-password rabbitmq-erlang-cookie\n");
  EXPECT_EQ(names(with("postgresql", "postgresql: {auth: {existingSecret: s}}")), "s: postgres-password\n");
  EXPECT_EQ(names(with("postgresql", "postgresql: {internal: false, auth: {existingSecret: s}}")),
            "s: postgres-password|password\n");
}

TEST(Validate, TellsTheSecretOfPostgresqlsCertificate) {
  const auto keys = [](const std::string& tls) {
    std::vector<std::string> found;
    for (const NeededSecret& secret :
         needed_secrets(parse_yaml("postgresql: {tls: " + tls + "}", "test"), Target::v4_0))
      if (secret.name == "t") found = secret.keys;
    return found;
  };
  EXPECT_THAT(
      keys("{enabled: true, certificatesSecret: t, certFilename: c, certKeyFilename: k, certCAFilename: a}"),
      ::testing::ElementsAre("c", "k", "a"));
  EXPECT_THAT(keys("{enabled: true, certificatesSecret: t, certFilename: c, certKeyFilename: k}"),
              ::testing::ElementsAre("c", "k"));
  EXPECT_THAT(keys("{enabled: false, certificatesSecret: t, certFilename: c}"), IsEmpty());
  EXPECT_THAT(keys("{enabled: true, autoGenerated: true, certificatesSecret: t, certFilename: c}"),
              IsEmpty());
  EXPECT_FALSE(postgresql_certificate(
      parse_yaml("postgresql: {internal: false, tls: {enabled: true, certificatesSecret: t}}", "test")));
}

// Source: the installation guide of 4.x, phases 2 and 3, and the reference of 4.1.
TEST(Validate, KnowsEverySecretThatTheGuideLetsTheOperatorMake) {
  const std::string ec2 = "vm_service: {providers: {ec2: {enabled: true, region: r";
  const std::string gcp = "vm_service: {providers: {gcp: {enabled: true, project_id: p";
  const std::string nomad = "nomad: {server: {gossip: {encryption: {key: k}}}, auto_scaler: {enabled: true, ";
  const std::string account = ", service_account: {project_id: '... ...', type: service_account}";
  struct Case {
    std::string yaml;
    const char* secret;  // empty: nothing is found
  };
  const std::vector<Case> cases = {
      {kGood + ec2 + ", accessKey: '', secretKey: ''}}}\n", "vm-service-secret (ec2AccessKey, ec2SecretKey)"},
      {kGood + ec2 + ", irsaRole: r}}}\n", ""},
      {kGood + ec2 + ", accessKey: a, secretKey: s}}}\n", ""},
      {kGood + "vm_service: {enabled: false, providers: {ec2: {enabled: true}}}\n", ""},
      {kGood + "vm_service: {enabled: false, providers: {gcp: {enabled: true}}}\n", ""},
      {kGood + gcp + "}}}\n", "vm-service-secret (gcp_sa.json)"},
      {kGood + gcp + account + "}}}\n", "vm-service-secret (gcp_sa.json)"},
      {kGood + gcp + ", service_account: '{}'}}}\n", ""},
      {kGood + gcp + ", workloadIdentity: w}}}\n", ""},
      {with("nomad", nomad + "aws: {enabled: true, region: r}}}"), "nomad-autoscaler-secret (secret.hcl)"},
      {with("nomad", nomad + "aws: {enabled: true, region: r, irsaRole: r}}}"), ""},
      {with("nomad", nomad + "gcp: {enabled: true, zone: z}}}"),
       "nomad-autoscaler-secret (gcp_sa.json, secret.hcl)"},
      {with("nomad", nomad + "gcp: {enabled: true, zone: z, workloadIdentity: w}}}"), ""},
      {with("object_storage", "object_storage: {bucketName: b, gcs: {enabled: true" + account + "}}"),
       "object-storage-secret (gcs_sa.json)"},
      {with("github", "github: {enterprise: true, hostname: h}"),
       "github-secret (clientId, clientSecret, defaultToken)"},
      {kGood + "tink: {enabled: true}\n", "tink (keyset)"},
      {kGood + "tink: {enabled: true, keyset: '{\"primaryKeyId\":1,\"key\":[]}'}\n", ""}};
  for (const Case& one : cases) {
    SCOPED_TRACE(one.yaml);
    const auto found = findings(one.yaml, Target::v4_1);
    if (*one.secret == '\0') {
      EXPECT_THAT(found, IsEmpty());
    } else {
      EXPECT_THAT(found,
                  ::testing::ElementsAre(::testing::AllOf(HasSubstr(std::string("these keys: ") + one.secret),
                                                          HasSubstr("[own-secret]"))));
    }
  }
}

TEST(Validate, AsksForNoSecretThatTheChartDoesNotRead) {
  const std::string yaml = kGood + "tink: {enabled: true}\n";
  EXPECT_THAT(needed_secrets(parse_yaml(yaml, "test"), Target::v4_1), ::testing::SizeIs(1));
  EXPECT_THAT(needed_secrets(parse_yaml(yaml, "test"), Target::v4_0), IsEmpty());
  EXPECT_THAT(findings(yaml, Target::v4_0), Not(Contains(HasSubstr("[own-secret]"))));
}

TEST(Validate, OfALaterChartTheLicenseMayBeInASecret) {
  std::string yaml = kGood;
  const std::string license = ", license: l";
  yaml.erase(yaml.find(license), license.size());
  std::vector<std::string> later;
  for (const Finding& f :
       validate(parse_yaml_with_places(yaml, "test"), validate_options("4.7.0", kWhileValid)))
    later.push_back(std::string(name_of(f.level)) + ": " + f.path + ": " + f.text);
  EXPECT_THAT(later, ::testing::ElementsAre(AllOf(HasSubstr("warning: global.license: is left blank"),
                                                  HasSubstr("these keys: license (license)"))));
  EXPECT_THAT(findings(yaml, Target::v4_1),
              ::testing::ElementsAre(HasSubstr("error: global.license: is missing")));
  EXPECT_THAT(needed_secrets(parse_yaml(yaml, "test"), Target::v4_1, true), ::testing::SizeIs(1));
  EXPECT_THAT(needed_secrets(parse_yaml(yaml, "test"), Target::v4_1), IsEmpty());
}

TEST(Validate, WantsTheDefaultTokenOfGitHubEnterprise) {
  EXPECT_THAT(
      findings(with("github", "github: {clientId: i, clientSecret: s, enterprise: true, hostname: h}")),
      ::testing::ElementsAre(HasSubstr("warning: github.defaultToken: is missing")));
}

TEST(Validate, ARoleOfAwsHasItsRegion) {
  EXPECT_THAT(
      findings(with("object_storage", "object_storage: {bucketName: b, s3: {enabled: true, irsaRole: r}}")),
      ::testing::ElementsAre(HasSubstr("warning: object_storage.s3.region: is missing: give the region")));
}

TEST(Validate, TakesTheGuidesSpellingOfTheProxy) {
  const std::string both = "{host: h, port: '3128', auth: {enabled: '1', username: u, password: p}}";
  EXPECT_THAT(findings(kGood + "proxy: {enabled: '1', http: " + both + ", https: " + both + "}\n"),
              IsEmpty());
  EXPECT_THAT(
      findings(kGood + "proxy: {enabled: '1', http: " + both + "}\n"),
      ::testing::ElementsAre(HasSubstr("warning: proxy.https.host: is missing: proxy.http.host is given")));
  EXPECT_THAT(
      findings(kGood + "proxy: {enabled: true, https: " + both + "}\n"),
      ::testing::ElementsAre(HasSubstr("warning: proxy.http.host: is missing: proxy.https.host is given")));
  EXPECT_THAT(findings(kGood + "proxy: {enabled: false, http: " + both + "}\n"), IsEmpty());
  EXPECT_THAT(findings(kGood + "proxy: {enabled: '1'}\n"),
              ::testing::ElementsAre(HasSubstr("but no host is given")));
  EXPECT_THAT(findings(kGood + "proxy: {enabled: '0'}\n"),
              ::testing::ElementsAre(HasSubstr("but the chart wants true or false")));
}

TEST(Validate, ThinksOfTransformWhereTheDomainIsThatOf3x) {
  EXPECT_THAT(findings("domainName: d\n"), Contains(HasSubstr("run kots-export transform first")));
}

TEST(Validate, SaysOfADomainAmongValuesOf4xWhereItBelongs) {
  std::string yaml = kGood + "domainName: d\n";
  yaml.erase(yaml.find("domainName: ci.example.com, "), std::string("domainName: ci.example.com, ").size());
  const auto found = findings(yaml);
  EXPECT_THAT(found,
              Contains(HasSubstr("error: global.domainName: is missing: domainName belongs below global")));
  EXPECT_THAT(found, Not(Contains(HasSubstr("transform"))));
}

TEST(Validate, SuggestsTheNearestKeyAndNamesTheLine) {
  EXPECT_THAT(
      findings(kGood + "fronted:\n  replicas: 1\n"),
      Contains("12: warning: fronted: is not a value of this chart; did you mean frontend? [unknown-key]"));
  EXPECT_THAT(findings(kGood + "frontend:\n  replica: 1\n"),
              Contains("13: warning: frontend.replica: is not a value of this chart; did you mean replicas? "
                       "[unknown-key]"));
}

TEST(Validate, LeavesTheKeysOfOtherPeoplesChartsAlone) {
  EXPECT_THAT(
      findings(kGood + "redis: {sentinel: {enabled: true}}\nprometheus: {server: {nodeSelector: {a: b}}}\n"
                       "nomad_extra: {}\n"),
      ::testing::ElementsAre(HasSubstr("nomad_extra")));
}

// Each of them is one of Bitnami's charts too, or may be: following the advice would change an installation.
TEST(Validate, OnlyNotesWhatASubchartMayHave) {
  for (const char* yaml : {"redis: {usePasswordFile: true}\n", "redis: {auth: {enabled: false}}\n",
                           "prometheus: {server: {retention: 15d}}\n", "telegraf: {env: []}\n"})
    EXPECT_THAT(findings(kGood + yaml), IsEmpty()) << yaml;
  EXPECT_THAT(
      findings(with("mongodb", "mongodb: {auth: {password: p, rootPassword: r, usernames: [u]}}")),
      ::testing::ElementsAre(
          "9: note: mongodb.auth.usernames: is not in CircleCI's reference of the chart, which has username: "
          "right only if you mean a value of the mongodb chart [subchart-key]"));
  EXPECT_THAT(
      findings(with("mongodb", "mongodb: {auth: {password: p, rootPassword: r}, annotations: {a: b}}")),
      IsEmpty());
}

TEST(Validate, KnowsTheImageOfVault) {
  for (const Target target : {Target::v4_0, Target::v4_1})
    EXPECT_THAT(findings(kGood + "vault: {image: {repository: r, tag: t}}\n", target), IsEmpty());
}

TEST(Validate, ComparesTypes) {
  const auto found = findings(kGood +
                              "frontend: {replicas: many}\nproxy: {enabled: 'false', no_proxy: a}\nsmtp: "
                              "{user: 12, port: '25'}\ntelegraf: []\n");
  EXPECT_THAT(found,
              Contains(HasSubstr("error: frontend.replicas: is a text, but the chart wants a whole number")));
  EXPECT_THAT(found,
              Contains(HasSubstr("error: proxy.enabled: is a text, but the chart wants true or false")));
  EXPECT_THAT(found, Contains(HasSubstr("error: proxy.no_proxy: is a text, but the chart wants a list")));
  EXPECT_THAT(
      found,
      Contains(HasSubstr("error: smtp.user: is a number, but the chart wants a text: put it in quotes")));
  EXPECT_THAT(found, Contains(HasSubstr("warning: smtp.port: ")));
  EXPECT_THAT(found, Contains(HasSubstr("error: telegraf: is a list, but the chart wants a map")));
}

TEST(Validate, TakesAWholeNumberInAnySpelling) {
  for (const char* number : {"30", "30.0", "1e1", "1_0", "0x1F", "-1", "3e+0"})
    EXPECT_THAT(findings(kGood + "frontend: {replicas: " + number + "}\n"), IsEmpty()) << number;
  for (const char* number : {"1.5", "1e-1", ".5"})
    EXPECT_THAT(findings(kGood + "frontend: {replicas: " + std::string(number) + "}\n"),
                ::testing::ElementsAre(HasSubstr("is a number, but the chart wants a whole number")))
        << number;
}

TEST(Validate, AServiceAccountMayBeAText) {
  EXPECT_THAT(findings(with("object_storage",
                            "object_storage: {bucketName: b, gcs: {enabled: true, service_account: '{}'}}")),
              IsEmpty());
}

TEST(Validate, KnowsTheVersionsOfTheChart) {
  const std::string text = kGood + "tink: {enabled: false}\n";
  EXPECT_THAT(findings(text), Contains(HasSubstr("tink: is a value of chart 4.1, not of 4.0")));
  EXPECT_THAT(findings(text, Target::v4_1), IsEmpty());
  EXPECT_EQ(target_of_chart("4.0.3"), Target::v4_0);
  EXPECT_EQ(target_of_chart("4.1.0"), Target::v4_1);
}

// The guide of 4.0 itself sets redis.master.persistence.size, which the reference has of 4.1 only.
TEST(Validate, LeavesTheVersionsOfSubchartsAlone) {
  for (const char* yaml :
       {"redis: {master: {persistence: {size: 10Gi}}, slave: {persistence: {size: 10Gi}}}\n",
        "redis: {master: {podAnnotations: {a: b}}}\n", "telegraf: {resources: {limits: {cpu: 1}}}\n"})
    for (const Target target : {Target::v4_0, Target::v4_1})
      EXPECT_THAT(findings(kGood + yaml, target), IsEmpty()) << yaml;
}

TEST(Validate, KnowsWhereItsTablesEnd) {
  for (const char* version : {"4.0", "4.0.12", "4.1", "4.1.9", "3.9", "", "^4.0", "4.1.0-rc.1"})
    EXPECT_FALSE(is_after_tables(version)) << version;
  for (const char* version : {"4.2", "4.2.0", "4.10", "5.0", "10.0", "4.2.0-rc.1", "4.2.0+b"})
    EXPECT_TRUE(is_after_tables(version)) << version;
}

// machine_provisioner is one of the later charts' own.
TEST(Validate, OnlyNotesWhatALaterChartMayHave) {
  const auto found = [](const std::string& yaml) {
    std::vector<std::string> lines;
    for (const Finding& f :
         validate(parse_yaml_with_places(yaml, "test"), validate_options("4.4.1", kWhileValid)))
      lines.push_back(std::string(name_of(f.level)) + ": " + f.path + ": " + f.text);
    return lines;
  };
  EXPECT_THAT(
      found(kGood + "machine_provisioner: {enabled: true}\n"),
      ::testing::ElementsAre(HasSubstr("note: machine_provisioner: is not in the tables, which end at 4.1")));
  EXPECT_THAT(found(with("github", "github: {clientId: i, clientSecret: s, selfSignedCert: true}")),
              ::testing::ElementsAre(HasSubstr("note: github.selfSignedCert: is not in the tables")));
  EXPECT_THAT(found(with("mongodb", "mongodb: {auth: {rootPassword: r}}")), IsEmpty());
  const std::string mtls =
      with("nomad", "nomad: {server: {gossip: {encryption: {key: k}}, rpc: {mTLS: {enabled: true}}}}");
  EXPECT_THAT(found(mtls), ::testing::ElementsAre(
                               HasSubstr("warning: nomad.server.rpc.mTLS: is enabled without certificates")));
  EXPECT_THAT(findings(mtls), Contains(HasSubstr("error: nomad.server.rpc.mTLS.certificate: is missing")));
  EXPECT_FALSE(validate_options("4.1.9", 0).is_after_tables);
}

TEST(Validate, ReadsVersionsOfTheChart) {
  EXPECT_EQ(chart_version("4.1"), (ChartVersion{4, 1, 0}));
  EXPECT_EQ(chart_version("10.1.12"), (ChartVersion{10, 1, 12}));
  for (const char* text : {"", "4", "4.", "4.1.", "4..1", ".1", "4.1.2.3", "4.999999999999", "-4.1", "4.+1",
                           " 4.1", "v4.1", "4.x"})
    EXPECT_EQ(chart_version(text), std::nullopt) << text;
}

TEST(Validate, TellsValuesOf3xFromThoseOf4x) {
  EXPECT_TRUE(is_of_3x(parse_yaml("domainName: d\nglobal: {scheme: https}\n", "test")));
  EXPECT_FALSE(is_of_3x(parse_yaml(kGood + "domainName: d\n", "test")));
  for (const char* mark :
       {"global: {license: l}", "nginx: {replicas: 1}", "postgresql: {auth: {existingSecret: s}}"})
    EXPECT_FALSE(is_of_3x(parse_yaml("domainName: d\n" + std::string(mark) + "\n", "test"))) << mark;
  EXPECT_FALSE(is_of_3x(parse_yaml("{}", "test")));
  EXPECT_EQ(finding_of_3x(parse_yaml_with_places("a: 1\ndomainName: d\n", "test")).line, 2U);
}

// What was begun by hand: following the findings one by one would lose the password.
TEST(Validate, SendsHalfA3xFileToTransform) {
  for (const char* yaml :
       {"domainName: d\nglobal: {license: l}\npostgresql: {postgresqlPassword: p}\n",
        "global: {domainName: d}\nminio: {}\npublished: true\n",
        "global: {domainName: d}\nlicense: l\nkong: {annotations: {}}\n",
        "domainName: d\nglobal: {license: l}\nkong: {annotations: {}}\n",
        "global: {domainName: d, license: l}\npostgresql: {postgresqlPassword: p}\n",
        "global: {domainName: d, license: l}\npostgresql: {postgresqlPassword: p, auth: {password: p}}\n",
        "global: {domainName: d, license: l}\npostgresql: {internal: false, postgresqlUsername: u}\n",
        "global: {domainName: d}\nlicense: l\nnomad: {server: {rpc: {advertise: a}}}\n"}) {
    EXPECT_TRUE(is_of_3x(parse_yaml(yaml, "test"))) << yaml;
    EXPECT_THAT(finding_of_3x(parse_yaml_with_places(yaml, "test")).text,
                AllOf(HasSubstr("half a 3.x file"), HasSubstr("run kots-export transform")))
        << yaml;
  }
  EXPECT_EQ(
      finding_of_3x(parse_yaml_with_places("global: {domainName: d}\nminio: {}\nlicense: l\n", "test")).line,
      2U);
}

TEST(Validate, AnEmptyMapIsNoMarkOf4x) {
  for (const char* mark :
       {"nginx: {}", "nginx: {annotations: {}}", "postgresql: {auth: {existingSecret: ''}}"})
    EXPECT_TRUE(is_of_3x(parse_yaml("domainName: d\n" + std::string(mark) + "\n", "test"))) << mark;
}

TEST(Validate, ALeftoverAmongWholeValuesIsNoHalf) {
  // The license may be given by helm upgrade --set, and so may all that is secret.
  for (const char* yaml :
       {"global: {domainName: d}\npostgresql: {postgresqlPassword: OLD, auth: {postgresPassword: NEW}}\n",
        "global: {domainName: d}\npostgresql: {postgresqlPassword: '', auth: {postgresPassword: NEW}}\n",
        "global: {domainName: d}\npublished: true\n"})
    EXPECT_FALSE(is_of_3x(parse_yaml(yaml, "test"))) << yaml;
  for (const char* yaml : {"published: true\n", "minio: {}\n"})
    EXPECT_FALSE(is_of_3x(parse_yaml(kGood + yaml, "test"))) << yaml;
  for (const char* auth : {"postgresPassword: p", "existingSecret: s"})
    EXPECT_FALSE(is_of_3x(parse_yaml(
        with("postgresql", "postgresql: {postgresqlPassword: p, auth: {" + std::string(auth) + "}}"),
        "test")))
        << auth;
}

TEST(Validate, NotesNulls) {
  EXPECT_THAT(findings(kGood + "internal_zone: null\n"),
              Contains(StartsWith("12: note: internal_zone: is null")));
}

TEST(Validate, DoesNotNoteTheNullsOfTheChart) {
  EXPECT_THAT(
      findings(kGood +
               "proxy: {http: {auth: {password: null, username: null}}, https: {auth: {password: null, "
               "username: null}}}\n"),
      IsEmpty());
  EXPECT_THAT(findings(with("github", "github: {clientId: i, clientSecret: s, fingerprint: null}")),
              IsEmpty());
}

TEST(Validate, SaysOneThingOfANull) {
  EXPECT_THAT(
      findings(with("object_storage",
                    "object_storage: {bucketName: null, s3: {enabled: true, irsaRole: r, region: e}}")),
      ::testing::ElementsAre(HasSubstr("error: object_storage.bucketName: is empty")));
  EXPECT_THAT(findings(with("mongodb", "mongodb: {auth: {password: null, rootPassword: r}}")),
              ::testing::ElementsAre(HasSubstr("error: mongodb.auth.password: is empty")));
  EXPECT_THAT(findings(with("postgresql", "postgresql: {auth: {existingSecret: s, postgresPassword: null}}")),
              IsEmpty());
}

TEST(Validate, FindsLeftoversOf3x) {
  const auto found = findings(kGood + "published: true\nkong: {annotations: {}}\nminio: {}\n");
  EXPECT_THAT(found, Contains(StartsWith("12: warning: published: is a value of 3.x")));
  EXPECT_THAT(found, Contains(StartsWith("13: warning: kong.annotations: is a value of 3.x")));
  EXPECT_THAT(found, Not(Contains(HasSubstr("unknown-key"))));
}

TEST(Validate, FindsATelegrafFileOf3x) {
  const auto telegraf = [](const std::string& text) {
    return findings(kGood + "telegraf: {config: {custom_config_file: '" + text + "'}}\n");
  };
  EXPECT_THAT(telegraf(util::base64_encode("[[outputs.file]]\n  files = [\"stdout\"]\n")),
              ::testing::ElementsAre(HasSubstr("warning: telegraf.config.custom_config_file: is base64")));
  for (const char* text : {"", "[[outputs.file]]", "abcd", "# nothing"})
    EXPECT_THAT(telegraf(text), IsEmpty()) << text;
}

TEST(Validate, FindsEveryLeftover) {
  const auto found = findings(
      "published: true\ndomainName: d\nlicense: l\nminio: {}\nkong: {annotations: {}}\npostgresql: "
      "{postgresqlPassword: p, postgresqlUsername: u}\nnomad: {server: {rpc: {advertise: {}}}}\n");
  for (const char* path :
       {"published", "domainName", "license", "minio", "kong.annotations", "postgresql.postgresqlPassword",
        "postgresql.postgresqlUsername", "nomad.server.rpc.advertise"})
    EXPECT_THAT(found, Contains(HasSubstr(std::string("warning: ") + path + ": is a value of 3.x"))) << path;
}

TEST(Validate, EveryCheckFindsSomething) {
  using apiserver::issue;
  const auto authority = apiserver::make_authority("ca");
  const auto pair = issue(authority, {.common_name = "nomad"});
  const auto base64 = [](const std::string& pem) { return util::base64_encode(pem); };
  const std::string broken =
      "frontend: {replicas: '1', replicaz: 1}\nproxy: {enabled: 'no'}\ninternal_zone: null\npublished: true\n"
      "pusher: {secret: REPLACE_THIS_SECRET}\ntink: {enabled: false}\nmongodb: {internal: false}\n"
      "nomad: {auto_scaler: {enabled: true}, server: {rpc: {mTLS: {enabled: true}}}}\n"
      "nginx: {aws_acm: {enabled: true}}\ngithub: {enterprise: true, clientId: i}\nsessionCookieKey: short\n"
      "keyset: {signing: x}\npostgresql: {tls: {enabled: true}}\nredis: {podLabel: {}}\n";
  const std::string half = "tls: {certificate: x}\nproxy: {enabled: true, http: {host: h}}\n";
  const std::string foreign =
      "global: {domainName: d}\nobject_storage: {s3: {enabled: true, irsaRole: r}}\ntls: {certificate: " +
      base64(pair.certificate_pem) + ", privateKey: " + base64(authority.key_pem) +
      "}\nnomad: {server: {rpc: {mTLS: {enabled: true, certificate: " + base64(pair.certificate_pem) +
      ", CACertificate: " + base64(apiserver::make_authority("x").certificate_pem) + "}}}}\n";
  const std::time_t now = std::time(nullptr);
  constexpr std::time_t kDay = 24 * 60 * 60;
  std::string found;
  for (const std::string& yaml : {broken, half, foreign})
    for (const std::time_t when : {now, now + 350 * kDay, now + 400 * kDay})
      for (const std::string& line : findings(yaml, Target::v4_0, when)) found += line + "\n";
  for (const Check& check : checks())
    EXPECT_THAT(found, HasSubstr("[" + std::string(check.id) + "]\n")) << check.what;
}

TEST(Validate, WantsOneObjectStore) {
  EXPECT_THAT(
      findings(with("object_storage",
                    "object_storage: {bucketName: b, s3: {enabled: true, irsaRole: r, region: e}, gcs: "
                    "{enabled: true, workloadIdentity: w}}")),
      ::testing::ElementsAre(HasSubstr("s3 and gcs are both enabled")));
  EXPECT_THAT(findings(with("object_storage", "object_storage: {bucketName: b}")),
              Contains(HasSubstr("neither of s3 and gcs")));
  EXPECT_THAT(findings(with("object_storage", "object_storage: {bucketName: b, gcs: {enabled: true}}")),
              ::testing::ElementsAre(HasSubstr("object-storage-secret (gcs_sa.json)")));
}

TEST(Validate, WantsTheHostsOfWhatIsOutside) {
  EXPECT_THAT(findings(with("postgresql", "postgresql: {internal: false, auth: {username: u, password: p}}")),
              Contains(HasSubstr("postgresql.postgresqlHost: postgresql.internal is false")));
  EXPECT_THAT(
      findings(with("mongodb",
                    "mongodb: {internal: false, hosts: 'mongodb:27017', auth: {username: u, password: p}}")),
      Contains(HasSubstr("mongodb.hosts: ")));
  EXPECT_THAT(findings(kGood + "vault: {internal: false, url: 'https://v', token: t}\n"), IsEmpty());
}

TEST(Validate, WantsTheHostsOfVaultAndProxy) {
  const auto found = findings(kGood + "vault: {internal: false}\nproxy: {enabled: true}\n");
  for (const char* path : {"vault.url", "vault.token", "proxy.http.host"})
    EXPECT_THAT(found, Contains(HasSubstr(std::string("error: ") + path + ": "))) << path;
}

TEST(Validate, WantsNoVaultBesideTink) {
  const std::string yaml =
      kGood + "vault: {internal: false}\ntink: {enabled: true, keyset: '{\"primaryKeyId\":1,\"key\":[]}'}\n";
  EXPECT_THAT(findings(yaml, Target::v4_1), IsEmpty());
  EXPECT_THAT(findings(yaml, Target::v4_0), Contains(HasSubstr("error: vault.url: ")));
}

TEST(Validate, WantsTheUsersOfWhatIsOutside) {
  const auto found = findings(with("postgresql", "postgresql: {internal: false, postgresqlHost: h}"));
  EXPECT_THAT(found, Contains(HasSubstr("postgresql.auth.username: is missing")));
  EXPECT_THAT(found, Contains(HasSubstr("postgresql.auth.password: is missing")));
  EXPECT_THAT(findings(with("mongodb", "mongodb: {internal: false, hosts: 'h:1', auth: {password: p}}")),
              Contains(HasSubstr("mongodb.auth.username: is missing")));
}

TEST(Validate, WantsTheSecretOfAnAccessKey) {
  EXPECT_THAT(
      findings(with("object_storage", "object_storage: {bucketName: b, s3: {enabled: true, accessKey: a}}")),
      ::testing::ElementsAre(HasSubstr("error: object_storage.s3.secretKey: is missing")));
}

TEST(Validate, WantsACertificateForAcm) {
  EXPECT_THAT(findings(kGood + "nginx: {aws_acm: {enabled: true}}\n"),
              Contains(HasSubstr("names no certificate")));
  EXPECT_THAT(findings(kGood + "nginx:\n  aws_acm: {enabled: true}\n  annotations:\n    "
                               "service.beta.kubernetes.io/aws-load-balancer-ssl-cert: arn\n"),
              IsEmpty());
}

TEST(Validate, WantsOneMakerOfTheCertificate) {
  EXPECT_THAT(
      findings(kGood + "kong: {acme: {enabled: true}}\nnginx:\n  aws_acm: {enabled: true}\n  annotations:\n"
                       "    service.beta.kubernetes.io/aws-load-balancer-ssl-cert: arn\n"),
      ::testing::ElementsAre(HasSubstr("error: kong.acme.enabled: is true, and so is")));
}

TEST(Validate, WantsAllOfNomadsMtls) {
  const auto found =
      findings(with("nomad",
                    "nomad: {server: {gossip: {encryption: {key: k}}, rpc: {mTLS: {enabled: true, "
                    "certificate: ''}}}}"));
  EXPECT_THAT(found, Contains(HasSubstr("nomad.server.rpc.mTLS.CACertificate: is missing")));
  EXPECT_THAT(found, Contains(HasSubstr("nomad.server.rpc.mTLS.certificate: is empty")));
  EXPECT_THAT(found, Contains(HasSubstr("nomad.server.rpc.mTLS.privateKey: is missing")));
}

TEST(Validate, LooksIntoKeysAndKeysets) {
  EXPECT_THAT(findings(with("sessionCookieKey", "sessionCookieKey: short")),
              Contains(HasSubstr("has 5 bytes; it must have 16")));
  EXPECT_THAT(findings(with("keyset", "keyset: {signing: 'not json', encryption: '[]'}")),
              ::testing::ElementsAre(HasSubstr("keyset.signing: is not JSON"),
                                     HasSubstr("keyset.encryption: is JSON, but no keyset")));
}

TEST(Validate, WantsOneCloud) {
  EXPECT_THAT(findings(kGood + "vm_service: {providers: {ec2: {enabled: true}, gcp: {enabled: true}}}\n"),
              Contains(HasSubstr("both enabled")));
  EXPECT_THAT(
      findings(
          with("nomad", "nomad: {server: {gossip: {encryption: {key: k}}}, auto_scaler: {enabled: true}}")),
      ::testing::ElementsAre(HasSubstr("nomad.auto_scaler: neither of aws and gcp")));
}

TEST(Validate, JudgesNoCloudOfWhatIsSwitchedOff) {
  EXPECT_THAT(
      findings(kGood + "vm_service: {enabled: false, providers: {ec2: {enabled: true, securityGroupId: "
                       "sg-8asfas76}, gcp: {enabled: true, network: my-server-vpc}}}\n"),
      IsEmpty());
  EXPECT_THAT(
      findings(with("nomad",
                    "nomad: {server: {gossip: {encryption: {key: k}}}, auto_scaler: {enabled: false, aws: "
                    "{enabled: true}, gcp: {enabled: true}}}")),
      IsEmpty());
}

TEST(Validate, WantsTheHostOfGitHubEnterprise) {
  EXPECT_THAT(findings(with("github", "github: {clientId: i, clientSecret: s, enterprise: true}")),
              Contains(HasSubstr("github.hostname")));
}

TEST(Validate, FindsPlaceholders) {
  EXPECT_THAT(findings(with("pusher", "pusher: {secret: REPLACE_THIS_SECRET}")),
              Contains(HasSubstr("example of the chart's documentation")));
}

TEST(Validate, FindsPlaceholdersOnlyInWhatIsSwitchedOn) {
  struct Case {
    const char* before;
    const char* behind;
  };
  for (const auto& [before, behind] :
       {Case{"kong: {acme: {enabled: ", ", email: your-email@example.com}}\n"},
        Case{"proxy: {enabled: ", ", http: {host: proxy.example.com}, https: {host: h}}\n"},
        Case{"vm_service: {providers: {ec2: {irsaRole: r, enabled: ", ", windowsAMI: ami-mywindowsami}}}\n"},
        Case{"vm_service: {providers: {gcp: {workloadIdentity: w, enabled: ",
             ", network: my-server-vpc}}}\n"}}) {
    SCOPED_TRACE(before);
    EXPECT_THAT(findings(kGood + before + "false" + behind), IsEmpty());
    EXPECT_THAT(findings(kGood + before + "true" + behind),
                ::testing::ElementsAre(HasSubstr("[placeholder]")));
  }
  const auto autoscaler = [](const std::string& all, const std::string& aws) {
    return findings(
        with("nomad", "nomad: {server: {gossip: {encryption: {key: k}}}, auto_scaler: {enabled: " + all +
                          ", aws: {irsaRole: r, enabled: " + aws + ", region: some-region}}}"));
  };
  EXPECT_THAT(autoscaler("false", "true"), IsEmpty());
  EXPECT_THAT(autoscaler("false", "false"), IsEmpty());
  EXPECT_THAT(autoscaler("true", "true"), ::testing::ElementsAre(HasSubstr("[placeholder]")));
}

TEST(Validate, ShowsNoSecret) {
  for (const std::string& line : findings("keyset: {signing: hunter2}\nsessionCookieKey: hunter2\ntls: "
                                          "{certificate: hunter2, privateKey: hunter2}\npassword: hunter2\n"))
    EXPECT_THAT(line, Not(HasSubstr("hunter2")));
}

TEST(Validate, DoesNotComplainOfWhatTransformLeaves) {
  for (const char* file : {"values-3.x.yaml", "values-3.x-aws.yaml", "values-3.x-gcp-external.yaml"}) {
    SCOPED_TRACE(file);
    std::ifstream in(std::string(KOTS_EXPORT_TEST_DATA "/") + file);
    const std::string text(std::istreambuf_iterator<char>(in), {});
    const Value v3 = parse_yaml(text, "test");
    EXPECT_TRUE(is_of_3x(v3));
    const Value v4 = transform(v3, example_options()).values;
    EXPECT_FALSE(is_of_3x(v4));
    for (const std::string& line : findings(to_yaml(v4))) {
      for (const char* rule : {"[leftover]", "[unknown-key]", "[other-version]", "[null-value]"})
        EXPECT_TRUE(line.find(rule) == std::string::npos || line.find("custom: ") != std::string::npos)
            << line;
    }
  }
}

}  // namespace

}  // namespace kots_export::values
