#pragma once

#include <kots_export/migration/verify.h>
#include <kots_export/net/dns.h>
#include <kots_export/net/tls.h>

#include "migration/finding.h"
#include "migration/verify/cause.h"
#include "migration/verify/workload.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace kots_export::migration {

using Findings = std::vector<CheckFinding>;

// The one load balancer of 4.x.
struct LoadBalancer {
  std::string service;
  std::vector<std::string> names;      // host names of its address
  std::vector<std::string> addresses;  // IP addresses of it
  std::uint16_t https_port = 443;
  std::uint16_t nomad_port = 4647;

  [[nodiscard]] bool has_address() const { return !names.empty() || !addresses.empty(); }
  // What to connect to: the first address, else the first name.
  [[nodiscard]] const std::string& host() const {
    return addresses.empty() ? names.front() : addresses.front();
  }
};

// What the load balancer answers to one of the names of the installation.
struct WebAnswer {
  std::string name;
  net::TlsAnswer answer;
};

struct Verifying {
  Context& context;
  const VerifyOptions& options;
  helm::StoredRevision newest;
  helm::StoredRevision
      revision;  // that is looked at: the newest, or the one of 4.x that is deployed beside it
  // Each is read when it is first asked for.
  std::optional<std::vector<nlohmann::json>> known_services = std::nullopt;
  std::optional<std::vector<Workload>> known_workloads = std::nullopt;
  std::optional<PodsAndEvents> known_pods = std::nullopt;
  std::optional<std::vector<WebAnswer>> known_web = std::nullopt;
  std::optional<net::Resolver> known_resolver = std::nullopt;
};

// The release's revision that is looked at.
[[nodiscard]] const helm::Release& release_of(Verifying& verifying);
// A text of its values; empty where there is none.
[[nodiscard]] std::string value_at(Verifying& verifying, const values::Path& path);
// global.domainName of the values in lower case; empty where there is none.
[[nodiscard]] std::string domain_of(Verifying& verifying);
[[nodiscard]] const std::vector<nlohmann::json>& services_of(Verifying& verifying);
// Null where there is none of that name.
[[nodiscard]] const nlohmann::json* service_of(Verifying& verifying, std::string_view name);
// Nothing where there is no such Service, or it is none.
[[nodiscard]] std::optional<LoadBalancer> load_balancer_of(Verifying& verifying);
[[nodiscard]] const std::vector<Workload>& workloads_of(Verifying& verifying);
[[nodiscard]] const PodsAndEvents& pods_and_events_of(Verifying& verifying);
// The one that both checks of DNS ask: where its servers are silent, that is waited for once.
[[nodiscard]] net::Resolver& resolver_of(Verifying& verifying);

// "`kubectl -n NS --context CONTEXT COMMAND`"
[[nodiscard]] std::string kubectl(const Verifying& verifying, const std::string& command);
// "kots-export COMMAND ...", which means the chart that the release is of where it is of 4.x: what prints
// its upgrade again must not go back to another version.
[[nodiscard]] std::string command_for_chart(Verifying& verifying, const std::string& command);
// "`helm COMMAND -n NS --kube-context CONTEXT`"
[[nodiscard]] std::string helm_command(const Verifying& verifying, const std::string& command);

// --- The checks, one file a group ---

// release
Findings verify_release(Verifying& verifying);
Findings verify_workloads(Verifying& verifying);
Findings verify_workflow_data(Verifying& verifying);
// services
Findings verify_services(Verifying& verifying);
Findings verify_load_balancer(Verifying& verifying);
// objects
Findings verify_ownership(Verifying& verifying);
Findings verify_leftovers(Verifying& verifying);
Findings verify_postgresql(Verifying& verifying);
// dns
Findings verify_dns(Verifying& verifying);
Findings verify_old_names(Verifying& verifying);
// tls
Findings verify_tls(Verifying& verifying);
Findings verify_https(Verifying& verifying);
// nomad
Findings verify_nomad(Verifying& verifying);

}  // namespace kots_export::migration
