// The Services as the guide lists them: one load balancer, all others inside.
#include <kots_export/util/json.h>
#include <kots_export/util/text.h>

#include "migration/verify/verifying.h"

#include <array>

namespace kots_export::migration {

using nlohmann::json;

namespace {

// Source: the migration guide, step 7.
struct ExpectedService {
  std::string_view name;
  enum class Is { gone, inside } is;
};
constexpr std::array kExpected = {ExpectedService{"circleci-server-traefik", ExpectedService::Is::gone},
                                  ExpectedService{"nomad-server-external", ExpectedService::Is::gone},
                                  ExpectedService{"kong", ExpectedService::Is::inside},
                                  ExpectedService{"nomad-server", ExpectedService::Is::inside},
                                  ExpectedService{"output-processor", ExpectedService::Is::inside},
                                  ExpectedService{"vm-service", ExpectedService::Is::inside}};

constexpr std::string_view kExternalName = "ExternalName";

std::string type_of(const json& service) {
  const std::string type = util::text_at(service, {"spec", "type"});
  return type.empty() ? "ClusterIP" : type;
}

std::string warnings_of(Verifying& verifying, const std::string& name) {
  constexpr std::array<std::string_view, 2> kReasons = {"SyncLoadBalancerFailed",
                                                        "CreatingLoadBalancerFailed"};
  const json* service = service_of(verifying, name);
  if (service == nullptr) return {};
  return newest_message(pods_and_events_of(verifying), "Service", *service, kReasons);
}

}  // namespace

Findings verify_services(Verifying& verifying) {
  Findings findings;
  std::vector<std::string> right;
  for (const ExpectedService& expected : kExpected) {
    const json* service = service_of(verifying, expected.name);
    if (service == nullptr) continue;
    const std::string name(expected.name);
    const std::string type = type_of(*service);
    if (expected.is == ExpectedService::Is::gone) {
      const char* words = type == kExternalName ? "Service {service} of 3.x is still there, an {type}"
                                                : "Service {service} of 3.x is still there, a {type}";
      findings.push_back(problem(util::filled(words, {{"service", name}, {"type", type}}),
                                 util::filled("Once DNS has the new address: {command}.",
                                              {{"command", kubectl(verifying, "delete service " + name)}})));
    } else if (type != "ClusterIP") {
      const char* words = type == kExternalName ? "Service {service} is still an {type}, not a ClusterIP"
                                                : "Service {service} is still a {type}, not a ClusterIP";
      findings.push_back(problem(
          util::filled(words, {{"service", name}, {"type", type}}),
          util::filled("Once DNS has the new address: {command}.",
                       {{"command", kubectl(verifying, "patch service " + name +
                                                           " -p '{\"spec\":{\"type\":\"ClusterIP\"}}'")}})));
    } else {
      right.push_back(name);
    }
  }
  if (!findings.empty()) return findings;
  if (right.empty()) return {ok("none of 3.x is left")};
  return {ok(util::filled("{services}: inside of the cluster alone", {{"services", util::listed(right)}}))};
}

Findings verify_load_balancer(Verifying& verifying) {
  const auto balancer = load_balancer_of(verifying);
  if (!balancer)
    return {problem("neither Service circleci-proxy nor circleci-proxy-acm is a LoadBalancer",
                    util::filled("Users and Nomad clients reach 4.x through it. {command} shows what is "
                                 "there; see nginx in the values.",
                                 {{"command", kubectl(verifying, "get services")}}))};
  if (!balancer->has_address()) {
    const std::string why = warnings_of(verifying, balancer->service);
    const char* words =
        why.empty() ? "Service {service} has no address yet" : "Service {service} has no address yet: {why}";
    return {
        problem(util::filled(words, {{"service", balancer->service}, {"why", why}}),
                util::filled("The cloud gives it one within minutes. Where it does not: {command}.",
                             {{"command", kubectl(verifying, "describe service " + balancer->service)}}))};
  }
  std::vector<std::string> all = balancer->names;
  all.insert(all.end(), balancer->addresses.begin(), balancer->addresses.end());
  return {ok(util::filled("Service {service} has {addresses}",
                          {{"service", balancer->service}, {"addresses", util::listed(all)}}))};
}

}  // namespace kots_export::migration
