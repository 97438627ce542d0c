#pragma once

#include <kots_export/values/transform.h>

// What the rules do; rule_table.cpp says when and why.
namespace kots_export::values::rule {

void domain_name(RuleContext& context);
void image_pull_secrets(RuleContext& context);
void license(RuleContext& context);
void nginx_annotations(RuleContext& context);
void nginx_acm(RuleContext& context);
void mongodb_password(RuleContext& context);
void container_registry(RuleContext& context);
void telegraf_config(RuleContext& context);
void postgresql_auth(RuleContext& context);
void nomad_auto_scaler(RuleContext& context);
void vm_providers(RuleContext& context);
void object_storage(RuleContext& context);
void leftovers(RuleContext& context);
void empty_values(RuleContext& context);

}  // namespace kots_export::values::rule
