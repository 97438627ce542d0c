#include <kots_export/migration/verify.h>
#include <kots_export/net/dns.h>
#include <kots_export/ui/json_view.h>
#include <kots_export/ui/verify_view.h>
#include <kots_export/util/text.h>

#include "cli/commands.h"
#include "cli/duration.h"
#include "cli/output.h"
#include "cli/session.h"

#include <iostream>
#include <memory>

namespace kots_export::cli {

namespace {

struct VerifyFlags {
  std::string dns_server;
  std::string wait;
  bool strict = false;
};

constexpr const char* kPatience = "10m";

int run_verify(const Options& options, const CLI::App& command, const VerifyFlags& typed) {
  if (command.count("--dns-server") > 0) net::require_server(typed.dns_server);
  migration::VerifyOptions asked{.dns_server = typed.dns_server};
  if (command.count("--wait") > 0) {
    // CLI11 asks no validator about an empty value that may be left out.
    if (typed.wait.empty())
      throw UsageError("--wait: is empty: is a variable not set?", {},
                       util::filled("Write --wait alone for {time}, or --wait=30m.", {{"time", kPatience}}));
    asked.wait = parse_duration(typed.wait, "--wait");
  }
  Session session(options, Session::Access::check);
  const migration::VerifyResult result = migration::verify(session.context(), asked);
  if (options.output.document != nullptr) {
    options.output.document->set("verification", ui::json_of(result));
  } else {
    std::cout << '\n' << ui::text_of(result) << std::flush;
    if (!std::cout) throw Error("cannot write to standard output");
  }
  const bool is_failed = !result.failed.empty() || (typed.strict && !result.to_do.empty());
  return static_cast<int>(is_failed ? ExitCode::failed : ExitCode::done);
}

}  // namespace

Declared declare_verify(CLI::App& app, Flags& flags) {
  auto* command = app.add_subcommand("verify", "look at everything after `helm upgrade`; change nothing");
  auto typed = std::make_shared<VerifyFlags>();
  command->add_flag("--strict", typed->strict, "end with 1 for what is left to do, too");
  command->add_option("--wait", typed->wait, "first wait for the release and its Pods (10m)")
      ->expected(0, 1)
      ->default_str(kPatience)  // of --wait alone
      ->type_name("DURATION");
  command
      ->add_option("--dns-server", typed->dns_server,
                   "name server to ask, with or without its port (those of resolv.conf)")
      ->type_name("HOST");
  take_flags(*command, flags, kAsks | FlagSet::document);
  command->footer(
      "Ends with 1 if a check fails. What is left to do (DNS that still has the old\n"
      "address, data that is still being moved) fails it with --strict alone; warnings\n"
      "never do.\n\n"
      "Examples:\n"
      "  # Look at the upgraded installation\n"
      "  kots-export verify -n circleci-server\n"
      "  # Wait for its Pods first, 20 minutes at most\n"
      "  kots-export verify -n circleci-server --wait=20m\n"
      "  # As a document for programs, if nothing may be left to do\n"
      "  kots-export verify -n circleci-server --strict -o json");
  return {command,
          [command, typed](const Call& call) { return run_verify(options_of(call), *command, *typed); }};
}

}  // namespace kots_export::cli
