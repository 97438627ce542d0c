#include <kots_export/ui/filled_line.h>
#include <kots_export/ui/next_steps.h>
#include <kots_export/util/text.h>

#include "ui/prose.h"

#include <utility>

namespace kots_export::ui {

namespace {

using migration::HelmForce;
using migration::NextSteps;

constexpr std::string_view kRealitycheck = "https://github.com/circleci/realitycheck";

Span name(std::string text) { return {.text = std::move(text), .style = Style::name}; }

// What stands for a domain that the values do not name.
std::string domain_of(const NextSteps& steps) { return steps.domain.empty() ? "<domain>" : steps.domain; }

std::string about_force(const NextSteps& steps) {
  switch (steps.helm_force) {
    case HelmForce::taken:
      return "This server takes --force: the check helm-force tried it.";
    case HelmForce::refused:
      return "It has no --force, because this server refuses it: the check helm-force tried it.";
    case HelmForce::unknown:
      return util::filled(
          "Servers before 1.20.11 and 1.21.5 refuse --force: leave it out there. `{command}` tries it.",
          {{"command", steps.check_command}});
  }
  return {};
}

Step migrator_step(const NextSteps& steps) {
  Step step{.number = "3", .title = "Check the database migration", .parts = {}};
  step.parts.push_back(
      {filled_line("The log of the migration is {file}.", {{"file", name(steps.migrator_log)}})});
  step.parts.push_back(
      {{{"Its Job is deleted when it succeeds. If it is still there, it runs or has failed."}},
       {steps.job_command}});
  return step;
}

Step values_step(const NextSteps& steps) {
  return {.number = "4",
          .title = "Check the values file",
          .parts = {
              {filled_line("The upgrade uses {file}. You may edit it.", {{"file", name(steps.values_file)}}),
               {steps.validate_command}}}};
}

Step diff_step(const NextSteps& steps) {
  return {
      .number = "5",
      .title = "See what the upgrade changes",
      .parts = {{{{"Log in to the chart registry; the password is asked for."}}, {steps.login_command}},
                {{{"This needs the plugin helm-diff. It hides what is in Secrets."}}, {steps.diff_command}}}};
}

Step upgrade_step(const NextSteps& steps) {
  return {
      .number = "6", .title = "Upgrade", .parts = {{line_of(about_force(steps)), {steps.upgrade_command}}}};
}

Step wait_step(const NextSteps& steps) {
  return {
      .number = "7",
      .title = "Wait until everything is up",
      .parts = {{{{"This waits for the release and its Pods, names what does not come up and why, and then "
                   "checks steps 8 and 9."}},
                 {steps.verify_command}},
                {{{"Workflow data moves to the storage bucket now. Old workflows are missing until that is "
                   "done."}},
                 {steps.pods_command}}}};
}

Step dns_step(const NextSteps& steps) {
  const std::string domain = domain_of(steps);
  return {
      .number = "8",
      .title = "Change DNS",
      .parts = {{{{"4.x has one load balancer. EXTERNAL-IP is its name or address."}},
                 {steps.load_balancer_command}},
                {filled_line("Point {domain} and {app} at it: an A record for an address, a CNAME for a name "
                             "(ALIAS if the domain is the apex of its zone).",
                             {{"domain", name(domain)}, {"app", name("app." + domain)}})},
                {{{"The three records for vm-service, output-processor and Nomad of 3.x can go."}}}}};
}

// A line of terraform.
std::string server_endpoint(const NextSteps& steps) {
  return "server_endpoint = \"" +
         (steps.nomad_server_endpoint.empty() ? "<domain>:4647" : steps.nomad_server_endpoint) + "\"";
}

Step nomad_step(const NextSteps& steps) {
  return {.number = "9",
          .title = "Run the Nomad terraform again",
          .parts = {{{{"The Nomad clients ask the new address. Set this in their terraform, then apply it."}},
                     {server_endpoint(steps)}},
                    {{{"Put the certificates from terraform into the values file. This prints the "
                       "helm upgrade that applies them."}},
                     {"terraform output -json | " + steps.nomad_command}}}};
}

Step realitycheck_step(const NextSteps& steps) {
  const std::string provider = steps.cloud_provider.empty() ? "<aws, gcp or other>" : steps.cloud_provider;
  return {
      .number = "10",
      .title = "Check with realitycheck",
      .parts = {
          {filled_line("Fork {address} to where this installation builds from, and set these variables of "
                       "the project.",
                       {{"address", {std::string(kRealitycheck), Style::link}}}),
           {"CIRCLE_TOKEN=<personal API token>", "CIRCLE_HOSTNAME=https://" + domain_of(steps),
            "CIRCLE_CLOUD_PROVIDER=" + provider}},
          {{{"Two contexts need a variable each, with any value."}},
           {"org-global: CONTEXT_END_TO_END_TEST_VAR", "individual-local: MULTI_CONTEXT_END_TO_END_VAR"}},
          {{{"A commit starts it."}}, {"git commit --allow-empty -m \"Run realitycheck\" && git push"}}}};
}

Step team_step(const NextSteps& steps) {
  return {.number = "11",
          .title = "Tell the team",
          .parts = {{{{"CI works again. This writes what was done, for the team and the change ticket."}},
                     {steps.report_command}}}};
}

Step failed_upgrade(const NextSteps& steps) {
  return {
      .number = {},
      .title = "If helm upgrade fails",
      .parts = {
          {{{"See what became of the release."}}, {steps.history_command}},
          {{{"failed: fix the cause, then run the same helm upgrade again. What was not replaced yet goes on "
             "running."}}},
          {{{"pending-upgrade: Helm was cut off and refuses to go on. When no Helm is running any "
             "more, go back to the last revision that is deployed, then upgrade again."}},
           {steps.helm_rollback_command}},
          {{{"To go back to 3.x, run that helm rollback first, then this."}}, {steps.rollback_command}},
          {{{"What helm rollback restores: the objects of the chart. Not what KOTS had, and not what 4.x "
             "wrote into databases and buckets."}}},
          {{{"What kots-export rollback restores: what KOTS had, the labels, and StatefulSet and Secret "
             "postgresql. Not the database as it was before its migration: restore that from its "
             "backup."}}}}};
}

}  // namespace

Step apply_step(const NextSteps& steps) {
  return {.number = {},
          .title = "Apply the values",
          .parts = {
              {{{"Nomad's server takes the certificates with the next upgrade."}}, {steps.upgrade_command}}}};
}

Step endpoint_step(const NextSteps& steps) {
  return {.number = {},
          .title = "Point the Nomad clients at the server",
          .parts = {{{{"Their terraform needs this."}}, {server_endpoint(steps)}}}};
}

Document document_of(const NextSteps& steps, const StepsOver& over) {
  Document document{.title = {}, .blocks = {Heading{"Next steps"}}};
  const auto add = [&document](bool is_over, Step step) {
    if (!is_over) document.blocks.emplace_back(std::move(step));
  };
  add(over.has_upgraded, migrator_step(steps));
  add(over.has_upgraded, values_step(steps));
  add(over.has_upgraded, diff_step(steps));
  add(over.has_upgraded, upgrade_step(steps));
  add(over.is_up, wait_step(steps));
  add(over.has_dns, dns_step(steps));
  add(false, nomad_step(steps));
  add(false, realitycheck_step(steps));
  add(false, team_step(steps));
  add(over.has_upgraded, failed_upgrade(steps));
  return document;
}

std::string_view word_of(HelmForce force) {
  return force == HelmForce::taken ? "taken" : force == HelmForce::refused ? "refused" : "unknown";
}

HelmForce helm_force_of(std::string_view word) {
  for (const HelmForce force : {HelmForce::taken, HelmForce::refused}) {
    if (word_of(force) == word) return force;
  }
  return HelmForce::unknown;
}

nlohmann::json json_of(const NextSteps& steps) {
  return {{"valuesFile", steps.values_file},
          {"domain", steps.domain},
          {"cloudProvider", steps.cloud_provider},
          {"helmForce", word_of(steps.helm_force)},
          {"migratorLog", steps.migrator_log},
          {"job", steps.job_command},
          {"check", steps.check_command},
          {"validate", steps.validate_command},
          {"login", steps.login_command},
          {"diff", steps.diff_command},
          {"upgrade", steps.upgrade_command},
          {"verify", steps.verify_command},
          {"pods", steps.pods_command},
          {"loadBalancer", steps.load_balancer_command},
          {"nomadServerEndpoint", steps.nomad_server_endpoint},
          {"nomad", steps.nomad_command},
          {"report", steps.report_command},
          {"history", steps.history_command},
          {"helmRollback", steps.helm_rollback_command},
          {"rollback", steps.rollback_command}};
}

}  // namespace kots_export::ui
