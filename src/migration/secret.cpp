#include <kots_export/migration/checks.h>
#include <kots_export/migration/pull_secret.h>
#include <kots_export/migration/secret.h>
#include <kots_export/util/base64.h>
#include <kots_export/util/text.h>

#include <nlohmann/json.hpp>

namespace kots_export::migration {

using nlohmann::json;

namespace {

// A JSON string as Go's encoding/json writes it (HTML characters and U+2028/9 escaped), which kubectl uses.
std::string go_json_string(std::string_view text) {
  std::string out = json(text).dump();
  std::string escaped;
  for (std::size_t i = 0; i < out.size(); ++i) {
    const std::string_view rest = std::string_view(out).substr(i);
    if (out[i] == '<') {
      escaped += "\\u003c";
    } else if (out[i] == '>') {
      escaped += "\\u003e";
    } else if (out[i] == '&') {
      escaped += "\\u0026";
    } else if (rest.starts_with("\\\\") || rest.starts_with("\\\"")) {
      escaped += rest.substr(0, 2);
      ++i;
    } else if (rest.starts_with("\xE2\x80\xA8") || rest.starts_with("\xE2\x80\xA9")) {
      escaped += rest[2] == '\xA8' ? "\\u2028" : "\\u2029";
      i += 2;
    } else {
      escaped += out[i];
    }
  }
  return escaped;
}

// A member of the entry, left out where empty as Go's omitempty does.
std::string member(std::string_view key, std::string_view value) {
  return value.empty() ? std::string() : go_json_string(key) + ":" + go_json_string(value) + ",";
}

void require_utf8(std::string_view value, const char* otherwise) {
  if (!util::is_utf8(value)) throw UsageError(otherwise);
}

}  // namespace

Secret<std::string> docker_config_json(const SecretOptions& options) {
  require_utf8(options.username, "the registry's user name is not UTF-8");
  require_utf8(options.password.reveal(), "the registry's password is not UTF-8");
  require_utf8(options.email, "the email is not UTF-8");
  const std::string auth = util::base64_encode(options.username + ":" + options.password.reveal());
  std::string entry = member("username", options.username) + member("password", options.password.reveal()) +
                      member("email", options.email) + member("auth", auth);
  entry.pop_back();
  return Secret<std::string>(R"({"auths":{)" + go_json_string(options.server) + ":{" + entry + "}}}");
}

change::Plan plan_secret(Context& context, const SecretOptions& options) {
  require_namespace(context);
  kube::ObjectRef ref = object_ref(context, "", "Secret", options.name);
  const std::string content = util::base64_encode(docker_config_json(options).reveal());
  const auto live = context.client.get(ref);
  change::Plan plan;
  if (!live) {
    const json manifest{{"apiVersion", "v1"},
                        {"kind", "Secret"},
                        {"metadata", {{"name", options.name}, {"namespace", context.ns.name}}},
                        {"type", kDockerConfigType},
                        {"data", {{kDockerConfigKey, content}}}};
    plan.changes.push_back({.verb = change::Verb::create,
                            .step = "secret",
                            .object = ref,
                            .before = nullptr,
                            .after = manifest,
                            .why = util::filled("lets the cluster pull images from {registry}",
                                                {{"registry", options.server}})});
    return plan;
  }
  const std::string what = util::filled("Secret {secret} exists in namespace {namespace}",
                                        {{"secret", options.name}, {"namespace", context.ns.name}});
  const std::string type = live->value("type", std::string());
  if (type != kDockerConfigType) {
    throw Error(what, util::filled("its type is {type}, which cannot be changed", {{"type", type}}),
                util::filled(
                    "Delete it with `{command}` and run the command again.",
                    {{"command", context.commands.kubectl(
                                     context.ns.name, "delete secret " + util::shell_quote(options.name))}}));
  }
  const json data = live->contains("data") && (*live)["data"].is_object() ? (*live)["data"] : json::object();
  const json present = data.contains(kDockerConfigKey) ? data[kDockerConfigKey] : json(nullptr);
  if (present == json(content)) {
    plan.already_right = 1;
    return plan;
  }
  if (options.existing == SecretOptions::Existing::keep) {
    throw Error(what, "its content differs from what was given", "Give --force to replace its content.");
  }
  plan.changes.push_back({.verb = change::Verb::patch,
                          .step = "secret",
                          .object = identified(std::move(ref), *live),
                          .before = {{"data", {{kDockerConfigKey, present}}}},
                          .after = {{"data", {{kDockerConfigKey, content}}}},
                          .why = "--force: new registry credentials"});
  return plan;
}

void verify_registry_credentials(const SecretOptions& options, const TransportTo& transport_to) {
  const RegistryAnswer answer = RegistryClient(options.server, transport_to)
                                    .log_in({.username = options.username, .password = options.password});
  switch (answer.kind) {
    case RegistryAnswer::Kind::yes:
      return;
    case RegistryAnswer::Kind::refused:
      throw Error(util::filled("the registry {registry} does not accept the credentials of {user}",
                               {{"registry", options.server}, {"user", options.username}}),
                  answer.why,
                  "Check user name and password with your CircleCI contact; nothing was changed.");
    case RegistryAnswer::Kind::missing:
    case RegistryAnswer::Kind::unknown:
      break;
  }
  throw Error(
      util::filled("cannot ask the registry {registry}", {{"registry", options.server}}), answer.why,
      "Check --docker-server, the network and HTTPS_PROXY, or leave out --verify; nothing was changed.");
}

}  // namespace kots_export::migration
