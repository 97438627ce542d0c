#include <kots_export/kube/client.h>
#include <kots_export/util/text.h>

#include "kube/client_state.h"

#include <charconv>

namespace kots_export::kube {

using nlohmann::json;

namespace {

// The first byte of each message says which stream it belongs to (k8s.io/kubelet,
// remotecommand/websocket.go).
constexpr char kStandardOutput = 1;
constexpr char kStandardError = 2;
constexpr char kStatus = 3;
constexpr int kSwitchingProtocols = 101;

std::string exec_path(const std::string& ns, const std::string& pod, const std::string& container,
                      std::span<const std::string> command) {
  std::string path = "/api/v1/namespaces/" + util::percent_encode(ns) + "/pods/" + util::percent_encode(pod) +
                     "/exec?container=" + util::percent_encode(container) + "&stdout=true&stderr=true";
  for (const auto& word : command) path += "&command=" + util::percent_encode(word);
  return path;
}

int exit_code_of(const json& status, const std::string& action) {
  if (status.value("status", "") == "Success") return 0;
  if (status.value("reason", "") == "NonZeroExitCode") {
    for (const json& cause : status.value("details", json::object()).value("causes", json::array())) {
      if (cause.value("reason", "") != "ExitCode") continue;
      const std::string text = cause.value("message", "");
      int code = 1;
      std::from_chars(text.data(), text.data() + text.size(), code);
      return code;
    }
  }
  throw Error(util::filled("cannot {action}", {{"action", action}}),
              util::printable(status.value("message", "the container could not run it")));
}

}  // namespace

Client::ExecResult Client::exec(const std::string& ns, const std::string& pod, const std::string& container,
                                std::span<const std::string> command, std::size_t output_limit) {
  const std::string action =
      util::filled("run {command} in Pod {pod}",
                   {{"command", command.empty() ? "nothing" : command.front()}, {"pod", pod}});
  ExecResult result;
  std::string status;
  const Request request{.method = Method::get,
                        .path = exec_path(ns, pod, container, command),
                        .headers = {},
                        .body = {},
                        .timeout = {}};
  const WebSocketResult end =
      state_->transport.websocket(request, "v4.channel.k8s.io", [&](std::string_view message) {
        if (state_->is_interrupted()) return Flow::stop;
        if (message.empty()) return Flow::go_on;
        const std::string_view content = message.substr(1);
        if (message.front() == kStandardOutput) result.out += content;
        if (message.front() == kStandardError) result.err += content;
        if (message.front() == kStatus) status += content;
        if (result.out.size() + result.err.size() > output_limit) {
          throw Error(util::filled("cannot {action}", {{"action", action}}),
                      util::filled("it printed more than {count} bytes", {{"count", output_limit}}));
        }
        return Flow::go_on;
      });
  if (state_->is_interrupted()) throw Interrupted(util::filled("cannot {action}", {{"action", action}}));
  if (end.http_status != kSwitchingProtocols)
    throw api_error(action, {.status = end.http_status, .headers = {}, .body = end.body});
  const json answer = json::parse(status, nullptr, false);
  if (!answer.is_object())
    throw Error(util::filled("cannot {action}", {{"action", action}}),
                "the stream ended before the command did", "Run the command again.");
  result.exit_code = exit_code_of(answer, action);
  return result;
}

}  // namespace kots_export::kube
