#include <kots_export/util/error.h>
#include <kots_export/values/json.h>
#include <kots_export/values/transform.h>
#include <kots_export/values/yaml.h>

#include <algorithm>
#include <fstream>
#include <iterator>

#include <gmock/gmock.h>

namespace kots_export::values {

namespace {

using ::testing::Contains;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

Value yaml(const std::string& text) { return parse_yaml(text, "test"); }

Value data(const std::string& name) {
  std::ifstream in(std::string(KOTS_EXPORT_TEST_DATA "/") + name);
  return parse_yaml(std::string(std::istreambuf_iterator<char>(in), {}), name);
}

std::string transformed(const std::string& text) {
  return to_json(transform(yaml(text), example_options()).values);
}

// Every rule's own example: docs/values.md shows the same.
class Rules : public ::testing::TestWithParam<Rule> {};

TEST_P(Rules, MakesAfterFromBefore) {
  const Rule& rule = GetParam();
  const Transformed result = apply_rule(rule, yaml(std::string(rule.before)), example_options());
  EXPECT_EQ(to_yaml(result.values), rule.after);
  EXPECT_THAT(result.applied, Not(IsEmpty()));
}

TEST_P(Rules, ChangesNothingTheSecondTime) {
  const Rule& rule = GetParam();
  if (rule.id == "telegraf-config") GTEST_SKIP() << "asks whether the values are 4.x already; see Transform";
  const Transformed result = apply_rule(rule, yaml(std::string(rule.after)), example_options());
  EXPECT_THAT(result.applied, IsEmpty());
  EXPECT_EQ(to_yaml(result.values), rule.after);
}

INSTANTIATE_TEST_SUITE_P(, Rules, ::testing::ValuesIn(rules().begin(), rules().end()), [](const auto& rule) {
  std::string name(rule.param.id);
  std::ranges::replace(name, '-', '_');
  return name;
});

TEST(Transform, OfTransformedValuesChangesNothing) {
  for (const char* name : {"values-3.x.yaml", "values-3.x-aws.yaml", "values-3.x-gcp-external.yaml"}) {
    SCOPED_TRACE(name);
    const Transformed once = transform(data(name), example_options());
    EXPECT_THAT(once.applied, Not(IsEmpty()));
    const Transformed twice = transform(once.values, example_options());
    EXPECT_THAT(twice.applied, IsEmpty());
    EXPECT_EQ(to_yaml(twice.values), to_yaml(once.values));
    EXPECT_EQ(to_json(yaml(to_yaml(once.values))), to_json(once.values));
  }
}

TEST(Transform, TakesTheTopLevelDomainAndNoOther) {
  EXPECT_THAT(transformed("global: {domainName: old.example.com}\ndomainName: new.example.com\n"),
              HasSubstr("new.example.com"));
  EXPECT_THROW((void)transformed("a: {domainName: x}\n"), Error);
  EXPECT_THROW((void)transformed("domainName: yes\n"), Error);
  EXPECT_THROW((void)transformed("domainName: ''\n"), Error);
}

TEST(Transform, ExternalPostgresqlKeepsItsUser) {
  EXPECT_THAT(
      transformed(
          "domainName: d\npostgresql: {internal: false, postgresqlPassword: p, postgresqlUsername: u}\n"),
      HasSubstr(
          R"("postgresql":{"internal":false,"auth":{"password":"p","username":"u","existingSecret":""}})"));
}

// A domainName at the top by mistake is all that is of 3.x here.
TEST(Transform, LeavesWhatSomebodyWroteFor4x) {
  const Value v4 =
      transform(parse_yaml("domainName: d\nglobal: {license: l}\npostgresql: {auth: {existingSecret: s}}\n"
                           "vm_service: {providers: {ec2: {region: r}}}\n"
                           "object_storage: {s3: {region: r}, gcs: {enabled: true}}\n",
                           "test"),
                example_options())
          .values;
  EXPECT_EQ(string_at(v4, {"global", "domainName"}), "d");
  EXPECT_EQ(string_at(v4, {"postgresql", "auth", "existingSecret"}), "s");
  EXPECT_EQ(string_at(v4, {"vm_service", "providers", "ec2", "region"}), "r");
  EXPECT_EQ(string_at(v4, {"object_storage", "s3", "region"}), "r");
}

// What somebody began by hand: `validate` sends him here.
TEST(Transform, MakesWhole4xValuesOfHalfA3xFile) {
  const std::string v3 =
      "postgresql: {internal: true, postgresqlPassword: p}\n"
      "telegraf: {config: {custom_config_file: aGVsbG8=}}\n"
      "object_storage: {s3: {region: r}, gcs: {enabled: true}}\n";
  for (const char* begun :
       {"domainName: d\nglobal: {license: l}\n", "global: {domainName: d}\n",
        "global: {domainName: d, license: l}\n", "domainName: d\nnginx: {replicas: 1}\n"}) {
    SCOPED_TRACE(begun);
    const Value v4 = transform(yaml(begun + v3), example_options()).values;
    EXPECT_EQ(string_at(v4, {"global", "domainName"}), "d");
    EXPECT_EQ(string_at(v4, {"postgresql", "auth", "postgresPassword"}), "p");
    EXPECT_EQ(find(v4, {"postgresql", "postgresqlPassword"}), nullptr);
    EXPECT_EQ(string_at(v4, {"telegraf", "config", "custom_config_file"}), "hello");
    EXPECT_EQ(find(v4, {"object_storage", "s3"}), nullptr);
  }
}

// The license comes from elsewhere (helm upgrade --set), and something of 3.x is left over.
TEST(Transform, NeverWritesOverACredentialOf4x) {
  struct Case {
    const char* postgresql;
    bool warns;
  };
  for (const Case& given : std::initializer_list<Case>{
           {"{internal: true, postgresqlPassword: OLD, auth: {postgresPassword: NEW, username: own}}", true},
           {"{internal: true, postgresqlPassword: '', auth: {postgresPassword: NEW, username: own}}", false},
           {"{internal: true, postgresqlPassword: NEW, auth: {postgresPassword: NEW, username: own}}", false},
           {"{postgresqlPassword: OLD, auth: {postgresPassword: NEW, username: own}}", true},
           {"{internal: false, postgresqlPassword: OLD, postgresqlUsername: old, auth: {password: NEW, "
            "username: "
            "own}}",
            true}})
    for (const char* domain : {"global: {domainName: d}\n", "domainName: d\npublished: true\n"}) {
      SCOPED_TRACE(std::string(domain) + given.postgresql);
      const Transformed result =
          transform(yaml(std::string(domain) + "postgresql: " + given.postgresql + "\n"), example_options());
      const Value* auth = find(result.values, {"postgresql", "auth"});
      ASSERT_NE(auth, nullptr);
      EXPECT_THAT(to_json(*auth), HasSubstr(":\"NEW\""));
      EXPECT_EQ(string_at(*auth, {"username"}), "own");
      EXPECT_THAT(to_json(*auth), Not(HasSubstr("OLD")));
      EXPECT_EQ(!result.warnings.empty(), given.warns);
      EXPECT_THAT(result.warnings, Not(Contains(HasSubstr("OLD"))));
      if (given.warns) {
        EXPECT_THAT(result.warnings,
                    Contains(HasSubstr("postgresql.postgresqlPassword and postgresql.auth.")));
      }
    }
}

TEST(Transform, OneLeftoverChangesNothingOf4xValues) {
  const std::string v4 =
      "global: {domainName: d}\npostgresql: {auth: {postgresPassword: p}}\n"
      "telegraf: {config: {custom_config_file: '[[outputs.file]]'}}\n"
      "vm_service: {providers: {ec2: {region: r}}}\nobject_storage: {s3: {region: r}, gcs: {enabled: "
      "true}}\n";
  for (const char* leftover : {"published: true\n", "minio: {}\n", "license: l\n"}) {
    SCOPED_TRACE(leftover);
    const Transformed result = transform(yaml(v4 + leftover), example_options());
    EXPECT_THAT(result.warnings, IsEmpty());
    EXPECT_EQ(string_at(result.values, {"telegraf", "config", "custom_config_file"}), "[[outputs.file]]");
    EXPECT_EQ(string_at(result.values, {"vm_service", "providers", "ec2", "region"}), "r");
    EXPECT_EQ(string_at(result.values, {"object_storage", "s3", "region"}), "r");
  }
}

// Half a 3.x file, and the text was brought to 4.x already.
TEST(Transform, DoesNotWarnOf4xsTelegrafText) {
  const Transformed result =
      transform(yaml("domainName: d\nglobal: {license: l}\npostgresql: {postgresqlPassword: p}\n"
                     "telegraf: {config: {custom_config_file: '[[outputs.file]]'}}\n"),
                example_options());
  EXPECT_THAT(result.warnings, IsEmpty());
  EXPECT_EQ(string_at(result.values, {"telegraf", "config", "custom_config_file"}), "[[outputs.file]]");
}

TEST(Transform, WithoutTheAutoScalerBothCloudsGo) {
  EXPECT_THAT(
      transformed("domainName: d\nnomad: {auto_scaler: {enabled: false, aws: {a: 1}, gcp: {b: 2}}}\n"),
      HasSubstr(R"("nomad":{"auto_scaler":{"enabled":false}})"));
}

TEST(Transform, LeavesATelegrafFileThatIsNotBase64WithAWarning) {
  const Transformed result = transform(
      yaml("domainName: d\ntelegraf: {config: {custom_config_file: '[[not base64]]'}}\n"), example_options());
  EXPECT_THAT(result.warnings, Contains(HasSubstr("telegraf.config.custom_config_file")));
  EXPECT_EQ(string_at(result.values, {"telegraf", "config", "custom_config_file"}), "[[not base64]]");
}

TEST(Transform, KeepsThePasswordOfAnEarlierRun) {
  TransformOptions options = example_options();
  options.kept_mongodb_password = Secret<std::string>("earlier");
  EXPECT_EQ(string_at(transform(yaml("domainName: d\n"), options).values, {"mongodb", "auth", "password"}),
            "earlier");
}

TEST(Transform, RefusesWhatIsNoMapOnTheWay) {
  for (const char* text :
       {"domainName: d\nglobal: text\n", "domainName: d\nmongodb: {auth: [1]}\n", "[]", "text", ""}) {
    SCOPED_TRACE(text);
    EXPECT_THROW((void)transformed(text), Error);
  }
}

TEST(Transform, SaysWhichRuleDidWhat) {
  const Transformed result = transform(yaml("domainName: d\nlist: [{a: null}]\n"), example_options());
  EXPECT_THAT(result.applied, Contains(Field(&RuleApplied::path, "global.domainName")));
  EXPECT_THAT(result.applied, Contains(Field(&RuleApplied::path, "list[0].a")));
}

}  // namespace

}  // namespace kots_export::values
