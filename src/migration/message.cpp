#include <kots_export/migration/message.h>
#include <kots_export/migration/names.h>
#include <kots_export/util/files.h>
#include <kots_export/util/text.h>
#include <kots_export/values/yaml.h>

namespace kots_export::migration {

namespace {

constexpr std::string_view kNomadPort = ":4647";

}  // namespace

std::string chart_flags(const std::string& target_version, const Registry& registry) {
  std::string flags;
  if (target_version != names::kTargetVersion)
    flags += " --target-version " + util::shell_quote(target_version);
  return flags + registry.flag();
}

std::string cloud_provider_of(const values::Value& values) {
  const auto has = [&](const values::Path& path) { return values::is_true_at(values, path); };
  if (has({"vm_service", "providers", "ec2", "enabled"})) return "aws";
  if (has({"vm_service", "providers", "gcp", "enabled"})) return "gcp";
  if (has({"object_storage", "gcs", "enabled"})) return "gcp";
  return "";
}

NextSteps next_steps(const MessageOptions& options) {
  const auto text = util::read_file_if_exists(options.values_file);
  if (!text) {
    throw Error(util::filled("there is no values file {file}", {{"file", options.values_file}}), {},
                "Make it with `kots-export` (the whole migration) or `kots-export transform`, or name its "
                "folder with --output-dir.");
  }
  const values::Value values = values::parse_yaml(*text, options.values_file.string());
  if (!values.is_map())
    throw Error(util::filled("{file} is not a values file", {{"file", options.values_file}}),
                "it holds no map");
  return next_steps(options, values);
}

NextSteps next_steps(const MessageOptions& options, const values::Value& values) {
  const std::string file =
      util::shell_quote(std::filesystem::absolute(options.values_file).lexically_normal().string());
  const std::string host = options.registry.host();
  const std::string release = util::shell_quote(options.release);
  const std::string chart = "oci://" + host + "/" + std::string(names::kChart) + " --version " +
                            util::shell_quote(options.target_version);
  const bool forces =
      options.helm_force != HelmForce::refused && options.upgrade == MessageOptions::Upgrade::from_3x;
  const Commands& commands = options.commands;
  const std::string of_chart = chart_flags(options.target_version, options.registry);
  const std::string proxy(values::is_true_at(values, {"nginx", "aws_acm", "enabled"}) ? names::kProxyOfAcm
                                                                                      : names::kProxy);
  const std::string domain = values::string_at(values, {"global", "domainName"});
  return {
      .values_file = options.values_file.string(),
      .domain = domain,
      .cloud_provider = cloud_provider_of(values),
      .helm_force = options.helm_force,
      .migrator_log = options.migrator_log.string(),
      .job_command = commands.kubectl(options.ns, "get job " + std::string(names::kMigrator)),
      .check_command = commands.kots_export("check" + of_chart),
      .validate_command = "kots-export validate" + of_chart + " " + file,
      .login_command = "helm registry login " + host + " --username <image-registry-username>",
      .diff_command = commands.helm(options.ns, "diff upgrade " + release, "-f " + file + " -C 5 " + chart),
      .upgrade_command = commands.helm(options.ns, "upgrade " + release,
                                       "-f " + file + " " + chart + (forces ? " --force" : "")),
      .verify_command = commands.kots_export("verify --wait"),
      .pods_command = commands.kubectl(options.ns, "get pods"),
      .load_balancer_command = commands.kubectl(options.ns, "get service " + proxy),
      .nomad_server_endpoint = domain.empty() ? std::string() : domain + std::string(kNomadPort),
      .nomad_command = commands.kots_export("nomad --terraform-output -" + of_chart),
      .report_command = commands.kots_export("report" + of_chart),
      .history_command = commands.helm(options.ns, "history " + release, {}),
      .helm_rollback_command = commands.helm(options.ns, "rollback " + release + " <revision>", {}),
      .rollback_command = commands.kots_export("rollback"),
  };
}

}  // namespace kots_export::migration
