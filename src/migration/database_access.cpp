#include <kots_export/migration/flyway.h>
#include <kots_export/migration/names.h>
#include <kots_export/util/text.h>

#include "migration/pod_environment.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <map>
#include <optional>

#include <nlohmann/json.hpp>

namespace kots_export::migration {

using nlohmann::json;

namespace {

using Variables = std::map<std::string, std::string>;

// In the order in which the container is asked: the password, which may hold line feeds, comes last.
constexpr std::array<std::string_view, 4> kVariables = {"POSTGRES_HOST", "POSTGRES_PORT", "POSTGRES_USERNAME",
                                                        "POSTGRES_PASSWORD"};

struct FrontendPod {
  std::string name;
  json container;  // its description of container `frontend`
};

enum class ContainerState { down, running, ready };

ContainerState state_of(const json& pod, std::string_view container) {
  const json metadata = pod.value("metadata", json::object());
  const json statuses = pod.value("status", json::object()).value("containerStatuses", json::array());
  for (const json& status : statuses) {
    if (status.value("name", "") != container || metadata.contains("deletionTimestamp")) continue;
    if (!status.value("state", json::object()).contains("running")) return ContainerState::down;
    return status.value("ready", false) ? ContainerState::ready : ContainerState::running;
  }
  return ContainerState::down;
}

FrontendPod describe_frontend(const json& pod) {
  FrontendPod frontend{.name = pod["metadata"].value("name", ""), .container = json::object()};
  for (const json& container : pod["spec"].value("containers", json::array())) {
    if (container.value("name", "") == names::kFrontend) frontend.container = container;
  }
  return frontend;
}

// A Pod whose frontend runs; one that is ready, and so has reached its database, before one that is not.
FrontendPod find_frontend(Context& context) {
  const auto& pods = require_resource(context.client, "", "Pod");
  std::optional<FrontendPod> running;
  for (const json& pod : context.client.list(pods, context.ns.name, "app=" + std::string(names::kFrontend))) {
    const ContainerState state = state_of(pod, names::kFrontend);
    if (state == ContainerState::ready) return describe_frontend(pod);
    if (state == ContainerState::running && !running) running = describe_frontend(pod);
  }
  if (running) return std::move(*running);
  throw Error(util::filled("no Pod of the frontend is running in namespace {namespace}",
                           {{"namespace", context.ns.name}}),
              "the database's address and password are read from a running container `frontend` of a Pod "
              "with label app=frontend",
              Hint::with_way_on(util::filled(
                  "Look at `{command}`; start the frontend and run the command again.",
                  {{"command", context.commands.kubectl(context.ns.name, "get pods -l app=frontend")}})));
}

[[noreturn]] void throw_missing(const std::string& variable, const std::string& pod, const std::string& why) {
  throw Error(util::filled("cannot find {variable} in the environment of Pod {pod}",
                           {{"variable", variable}, {"pod", pod}}),
              why, "The migrator needs the database's address and password as the frontend has them.");
}

kube::Client::ExecResult printenv(Context& context, const FrontendPod& pod,
                                  std::span<const std::string_view> names) {
  std::vector<std::string> command = {"printenv"};
  command.insert(command.end(), names.begin(), names.end());
  auto result = context.client.exec(context.ns.name, pod.name, std::string(names::kFrontend), command);
  constexpr int kNotSet = 1;
  if (result.exit_code > kNotSet) {
    throw Error(util::filled("printenv ended with {code}", {{"code", result.exit_code}}),
                util::printable(result.err));
  }
  return result;
}

// The variables as printenv writes them, a line feed after each. Throws Error where it is something else.
Variables split(std::string_view lines) {
  if (std::ranges::count(lines, '\n') < std::ssize(kVariables) || !lines.ends_with('\n'))
    throw Error("printenv wrote something else than the variables");
  Variables variables;
  for (const std::string_view name : kVariables) {
    const auto end = name == kVariables.back() ? lines.size() - 1 : lines.find('\n');
    variables[std::string(name)] = lines.substr(0, end);
    lines.remove_prefix(end + 1);
  }
  return variables;
}

// Asks the container itself. Throws Error where it cannot be asked.
Variables ask_container(Context& context, const FrontendPod& pod) {
  const auto all = printenv(context, pod, kVariables);
  if (all.exit_code == 0) return split(all.out);
  Variables variables;
  for (const std::string_view name : kVariables) {
    auto one = printenv(context, pod, std::span(&name, 1));
    if (one.exit_code != 0) continue;
    // Exit code 0 and no line: the output was lost on the way.
    if (!one.out.ends_with('\n')) throw Error("printenv wrote something else than the variable");
    one.out.pop_back();
    variables[std::string(name)] = std::move(one.out);
  }
  return variables;
}

}  // namespace

// The container comes first, its description second: a Secret that was changed since the container started
// has a password that the frontend does not use, and perhaps the database neither.
namespace {

DatabaseAccess read_database_access(Context& context) {
  const FrontendPod pod = find_frontend(context);
  Variables variables;
  std::string why;
  try {
    variables = ask_container(context, pod);
  } catch (const Interrupted&) {
    throw;
  } catch (const Error& error) {
    why = error.what();
    context.observer.warn("flyway.container-not-asked", {{"pod", pod.name}, {"why", why}});
    variables = described_environment(context, pod.container);
  }
  const auto value_of = [&](std::string_view name) {
    const auto found = variables.find(std::string(name));
    if (found == variables.end()) throw_missing(std::string(name), pod.name, why);
    return found->second;
  };
  return {.host = value_of("POSTGRES_HOST"),
          .port = value_of("POSTGRES_PORT"),
          .username = value_of("POSTGRES_USERNAME"),
          .password = Secret<std::string>(value_of("POSTGRES_PASSWORD"))};
}

}  // namespace

const DatabaseAccess& database_access(Context& context) {
  if (!context.database) context.database = read_database_access(context);
  return *context.database;
}

Secret<std::string> jdbc_url(const DatabaseAccess& access) {
  const bool is_ipv6 = access.host.find(':') != std::string::npos && !access.host.starts_with('[');
  return Secret<std::string>("jdbc:postgresql://" + (is_ipv6 ? "[" + access.host + "]" : access.host) + ":" +
                             access.port + "/" + std::string(names::kMigratorDatabase) +
                             "?user=" + util::percent_encode(access.username) +
                             "&password=" + util::percent_encode(access.password.reveal()));
}

}  // namespace kots_export::migration
