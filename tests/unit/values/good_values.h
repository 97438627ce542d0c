#pragma once

#include <kots_export/values/validate.h>
#include <kots_export/values/yaml.h>

#include <ctime>
#include <string>
#include <vector>

// Values that nothing is wrong with, and what is found when they are changed.
namespace kots_export::values {

inline constexpr std::time_t kWhileValid = 1798761600;  // 2027-01-01

// Values that have everything.
inline const std::string kGood = R"(global: {domainName: ci.example.com, license: l}
apiToken: a
sessionCookieKey: '1234567890123456'
keyset: {signing: '{"primaryKeyId":1,"key":[]}', encryption: '{"primaryKeyId":1,"key":[]}'}
github: {clientId: i, clientSecret: s}
pusher: {secret: p}
nomad: {server: {gossip: {encryption: {key: k}}}}
postgresql: {auth: {postgresPassword: p}}
mongodb: {auth: {password: p, rootPassword: r}}
rabbitmq: {auth: {password: p, erlangCookie: c}}
object_storage: {bucketName: b, s3: {enabled: true, irsaRole: r, region: eu}}
)";

// One line a finding: "line: level: path: text [rule]".
inline std::vector<std::string> findings(const std::string& yaml, Target target = Target::v4_0,
                                         std::time_t now = kWhileValid) {
  std::vector<std::string> lines;
  for (const Finding& f : validate(parse_yaml_with_places(yaml, "test"), {.target = target, .now = now})) {
    lines.push_back(std::to_string(f.line) + ": " + std::string(name_of(f.level)) + ": " + f.path + ": " +
                    f.text + " [" + f.rule + "]");
  }
  return lines;
}

// The good values with one line changed: what stands behind `key` is replaced.
inline std::string with(const std::string& key, const std::string& line) {
  std::string text = kGood;
  const auto start = text.find("\n" + key + ":") + 1;
  const auto end = text.find('\n', start);
  return text.replace(start, end - start, line);
}

}  // namespace kots_export::values
