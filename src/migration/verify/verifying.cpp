#include "migration/verify/verifying.h"

#include <kots_export/migration/message.h>
#include <kots_export/migration/names.h>
#include <kots_export/util/json.h>
#include <kots_export/util/text.h>

#include "migration/revisions.h"

#include <algorithm>
#include <array>

#include <arpa/inet.h>

namespace kots_export::migration {

using nlohmann::json;

namespace {

bool is_address(const std::string& text) {
  std::array<unsigned char, sizeof(in6_addr)> bytes{};
  return ::inet_pton(AF_INET, text.c_str(), bytes.data()) == 1 ||
         ::inet_pton(AF_INET6, text.c_str(), bytes.data()) == 1;
}

// The port whose name begins with `name`; else `otherwise`.
std::uint16_t port_of(const json& service, std::string_view name, std::uint16_t otherwise) {
  const json* ports = util::find_at(service, {"spec", "ports"});
  if (ports == nullptr || !ports->is_array()) return otherwise;
  for (const json& port : *ports) {
    if (!util::text_at(port, {"name"}).starts_with(name)) continue;
    const json* number = util::find_at(port, {"port"});
    if (number != nullptr && number->is_number_unsigned()) return number->get<std::uint16_t>();
  }
  return otherwise;
}

LoadBalancer read_load_balancer(const json& service, std::string name) {
  LoadBalancer balancer{.service = std::move(name), .names = {}, .addresses = {}};
  balancer.https_port = port_of(service, "https", balancer.https_port);
  balancer.nomad_port = port_of(service, "nomad", balancer.nomad_port);
  const json* ingress = util::find_at(service, {"status", "loadBalancer", "ingress"});
  if (ingress == nullptr || !ingress->is_array()) return balancer;
  for (const json& one : *ingress) {
    const std::string ip = util::text_at(one, {"ip"});
    const std::string host = util::text_at(one, {"hostname"});
    if (is_address(ip)) balancer.addresses.push_back(ip);
    if (!host.empty()) (is_address(host) ? balancer.addresses : balancer.names).push_back(host);
  }
  return balancer;
}

}  // namespace

const helm::Release& release_of(Verifying& verifying) {
  return decoded_revision(verifying.context, verifying.revision);
}

std::string value_at(Verifying& verifying, const values::Path& path) {
  return values::string_at(release_of(verifying).config, path);
}

std::string domain_of(Verifying& verifying) {
  return util::lower(value_at(verifying, {"global", "domainName"}));
}

const std::vector<json>& services_of(Verifying& verifying) {
  Context& context = verifying.context;
  if (!verifying.known_services)
    verifying.known_services =
        context.client.list(require_resource(context.client, "", "Service"), context.ns.name);
  return *verifying.known_services;
}

const json* service_of(Verifying& verifying, std::string_view name) {
  const auto& services = services_of(verifying);
  const auto found = std::ranges::find_if(services, [&](const json& service) {
    return util::text_at(service, {"metadata", "name"}) == name;
  });
  return found == services.end() ? nullptr : &*found;
}

std::optional<LoadBalancer> load_balancer_of(Verifying& verifying) {
  // The guide, step 8: one of both. That of the values first, as `message` names it; where it is none, the
  // other may be left of before.
  const bool is_of_acm = values::is_true_at(release_of(verifying).config, {"nginx", "aws_acm", "enabled"});
  const std::array both = {is_of_acm ? names::kProxyOfAcm : names::kProxy,
                           is_of_acm ? names::kProxy : names::kProxyOfAcm};
  for (const std::string_view name : both) {
    const json* service = service_of(verifying, name);
    if (service != nullptr && util::text_at(*service, {"spec", "type"}) == "LoadBalancer")
      return read_load_balancer(*service, std::string(name));
  }
  return std::nullopt;
}

const std::vector<Workload>& workloads_of(Verifying& verifying) {
  if (!verifying.known_workloads) verifying.known_workloads = read_workloads(verifying.context);
  return *verifying.known_workloads;
}

const PodsAndEvents& pods_and_events_of(Verifying& verifying) {
  if (!verifying.known_pods) verifying.known_pods = read_pods_and_events(verifying.context);
  return *verifying.known_pods;
}

net::Resolver& resolver_of(Verifying& verifying) {
  if (!verifying.known_resolver) {
    const kube::Client& client = verifying.context.client;
    verifying.known_resolver.emplace(verifying.options.dns_server,
                                     [&client] { return client.interrupted(); });
  }
  return *verifying.known_resolver;
}

std::string kubectl(const Verifying& verifying, const std::string& command) {
  return "`" + verifying.context.commands.kubectl(verifying.context.ns.name, command) + "`";
}

std::string command_for_chart(Verifying& verifying, const std::string& command) {
  const helm::Release& release = release_of(verifying);
  const std::string flags =
      is_upgraded(release) ? chart_flags(release.chart_version, Registry()) : std::string();
  return verifying.context.commands.kots_export(command + flags);
}

std::string helm_command(const Verifying& verifying, const std::string& command) {
  return "`" + verifying.context.commands.helm(verifying.context.ns.name, command, {}) + "`";
}

}  // namespace kots_export::migration
