#include <kots_export/migration/flyway.h>
#include <kots_export/migration/names.h>
#include <kots_export/util/base64.h>
#include <kots_export/util/text.h>

#include <array>
#include <map>

#include <nlohmann/json.hpp>

namespace kots_export::migration {

using nlohmann::json;

namespace {

using Variables = std::map<std::string, std::string>;

bool container_is_running(const json& pod, std::string_view container) {
  const json statuses = pod.value("status", json::object()).value("containerStatuses", json::array());
  for (const json& status : statuses) {
    if (status.value("name", "") == container)
      return status.value("state", json::object()).contains("running");
  }
  return false;
}

json find_frontend_pod(Context& context) {
  const auto& pods = require_resource(context.client, "", "Pod");
  const std::string name(names::kFrontend);
  for (json& pod : context.client.list(pods.gvr, context.ns.name, "app=" + name)) {
    const bool going = pod.value("metadata", json::object()).contains("deletionTimestamp");
    if (!going && container_is_running(pod, names::kFrontend)) return std::move(pod);
  }
  throw Error("no Pod of the frontend is running in namespace " + context.ns.name,
              "the database's address and password are read from a running container `frontend` of a Pod "
              "with label app=frontend",
              "Look at `kubectl -n " + context.ns.name +
                  " get pods -l app=frontend`; start the frontend and run the command again.");
}

// Reads Secrets and ConfigMaps once each; the environment of one container.
class EnvironmentReader {
 public:
  explicit EnvironmentReader(Context& context) : context_(context) {}

  // The variables that the API tells the values of. Source: core/v1 Container.env, envFrom (env wins, the
  // later wins).
  Variables read(const json& container) {
    for (const json& source : container.value("envFrom", json::array())) read_all(source);
    for (const json& variable : container.value("env", json::array())) read_one(variable);
    return std::move(variables_);
  }

 private:
  void read_all(const json& source) {
    const std::string prefix = source.value("prefix", "");
    for (const auto& [kind, field] :
         {std::pair{"ConfigMap", "configMapRef"}, std::pair{"Secret", "secretRef"}}) {
      if (!source.contains(field)) continue;
      for (const auto& [key, value] : data_of(kind, source[field].value("name", "")))
        variables_[prefix + key] = value;
    }
  }

  void read_one(const json& variable) {
    const std::string name = variable.value("name", "");
    variables_.erase(name);
    if (!variable.contains("valueFrom")) {
      if (auto value = expand(variable.value("value", ""))) variables_[name] = std::move(*value);
      return;
    }
    const json& from = variable["valueFrom"];
    for (const auto& [kind, field] :
         {std::pair{"ConfigMap", "configMapKeyRef"}, std::pair{"Secret", "secretKeyRef"}}) {
      if (!from.contains(field)) continue;
      const Variables& data = data_of(kind, from[field].value("name", ""));
      if (const auto found = data.find(from[field].value("key", "")); found != data.end())
        variables_[name] = found->second;
    }
  }

  // $(NAME) of what stands before it; $$ is $. Nothing where a name is not known here: the container has the
  // answer.
  std::optional<std::string> expand(const std::string& text) const {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text[i] != '$' || i + 1 == text.size()) {
        out += text[i];
      } else if (text[i + 1] == '$') {
        out += '$';
        ++i;
      } else if (text[i + 1] == '(' && text.find(')', i) != std::string::npos) {
        const auto end = text.find(')', i);
        const auto found = variables_.find(text.substr(i + 2, end - i - 2));
        if (found == variables_.end()) return std::nullopt;
        out += found->second;
        i = end;
      } else {
        out += text[i];
      }
    }
    return out;
  }

  const Variables& data_of(const std::string& kind, const std::string& name) {
    const auto [place, is_new] = cache_.try_emplace({kind, name});
    if (!is_new) return place->second;
    const auto object = context_.client.get(object_ref(context_, "", kind, name));
    const json data = object ? object->value("data", json::object()) : json::object();
    for (const auto& [key, value] : data.items()) {
      if (!value.is_string()) continue;
      const auto& text = value.get_ref<const std::string&>();
      place->second[key] = kind == "Secret" ? util::base64_decode(text).value_or("") : text;
    }
    return place->second;
  }

  Context& context_;
  Variables variables_;
  std::map<std::pair<std::string, std::string>, Variables> cache_;
};

// What the image or its entrypoint sets is known only inside the container.
std::string read_inside(Context& context, const std::string& pod, const std::string& name) {
  const std::array<std::string, 2> command = {"printenv", name};
  const auto result = context.client.exec(context.ns.name, pod, std::string(names::kFrontend), command);
  if (result.exit_code != 0 || result.out.empty()) {
    throw Error("cannot find " + name + " in the environment of Pod " + pod,
                result.err.empty() ? "printenv ended with " + std::to_string(result.exit_code)
                                   : util::printable(result.err),
                "The migrator needs the database's address and password as the frontend has them.");
  }
  std::string value = result.out;
  value.pop_back();  // the line feed that printenv adds
  return value;
}

}  // namespace

DatabaseAccess read_database_access(Context& context) {
  const json pod = find_frontend_pod(context);
  const std::string pod_name = pod["metadata"].value("name", "");
  Variables variables;
  for (const json& container : pod["spec"].value("containers", json::array())) {
    if (container.value("name", "") == names::kFrontend)
      variables = EnvironmentReader(context).read(container);
  }
  const auto value_of = [&](const std::string& name) {
    const auto found = variables.find(name);
    return found != variables.end() ? found->second : read_inside(context, pod_name, name);
  };
  return {.host = value_of("POSTGRES_HOST"),
          .port = value_of("POSTGRES_PORT"),
          .username = value_of("POSTGRES_USERNAME"),
          .password = Secret<std::string>(value_of("POSTGRES_PASSWORD"))};
}

Secret<std::string> jdbc_url(const DatabaseAccess& access) {
  return Secret<std::string>("jdbc:postgresql://" + access.host + ":" + access.port + "/" +
                             std::string(names::kMigratorDatabase) +
                             "?user=" + util::percent_encode(access.username) +
                             "&password=" + util::percent_encode(access.password.reveal()));
}

}  // namespace kots_export::migration
