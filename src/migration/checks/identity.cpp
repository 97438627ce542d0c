#include <kots_export/kube/identity.h>
#include <kots_export/util/text.h>
#include <kots_export/util/time.h>

#include "migration/checks/checking.h"

#include <chrono>
#include <ctime>

namespace kots_export::migration {

namespace {

// What a run takes beside the migrator's Job, which --timeout bounds.
constexpr std::chrono::minutes kBesideTheJob{10};

std::string text_of(const kube::User& user) {
  std::vector<std::string> groups;
  for (const std::string& group : user.groups) groups.push_back(util::printable(group));
  return "user " + util::printable(user.name) + (groups.empty() ? "" : ", groups " + util::listed(groups));
}

std::string who(const std::optional<kube::User>& told, const kube::CredentialFacts& facts) {
  if (told) return text_of(*told);
  if (facts.user && !facts.user->name.empty()) return text_of(*facts.user) + " (the server does not say)";
  return "who this user is, neither the server says nor the credential";
}

}  // namespace

CheckFinding check_identity(Checking& checking) {
  const Context& context = checking.context;
  const auto told = kube::ask_who_i_am(context.client);
  const kube::CredentialFacts facts = context.credential ? context.credential() : kube::CredentialFacts{};
  const std::string user = who(told, facts);
  const std::string credential = facts.kind.empty() ? "credential" : facts.kind;
  if (facts.is_renewed) return ok(user + "; the credential is renewed as it ends");
  if (!facts.ends) return note(user + "; the " + credential + " does not say until when it is valid");
  const std::string end = util::utc_text(*facts.ends, "%Y-%m-%dT%H:%M:%SZ");
  const auto left = std::chrono::system_clock::from_time_t(*facts.ends) - std::chrono::system_clock::now();
  if (left < checking.options.timeout + kBesideTheJob)
    return warning(user + "; the " + credential + " ends at " + end + ", before a run could",
                   "Log in again first: a run that the server no longer knows stops half-way.");
  return ok(user + "; the " + credential + " is valid until " + end);
}

}  // namespace kots_export::migration
