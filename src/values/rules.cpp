#include "values/rules.h"

#include <kots_export/util/base64.h>
#include <kots_export/util/error.h>
#include <kots_export/util/text.h>
#include <kots_export/values/transform.h>

#include "values/rule_context.h"

namespace kots_export::values {

namespace rule {

void domain_name(RuleContext& context) {
  if (context.is_v4()) return;
  const std::string domain = string_at(context.values(), {"domainName"});
  if (!domain.empty()) return context.assign({"global", "domainName"}, domain);
  if (!string_at(context.values(), {"global", "domainName"}).empty()) return;
  throw Error(
      "the values name no domain", "domainName is missing, empty, or no string",
      "Check that this is the values file of a CircleCI Server 3.x installation, and set domainName in it.");
}

void image_pull_secrets(RuleContext& context) {
  Map name;
  name.set("name", "regcred");
  const Value* present = find(context.values(), {"global", "imagePullSecrets"});
  // Only the first is ours; others that an operator added stay.
  List secrets = present != nullptr && present->is_list() ? present->as_list() : List();
  if (secrets.empty()) {
    secrets.emplace_back(std::move(name));
  } else {
    set(secrets.front(), {"name"}, "regcred");
  }
  context.assign({"global", "imagePullSecrets"}, std::move(secrets));
}

void license(RuleContext& context) {
  std::string text = context.options.license.reveal();
  std::erase(text, '\'');
  context.assign({"global", "license"}, std::move(text));
}

void nginx_annotations(RuleContext& context) {
  const Value* annotations = find(context.values(), {"kong", "annotations"});
  if (annotations != nullptr && !annotations->is_null())
    context.assign({"nginx", "annotations"}, Value(*annotations));
}

void nginx_acm(RuleContext& context) {
  if (is_true_at(context.values(), {"kong", "aws_acm", "enabled"}))
    context.assign({"nginx", "aws_acm", "enabled"}, true);
}

void mongodb_password(RuleContext& context) {
  const Path path{"mongodb", "auth", "password"};
  const Value* present = find(context.values(), path);
  if (present != nullptr && !present->is_null()) return;
  const auto& kept = context.options.kept_mongodb_password;
  context.assign(path, kept ? kept->reveal() : context.options.new_password());
}

void container_registry(RuleContext& context) {
  context.assign({"global", "container", "registry"}, context.options.registry + ".azurecr.io");
  context.assign({"global", "container", "org"}, "");
}

void telegraf_config(RuleContext& context) {
  if (context.is_v4()) return;
  const Path path{"telegraf", "config", "custom_config_file"};
  const Value* present = find(context.values(), path);
  if (present == nullptr || present->is_null() || (present->is_string() && present->as_string().empty()))
    return;
  auto decoded = present->is_string() ? util::base64_decode(present->as_string()) : std::nullopt;
  if (!decoded || !util::is_utf8(*decoded)) {
    return context.warn(to_string(path) +
                        " is not base64 text: it is left as it is; check it before the upgrade");
  }
  context.assign(path, std::move(*decoded));
}

}  // namespace rule

namespace {

// Copies a value where there is one; null is dropped by the last rule in any case.
void copy(RuleContext& context, const Path& from, const Path& to) {
  if (const Value* value = find(context.values(), from); value != nullptr && !value->is_null())
    context.assign(to, Value(*value));
}

}  // namespace

namespace rule {

void postgresql_auth(RuleContext& context) {
  if (context.is_v4()) return;
  if (is_true_at(context.values(), {"postgresql", "internal"})) {
    copy(context, {"postgresql", "postgresqlPassword"}, {"postgresql", "auth", "postgresPassword"});
    context.assign({"postgresql", "auth", "username"}, "");
  } else {
    copy(context, {"postgresql", "postgresqlPassword"}, {"postgresql", "auth", "password"});
    copy(context, {"postgresql", "postgresqlUsername"}, {"postgresql", "auth", "username"});
  }
  const Path secret{"postgresql", "auth", "existingSecret"};
  const Value* present = find(context.values(), secret);
  if (present == nullptr || present->is_null()) context.assign(secret, "");
}

void nomad_auto_scaler(RuleContext& context) {
  if (context.is_partly_v4()) return;
  const Value* enabled = find(context.values(), {"nomad", "auto_scaler", "enabled"});
  const Path gcp{"nomad", "auto_scaler", "gcp"};
  const Path aws{"nomad", "auto_scaler", "aws"};
  if (enabled != nullptr && enabled->is_bool() && !enabled->as_bool()) {
    context.remove(gcp);
    context.remove(aws);
  } else {
    context.remove(is_true_at(context.values(), {"nomad", "auto_scaler", "aws", "enabled"}) ? gcp : aws);
  }
}

void vm_providers(RuleContext& context) {
  if (context.is_partly_v4()) return;
  if (is_true_at(context.values(), {"vm_service", "providers", "ec2", "enabled"})) {
    context.remove({"vm_service", "providers", "gcp"});
  } else {
    context.remove({"vm_service", "providers", "ec2"});
    context.remove({"vm_service", "providers", "aws"});
  }
}

void object_storage(RuleContext& context) {
  if (context.is_partly_v4()) return;
  const bool s3 = is_true_at(context.values(), {"object_storage", "s3", "enabled"});
  context.remove({"object_storage", s3 ? "gcs" : "s3"});
}

void leftovers(RuleContext& context) {
  for (const Path& path : {Path{"published"}, Path{"domainName"}, Path{"kong", "annotations"},
                           Path{"postgresql", "postgresqlUsername"}, Path{"postgresql", "postgresqlPassword"},
                           Path{"nomad", "server", "rpc", "advertise"}, Path{"license"}, Path{"minio"}}) {
    context.remove(path);
  }
}

}  // namespace rule

namespace {

// A key is dropped where it is null, or a map that lost all it had. The path is text, for it also counts
// items; it grows and shrinks in place, since it is needed only where something goes.
void prune(RuleContext& context, Value& value, std::string& path) {
  const std::size_t parent = path.size();
  if (value.is_list()) {
    for (std::size_t i = 0; i < value.as_list().size(); ++i) {
      path += "[" + std::to_string(i) + "]";
      prune(context, value.as_list()[i], path);
      path.resize(parent);
    }
  } else if (value.is_map()) {
    value.as_map().erase_if([&](Map::Entry& entry) {
      auto& [key, item] = entry;
      append_key(path, key);
      const bool was_empty = item.is_map() && item.as_map().empty();
      prune(context, item, path);
      const bool goes = item.is_null() ||
                        (key == "service_account" && item.is_string() && item.as_string().empty()) ||
                        (!was_empty && item.is_map() && item.as_map().empty());
      if (goes) context.record(RuleApplied::Action::removed, path);
      path.resize(parent);
      return goes;
    });
  }
}

}  // namespace

namespace rule {

void empty_values(RuleContext& context) {
  std::string path;
  prune(context, context.mutable_values(), path);
}

}  // namespace rule

}  // namespace kots_export::values
