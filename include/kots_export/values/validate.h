#pragma once

#include <kots_export/values/yaml.h>

#include <array>
#include <cstddef>
#include <ctime>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

// Is a values file right for the circleci-server chart of 4.x?
namespace kots_export::values {

enum class Level { error, warning, note };
// The chart's version: 4.0 or 4.1.
enum class Target { v4_0, v4_1 };

struct Finding {
  Level level = Level::error;
  std::string path;      // "nomad.server.rpc"; empty for the whole file
  std::size_t line = 1;  // of the path, or of the nearest one above it that is there
  std::string rule;      // its id
  std::string text;      // for people; no secret in it
};

// What Nomad's clients ask its server for: verify_server_hostname in its region global.
inline constexpr const char* kNomadServerName = "server.global.nomad";

// How long before its end a certificate is warned of.
inline constexpr std::time_t kExpiresSoon = std::time_t{30} * 24 * 60 * 60;

struct ValidateOptions {
  Target target = Target::v4_0;
  std::time_t now = 0;           // decides whether certificates are expired
  bool is_after_tables = false;  // the chart is later than the target: what is not in the tables may be in it
};

class CheckContext;

// One thing that is checked.
struct Check {
  std::string_view id;
  Level level;
  std::string_view what;  // what it finds
  void (*run)(CheckContext&);
};

[[nodiscard]] std::span<const Check> checks();

// Returns what all checks find, in the order of lines. Throws Error where the document is no map.
[[nodiscard]] std::vector<Finding> validate(const YamlDocument& document, const ValidateOptions& options);

// A Secret that the chart reads and does not make, since the values leave it to the operator.
struct NeededSecret {
  std::string name;
  std::vector<std::string> keys;         // all of them
  std::vector<std::string> one_of = {};  // and one of these
};

// The Secrets that `v4` leaves to the operator and the chart of `target` reads, each once: by values that are
// blank where the chart then expects a Secret, by existingSecret, existingPasswordSecret and
// existingErlangSecret of a datastore inside of the cluster or outside, and by
// postgresql.tls.certificatesSecret. A chart after the tables may have its license in one too.
[[nodiscard]] std::vector<NeededSecret> needed_secrets(const Value& v4, Target target,
                                                       bool is_after_tables = false);

// PostgreSQL's certificate, which is in a Secret, by the keys that hold its parts.
struct CertificateSecret {
  std::string name;
  std::string certificate;
  std::string private_key;
  std::string authority;  // empty: none
  std::string host = {};  // postgresql.postgresqlHost, at which clients look for it; empty: not said
};

// What `v4` says of it; nothing where PostgreSQL is outside of the cluster, TLS is off, the chart makes the
// certificate, or no Secret is named.
[[nodiscard]] std::optional<CertificateSecret> postgresql_certificate(const Value& v4);

// "error", "warning", "note".
[[nodiscard]] std::string_view name_of(Level level);
// "4.0", "4.1"; and the target of a chart's version: "4.0.3" is 4.0, later ones are 4.1.
[[nodiscard]] std::string_view name_of(Target target);
[[nodiscard]] Target target_of_chart(std::string_view version);
// The numbers of a version like 4.1 (then 4.1.0) or 4.1.2; nothing of any other text.
using ChartVersion = std::array<unsigned, 3>;
[[nodiscard]] std::optional<ChartVersion> chart_version(std::string_view version);
// True for versions of the chart after 4.1: nothing is known of them.
[[nodiscard]] bool is_after_tables(std::string_view version);
// How values are checked for a version of the chart.
[[nodiscard]] ValidateOptions validate_options(std::string_view version, std::time_t now);

// Values that `transform` did not see yet, or that were 3.x and are half 4.x: nearly all findings about them
// would say so, and what they advise would not make them whole. A domainName of 3.x among values that only
// 4.x has is a slip, not that; so is a leftover where nothing is missing.
[[nodiscard]] bool is_of_3x(const Value& values);
// What is to be said first about such values, and alone.
[[nodiscard]] Finding finding_of_3x(const YamlDocument& document);

}  // namespace kots_export::values
