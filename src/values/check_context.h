#pragma once

#include <kots_export/values/validate.h>

#include <functional>
#include <set>
#include <string>
#include <vector>

namespace kots_export::values {

// The boolean at `path`, or the chart's default where there is none.
[[nodiscard]] bool flag_at(const Value& values, const Path& path, bool chart_default);
// Missing, null or "", or the chart's own example of a service account, which counts as none.
[[nodiscard]] bool is_blank(const Value& values, const Path& path);

// What a check works with: the document's values, the chart's defaults where they decide, and where to
// report.
class CheckContext {
 public:
  CheckContext(const YamlDocument& document, const ValidateOptions& options)
      : options_(options), document_(document) {}

  [[nodiscard]] const ValidateOptions& options() const { return options_; }
  [[nodiscard]] const YamlDocument& document() const { return document_; }
  [[nodiscard]] const Value* find(const Path& path) const { return values::find(document_.root, path); }
  // The text at `path`; empty where it is no string.
  [[nodiscard]] std::string text(const Path& path) const { return string_at(document_.root, path); }
  [[nodiscard]] bool flag(const Path& path, bool chart_default) const {
    return flag_at(document_.root, path, chart_default);
  }
  // True, or "1" as the installation guide writes it of the proxy.
  [[nodiscard]] bool is_on(const Path& path) const { return flag(path, false) || text(path) == "1"; }
  [[nodiscard]] bool is_empty(const Path& path) const { return is_blank(document_.root, path); }

  void begin(const Check& check) { check_ = &check; }
  void report(const Path& path, std::string text) { report(to_string(path), line_of(path), std::move(text)); }
  void report(std::string path, std::size_t line, std::string text);
  // Reports at another level than the check's own.
  void report_as(Level level, const Path& path, std::string text);
  // Reports "is empty ..." where nothing stands at `path`.
  void require(const Path& path, const std::string& for_what);

  // The paths at which something was found so far.
  [[nodiscard]] std::set<std::string, std::less<>> paths_found() const;

  [[nodiscard]] std::size_t line_of(const Path& path) const;
  [[nodiscard]] std::vector<Finding> take() { return std::move(findings_); }

 private:
  ValidateOptions options_;
  const YamlDocument& document_;
  const Check* check_ = nullptr;
  std::vector<Finding> findings_;
};

// The checks, by what they look at; each in the file of its name.
void check_unknown_keys(CheckContext& context);
void check_subchart_keys(CheckContext& context);
void check_other_version(CheckContext& context);
void check_types(CheckContext& context);
void check_digits_as_text(CheckContext& context);
void check_nulls(CheckContext& context);
void check_leftovers(CheckContext& context);

void check_required(CheckContext& context);
void check_database_passwords(CheckContext& context);
void check_external_hosts(CheckContext& context);
void check_proxy_hosts(CheckContext& context);
void check_object_storage(CheckContext& context);
void check_own_secrets(CheckContext& context);
void check_s3_region(CheckContext& context);
void check_nomad_mtls(CheckContext& context);
void check_acm(CheckContext& context);
void check_one_cloud(CheckContext& context);
void check_github_host(CheckContext& context);
void check_github_token(CheckContext& context);
void check_placeholders(CheckContext& context);

void check_session_cookie_key(CheckContext& context);
void check_keysets(CheckContext& context);

void check_tls_pair(CheckContext& context);
void check_certificate_texts(CheckContext& context);
void check_certificate_keys(CheckContext& context);
void check_certificate_chains(CheckContext& context);
void check_certificate_names(CheckContext& context);
void check_certificate_expired(CheckContext& context);
void check_certificate_expires_soon(CheckContext& context);
void check_postgresql_tls(CheckContext& context);

}  // namespace kots_export::values
