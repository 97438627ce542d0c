// What must be there, and what contradicts itself.
#include <kots_export/util/text.h>

#include "values/check_context.h"
#include "values/own_secrets.h"

#include <algorithm>
#include <array>

namespace kots_export::values {

namespace {

constexpr std::string_view kPusherExample = "REPLACE_THIS_SECRET";

enum class Clouds { one, one_at_most };

// Whether as many of two clouds are enabled as are `wanted`.
void require_one(CheckContext& context, const Path& parent, const std::array<const char*, 2>& clouds,
                 Clouds wanted, const std::string& what) {
  const auto enabled = [&](const char* cloud) {
    Path path = parent;
    path.insert(path.end(), {cloud, "enabled"});
    return context.flag(path, false);
  };
  const bool first = enabled(clouds[0]);
  const bool second = enabled(clouds[1]);
  const std::array<util::Argument, 3> arguments = {
      util::Argument("one", clouds[0]), util::Argument("other", clouds[1]), util::Argument("what", what)};
  if (first && second)
    context.report(parent, util::filled("{one} and {other} are both enabled; {what} runs on one", arguments));
  if (wanted == Clouds::one && !first && !second)
    context.report(parent,
                   util::filled("neither of {one} and {other} is enabled; {what} needs one", arguments));
}

}  // namespace

void check_required(CheckContext& context) {
  const Path domain{"global", "domainName"};
  if (is_of_3x(context.document().root) && context.is_empty(domain) && !context.is_empty({"domainName"})) {
    context.report(domain, "is missing, and there is a domainName of 3.x: run kots-export transform first");
  } else if (context.is_empty(domain) && !context.is_empty({"domainName"})) {
    context.report(domain, "is missing: domainName belongs below global");
  } else {
    context.require(domain, "the domain of the installation");
  }
  // Later charts may have it in a Secret (own_secret_rows).
  if (!context.options().is_after_tables) context.require({"global", "license"}, "the license of Server 4.x");
  // All of a row may be blank (check_own_secrets), half of it may not.
  for (const OwnSecretRow& row : own_secret_rows()) {
    if (!row.is_needed(context.document().root)) continue;
    const auto blank =
        std::ranges::find_if(row.values, [&](const Path& path) { return context.is_empty(path); });
    const auto given =
        std::ranges::find_if(row.values, [&](const Path& path) { return !context.is_empty(path); });
    if (blank != row.values.end() && given != row.values.end())
      context.require(*blank, util::filled("{value} is given", {{"value", to_string(*given)}}));
  }
}

void check_database_passwords(CheckContext& context) {
  if (context.flag({"postgresql", "internal"}, true)) {
    if (context.is_empty({"postgresql", "auth", "existingSecret"}))
      context.require({"postgresql", "auth", "postgresPassword"}, "PostgreSQL's data was made with one");
  } else {
    context.require({"postgresql", "auth", "username"}, "the user of the external PostgreSQL");
    if (context.is_empty({"postgresql", "auth", "existingSecret"}))
      context.require({"postgresql", "auth", "password"}, "the password of the external PostgreSQL");
  }
  const bool mongodb_inside = context.flag({"mongodb", "internal"}, true);
  if (!mongodb_inside) context.require({"mongodb", "auth", "username"}, "the user of the external MongoDB");
  if (context.is_empty({"mongodb", "auth", "existingSecret"})) {
    // Source: the installation reference of 4.2: it is for an external MongoDB.
    if (!mongodb_inside || !context.options().is_after_tables)
      context.require({"mongodb", "auth", "password"}, "MongoDB's chart of 4.x wants one");
    if (mongodb_inside)
      context.require({"mongodb", "auth", "rootPassword"}, "MongoDB's data was made with one");
  }
  if (context.is_empty({"rabbitmq", "auth", "existingPasswordSecret"}))
    context.require({"rabbitmq", "auth", "password"}, "RabbitMQ's data was made with one");
  if (context.is_empty({"rabbitmq", "auth", "existingErlangSecret"}))
    context.require({"rabbitmq", "auth", "erlangCookie"}, "RabbitMQ's data was made with one");
}

void check_external_hosts(CheckContext& context) {
  const auto check = [&](const char* store, const Path& host, std::string_view inside) {
    if (context.flag({store, "internal"}, true)) return;
    if (context.is_empty(host) || context.text(host) == inside) {
      context.report(host, std::string(store) +
                               ".internal is false, so this must be its address outside of the cluster");
    }
  };
  check("postgresql", {"postgresql", "postgresqlHost"}, "postgresql");
  check("mongodb", {"mongodb", "hosts"}, "mongodb:27017");
  // Source: the installation reference of 4.1, tink: with it there is no vault.
  const bool has_tink = context.options().target != Target::v4_0 && context.flag({"tink", "enabled"}, false);
  if (!has_tink) {
    check("vault", {"vault", "url"}, "http://vault:8200");
    if (!context.flag({"vault", "internal"}, true))
      context.require({"vault", "token"}, "vault.internal is false");
  }
  if (context.is_on({"proxy", "enabled"}) && context.is_empty({"proxy", "http", "host"}) &&
      context.is_empty({"proxy", "https", "host"}))
    context.report(Path{"proxy", "http", "host"}, "proxy.enabled is true, but no host is given");
}

// Source: the installation guide of 4.x, phase 2, "Installing behind a proxy". The chart's default for the
// other one is its example, proxy.example.com.
void check_proxy_hosts(CheckContext& context) {
  const Path http{"proxy", "http", "host"};
  const Path https{"proxy", "https", "host"};
  if (!context.is_on({"proxy", "enabled"}) || context.is_empty(http) == context.is_empty(https)) return;
  const bool has_http = !context.is_empty(http);
  context.require(has_http ? https : http,
                  util::filled("{given} is given, and both have to be, though they may be the same",
                               {{"given", to_string(has_http ? http : https)}}));
}

void check_object_storage(CheckContext& context) {
  require_one(context, {"object_storage"}, {"s3", "gcs"}, Clouds::one, "the object storage");
  context.require({"object_storage", "bucketName"}, "builds keep their artifacts there");
}

// Source: the installation reference of 4.x, object_storage.s3.accessKey, option 3.
void check_s3_region(CheckContext& context) {
  const Path region{"object_storage", "s3", "region"};
  const bool has_role = context.flag({"object_storage", "s3", "enabled"}, false) &&
                        !context.is_empty({"object_storage", "s3", "irsaRole"});
  if (has_role) context.require(region, "give the region of the bucket: irsaRole is used there");
}

void check_nomad_mtls(CheckContext& context) {
  const Path mtls{"nomad", "server", "rpc", "mTLS"};
  if (!context.flag({"nomad", "server", "rpc", "mTLS", "enabled"}, false)) return;
  std::vector<Path> paths(3, mtls);
  paths[0].emplace_back("CACertificate");
  paths[1].emplace_back("certificate");
  paths[2].emplace_back("privateKey");
  const bool is_blank = std::ranges::all_of(paths, [&](const Path& path) { return context.is_empty(path); });
  // Source: the installation reference of 4.7.
  if (is_blank && context.options().is_after_tables)
    return context.report_as(
        Level::warning, mtls,
        "is enabled without certificates: right only if you make the Secret that holds them yourself");
  for (const Path& path : paths) context.require(path, "nomad.server.rpc.mTLS is enabled");
}

void check_acm(CheckContext& context) {
  if (!context.flag({"nginx", "aws_acm", "enabled"}, false)) return;
  const Path annotation{"nginx", "annotations", "service.beta.kubernetes.io/aws-load-balancer-ssl-cert"};
  if (context.is_empty(annotation))
    context.report(Path{"nginx", "aws_acm", "enabled"},
                   util::filled("is true, but {annotation} names no certificate",
                                {{"annotation", to_string(annotation)}}));
  if (context.flag({"kong", "acme", "enabled"}, false))
    context.report(Path{"kong", "acme", "enabled"},
                   "is true, and so is nginx.aws_acm.enabled: one of them makes the certificate");
}

void check_one_cloud(CheckContext& context) {
  if (context.flag({"nomad", "auto_scaler", "enabled"}, false))
    require_one(context, {"nomad", "auto_scaler"}, {"aws", "gcp"}, Clouds::one, "the autoscaler");
  if (context.flag({"vm_service", "enabled"}, true))
    require_one(context, {"vm_service", "providers"}, {"ec2", "gcp"}, Clouds::one_at_most,
                "the machine executor");
}

void check_github_host(CheckContext& context) {
  if (!context.flag({"github", "enterprise"}, false)) return;
  const Path host{"github", "hostname"};
  if (context.is_empty(host) || context.text(host) == "ghe.example.com")
    context.report(host, "github.enterprise is true, so this must be its host");
}

// Source: the installation guide of 4.x, phase 2, "GitHub Enterprise". Where the operator makes the Secret,
// it is one of its keys (own_secret_rows).
void check_github_token(CheckContext& context) {
  if (context.flag({"github", "enterprise"}, false) && !context.is_empty({"github", "clientId"}))
    context.require({"github", "defaultToken"}, "GitHub Enterprise needs the default token");
}

void check_placeholders(CheckContext& context) {
  struct Placeholder {
    Path path;
    std::string_view text;
    std::vector<Path> switches = {};  // it is read only where all of them are on
  };
  const Path autoscaler{"nomad", "auto_scaler", "enabled"};
  const Path autoscaler_aws{"nomad", "auto_scaler", "aws", "enabled"};
  const Path autoscaler_gcp{"nomad", "auto_scaler", "gcp", "enabled"};
  const Path vm_service{"vm_service", "enabled"};  // on where it is missing
  const Path ec2{"vm_service", "providers", "ec2", "enabled"};
  const Path gcp{"vm_service", "providers", "gcp", "enabled"};
  const Path proxy{"proxy", "enabled"};
  static const std::vector<Placeholder> all = {
      {{"pusher", "secret"}, kPusherExample},
      {{"kong", "acme", "email"}, "your-email@example.com", {{"kong", "acme", "enabled"}}},
      {{"smtp", "host"}, "smtp.example.com"},
      {{"smtp", "password"}, "secret-smtp-passphrase"},
      {{"smtp", "user"}, "notification@example.com"},
      {{"proxy", "http", "host"}, "proxy.example.com", {proxy}},
      {{"proxy", "https", "host"}, "proxy.example.com", {proxy}},
      {{"nomad", "auto_scaler", "aws", "autoScalingGroup"}, "asg-name", {autoscaler, autoscaler_aws}},
      {{"nomad", "auto_scaler", "aws", "region"}, "some-region", {autoscaler, autoscaler_aws}},
      {{"nomad", "auto_scaler", "gcp", "mig_name"},
       "some-managed-instance-group-name",
       {autoscaler, autoscaler_gcp}},
      {{"nomad", "auto_scaler", "gcp", "project_id"}, "some-project", {autoscaler, autoscaler_gcp}},
      {{"vm_service", "providers", "ec2", "securityGroupId"}, "sg-8asfas76", {vm_service, ec2}},
      {{"vm_service", "providers", "ec2", "windowsAMI"}, "ami-mywindowsami", {vm_service, ec2}},
      {{"vm_service", "providers", "gcp", "network"}, "my-server-vpc", {vm_service, gcp}},
      {{"vm_service", "providers", "gcp", "project_id"}, "my-server-project", {vm_service, gcp}},
      {{"vm_service", "providers", "gcp", "subnetwork"}, "my-server-vm-subnet", {vm_service, gcp}},
  };
  for (const Placeholder& placeholder : all) {
    const bool is_read = std::ranges::all_of(placeholder.switches, [&](const Path& path) {
      return context.is_on(path) || (path == vm_service && context.flag(path, true));
    });
    if (is_read && context.text(placeholder.path) == placeholder.text)
      context.report(placeholder.path, "is the example of the chart's documentation");
  }
  // Blank leaves Secret pusher to the operator (own_secret_rows), missing does not.
  if (context.find({"pusher", "secret"}) == nullptr)
    context.report(
        Path{"pusher", "secret"},
        util::filled(
            "is missing, so the chart takes its example, {example}, which everybody knows: give one, "
            "or leave it blank (\"\") and make Secret pusher with key secret yourself",
            {{"example", kPusherExample}}));
}

}  // namespace kots_export::values
