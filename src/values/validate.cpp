#include <kots_export/util/text.h>
#include <kots_export/values/validate.h>

#include "values/check_context.h"
#include "values/marks_of_4x.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace kots_export::values {

namespace {

constexpr std::array kChecks = {
    Check{"required-value", Level::error, "a value is empty that the chart cannot do without",
          check_required},
    Check{"own-secret", Level::warning, "values are blank, as where the operator makes the Secrets himself",
          check_own_secrets},
    Check{"database-password", Level::error, "a datastore's password or user is empty",
          check_database_passwords},
    Check{"external-host", Level::error,
          "a datastore is outside of the cluster, but its address is not given", check_external_hosts},
    Check{"proxy-host", Level::warning, "the proxy's host is given for one of http and https",
          check_proxy_hosts},
    Check{"object-storage", Level::error, "not exactly one object store is enabled, or it has no bucket",
          check_object_storage},
    Check{"s3-region", Level::warning, "object_storage.s3.irsaRole is given without its region",
          check_s3_region},
    Check{"nomad-mtls", Level::error, "Nomad's mTLS is enabled, but its certificates are not complete",
          check_nomad_mtls},
    Check{"acm-certificate", Level::error, "ACM is enabled, but no annotation names a certificate",
          check_acm},
    Check{"one-cloud", Level::error, "two clouds are enabled where one can be, or none", check_one_cloud},
    Check{"github-host", Level::error, "GitHub Enterprise is enabled, but its host is not given",
          check_github_host},
    Check{"github-token", Level::warning, "GitHub Enterprise is enabled, but its default token is not given",
          check_github_token},
    Check{"session-cookie-key", Level::error, "sessionCookieKey is not 16 bytes long",
          check_session_cookie_key},
    Check{"keyset", Level::error, "a keyset is not JSON, or no keyset", check_keysets},
    Check{"tls-pair", Level::error, "of tls.certificate and tls.privateKey only one is given",
          check_tls_pair},
    Check{"certificate", Level::error, "a certificate or key is not base64 of PEM", check_certificate_texts},
    Check{"certificate-key", Level::error, "a private key does not belong to its certificate",
          check_certificate_keys},
    Check{"certificate-chain", Level::error, "a certificate was not issued by the CA beside it",
          check_certificate_chains},
    Check{"certificate-name", Level::warning,
          "tls.certificate is not for the domain and app. below it, or Nomad's not for its server",
          check_certificate_names},
    Check{"certificate-expired", Level::error, "a certificate is expired or not yet valid",
          check_certificate_expired},
    Check{"certificate-expires-soon", Level::warning,
          "a certificate expires within 30 days, or one that does not decide is expired",
          check_certificate_expires_soon},
    Check{"postgresql-tls", Level::error, "PostgreSQL's TLS is enabled, but not where its certificate is",
          check_postgresql_tls},
    Check{"wrong-type", Level::error, "a value is of another type than the chart's", check_types},
    Check{"digits-as-text", Level::warning, "a text of digits where the chart wants a number",
          check_digits_as_text},
    Check{"leftover", Level::warning, "a value of 3.x that 4.x does not read", check_leftovers},
    Check{"placeholder", Level::warning, "an example of the chart's documentation was left in place",
          check_placeholders},
    Check{"unknown-key", Level::warning, "the chart has no such value", check_unknown_keys},
    Check{"subchart-key", Level::note, "a value of a subchart is nearly one of the reference",
          check_subchart_keys},
    Check{"other-version", Level::warning, "the chart has this value in another version only",
          check_other_version},
    Check{"null-value", Level::note, "null makes Helm drop the chart's default", check_nulls},
};

}  // namespace

std::span<const Check> checks() { return kChecks; }

std::vector<Finding> validate(const YamlDocument& document, const ValidateOptions& options) {
  require_map(document.root);
  CheckContext context(document, options);
  for (const Check& check : kChecks) {
    context.begin(check);
    check.run(context);
  }
  std::vector<Finding> findings = context.take();
  std::ranges::stable_sort(findings, {}, &Finding::line);
  return findings;
}

