#include <kots_export/values/json.h>
#include <kots_export/values/secrets.h>
#include <kots_export/values/yaml.h>

#include <gtest/gtest.h>

namespace kots_export::values {

namespace {

std::string shown(const std::string& yaml) {
  return to_json(masked(parse_yaml(yaml, "test"), Below::ordinary_key));
}

TEST(Secrets, AreMaskedByTheirNames) {
  EXPECT_EQ(
      shown("{github: {clientId: a, clientSecret: b}, keyset: {signing: c}, smtp: {password: 12, port: 25}}"),
      R"({"github":{"clientId":"a","clientSecret":"***"},"keyset":{"signing":"***"},"smtp":{"password":"***","port":25}})");
  EXPECT_EQ(shown("{gcs: {service_account: {type: x, list: [p]}}}"),
            R"({"gcs":{"service_account":{"type":"***","list":["***"]}}})");
}

TEST(Secrets, NamesOfSecretsAndSwitchesAreShown) {
  EXPECT_EQ(
      shown("{imagePullSecrets: [{name: regcred}], existingSecret: a, gossip: {encryption: {enabled: true, "
            "key: k}}}"),
      R"({"imagePullSecrets":[{"name":"regcred"}],"existingSecret":"a","gossip":{"encryption":{"enabled":true,"key":"***"}}})");
}

TEST(Secrets, AreMaskedHoweverTheirNamesAreSpelled) {
  for (const char* key :
       {"apiKey", "api_key", "api-key", "API_KEY", "passwd", "pwd", "db_pass", "aws_access_key_id",
        "Authorization", "bearer", "webhook", "slack_api_url", "private_key", "basic_auth", "dsn"})
    EXPECT_EQ(shown("{" + std::string(key) + ": hunter2}"), "{\"" + std::string(key) + "\":\"***\"}");
  for (const char* key : {"existingSecret", "secretName", "certificatesSecret", "key", "host", "fingerprint"})
    EXPECT_EQ(shown("{" + std::string(key) + ": name}"), "{\"" + std::string(key) + "\":\"name\"}");
}

TEST(Secrets, TextsThatHoldOneAreMaskedWhole) {
  for (const char* text :
       {"mongodb://u:hunter2@host/db", "x https://u:hunter2@h", "u:hunter2@host",
        "https://hunter2@github.com", "-----BEGIN RSA PRIVATE KEY-----\nhunter2\n",
        "LS0tLS1CRUdJTiBQUklWQVRFIEtFWS0tLS0t", "a\npassword=hunter2\n",
        "  basic_auth:\n    password: hunter2\n", "{\"client_secret\" : \"hunter2\"}",
        "export PGPASSWORD=hunter2", "authSource=admin&password=hunter2", "--password=hunter2",
        "x-api-key: hunter2", "https://h/?token=hunter2", "Authorization: hunter2", "Bearer hunter2",
        "tokens = [\"hunter2\"]", "https://hooks.slack.com/services/hunter2"})
    EXPECT_EQ(to_json(masked(Value(text), Below::ordinary_key)), "\"***\"") << text;
}

TEST(Secrets, TextsThatOnlyLookLikeOneAreShown) {
  for (const char* text :
       {"https://host/path@x:y", "https://host:443/path@x", "git@github.com:org/repo", "name:1.2@sha256:ab",
        "ops@example.com", "max_connections = 500\n", "bearer_token_file: /var/run/x",
        "existingSecretName: x", "the bearer of this", "12:30", "a@", ":x@y", "u:@h", "=", ""})
    EXPECT_EQ(masked(Value(text), Below::ordinary_key), Value(text)) << text;
}

TEST(Secrets, WithoutAUserBehindAFlagAndInAToken) {
  for (const char* text : {"redis://:hunter2@h:6379/0", "run --token hunter2", "x\n--db-password  'hunter2'",
                           "-----BEGIN PGP PRIVATE KEY BLOCK-----\nhunter2\n", "ghp_hunter2",
                           "github_pat_hunter2", "xoxb-hunter2"})
    EXPECT_EQ(to_json(masked(Value(text), Below::ordinary_key)), "\"***\"") << text;
  for (const char* text : {"redis://:@h:6379", "run --token --verbose", "run --token", "run --token-file=a b",
                           "--existing-secret-name x", "-p x"})
    EXPECT_EQ(masked(Value(text), Below::ordinary_key), Value(text)) << text;
}

TEST(Secrets, TokensElementsAndUsersAreMasked) {
  for (const char* text :
       {"export MY_SECRET_KEY=hunter2", "SECRET_KEY: hunter2", "encryption_key=hunter2",
        "signingKey: hunter2", "curl -u user:hunter2 https://h", "sh -c 'curl --user \"user:hunter2\" h'",
        "/usr/bin/curl -uuser:hunter2 h", "<password>hunter2</password>",
        "a\n  <apiToken>hunter2</apiToken>\n", "ghu_hunter2", "ghr_hunter2", "x:ghs_hunter2",
        "xapp-1-hunter2", "glpat-hunter2", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.hunter2",
        "AGE-SECRET-KEY-1HUNTER2", "PuTTY-User-Key-File-2: ssh-rsa\nPrivate-Lines: 1\nhunter2\n"})
    EXPECT_EQ(to_json(masked(Value(text), Below::ordinary_key)), "\"***\"") << text;
  for (const char* text :
       {"laughs_at", "highs_1", "ghp_", "xapp-onboarder", "docker run -u 1000:1000 curl", "id -u a:b",
        "curl -u user h", "curl -u user: h", "curl https://h:80", "kots-export login <token> now",
        "<token></token>", "<token> and </other>", "<user>x</user>", "a < b > c </d>", "eyJhbGciOi.short.x",
        "heyJudeDontBeAfraid.ofanything.x", "eyJhbGciOiJIUzI1NiJ9", "the secret key of it"})
    EXPECT_EQ(masked(Value(text), Below::ordinary_key), Value(text)) << text;
  EXPECT_EQ(shown("{args: [curl, -s, -u, 'a:b', h]}"), R"({"args":["curl","-s","-u","***","h"]})");
  EXPECT_EQ(shown("{args: [docker, run, -u, '1:2']}"), R"({"args":["docker","run","-u","1:2"]})");
}

TEST(Secrets, VariablesAreMaskedByTheNameBesideTheirValue) {
  EXPECT_EQ(
      shown("{env: [{name: INFLUX_PASSWORD, value: a}, {name: HOST, value: b}, {value: c}]}"),
      R"({"env":[{"name":"INFLUX_PASSWORD","value":"***"},{"name":"HOST","value":"b"},{"value":"c"}]})");
}

TEST(Secrets, WordsAreMaskedByTheFlagBeforeThem) {
  EXPECT_EQ(shown("{args: [--user, a, --api-token, b, --token=c, d]}"),
            R"({"args":["--user","a","--api-token","***","***","d"]})");
}

TEST(Secrets, EmptyOnesShowThatTheyAreEmpty) {
  EXPECT_EQ(shown("{password: '', token: null}"), R"({"password":"","token":null})");
}

}  // namespace

}  // namespace kots_export::values
