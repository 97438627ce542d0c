#include <kots_export/ui/messages.h>

#include <algorithm>
#include <array>
#include <utility>

namespace kots_export::ui {

namespace {

using Words = std::pair<std::string_view, std::string_view>;

// {name} stands for an argument of the notice.
constexpr std::array kNotices = {
    Words{"annotate.other-release",
          "{object} belongs to Helm release {release}: left alone (--take-ownership takes it too)"},
    Words{"export.other-revision",
          "the release has no revision 1: revision {revision} is used, the newest of a 3.x chart"},
    Words{"export.revision-unreadable", "{secret} cannot be read and is passed over: {why}"},
    Words{"flyway.image-not-pulled", "the migrator's image could not be pulled yet: {message}"},
    Words{"flyway.unschedulable", "no node can take the migrator's Pod yet: {message}"},
    Words{"kots_cleanup.claim-kept",
          "PersistentVolumeClaim {claim} is kept: volume {volume} would be deleted with it, and you may not "
          "set it to Retain "
          "(--delete-volumes deletes both)"},
    Words{"postgres.already-upgraded",
          "release {release} is already upgraded to a 4.x chart: PostgreSQL is left alone"},
    Words{"postgres.external", "PostgreSQL runs outside of the cluster: nothing to do"},
    Words{"secret.verified", "the registry {server} accepts the credentials"},
    Words{"transform.earlier-output-unreadable",
          "{file} of an earlier run cannot be read, so a new MongoDB password is made: {why}"},
    Words{"transform.warning", "{text}"},
    Words{"values.error", "{file}:{line}: error: {path}: {text}"},
    Words{"values.warnings", "{count} more warnings about {file}: kots-export validate shows them"},
    Words{"values.copy-kept", "{file} was there already: the old one is kept as {copy}"},
};

constexpr std::array kHeadings = {
    Words{"checks", "checks: namespace, release, pull secret, output folder"},
    Words{"export", "export: read the values that KOTS deployed"},
    Words{"transform", "transform: turn 3.x values into 4.x values"},
    Words{"annotate", "annotate: hand the objects over to Helm"},
    Words{"kots_cleanup", "kots_cleanup: remove what KOTS left"},
    Words{"flyway", "flyway: migrate the database"},
    Words{"postgres", "postgres: make room for the new PostgreSQL chart"},
    Words{"secret", "secret: credentials for the image registry"},
};

constexpr std::array kRoles = {
    Words{"migrator-log", "log of the database migration"},
    Words{"values", "values for Server 4"},
    Words{"values-3.x", "values as KOTS had them"},
};

template <std::size_t N>
const std::string_view* find(const std::array<Words, N>& words, std::string_view id) {
  const auto found = std::ranges::find(words, id, &Words::first);
  return found == words.end() ? nullptr : &found->second;
}

void replace_all(std::string& text, const std::string& what, const std::string& with) {
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size())) {
    text.replace(at, what.size(), with);
  }
}

}  // namespace

std::string text_of(const change::Notice& notice) {
  const std::string_view* words = find(kNotices, notice.id);
  std::string text(words != nullptr ? *words : std::string_view(notice.id));
  for (const auto& [name, value] : notice.args) {
    if (words == nullptr) {
      text += " " + name + "=" + value;
    } else {
      replace_all(text, "{" + name + "}", value);
    }
  }
  return text;
}

std::string heading_of(std::string_view step) {
  const std::string_view* words = find(kHeadings, step);
  return std::string(words != nullptr ? *words : step);
}

std::string role_of(std::string_view file_role) {
  const std::string_view* words = find(kRoles, file_role);
  return std::string(words != nullptr ? *words : file_role);
}

std::string text_of(const change::PlanSummary& summary, Tense tense) {
  const auto part = [&](std::size_t count, std::string_view planned, std::string_view done) {
    return std::to_string(count) + " " + std::string(tense == Tense::planned ? planned : done);
  };
  return part(summary.patch, "to patch", "patched") + ", " + part(summary.remove, "to delete", "deleted") +
         ", " + part(summary.create, "to create", "created") + ", " + std::to_string(summary.already_right) +
         " already right";
}

std::string text_of(const migration::NextSteps& steps) {
  std::string text = "Next steps\n\n";
  text += "1. Check the values file: " + steps.values_file + "\n\n";
  text += "2. Log in to the registry:\n     " + steps.login_command + "\n\n";
  text += "3. Look at what the upgrade will change (needs the helm-diff plugin):\n     " +
          steps.diff_command + "\n\n";
  text += "4. Upgrade:\n     " + steps.upgrade_command + "\n\n";
  text += "5. Run the Nomad terraform again";
  if (!steps.nomad_server_endpoint.empty()) text += " with server_endpoint = " + steps.nomad_server_endpoint;
  return text + "\n";
}

std::string text_of(const Error& error) {
  std::string text = std::string("error: ") + error.what() + "\n";
  if (!error.hint().empty()) text += "hint: " + error.hint() + "\n";
  return text;
}

}  // namespace kots_export::ui