std::string_view name_of(Level level) {
  return level == Level::error ? "error" : level == Level::warning ? "warning" : "note";
}

std::string_view name_of(Target target) { return target == Target::v4_0 ? "4.0" : "4.1"; }

Target target_of_chart(std::string_view version) {
  return version == "4.0" || version.starts_with("4.0.") ? Target::v4_0 : Target::v4_1;
}

std::optional<ChartVersion> chart_version(std::string_view version) {
  ChartVersion numbers{};
  const char* at = version.data();
  const char* const end = version.data() + version.size();
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    const auto [behind, error] = std::from_chars(at, end, numbers[i]);
    if (error != std::errc()) return std::nullopt;
    if (behind == end) return i > 0 ? std::optional(numbers) : std::nullopt;
    if (*behind != '.') return std::nullopt;
    at = behind + 1;
  }
  return std::nullopt;
}

bool is_after_tables(std::string_view version) {
  const auto numbers = chart_version(version.substr(0, version.find_first_of("-+")));
  return numbers && std::pair((*numbers)[0], (*numbers)[1]) > std::pair(4U, 1U);
}

ValidateOptions validate_options(std::string_view version, std::time_t now) {
  return {.target = target_of_chart(version), .now = now, .is_after_tables = is_after_tables(version)};
}

bool is_of_3x(const Value& values) {
  return sign_of_3x(values) || (!string_at(values, {"domainName"}).empty() && !has_marks_of_4x(values));
}

Finding finding_of_3x(const YamlDocument& document) {
  const CheckContext context(document, {});
  const std::optional<Path> sign = sign_of_3x(document.root);
  const bool is_half = sign && has_marks_of_4x(document.root);
  return {.level = Level::error,
          .path = {},
          .line = context.line_of(is_half ? *sign : Path{"domainName"}),
          .rule = "values-of-3.x",
          .text = is_half ? util::filled("this is half a 3.x file, as {sign} says: run kots-export transform "
                                         "(--all shows what else is found)",
                                         {{"sign", to_string(*sign)}})
                          : "this is a 3.x file: run kots-export transform (--all shows what else is found)"};
}

bool flag_at(const Value& values, const Path& path, bool chart_default) {
  const Value* value = find(values, path);
  return value != nullptr && value->is_bool() ? value->as_bool() : chart_default;
}

bool is_blank(const Value& values, const Path& path) {
  const Value* value = find(values, path);
  if (value == nullptr || value->is_null()) return true;
  if (value->is_string()) return value->as_string().empty();
  return string_at(*value, {"project_id"}) == "... ...";
}

void CheckContext::report(std::string path, std::size_t line, std::string text) {
  findings_.push_back({.level = check_->level,
                       .path = std::move(path),
                       .line = line,
                       .rule = std::string(check_->id),
                       .text = std::move(text)});
}

void CheckContext::report_as(Level level, const Path& path, std::string text) {
  report(path, std::move(text));
  findings_.back().level = level;
}

void CheckContext::require(const Path& path, const std::string& for_what) {
  if (is_empty(path)) report(path, (find(path) == nullptr ? "is missing: " : "is empty: ") + for_what);
}

std::set<std::string, std::less<>> CheckContext::paths_found() const {
  std::set<std::string, std::less<>> paths;
  for (const Finding& finding : findings_) paths.insert(finding.path);
  return paths;
}

std::size_t CheckContext::line_of(const Path& path) const {
  const Value* value = &document_.root;
  const Place* place = &document_.place;
  for (const auto& key : path) {
    const auto index = value->is_map() ? value->as_map().index_of(key) : std::nullopt;
    if (!index || *index >= place->children.size()) break;
    value = &value->as_map().at(*index).second;
    place = &place->children[*index];
  }
  return place->line;
}

}  // namespace kots_export::values
