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

TEST(Secrets, UrlsWithAPasswordAreMasked) {
  EXPECT_EQ(shown("{a: 'mongodb://u:p@host/db', b: 'https://host/path@x:y', c: 'x https://u:p@h'}"),
            R"({"a":"***","b":"https://host/path@x:y","c":"***"})");
}

TEST(Secrets, EmptyOnesShowThatTheyAreEmpty) {
  EXPECT_EQ(shown("{password: '', token: null}"), R"({"password":"","token":null})");
}

}  // namespace

}  // namespace kots_export::values
