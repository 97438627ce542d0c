#include <kots_export/values/transform.h>

#include "values/rule_context.h"
#include "values/rules.h"

#include <array>

namespace kots_export::values {

namespace {

// In the order in which they are applied. The examples are tests, and docs/values.md shows them.
constexpr std::array kRules = {
    Rule{.id = "domain-name",
         .what = "domainName moves to global.domainName",
         .why = "every chart below reads it there",
         .before = R"(domainName: circleci.example.com
)",
         .after = R"(domainName: circleci.example.com
global:
  domainName: circleci.example.com
)",
         .apply = rule::domain_name},
    Rule{.id = "image-pull-secret",
         .what = "the first of global.imagePullSecrets is regcred",
         .why = "4.x pulls its images with that Secret (step 1 of the guide); others that were added stay",
         .before = R"(global:
  scheme: https
)",
         .after = R"(global:
  scheme: https
  imagePullSecrets:
    - name: regcred
)",
         .apply = rule::image_pull_secrets},
    Rule{.id = "license",
         .what = "global.license is the license of 4.x",
         .why = "4.x has a license of its own; quotes around it are taken away",
         .before = R"(license: 3.x-license
)",
         .after = R"(license: 3.x-license
global:
  license: 4.x-license
)",
         .apply = rule::license},
    Rule{.id = "nginx-annotations",
         .what = "kong.annotations are copied to nginx.annotations",
         .why = "nginx takes the load balancer over from kong",
         .before = R"(kong:
  annotations:
    service.beta.kubernetes.io/aws-load-balancer-type: nlb
)",
         .after = R"(kong:
  annotations:
    service.beta.kubernetes.io/aws-load-balancer-type: nlb
nginx:
  annotations:
    service.beta.kubernetes.io/aws-load-balancer-type: nlb
)",
         .apply = rule::nginx_annotations},
    Rule{.id = "nginx-acm",
         .what = "kong.aws_acm.enabled sets nginx.aws_acm.enabled",
         .why = "the certificate of ACM moves with the load balancer",
         .before = R"(kong:
  aws_acm:
    enabled: true
)",
         .after = R"(kong:
  aws_acm:
    enabled: true
nginx:
  aws_acm:
    enabled: true
)",
         .apply = rule::nginx_acm},
    Rule{.id = "mongodb-password",
         .what = "mongodb.auth.password gets 16 random characters where it is null or missing",
         .why = "MongoDB's chart of 4.x wants a password for its user; a rerun keeps the one of the earlier "
                "output",
         .before = R"(mongodb:
  auth:
    password: null
    rootPassword: s3cret
)",
         .after = R"(mongodb:
  auth:
    password: a_random_password
    rootPassword: s3cret
)",
         .apply = rule::mongodb_password},
    Rule{.id = "container-registry",
         .what = "global.container is CircleCI's registry",
         .why = "the images of 4.x are there, in no organisation (--dev: devcharts)",
         .before = R"(global:
  container:
    registry: docker.io
    org: circleci
)",
         .after = R"(global:
  container:
    registry: cciserver.azurecr.io
    org: ''
)",
         .apply = rule::container_registry},
    Rule{.id = "telegraf-config",
         .what = "telegraf.config.custom_config_file is decoded",
         .why = "3.x kept the file in base64, 4.x keeps its text; what is not base64 stays, with a warning",
         .before = R"(telegraf:
  config:
    custom_config_file: W1tvdXRwdXRzLmZpbGVdXQogIGZpbGVzID0gWyJzdGRvdXQiXQo=
)",
         .after = R"(telegraf:
  config:
    custom_config_file: |
      [[outputs.file]]
        files = ["stdout"]
)",
         .apply = rule::telegraf_config},
    Rule{.id = "postgresql-auth",
         .what = "the credentials of PostgreSQL are copied to postgresql.auth where it has none",
         .why = "the newer chart of PostgreSQL reads them there: postgresPassword inside of the cluster, "
                "username and password outside",
         .before = R"(postgresql:
  internal: true
  postgresqlPassword: '00123'
  postgresqlUsername: postgres
)",
         .after = R"(postgresql:
  internal: true
  postgresqlPassword: '00123'
  postgresqlUsername: postgres
  auth:
    postgresPassword: '00123'
    username: ''
    existingSecret: ''
)",
         .apply = rule::postgresql_auth},
    Rule{.id = "nomad-auto-scaler",
         .what = "of nomad.auto_scaler.aws and gcp, the one in use stays",
         .why = "the other holds placeholders only; without the autoscaler both go",
         .before = R"(nomad:
  auto_scaler:
    enabled: true
    aws:
      enabled: true
      region: us-east-1
    gcp:
      enabled: false
      zone: us-west1-a
)",
         .after = R"(nomad:
  auto_scaler:
    enabled: true
    aws:
      enabled: true
      region: us-east-1
)",
         .apply = rule::nomad_auto_scaler},
    Rule{.id = "vm-providers",
         .what = "of vm_service.providers.ec2 and gcp, the one in use stays",
         .why = "the other holds placeholders only",
         .before = R"(vm_service:
  providers:
    ec2:
      enabled: true
      region: us-east-1
    gcp:
      enabled: false
)",
         .after = R"(vm_service:
  providers:
    ec2:
      enabled: true
      region: us-east-1
)",
         .apply = rule::vm_providers},
    Rule{.id = "object-storage",
         .what = "of object_storage.s3 and gcs, the one in use stays",
         .why = "the other holds placeholders only",
         .before = R"(object_storage:
  bucketName: circleci-data
  s3:
    enabled: false
  gcs:
    enabled: true
)",
         .after = R"(object_storage:
  bucketName: circleci-data
  gcs:
    enabled: true
)",
         .apply = rule::object_storage},
    Rule{.id = "leftovers",
         .what = "published, domainName, license, minio, kong.annotations, nomad.server.rpc.advertise, "
                 "postgresql.postgresqlUsername and postgresqlPassword go",
         .why = "4.x does not read them, and what it needs of them was copied",
         .before = R"(published: true
domainName: circleci.example.com
minio:
  accessKey: minio
kong:
  acme:
    enabled: false
  annotations: {}
)",
         .after = R"(kong:
  acme:
    enabled: false
)",
         .apply = rule::leftovers},
    Rule{.id = "empty-values",
         .what =
             "keys that are null go, and service_account where it is \"\"; so do maps that this leaves empty",
         .why = "for Helm, null drops the chart's default",
         .before = R"(github:
  enterprise: false
  fingerprint: null
smtp:
  user: null
object_storage:
  gcs:
    enabled: true
    service_account: ''
)",
         .after = R"(github:
  enterprise: false
object_storage:
  gcs:
    enabled: true
)",
         .apply = rule::empty_values},
};

}  // namespace

std::span<const Rule> rules() { return kRules; }

TransformOptions example_options() {
  return {.license = Secret<std::string>("'4.x-license'"),
          .registry = "cciserver",
          .kept_mongodb_password = std::nullopt,
          .new_password = [] { return "a_random_password"; }};
}

}  // namespace kots_export::values
