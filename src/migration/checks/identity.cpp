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

std::string who(const std::optional<kube::User>& told, const kube::CredentialFacts& facts) {
  const bool is_claimed = !told && facts.user && !facts.user->name.empty();
  if (!told && !is_claimed) return "neither the server nor the credential says who this user is";
  const kube::User& user = told ? *told : *facts.user;
  std::vector<std::string> groups;
  for (const std::string& group : user.groups) groups.push_back(util::printable(group));
  const char* without_groups = is_claimed ? "user {user} (the server does not say)" : "user {user}";
  const char* with_groups =
      is_claimed ? "user {user}, groups {groups} (the server does not say)" : "user {user}, groups {groups}";
  return util::filled(groups.empty() ? without_groups : with_groups,
                      {{"user", util::printable(user.name)}, {"groups", util::listed(groups)}});
}

}  // namespace

CheckFinding check_identity(Checking& checking) {
  const Context& context = checking.context;
  const auto told = kube::ask_who_i_am(context.client);
  const kube::CredentialFacts facts = context.credential ? context.credential() : kube::CredentialFacts{};
  const std::string user = who(told, facts);
  const std::string credential = facts.kind.empty() ? "credential" : facts.kind;
  if (facts.is_renewed)
    return ok(util::filled("{user}; the credential is renewed as it ends", {{"user", user}}));
  if (!facts.ends)
    return note(util::filled("{user}; the {credential} does not say until when it is valid",
                             {{"user", user}, {"credential", credential}}));
  const std::string end = util::utc_text(*facts.ends, "%Y-%m-%dT%H:%M:%SZ");
  const auto left = std::chrono::system_clock::from_time_t(*facts.ends) - std::chrono::system_clock::now();
  if (left < checking.options.timeout + kBesideTheJob)
    return warning(util::filled("{user}; the {credential} ends at {time}, before a run could",
                                {{"user", user}, {"credential", credential}, {"time", end}}),
                   "Log in again first: a run that the server no longer knows stops half-way.");
  return ok(util::filled("{user}; the {credential} is valid until {time}",
                         {{"user", user}, {"credential", credential}, {"time", end}}));
}

}  // namespace kots_export::migration
