// validate, diff, and what transform tells: commands that need no cluster.
#include "cli/installation.h"

#include <gmock/gmock.h>

namespace kots_export::test {

namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kValues3 = "domainName: ci.example.com\nsmtp: {password: hunter2, user: null}\n";

TEST(Validate, PrintsFindingsAsCompilersDoAndEndsWithOne) {
  Installation installation;
  write(installation.folder / "v.yaml", "apiToken: a\nfronted: {replicas: 1}\nsessionCookieKey: short\n");

  const Finished run = installation.run({"validate", "v.yaml"});

  EXPECT_EQ(run.exit_code, 1) << run.err;
  EXPECT_THAT(run.out, HasSubstr("v.yaml:2: warning: fronted: is not a value of this chart; did you mean "
                                 "frontend? [unknown-key]\n"));
  EXPECT_THAT(
      run.out,
      HasSubstr("v.yaml:3: error: sessionCookieKey: has 5 bytes; it must have 16 [session-cookie-key]\n"));
  EXPECT_TRUE(installation.server.requests().empty());
}

TEST(Validate, ReadsStandardInputAndPrintsOneDocument) {
  Installation installation;

  const Finished run =
      installation.run({"validate", "-", "--target", "4.1", "-o", "json"}, "published: true\n");

  EXPECT_EQ(run.exit_code, 1) << run.err;
  const json document = json::parse(run.out)["validation"];
  EXPECT_EQ(document["target"], "4.1");
  EXPECT_EQ(document["warnings"], 3);
  EXPECT_THAT(document["findings"].dump(), HasSubstr(R"("rule":"leftover")"));
}

TEST(Validate, ShowsErrorsFirst) {
  Installation installation;

  const Finished run =
      installation.run({"validate", "-"}, "internal_zone: null\nfronted: 1\nsessionCookieKey: short\n");

  const std::size_t error = run.out.rfind(": error: ");
  const std::size_t warning = run.out.find(": warning: ");
  ASSERT_NE(error, std::string::npos);
  ASSERT_NE(warning, std::string::npos);
  EXPECT_LT(error, warning);
  EXPECT_LT(run.out.rfind(": warning: "), run.out.find(": note: "));
}

TEST(Validate, OfA3xFileSaysThatAlone) {
  Installation installation;
  write(installation.folder / "v3.yaml", kValues3);

  const Finished run = installation.run({"validate", "v3.yaml"});

  EXPECT_EQ(run.exit_code, 1) << run.err;
  EXPECT_EQ(
      run.out,
      "v3.yaml:1: error: this is a 3.x file: run kots-export transform (--all shows what else is found) "
      "[values-of-3.x]\nv3.yaml: 1 error, 0 warnings, 0 notes (chart 4.0)\n");
  EXPECT_THAT(installation.run({"validate", "v3.yaml", "--all"}).out, HasSubstr("note: smtp.user: is null"));
  EXPECT_THAT(installation.run({"validate", "v3.yaml", "-o", "json"}).out, HasSubstr("smtp.user"));
}

// Advice to transform it would lose what was written for 4.x.
TEST(Validate, OfA4xFileWithItsDomainAtTheTopSaysWhereItBelongs) {
  Installation installation;
  write(installation.folder / "v4.yaml",
        "domainName: d\nglobal: {license: l}\npostgresql: {auth: {existingSecret: s}}\n");

  const Finished run = installation.run({"validate", "v4.yaml"});

  EXPECT_EQ(run.exit_code, 1) << run.err;
  EXPECT_THAT(run.out, AllOf(HasSubstr("global.domainName: is missing: domainName belongs below global"),
                             Not(HasSubstr("transform"))));
}

TEST(Validate, OfALaterChartSaysWhereTheTablesEnd) {
  Installation installation;
  const std::string note = "standard input:1: note: the tables end at 4.1: checked against 4.1 [target]\n";

  const Finished later = installation.run({"validate", "-", "--target", "4.2"}, "tink: {}\n");

  EXPECT_THAT(later.out, AllOf(HasSubstr(note), HasSubstr("(chart 4.1)"), Not(HasSubstr("other-version"))));
  EXPECT_THAT(installation.run({"validate", "-", "--target-version", "4.2.1"}, "{}").out, HasSubstr(note));
  EXPECT_THAT(installation.run({"validate", "-", "--target", "4.1.3"}, "{}").out,
              Not(HasSubstr("tables end")));
  EXPECT_THAT(installation.run({"validate", "-", "--target", "10.1"}, "{}").out, HasSubstr(note));
  for (const char* version : {"3.4", "4.1.", "4..1", "4.999999999999", "banana"})
    EXPECT_EQ(installation.run({"validate", "-", "--target", version}, "{}").exit_code, 2) << version;
}

TEST(Validate, OfWhatARunWroteIsTheDefault) {
  Installation installation;

  EXPECT_EQ(installation.run({"validate"}).exit_code, 1);
  EXPECT_THAT(installation.run({"validate"}).err, HasSubstr("output/helm-values.yaml"));
}

TEST(Validate, OfAFileThatIsNoValuesFileSaysSo) {
  Installation installation;

  const Finished run = installation.run({"validate", "-"}, "- a\n");

  EXPECT_EQ(run.exit_code, 1);
  EXPECT_THAT(run.err, HasSubstr("not a map"));
}

TEST(Validate, OfAnEmptyFileNamesIt) {
  Installation installation;
  write(installation.folder / "empty.yaml", "# nothing\n");
  write(installation.folder / "text.yaml", "a:b\n");

  for (const char* command : {"validate", "transform"})
    EXPECT_THAT(installation.run({command, "empty.yaml"}).err, HasSubstr("empty.yaml holds no values"))
        << command;
  EXPECT_THAT(installation.run({"validate", "-"}, "").err, HasSubstr("standard input holds no values"));
  EXPECT_EQ(installation.run({"diff", "empty.yaml", "empty.yaml"}).exit_code, 0);
  const Finished text = installation.run({"diff", "empty.yaml", "text.yaml"});
  EXPECT_EQ(text.exit_code, 2);
  EXPECT_THAT(text.err, HasSubstr("text.yaml: the values are not a map"));
}

TEST(Diff, EndsAsDiffDoes) {
  Installation installation;
  write(installation.folder / "a.yaml", "a: 1\npassword: x\n");
  write(installation.folder / "b.yaml", "# c\npassword: 'x'\na: 0x1\n");
  write(installation.folder / "c.yaml", "a: 2\npassword: hunter2\nb: {c: \"x\\ny\"}\n");

  const Finished same = installation.run({"diff", "a.yaml", "b.yaml"});
  const Finished different = installation.run({"diff", "a.yaml", "c.yaml"});
  const Finished trouble = installation.run({"diff", "a.yaml", "nowhere.yaml"});

  EXPECT_EQ(same.exit_code, 0) << same.err;
  EXPECT_EQ(same.out, "");
  EXPECT_EQ(different.exit_code, 1) << different.err;
  EXPECT_EQ(different.out,
            "- a: 1\n+ a: 2\n~ password: *** (another one)\n+ b:\n+   c: |-\n+     x\n+     y\n");
  EXPECT_EQ(trouble.exit_code, 2);
}

TEST(Diff, OfLongTextsShowsTheLinesThatDiffer) {
  Installation installation;
  const auto text = [](const std::string& line) {
    return "a: |\n  one\n  " + line + "\n  three\npassword: |\n  hunter2\n  " + line + "\n";
  };
  write(installation.folder / "a.yaml", text("two"));
  write(installation.folder / "b.yaml", text("2"));

  EXPECT_EQ(installation.run({"diff", "a.yaml", "b.yaml"}).out,
            "~ a: 1 line differs, length 14 to 12\n-   line 2: two\n+   line 2: 2\n"
            "~ password: *** (1 line differs, length 12 to 10)\n");
}

TEST(Diff, OfTextsThatAreTooDifferentCountsNoMoreThanItKnows) {
  Installation installation;
  const auto text = [](int first, int second) {
    std::string yaml = "password: |\n";
    for (const int from : {first, second})
      for (int i = from; i < from + 1'000; ++i) yaml += "  " + std::to_string(i) + "\n";
    return yaml;
  };
  write(installation.folder / "a.yaml", text(0, 1'000));
  write(installation.folder / "b.yaml", text(1'000, 0));

  EXPECT_EQ(installation.run({"diff", "a.yaml", "b.yaml"}).out,
            "~ password: *** (up to 2,000 lines differ, length 8,890 to 8,890)\n");
}

TEST(Diff, NamesTheLineBreakThatIsMissing) {
  Installation installation;
  write(installation.folder / "a.yaml", "x: |\n  a\n");
  write(installation.folder / "b.yaml", "x: |-\n  a\n");

  EXPECT_EQ(installation.run({"diff", "a.yaml", "b.yaml"}).out,
            "~ x: 1 line differs, length 2 to 1\n-   line 1: a\n+   line 1: a (no line break at the end)\n");
}

TEST(Diff, ShowsNoLineOfATextThatHoldsASecret) {
  Installation installation;
  const auto text = [](const std::string& secret) {
    return "extra:\n  ca.key: |\n    -----BEGIN PRIVATE KEY-----\n    " + secret +
           "\n    -----END PRIVATE KEY-----\n  conf: |\n    a\n    password: " + secret +
           "\ntelegraf:\n  env:\n    - {name: INFLUX_PASSWORD, value: " + secret + "}\n";
  };
  write(installation.folder / "a.yaml", text("hunter2"));
  write(installation.folder / "b.yaml", text("hunter3"));

  for (const std::vector<std::string>& more : {std::vector<std::string>{}, {"-o", "json"}}) {
    std::vector<std::string> arguments = {"diff", "a.yaml", "b.yaml"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const Finished run = installation.run(arguments);
    EXPECT_EQ(run.exit_code, 1) << run.err;
    EXPECT_THAT(run.out, AllOf(Not(HasSubstr("hunter")), HasSubstr("***")));
  }
}

TEST(Diff, ShowsSecretsOnlyWhenTold) {
  Installation installation;
  write(installation.folder / "a.yaml", "{}\n");
  write(installation.folder / "b.yaml", "password: hunter2\n");

  EXPECT_THAT(installation.run({"diff", "a.yaml", "b.yaml", "-o", "json"}).out, Not(HasSubstr("hunter2")));
  EXPECT_THAT(installation.run({"diff", "a.yaml", "b.yaml", "-o", "json", "--show-secrets"}).out,
              HasSubstr("hunter2"));
}

TEST(Transform, ExplainsEachRuleAndShowsTheChangeWithoutSecrets) {
  Installation installation;
  write(installation.folder / "v3.yaml", kValues3);

  const Finished run =
      installation.run({"transform", "v3.yaml", "v4.yaml", "--license", "4x-license", "--explain", "--diff"});

  ASSERT_EQ(run.exit_code, 0) << run.err;
  EXPECT_THAT(run.out,
              AllOf(HasSubstr("domain-name: "), HasSubstr("  why: every chart below reads it there\n"),
                    HasSubstr("  set      global.domainName\n"), HasSubstr("  removed  smtp.user\n"),
                    HasSubstr("- domainName: \"ci.example.com\"\n"), Not(HasSubstr("4x-license")),
                    Not(HasSubstr("hunter2"))));
  EXPECT_THAT(run.err, HasSubstr("v4.yaml:"));  // what it wrote is checked
}

TEST(Transform, OfTransformedValuesChangesNothingAndSaysSo) {
  Installation installation;
  write(installation.folder / "v3.yaml", kValues3);
  ASSERT_EQ(installation.run({"transform", "v3.yaml", "v4.yaml", "--license", "l"}).exit_code, 0);
  const std::string once = read(installation.folder / "v4.yaml");

  const Finished again = installation.run({"transform", "v4.yaml", "v4.yaml", "--license", "l"});

  EXPECT_EQ(again.exit_code, 0) << again.err;
  EXPECT_THAT(again.err, HasSubstr("nothing to change"));
  EXPECT_EQ(read(installation.folder / "v4.yaml"), once);
}

TEST(Run, ValidatesWhatItIsGoingToWrite) {
  Installation installation;

  const Finished run = installation.run(Installation::whole_run());

  EXPECT_EQ(run.exit_code, 0) << run.err;
  EXPECT_THAT(run.err, HasSubstr("note     values: 5 warnings"));
}

}  // namespace

}  // namespace kots_export::test
