// PostgreSQL's certificate, which 4.x reads from a Secret that the operator makes.
#include <kots_export/migration/migration_plan.h>
#include <kots_export/util/base64.h>
#include <kots_export/util/certificate.h>
#include <kots_export/util/json.h>
#include <kots_export/util/text.h>
#include <kots_export/util/time.h>
#include <kots_export/values/validate.h>

#include "migration/checks/checking.h"

#include <algorithm>
#include <ctime>
#include <iterator>
#include <optional>

#include <nlohmann/json.hpp>

namespace kots_export::migration {

namespace {

// The bytes at `key` of a Secret; nothing where it has none.
std::optional<std::string> bytes_at(const nlohmann::json& secret, const std::string& key) {
  const nlohmann::json* text = util::find_at(secret, {"data", key});
  if (text == nullptr || !text->is_string()) return std::nullopt;
  return util::base64_decode(text->get_ref<const std::string&>());
}

std::string day_of(std::time_t time) { return util::utc_text(time, "%Y-%m-%d"); }

// Why none of `any_of`, which stand at `name`, is valid today; nothing where one is: another that is expired
// may be an old root that it has taken over for.
std::vector<std::string> date_problems_of(const std::string& name,
                                          const std::vector<util::Certificate>& any_of) {
  const std::time_t now = std::time(nullptr);
  const auto is_valid = [&](const util::Certificate& one) {
    return one.not_before <= now && one.not_after >= now;
  };
  if (std::ranges::any_of(any_of, is_valid)) return {};
  std::vector<std::string> problems;
  for (const util::Certificate& one : any_of) {
    if (one.not_after < now)
      problems.push_back(
          util::filled("{name} expired on {day}", {{"name", name}, {"day", day_of(one.not_after)}}));
    if (one.not_before > now)
      problems.push_back(
          util::filled("{name} is valid only from {day}", {{"name", name}, {"day", day_of(one.not_before)}}));
  }
  return problems;
}

std::vector<std::string> problems_of(const nlohmann::json& secret, const values::CertificateSecret& names) {
  const std::string certificate = bytes_at(secret, names.certificate).value_or("");
  const std::string key = bytes_at(secret, names.private_key).value_or("");
  const auto chain = util::certificates_in(certificate);
  const auto holds_none = [](const std::string& name) {
    return util::filled("{key} holds no certificate (PEM)", {{"key", name}});
  };
  if (chain.empty()) return {holds_none(names.certificate)};
  std::vector<std::string> problems;
  if (!util::holds_private_key(key)) {
    problems.push_back(
        util::filled("{key} holds no private key (PEM, without a passphrase)", {{"key", names.private_key}}));
  } else if (!util::key_belongs(key, certificate)) {
    problems.push_back(util::filled("{key} is not the key of {certificate}",
                                    {{"key", names.private_key}, {"certificate", names.certificate}}));
  }
  const auto authority = names.authority.empty() ? std::nullopt : bytes_at(secret, names.authority);
  if (authority && util::certificates_in(*authority).empty()) {
    problems.push_back(holds_none(names.authority));
  } else if (authority) {
    if (const auto why = util::chain_problem(certificate, *authority))
      problems.push_back(
          util::filled("{certificate} was not issued by {authority}: {why}",
                       {{"certificate", names.certificate}, {"authority", names.authority}, {"why", *why}}));
  }
  std::ranges::move(date_problems_of(names.certificate, {chain.front()}), std::back_inserter(problems));
  std::ranges::move(date_problems_of(names.authority, util::certificates_in(authority.value_or(""))),
                    std::back_inserter(problems));
  return problems;
}

bool ends_soon(const util::Certificate& one) {
  return one.not_after < std::time(nullptr) + values::kExpiresSoon;
}

std::string validity_of(const std::string& name, const util::Certificate& one) {
  return util::filled("{name} is valid until {day}", {{"name", name}, {"day", day_of(one.not_after)}});
}

// What ends within the time in which certificates are warned of: the certificate, what stands behind it, and
// the authorities where none lasts longer.
std::vector<std::string> ends_of(const std::vector<util::Certificate>& chain,
                                 const std::vector<util::Certificate>& authorities,
                                 const values::CertificateSecret& names) {
  std::vector<std::string> ends;
  if (ends_soon(chain.front())) ends.push_back(validity_of(names.certificate, chain.front()));
  for (std::size_t i = 1; i < chain.size(); ++i) {
    if (!ends_soon(chain[i])) continue;
    const bool is_expired = chain[i].not_after < std::time(nullptr);
    const char* words = is_expired ? "{name} holds one more certificate, which expired on {day}"
                                   : "{name} holds one more certificate, which is valid until {day}";
    ends.push_back(util::filled(words, {{"name", names.certificate}, {"day", day_of(chain[i].not_after)}}));
  }
  const auto last = std::ranges::max_element(authorities, {}, &util::Certificate::not_after);
  if (last != authorities.end() && ends_soon(*last)) ends.push_back(validity_of(names.authority, *last));
  return ends;
}

// As PostgreSQL's clients compare it (libpq, sslmode=verify-full): the common name counts too.
bool is_for(const std::string& host, const std::string& pem, const util::Certificate& first) {
  return util::names_host(pem, host) || first.common_name == host;
}

}  // namespace

CheckFinding check_postgresql_tls(Checking& checking) {
  if (checking.plan == nullptr || !checking.plan->values) return skipped("no values are planned");
  std::optional<values::CertificateSecret> names;
  try {
    names = values::postgresql_certificate(
        values::parse_yaml(checking.plan->values->in_use().reveal(), "values"));
  } catch (const Error&) {
    return skipped("the values cannot be read: check values says why");
  }
  if (!names) return ok("the values name no certificate");
  Context& context = checking.context;
  const auto secret = context.client.get(object_ref(context, "", "Secret", names->name));
  if (!secret || !bytes_at(*secret, names->certificate) || !bytes_at(*secret, names->private_key))
    return skipped(util::filled("Secret {secret} is not complete: check own-secrets says what is missing",
                                {{"secret", names->name}}));
  const std::vector<std::string> problems = problems_of(*secret, *names);
  if (!problems.empty())
    return problem(util::filled("Secret {secret}: {problems}",
                                {{"secret", names->name}, {"problems", util::listed(problems)}}),
                   "Make the Secret again before `helm upgrade`.");
  const std::string pem = bytes_at(*secret, names->certificate).value_or("");
  const auto chain = util::certificates_in(pem);
  const auto authorities =
      util::certificates_in(names->authority.empty() ? "" : bytes_at(*secret, names->authority).value_or(""));
  std::vector<std::string> warnings = ends_of(chain, authorities, *names);
  const bool lasts = warnings.empty();
  const bool has_name = names->host.empty() || is_for(names->host, pem, chain.front());
  if (!has_name)
    warnings.push_back(util::filled("{certificate} is not for {host}, which is postgresql.postgresqlHost",
                                    {{"certificate", names->certificate}, {"host", names->host}}));
  if (!warnings.empty()) {
    const char* remedy = has_name ? "Renew it in time."
                         : lasts
                             ? "Make the Secret again with a certificate of that name, or make sure that no "
                               "client of PostgreSQL checks the name."
                             : "Renew it in time, with that name.";
    return warning(util::filled("Secret {secret}: {warnings}",
                                {{"secret", names->name}, {"warnings", util::listed(warnings)}}),
                   remedy);
  }
  return ok(
      util::filled("Secret {secret}: {valid}",
                   {{"secret", names->name}, {"valid", validity_of(names->certificate, chain.front())}}));
}

}  // namespace kots_export::migration
