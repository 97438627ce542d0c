#include "values/rules.h"

#include <kots_export/util/base64.h>
#include <kots_export/util/error.h>
#include <kots_export/util/text.h>
#include <kots_export/values/transform.h>

#include "values/check_context.h"
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
    if (context.has_marks_of_v4()) return;  // then it is 4.x's text
    return context.warn(to_string(path) +
                        " is not base64 text: it is left as it is; check it before the upgrade");
  }
  context.assign(path, std::move(*decoded));
}

}  // namespace rule

namespace {

// Copies a credential to where nothing stands; what somebody gave for 4.x stays. null is dropped by the last
// rule in any case.
void copy(RuleContext& context, const Path& from, const Path& to) {
  const Value* value = find(context.values(), from);
  if (value == nullptr || value->is_null() || !is_blank(context.values(), to)) return;
  if (is_blank(context.values(), from) && context.has_marks_of_v4()) return;
  context.assign(to, Value(*value));
}

// `leftovers` takes the one of 3.x away: nobody should lose a password without a word.
void warn_where_both_differ(RuleContext& context, const Path& from, const Path& to) {
  if (is_blank(context.values(), from) || is_blank(context.values(), to) ||
      *find(context.values(), from) == *find(context.values(), to))
    return;
  context.warn(
      util::filled("{old} and {new} are both given and differ: {new} stays as it is; check before the "
                   "upgrade that it is the one in use",
                   {{"old", to_string(from)}, {"new", to_string(to)}}));
}

}  // namespace

namespace rule {

void postgresql_auth(RuleContext& context) {
  // Without `internal`, 4.x takes PostgreSQL as inside of the cluster, and of 3.x it was outside.
  const bool is_inside = flag_at(context.values(), {"postgresql", "internal"}, context.has_marks_of_v4());
  const Path old_password{"postgresql", "postgresqlPassword"};
  const Path old_username{"postgresql", "postgresqlUsername"};
  const Path password{"postgresql", "auth", is_inside ? "postgresPassword" : "password"};
  const Path username{"postgresql", "auth", "username"};
  warn_where_both_differ(context, old_password, password);
  if (!is_inside) warn_where_both_differ(context, old_username, username);
  if (context.is_v4()) return;
  const auto blank_where_missing = [&](const Path& path) {
    const Value* present = find(context.values(), path);
    if (present == nullptr || present->is_null()) context.assign(path, "");
  };
  copy(context, old_password, password);
  if (is_inside) {
    blank_where_missing(username);
  } else {
    copy(context, old_username, username);
  }
  blank_where_missing({"postgresql", "auth", "existingSecret"});
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
