#include <kots_export/migration/secret.h>
#include <kots_export/ui/terminal.h>
#include <kots_export/util/files.h>

#include "cli/commands.h"
#include "cli/question.h"
#include "cli/session.h"

#include <memory>

namespace kots_export::cli {

namespace {

struct SecretFlags {
  std::string username;
  std::string email;
  std::string server;
  std::string password;
  std::string password_file;
  bool password_stdin = false;
  bool force = false;
  bool verify = false;
};

std::string without_final_line_break(std::string text) {
  if (text.ends_with('\n')) text.pop_back();
  if (text.ends_with('\r')) text.pop_back();
  return text;
}

Secret<std::string> read_password(const Options& options, const SecretFlags& own) {
  const int sources = int{!own.password.empty()} + int{!own.password_file.empty()} + int{own.password_stdin};
  if (sources > 1)
    throw UsageError("the password is given in more than one way", {},
                     "Give one of --docker-password-stdin, --docker-password-file and --docker-password.");
  Secret<std::string> password(own.password);
  if (own.password_stdin) password = Secret<std::string>(without_final_line_break(util::read_file("-")));
  if (!own.password_file.empty())
    password = Secret<std::string>(without_final_line_break(util::read_file(own.password_file)));
  if (sources == 0 && may_ask(options)) password = ui::ask_secret("Password of the image registry");
  if (password.empty())
    throw UsageError("the registry's password is missing", {},
                     "Give it with --docker-password-stdin or --docker-password-file FILE.");
  return password;
}

int run_secret(const Options& options, const SecretFlags& own) {
  migration::SecretOptions secret{
      .server = own.server.empty() ? options.installation.registry.url() : own.server,
      .username = own.username,
      .password = {},
      .email = own.email,
      .existing =
          own.force ? migration::SecretOptions::Existing::replace : migration::SecretOptions::Existing::keep};
  if (secret.username.empty() && may_ask(options))
    secret.username = ui::ask("User name of the image registry", "");
  if (secret.username.empty())
    throw UsageError("the registry's user name is missing", {}, "Give it with --docker-username NAME.");
  secret.password = read_password(options, own);
  return in_session(options, Session::Access::write, [&](Session& session) {
    session.observer().step_started("secret");
    if (own.verify) {
      migration::verify_registry_credentials(secret, session.context().transport_to);
      session.observer().note("secret.verified", {{"server", secret.server}});
    }
    auto& context = session.context();
    const change::Plan plan = migration::plan_secret(context, secret);
    session.show_plan(plan);
    (void)context.executor.run(plan);
    session.observer().step_done("secret");
    return session.finish();
  });
}

}  // namespace

Declared declare_secret(CLI::App& app, Flags& flags) {
  auto* command =
      app.add_subcommand("secret", "create Secret regcred, which lets the cluster pull CircleCI's images");
  auto own = std::make_shared<SecretFlags>();
  command->add_option("--docker-username", own->username, "user name of the image registry")
      ->type_name("NAME");
  command
      ->add_option("--docker-password", own->password,
                   "password; others see it in the process list, which the next two spare you")
      ->type_name("PASSWORD");
  command->add_flag("--docker-password-stdin", own->password_stdin, "read the password from standard input");
  command->add_option("--docker-password-file", own->password_file, "read the password from a file")
      ->type_name("FILE");
  command->add_option("--docker-email", own->email, "email of the image registry")->type_name("EMAIL");
  command->add_option("--docker-server", own->server, "image registry (https://cciserver.azurecr.io)")
      ->type_name("URL");
  command->add_flag("--force", own->force, "replace the content of a Secret that is there");
  command->add_flag("--verify", own->verify, "ask the registry first whether it accepts the credentials");
  take_flags(*command, flags, kChanges | FlagSet::chart);
  command->footer(
      "Examples:\n"
      "  # Ask for the password, check it with the registry, create the Secret\n"
      "  kots-export secret -n circleci-server --docker-username USER --verify\n"
      "  # Without a terminal\n"
      "  kots-export secret -n circleci-server --docker-username USER \\\n"
      "    --docker-password-stdin --yes < password.txt\n"
      "  # Replace the one that is there\n"
      "  kots-export secret -n circleci-server --docker-username USER \\\n"
      "    --docker-password-file password.txt --force --yes");
  return {command, [own](const Call& call) { return run_secret(options_of(call), *own); }};
}

}  // namespace kots_export::cli
