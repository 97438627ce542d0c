#include "apiserver/environment.h"
#include "apiserver/rest.h"
#include "apiserver/status.h"
#include "apiserver/websocket.h"
#include "apiserver/wire.h"

#include <algorithm>
#include <chrono>

namespace kots_export::apiserver {
namespace {

constexpr char kStdout = 1;
constexpr char kStderr = 2;
constexpr char kErrorChannel = 3;
constexpr char kCloseChannel = static_cast<char>(255);  // v5: the client says that a channel has ended
constexpr std::size_t kBlock = 32768;

// What a command of this server's tiny container has to say.
struct Output {
  std::string out;
  std::string err;
  int exit_code = 0;
  std::string problem;  // why it did not run at all
};

Output print_all(const Environment& environment, char end) {
  Output output;
  for (const auto& [name, value] : environment.variables) output.out += name + '=' + value + end;
  return output;
}

Output run_printenv(const std::vector<std::string>& arguments, const Environment& environment) {
  char end = '\n';
  Output output;
  bool named = false;
  for (const std::string& argument : arguments) {
    if (argument == "-0" || argument == "--null") {
      end = '\0';
    } else {
      named = true;
    }
  }
  if (!named) return print_all(environment, end);
  for (const std::string& argument : arguments) {
    if (argument == "-0" || argument == "--null") continue;
    if (const std::string* value = environment.find(argument)) {
      output.out += *value + end;
    } else {
      output.exit_code = 1;
    }
  }
  return output;
}

Output ended_with(int exit_code, std::string err) {
  Output output;
  output.err = std::move(err);
  output.exit_code = exit_code;
  return output;
}

Output run_command(std::vector<std::string> command, const Environment& environment) {
  const std::string program = command.empty() ? "" : command.front().substr(command.front().rfind('/') + 1);
  if (!command.empty()) command.erase(command.begin());
  if (program == "printenv") return run_printenv(command, environment);
  if (program == "env")
    return print_all(environment, !command.empty() && command.front() == "-0" ? '\0' : '\n');
  if (program == "true") return {};
  if (program == "false") return ended_with(1, {});
  if (program == "sh") {
    return ended_with(127, "sh: " + (command.size() > 1 ? command[1] : std::string()) + ": not found\n");
  }
  Output nothing;
  nothing.problem = "exec: \"" + program + "\": executable file not found in $PATH: unknown";
  return nothing;
}

// As the kubelet with containerd says it.
Json exit_status(const Output& output) {
  if (!output.problem.empty()) {
    const std::string why =
        "error executing command in container: failed to exec in container: OCI runtime exec failed: exec "
        "failed: unable to start container process: " +
        output.problem;
    return {{"metadata", Json::object()},
            {"status", "Failure"},
            {"message", "Internal error occurred: " + why},
            {"reason", "InternalError"},
            {"details", {{"causes", Json::array({{{"message", why}}})}}},
            {"code", 500}};
  }
  const int exit_code = output.exit_code;
  if (exit_code == 0) return {{"metadata", Json::object()}, {"status", "Success"}};
  const std::string code = std::to_string(exit_code);
  return {{"metadata", Json::object()},
          {"status", "Failure"},
          {"message", "command terminated with non-zero exit code: exit status " + code},
          {"reason", "NonZeroExitCode"},
          {"details", {{"causes", Json::array({{{"reason", "ExitCode"}, {"message", code}}})}}}};
}

// Returns the subprotocol to speak, or an empty text.
std::string choose_subprotocol(const Call& call) {
  std::string offered = ',' + std::string(call.request.header("sec-websocket-protocol")) + ',';
  offered.erase(std::remove(offered.begin(), offered.end(), ' '), offered.end());
  if (call.cluster.registry.minor() >= 30 && offered.find(",v5.channel.k8s.io,") != std::string::npos) {
    return "v5.channel.k8s.io";
  }
  return offered.find(",v4.channel.k8s.io,") != std::string::npos ? "v4.channel.k8s.io" : "";
}

// Returns the container that is meant, or nothing where it does not run. Throws ApiError where there is none.
std::optional<Json> find_container(const Call& call, const Object& pod) {
  const std::string phase = text_member(pod.body(), {"status", "phase"});
  const std::string wanted = call.request.parameter("container").value_or("");
  for (const Json& container : member(pod.body(), {"spec", "containers"})) {
    const std::string name = text_member(container, {"name"});
    if (!wanted.empty() && name != wanted) continue;
    return phase == "Running" ? std::optional(container) : std::nullopt;
  }
  throw bad_request("container " + wanted + " is not valid for pod " + pod.name());
}

void send_channel(WebSocket& socket, char channel, const std::string& data) {
  for (std::size_t at = 0; at < data.size(); at += kBlock) {
    socket.send_binary(std::string(1, channel) + data.substr(at, kBlock));
  }
}

// Waits a moment for the client's own close, so that nothing that was sent is lost with the connection.
void await_close(WebSocket& socket) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(1);
  while (std::chrono::steady_clock::now() < end && socket.wait(100)) {
    const std::optional<WebSocketMessage> message = socket.receive();
    if (!message || message->opcode == 8) return;
    if (!message->data.empty() && message->data.front() == kCloseChannel) continue;
  }
}

}  // namespace

void pod_exec(const Call& call) {
  const ObjectPtr pod = call.cluster.store.get(call.type(), call.name_space(), call.info.name);
  if (!pod) throw not_found(call.type(), call.info.name);
  const std::optional<Json> container = find_container(call, *pod);
  if (!container) {
    return call.answer.send(
        500, "text/plain; charset=utf-8",
        "container not found (\"" + call.request.parameter("container").value_or("") + "\")");
  }
  if (!wants_websocket(call.request)) {
    throw bad_request("Upgrade request required: this server speaks WebSocket, not SPDY");
  }
  const std::string subprotocol = choose_subprotocol(call);
  if (subprotocol.empty()) {
    // What x/net/websocket answers to a handshake that it does not like.
    return call.answer.send(403, "text/plain", "");
  }
  const std::vector<std::string> command = call.request.parameter_values("command");
  if (command.empty()) throw bad_request("you must specify at least 1 command for the container");
  const Environment environment = call.cluster.environments.get(call.cluster.store, *pod, *container);
  const Output output = run_command(command, environment);
  WebSocket socket(call.answer.upgrade(websocket_accept(call.request, subprotocol)));
  if (call.request.flag("stdout")) send_channel(socket, kStdout, output.out);
  if (call.request.flag("stderr")) send_channel(socket, kStderr, output.err);
  send_channel(socket, kErrorChannel, dump_json(exit_status(output)));
  socket.send_close();
  await_close(socket);
}

}  // namespace kots_export::apiserver
