// The examples of the installation guide of 4.x (reference, phases 2 and 3), with values in place of <...>.
#include <kots_export/util/base64.h>

#include "apiserver/certificates.h"
#include "unit/values/good_values.h"

#include <gmock/gmock.h>

namespace kots_export::values {

namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class Examples : public ::testing::Test {
 protected:
  static std::vector<std::string> found(const std::string& yaml, Target target) {
    return findings(yaml, target, std::time(nullptr));
  }
  static std::string common() {
    const std::string keyset = R"('{"primaryKeyId":1,"key":[{"keyId":1,"status":"ENABLED"}]}')";
    return R"(global:
  domainName: "ci.example.com"
  license: 'license'
  container:
    registry: cciserver.azurecr.io
    org:
)" + ("keyset:\n  signing: " + keyset + "\n  encryption: " + keyset + "\n") +
           R"(apiToken: "token"
sessionCookieKey: "1234567890123456"
github:
  clientId: "id"
  clientSecret: "secret"
pusher:
  secret: "secret"
)";
  }
  static std::string datastores() {
    return R"(mongodb:
  auth:
    rootPassword: "root"
    password: "password"
postgresql:
  auth:
    postgresPassword: "password"
rabbitmq:
  auth:
    password: "password"
    erlangCookie: "cookie"
)";
  }
  static std::string nomad() {
    const auto authority = apiserver::make_authority("ca");
    const auto own =
        apiserver::issue(authority, {.common_name = "nomad", .dns_names = {"server.global.nomad"}});
    return "nomad:\n  server:\n    gossip:\n      encryption:\n        key: "
           "\"12345678901234567890123456789012\"\n"
           "    rpc:\n      mTLS:\n        enabled: true\n        CACertificate: \"" +
           util::base64_encode(authority.certificate_pem) + "\"\n        certificate: \"" +
           util::base64_encode(own.certificate_pem) + "\"\n        privateKey: \"" +
           util::base64_encode(own.key_pem) + "\"\n";
  }
  static std::string aws() {
    return R"(object_storage:
  bucketName: 'bucket'
  s3:
    enabled: true
    endpoint: "https://s3.us-east-1.amazonaws.com"
    region: "us-east-1"
    irsaRole: "arn:aws:iam::111122223333:role/s3"
vm_service:
  providers:
    ec2:
      enabled: true
      region: "us-east-1"
      subnets:
      - "subnet-1"
      securityGroupId: "sg-1"
      irsaRole: "arn:aws:iam::111122223333:role/vm"
)";
  }
};

TEST_F(Examples, AwsWithIrsa) {
  for (const Target target : {Target::v4_0, Target::v4_1})
    EXPECT_THAT(found(common() + datastores() + nomad() + aws(), target), IsEmpty());
}

TEST_F(Examples, Gcp) {
  const std::string gcp = R"(object_storage:
  bucketName: "bucket"
  gcs:
    enabled: true
    workloadIdentity: "gcs@project.iam.gserviceaccount.com"
vm_service:
  providers:
    gcp:
      enabled: true
      project_id: project
      network_tags:
      - tag
      zone: us-west2-a
      network: "network"
      subnetwork: "" # leave blank for auto-subnetting
      workloadIdentity: "vm@project.iam.gserviceaccount.com"
)";
  EXPECT_THAT(found(common() + datastores() + nomad() + gcp, Target::v4_0), IsEmpty());
  EXPECT_THAT(found(common() + datastores() + nomad() + gcp, Target::v4_1), IsEmpty());
}

TEST_F(Examples, OwnSecrets) {
  const std::string own = R"(global:
  domainName: "ci.example.com"
  license: 'license'
pusher:
  secret: ""
postgresql:
  auth:
    existingSecret: postgresql
mongodb:
  auth:
    existingSecret: mongodb-credentials
rabbitmq:
  auth:
    existingPasswordSecret: rabbitmq-key
    existingErlangSecret: rabbitmq-key
)";
  EXPECT_THAT(found(own + aws(), Target::v4_1), ElementsAre(HasSubstr("warning: apiToken: is left blank")));
}

TEST_F(Examples, ExternalPostgresqlWithTls) {
  const std::string outside = R"(mongodb:
  auth:
    rootPassword: "root"
    password: "password"
postgresql:
  internal: false
  postgresqlHost: "db.example.com"
  postgresqlPort: 5432
  auth:
    username: "circle"
    password: "password"
  tls:
    enabled: true
    certificatesSecret: "postgres-tls-secret"
    certFilename: "cert.pem"
    certKeyFilename: "cert.key"
    certCAFilename: "ca.pem"
rabbitmq:
  auth:
    password: "password"
    erlangCookie: "cookie"
)";
  EXPECT_THAT(found(common() + outside + nomad() + aws(), Target::v4_1), IsEmpty());
}

TEST_F(Examples, Proxy) {
  const std::string proxy = R"(proxy:
  enabled: "1"
  http:
    host: "proxy.internal"
    port: "3128"
    auth:
      enabled: "1"
      username: "user"
      password: "password"
  https:
    host: "proxy.internal"
    port: "3128"
    auth:
      enabled: "1"
      username: "user"
      password: "password"
  no_proxy:
    - localhost
    - 127.0.0.1
    - "10.0.0.0/8"
)";
  EXPECT_THAT(found(common() + datastores() + nomad() + aws() + proxy, Target::v4_1), IsEmpty());
}

TEST_F(Examples, GitHubEnterprise) {
  std::string yaml = common() + datastores() + nomad() + aws();
  yaml.replace(yaml.find("github:\n"), 8, R"(github:
  enterprise: true
  hostname: "github.example.com"
  defaultToken: "token"
)");
  EXPECT_THAT(found(yaml, Target::v4_0), IsEmpty());
}

}  // namespace

}  // namespace kots_export::values
