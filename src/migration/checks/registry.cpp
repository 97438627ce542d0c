#include <kots_export/migration/names.h>
#include <kots_export/util/text.h>

#include "migration/checks/checking.h"

#include <algorithm>
#include <array>

#include <nlohmann/json.hpp>

namespace kots_export::migration {

namespace {

using Kind = RegistryAnswer::Kind;

// What is asked for: a tag of a repository, and what people call it.
struct Wanted {
  std::string repository;
  std::string tag;
  std::string words;
  std::string check;   // its id
  std::string remedy;  // where the registry does not have it
};

// --force makes the Secret, too, where there is none.
std::string remedy(const Checking& checking) {
  return util::filled(
      "Make it with `{command} --force --docker-username USER`.",
      {{"command", checking.context.commands.kots_export("secret" + checking.options.registry.flag())}});
}

const PullSecret& pull_secret(Checking& checking) {
  if (!checking.pull_secret) {
    const auto live = checking.context.client.get(
        object_ref(checking.context, "", "Secret", std::string(names::kPullSecret)));
    checking.pull_secret = live ? read_pull_secret(*live, checking.options.registry.host())
                                : PullSecret{.unusable = "it does not exist"};
  }
  return *checking.pull_secret;
}

// As the kubelet does: one login after the other, until one is let in.
RegistryAnswer ask(Checking& checking, const Wanted& wanted) {
  const std::string host = checking.options.registry.host();
  if (!checking.registry) checking.registry.emplace(host, checking.context.transport_to);
  RegistryAnswer answer;
  for (const RegistryLogin& login : pull_secret(checking).logins) {
    answer = checking.registry->find(wanted.repository, wanted.tag, login);
    if (answer.kind != Kind::refused) break;
  }
  return answer;
}

CheckFinding look_for(Checking& checking, const Wanted& wanted) {
  if (!checking.context.transport_to) return skipped("the registry is not asked");
  if (!pull_secret(checking).unusable.empty()) return skipped("see check pull-secret");
  if (!checking.registry_trouble.empty())
    return skipped(util::filled("see check {check}", {{"check", checking.registry_trouble}}));
  const std::string host = checking.options.registry.host();
  const RegistryAnswer answer = ask(checking, wanted);
  if (answer.kind == Kind::refused || answer.kind == Kind::unknown) checking.registry_trouble = wanted.check;
  const std::array<util::Argument, 4> arguments = {
      util::Argument{"host", host}, util::Argument{"object", wanted.words},
      util::Argument{"secret", names::kPullSecret}, util::Argument{"why", answer.why}};
  switch (answer.kind) {
    case Kind::yes:
      return ok(util::filled("{host} gives {object} to Secret {secret}", arguments));
    case Kind::refused:
      return problem(util::filled("{host} does not give {object} to Secret {secret}: {why}", arguments),
                     remedy(checking));
    case Kind::missing:
      return problem(util::filled("{host} has no {object}: {why}", arguments), wanted.remedy);
    case Kind::unknown:
      break;
  }
  return warning(
      util::filled("could not check whether Secret {secret} can pull {object} from {host}: {why}", arguments),
      "The nodes may still reach it; check that. On this machine check the network and HTTPS_PROXY.");
}

// A version is the chart's tag; of anything else Helm makes a range, and chooses among all tags.
// Source: Helm 3, ChartDownloader.getOciURI, in later ones registry.Client.ValidateReference.
bool is_range(std::string_view version) {
  if (version.starts_with('v')) version.remove_prefix(1);
  const std::string_view numbers = version.substr(0, version.find_first_of("-+"));
  return numbers.empty() || numbers.find_first_not_of("0123456789.") != std::string_view::npos;
}

// A tag has no `+`. Source: Helm 3, pkg/registry.
std::string tag_of(std::string version) {
  std::ranges::replace(version, '+', '_');
  return version;
}

}  // namespace

CheckFinding check_pull_secret(Checking& checking) {
  const PullSecret& secret = pull_secret(checking);
  if (secret.unusable.empty())
    return ok(util::filled("Secret {secret} has an entry for {host}",
                           {{"secret", names::kPullSecret}, {"host", checking.options.registry.host()}}));
  return problem(util::filled("Secret {secret} in namespace {namespace} cannot be used: {why}",
                              {{"secret", names::kPullSecret},
                               {"namespace", checking.context.ns.name},
                               {"why", secret.unusable}}),
                 remedy(checking));
}

CheckFinding check_registry_image(Checking& checking) {
  const std::string name(names::kMigrator);
  const std::string tag(names::kMigratorVersion);
  return look_for(checking,
                  {.repository = name,
                   .tag = tag,
                   .words = util::filled("image {image}:{tag}", {{"image", name}, {"tag", tag}}),
                   .check = "registry-image",
                   .remedy = "This kots-export migrates with no other one: look for a newer kots-export, "
                             "or ask CircleCI."});
}

CheckFinding check_registry_chart(Checking& checking) {
  const std::string name(names::kChart);
  const std::string& version = checking.options.target_version;
  if (is_range(version))
    return skipped(
        util::filled("--target-version {version} is a range, not a version", {{"version", version}}));
  return look_for(checking,
                  {.repository = name,
                   .tag = tag_of(version),
                   .words = util::filled("chart {chart} {version}", {{"chart", name}, {"version", version}}),
                   .check = "registry-chart",
                   .remedy = "Name a version that it has with --target-version."});
}

}  // namespace kots_export::migration
