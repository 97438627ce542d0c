#include <kots_export/migration/message.h>
#include <kots_export/ui/status_view.h>
#include <kots_export/util/text.h>
#include <kots_export/util/time.h>

#include "ui/one_line.h"

#include <algorithm>

namespace kots_export::ui {

using migration::InstallationStatus;
using migration::RevisionStatus;
using migration::Stage;
using migration::StepStatus;
using nlohmann::json;

namespace {

// "upgrade" of "pending-upgrade": the command of Helm that is at work.
std::string command_of(const InstallationStatus& status) {
  constexpr std::string_view kPending = "pending-";
  const std::string word = status.newest ? status.newest->status : std::string();
  return word.starts_with(kPending) ? word.substr(kPending.size()) : "upgrade";
}

std::string headline_of(const InstallationStatus& status) {
  switch (status.stage) {
    case Stage::no_namespace:
      return "The namespace does not exist on this cluster.";
    case Stage::no_release:
      return "The namespace has no such Helm release.";
    case Stage::other_chart:
      return "The release is not of CircleCI Server's chart.";
    case Stage::untouched:
      return "Server 3.x, not migrated yet.";
    case Stage::half_migrated:
      return "Server 3.x, half migrated.";
    case Stage::migrated:
      return "Migrated: waiting for `helm upgrade`.";
    case Stage::upgrading:
      return util::filled("`helm {command}` is under way, or was cut off.",
                          {{"command", command_of(status)}});
    case Stage::upgrade_failed:
      return status.is_going_back ? "`helm rollback` to 3.x has failed: Server 4.x is deployed."
                                  : "`helm upgrade` has failed.";
    case Stage::not_deployed:
      return util::filled("The release is not deployed: its newest revision is {status}.",
                          {{"status", status.newest ? status.newest->status : std::string()}});
    case Stage::upgraded:
      return "Server 4.x is deployed.";
  }
  return {};
}

// The flags for the chart that the newest run was for.
std::string chart_of(const InstallationStatus& status) {
  return status.target_version.empty() ? std::string()
                                       : migration::chart_flags(status.target_version, migration::Registry());
}

// Whether the migration has to be done before another upgrade. Of what came since `annotate`, that step is
// partly done only.
bool is_open(const InstallationStatus& status) {
  return std::ranges::any_of(status.steps, [](const StepStatus& step) {
    return step.state == StepStatus::State::to_do || step.state == StepStatus::State::running ||
           step.state == StepStatus::State::failed;
  });
}

std::string next_of(const InstallationStatus& status, const migration::Commands& commands) {
  const auto with_command = [&commands](const char* sentence, const std::string& command) {
    return util::filled(sentence, {{"command", commands.kots_export(command)}});
  };
  switch (status.stage) {
    case Stage::no_namespace:
      return "Name the namespace with --namespace, or another cluster with --context.";
    case Stage::no_release:
      if (status.other_releases.empty())
        return "Name its namespace with --namespace; `helm list --all-namespaces` shows all releases.";
      return util::filled("Name it with --release-name: the namespace has {releases}.",
                          {{"releases", util::listed(status.other_releases)}});
    case Stage::other_chart:
      return "Name the release of CircleCI Server with --release-name.";
    case Stage::untouched:
      return with_command("`{command}` looks for what would stop the migration.", "check" + chart_of(status));
    case Stage::half_migrated:
      return with_command("`{command}` shows what is left to do.", "plan" + chart_of(status));
    case Stage::migrated:
      return with_command("`{command}` prints the command.", "message" + chart_of(status));
    case Stage::not_deployed:
      return "`helm history` shows what became of it; `helm rollback` brings a revision back.";
    case Stage::upgrading:
      if (status.is_going_back) return "`helm history` shows how far it is.";
      return with_command("`{command}` waits for it.", "verify --wait");
    case Stage::upgrade_failed:
      if (is_open(status) && !status.rollback_command.empty())
        return util::filled(
            "The migration before it is not done. Go back to 3.x with `{rollback}`; then `{command}` shows "
            "what "
            "is left to do.",
            {{"rollback", status.rollback_command},
             {"command", commands.kots_export("plan" + chart_of(status))}});
      return with_command("`{command}` looks at all of it.", "verify");
    case Stage::upgraded:
      return with_command("`{command}` looks at all of it.", "verify");
  }
  return {};
}

std::string_view word_of(StepStatus::State state) {
  switch (state) {
    case StepStatus::State::done:
      return "done";
    case StepStatus::State::partly:
      return "partly";
    case StepStatus::State::to_do:
      return "to do";
    case StepStatus::State::running:
      return "running";
    case StepStatus::State::failed:
      return "failed";
    case StepStatus::State::not_needed:
      return "not needed";
    case StepStatus::State::unknown:
      break;
  }
  return "unknown";
}

std::string_view colour_of(StepStatus::State state) {
  switch (state) {
    case StepStatus::State::done:
      return kGreen;
    case StepStatus::State::failed:
      return kRed;
    case StepStatus::State::partly:
    case StepStatus::State::to_do:
    case StepStatus::State::running:
      return kYellow;
    case StepStatus::State::not_needed:
    case StepStatus::State::unknown:
      break;
  }
  return kDim;
}

std::string text_of(const RevisionStatus& revision) {
  return util::filled(
      "revision {revision} is {state}, chart {chart}",
      {{"revision", revision.revision}, {"state", revision.status}, {"chart", revision.chart}});
}

std::string padded(std::string_view text, std::size_t width) {
  std::string out(text);
  out.resize(std::max(width, out.size()), ' ');
  return out;
}

std::string line(std::string_view name, const std::string& value) {
  constexpr std::size_t kWidth = 14;
  return value.empty() ? std::string() : padded(name, kWidth) + one_line(value) + "\n";
}

std::string text_of(const migration::ValuesFile& file, std::chrono::system_clock::time_point now) {
  const auto age = std::chrono::floor<std::chrono::seconds>(now - file.written);
  const bool is_edited = file.by == migration::ValuesFile::By::person;
  const char* words = is_edited ? "{file}, written {time} ago, edited since"
                                : "{file}, written {time} ago, as a run wrote it";
  return util::filled(words, {{"file", file.path}, {"time", util::age_text(age)}});
}

std::string newest_run_of(const InstallationStatus& status) {
  if (!status.newest_run) return "none in this folder";
  const change::RunHeader& header = status.newest_run->header;
  return util::filled("{run}, {state}, by {user}",
                      {{"run", header.run}, {"state", status.newest_run_state}, {"user", header.user}});
}

json json_of(const RevisionStatus& revision) {
  return {{"revision", revision.revision}, {"status", revision.status}, {"chart", revision.chart}};
}

}  // namespace

std::string text_of(const InstallationStatus& status, const migration::Commands& commands,
                    std::chrono::system_clock::time_point now, Colour colour) {
  std::string text =
      paint(colour, headline_of(status), kBold) + "\n" + util::printable(next_of(status, commands)) + "\n\n";
  if (status.newest) text += line("release:", text_of(*status.newest));
  if (status.deployed) text += line("", text_of(*status.deployed));
  constexpr std::size_t kStep = 14;
  constexpr std::size_t kState = 11;
  for (const StepStatus& step : status.steps) {
    text += padded(std::string(step.step) + ":", kStep) +
            paint(colour, padded(word_of(step.state), kState), colour_of(step.state)) + " " +
            one_line(step.detail) + "\n";
  }
  text += line("migrator:", status.migrator_pod);
  text +=
      line("values file:", status.values_file ? text_of(*status.values_file, now) : "none in this folder");
  text += line("newest run:", newest_run_of(status));
  return text;
}

json json_of(const InstallationStatus& status) {
  json steps = json::array();
  for (const StepStatus& step : status.steps)
    steps.push_back({{"name", step.step},
                     {"state", migration::to_string(step.state)},
                     {"detail", util::printable(step.detail)}});
  json document{{"stage", migration::to_string(status.stage)},
                {"release", status.newest ? json_of(*status.newest) : json(nullptr)},
                {"deployed", status.deployed ? json_of(*status.deployed) : json(nullptr)},
                {"otherReleases", status.other_releases},
                {"steps", std::move(steps)},
                {"migratorPod", status.migrator_pod.empty() ? json(nullptr) : json(status.migrator_pod)},
                {"valuesFile", nullptr},
                {"newestRun", nullptr}};
  if (status.values_file)
    document["valuesFile"] = {{"path", status.values_file->path.string()},
                              {"writtenAt", util::rfc3339(status.values_file->written)},
                              {"edited", status.values_file->by == migration::ValuesFile::By::person}};
  if (status.newest_run)
    document["newestRun"] = {{"run", status.newest_run->header.run}, {"state", status.newest_run_state}};
  return document;
}

}  // namespace kots_export::ui
