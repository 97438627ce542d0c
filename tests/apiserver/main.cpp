// kots-export-apiserver: an in-memory Kubernetes API server for tests. README.md, beside this file, tells its
// flags.
#include <kots_export/util/files.h>

#include "apiserver/server.h"

#include <array>
#include <iostream>

#include <CLI/CLI.hpp>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

namespace {

using kots_export::apiserver::HttpVersions;
using kots_export::apiserver::Protocol;
using kots_export::apiserver::Server;
using kots_export::apiserver::ServerOptions;
using kots_export::apiserver::Validity;

struct Arguments {
  ServerOptions server;
  std::string kubernetes = "1.20";
  std::filesystem::path kubeconfig;
  bool http = false;
  bool http1 = false;
  bool expired = false;
  bool not_yet = false;
  bool until_stdin_closes = false;
};

void declare(CLI::App& app, Arguments& arguments) {
  ServerOptions& server = arguments.server;
  app.add_option("--kubernetes", arguments.kubernetes, "The version to be, 1.16 to 1.33")
      ->capture_default_str();
  app.add_option("--port", server.port, "The port to listen on; 0 chooses a free one");
  app.add_option("--kubeconfig-out", arguments.kubeconfig, "Write the admin's kubeconfig to this file");
  app.add_option("--seed", server.seeds, "YAML file of objects; may be repeated")->allow_extra_args(false);
  app.add_option("--job-behaviour", server.job_behaviour, "YAML file that says what Jobs do");
  app.add_option("--token", server.tokens, "TOKEN=USER[:GROUP,...]; may be repeated")
      ->allow_extra_args(false);
  app.add_option("--deny", server.deny, "'USER verb resource[/name] [namespace]'; may be repeated")
      ->allow_extra_args(false);
  app.add_option("--fault", server.faults,
                 "'status=500 after=3 times=2 method=PATCH path=/secrets'; may be repeated")
      ->allow_extra_args(false);
  app.add_option("--pv-reclaim", server.pv_reclaim, "Delete or Retain")->capture_default_str();
  app.add_option("--history", server.history, "How many writes watches and paged lists can go back");
  app.add_option("--request-log", server.request_log,
                 "Append every request to this file, a JSON object a line");
  app.add_option("--cert-host", server.certificate_host, "The only name the server's certificate holds for");
  app.add_option("--custom-group", server.custom_groups,
                 "serves the custom resources of that group: velero.io");
  app.add_option("--stale-group", server.stale_groups,
                 "GROUP[/VERSION] whose APIService is down; may be repeated")
      ->allow_extra_args(false);
  app.add_flag("--http", arguments.http, "Without TLS");
  app.add_flag("--http1", arguments.http1, "With TLS, but HTTP/1.1 alone");
  app.add_flag("--cert-expired", arguments.expired, "The server's certificate has expired");
  app.add_flag("--cert-not-yet-valid", arguments.not_yet, "The server's certificate holds from tomorrow on");
  app.add_flag("--until-stdin-closes", arguments.until_stdin_closes, "End when standard input closes");
}

// Throws std::runtime_error.
int parse_minor(const std::string& text) {
  const std::string digits = text.starts_with("1.") ? text.substr(2, text.find('.', 2) - 2) : "";
  if (digits.empty() || digits.find_first_not_of("0123456789") != std::string::npos || digits.size() > 3) {
    throw std::runtime_error("a Kubernetes version looks like 1.20, not " + text);
  }
  return std::stoi(digits);
}

// Returns a descriptor that becomes readable when the process is asked to end. The signals are blocked for
// every thread that is started later.
int watch_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  return signalfd(-1, &set, SFD_CLOEXEC);
}

void wait_for_end(int signals, bool until_stdin_closes) {
  std::array<pollfd, 2> waits{pollfd{signals, POLLIN, 0},
                              pollfd{until_stdin_closes ? STDIN_FILENO : -1, POLLIN, 0}};
  for (;;) {
    if (poll(waits.data(), waits.size(), -1) < 0) continue;
    if (waits[0].revents != 0) return;
    if (waits[1].revents == 0) continue;
    std::array<char, 256> ignored{};
    if (read(STDIN_FILENO, ignored.data(), ignored.size()) <= 0) return;
  }
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("An in-memory Kubernetes API server for tests");
  Arguments arguments;
  declare(app, arguments);
  CLI11_PARSE(app, argc, argv);
  try {
    ServerOptions& options = arguments.server;
    options.minor = parse_minor(arguments.kubernetes);
    if (arguments.http) options.protocol = Protocol::http;
    if (arguments.http1) options.versions = HttpVersions::http1_only;
    if (arguments.expired) options.validity = Validity::expired;
    if (arguments.not_yet) options.validity = Validity::not_yet;
    const int signals = watch_signals();
    const Server server(options);
    if (!arguments.kubeconfig.empty()) {
      kots_export::util::write_private_file(arguments.kubeconfig, server.kubeconfig());
    }
    std::cout << "listening on " << server.url() << std::endl;
    wait_for_end(signals, arguments.until_stdin_closes);
  } catch (const std::exception& error) {
    std::cerr << "kots-export-apiserver: " << error.what() << '\n';
    return 1;
  }
  return 0;
}
