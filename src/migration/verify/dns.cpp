// The names of the installation: where they lead to, and where they are to lead to.
#include <kots_export/net/dns.h>
#include <kots_export/util/text.h>

#include "migration/verify/verifying.h"

#include <algorithm>
#include <array>
#include <optional>

namespace kots_export::migration {

namespace {

using Status = net::DnsAnswer::Status;

// Before the domain, or nothing. The load balancers of 3.x had names of their own. Source: the installation
// guide of Server 3.x, and the migration guide, step 8.
constexpr std::array<std::string_view, 3> kOldNames = {"vm-service.", "output-processor.", "nomad."};

bool have_one_in_common(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  return std::ranges::any_of(a, [&](const std::string& one) { return std::ranges::find(b, one) != b.end(); });
}

std::string lower_name(std::string name) {
  if (name.ends_with('.')) name.pop_back();
  return util::lower(name);
}

// What the names are compared with.
struct Goal {
  LoadBalancer balancer;
  std::vector<std::string> names;      // lower case
  std::vector<std::string> addresses;  // its own, and those that its names lead to
  std::string unknown;                 // why where one of its names leads to is not known; mostly empty
};

Goal goal_of(LoadBalancer balancer, net::Resolver& resolver) {
  Goal goal{.balancer = std::move(balancer), .names = {}, .addresses = {}, .unknown = {}};
  goal.addresses = goal.balancer.addresses;
  for (const std::string& name : goal.balancer.names) {
    goal.names.push_back(lower_name(name));
    const auto resolved = resolver.resolve(name);
    if (resolved.status == Status::failed) goal.unknown = resolved.why;
    goal.addresses.insert(goal.addresses.end(), resolved.addresses.begin(), resolved.addresses.end());
  }
  return goal;
}

bool leads_to(const net::Resolved& resolved, const Goal& goal) {
  return have_one_in_common(resolved.chain, goal.names) ||
         have_one_in_common(resolved.addresses, goal.addresses);
}

std::string title_of(const Goal& goal) {
  std::vector<std::string> all = goal.balancer.names;
  all.insert(all.end(), goal.balancer.addresses.begin(), goal.balancer.addresses.end());
  return util::listed(all);
}

// The record to make. At the apex of a zone there can be no CNAME.
std::string record_for(const std::string& name, const Goal& goal, net::Resolver& resolver) {
  if (!goal.balancer.addresses.empty()) {
    const std::string& address = goal.balancer.addresses.front();
    const bool is_v6 = address.find(':') != std::string::npos;
    return util::filled("Make it `{name}. {type} {address}`.",
                        {{"name", name}, {"type", is_v6 ? "AAAA" : "A"}, {"address", address}});
  }
  const std::string& target = goal.balancer.names.front();
  if (resolver.is_apex(name))
    return util::filled(
        "Make it an ALIAS record (Route 53), or what your DNS has in its place (ANAME, a flattened "
        "CNAME), to {target}: {name} is the apex of its zone, where no CNAME may stand.",
        {{"target", target}, {"name", name}});
  return util::filled("Make it `{name}. CNAME {target}.`.", {{"name", name}, {"target", target}});
}

std::string where_to(const net::Resolved& resolved) {
  std::vector<std::string> all = resolved.chain;
  all.insert(all.end(), resolved.addresses.begin(), resolved.addresses.end());
  return util::listed(all);
}

// A CNAME to a name that is not there. A server that does not know that name says nothing of it.
bool leads_nowhere(const net::Resolved& resolved, net::Resolver& resolver) {
  if (!resolved.addresses.empty() || resolved.chain.empty()) return false;
  const Status end = resolver.resolve(resolved.chain.back()).status;
  return end == Status::no_such_name || end == Status::no_data;
}

// The names that CNAMEs lead through from `name` until one comes again; empty where none does. A server that
// follows them answers SERVFAIL, or with what it found: each is asked for alone.
std::vector<std::string> circle_from(const std::string& name, net::Resolver& resolver) {
  constexpr std::size_t kLongest = 16;
  std::vector<std::string> names = {lower_name(name)};
  while (names.size() < kLongest) {
    const net::DnsAnswer answer = resolver.ask(names.back(), net::RecordType::cname);
    const auto next = std::ranges::find_if(answer.records, [&](const net::DnsRecord& record) {
      return record.type == net::RecordType::cname && record.name == names.back();
    });
    if (next == answer.records.end()) return {};
    const bool is_circle = std::ranges::find(names, next->value) != names.end();
    names.push_back(next->value);
    if (is_circle) return names;
  }
  return {};
}

CheckFinding look_at(const std::string& name, const Goal& goal, net::Resolver& resolver) {
  const net::Resolved resolved = resolver.resolve(name);
  const bool may_be_circle = resolved.status == Status::found || resolved.status == Status::failed;
  if (may_be_circle && resolved.addresses.empty()) {
    if (const auto circle = circle_from(name, resolver); !circle.empty())
      return problem(util::filled("{name} leads in a circle: {names}",
                                  {{"name", name}, {"names", util::listed(circle)}}),
                     record_for(name, goal, resolver));
  }
  switch (resolved.status) {
    case Status::failed:
      return warning(
          util::filled("where {name} leads to is not known: {why}", {{"name", name}, {"why", resolved.why}}),
          "Name a server that knows the domain with --dns-server ADDR.");
    case Status::no_data:
    case Status::no_such_name:
      return problem(util::filled("{name} has no address in DNS", {{"name", name}}),
                     record_for(name, goal, resolver));
    case Status::found:
      break;
  }
  if (leads_nowhere(resolved, resolver)) {
    const std::string& end = resolved.chain.back();
    return problem(util::filled("{name} leads to {target}, which has no address in DNS",
                                {{"name", name}, {"target", end}}),
                   have_one_in_common(resolved.chain, goal.names)
                       ? "It is the load balancer's name: the cloud puts it into DNS within minutes."
                       : record_for(name, goal, resolver));
  }
  if (leads_to(resolved, goal))
    return ok(util::filled("{name} leads to {target}", {{"name", name}, {"target", title_of(goal)}}));
  // A server of the domain may not know the load balancer's name.
  if (!resolved.addresses.empty() && !goal.unknown.empty())
    return warning(
        util::filled(
            "{name} leads to {target}; whether that is the load balancer {wanted} is not known: {why}",
            {{"name", name},
             {"target", where_to(resolved)},
             {"wanted", title_of(goal)},
             {"why", goal.unknown}}),
        "Name a server that knows both names with --dns-server ADDR, or leave it out.");
  return to_do(
      util::filled("{name} leads to {target} (for {seconds} s in caches), not to the load balancer {wanted}",
                   {{"name", name},
                    {"target", where_to(resolved)},
                    {"seconds", resolved.ttl},
                    {"wanted", title_of(goal)}}),
      record_for(name, goal, resolver));
}

}  // namespace

Findings verify_dns(Verifying& verifying) {
  const std::string domain = domain_of(verifying);
  if (domain.empty()) return {skipped("the values name no global.domainName")};
  auto balancer = load_balancer_of(verifying);
  if (!balancer || !balancer->has_address())
    return {skipped("there is no load balancer with an address to compare with")};
  net::Resolver& resolver = resolver_of(verifying);
  const std::array names = {domain, "app." + domain};
  // The load balancer's name last: where it is of a zone that the server is silent about, that is no reason
  // to ask it nothing.
  for (const std::string& name : names) (void)resolver.resolve(name);
  const Goal goal = goal_of(std::move(*balancer), resolver);
  Findings findings;
  for (const std::string& name : names) findings.push_back(look_at(name, goal, resolver));
  return findings;
}

Findings verify_old_names(Verifying& verifying) {
  const std::string domain = domain_of(verifying);
  if (domain.empty()) return {skipped("the values name no global.domainName")};
  net::Resolver& resolver = resolver_of(verifying);
  std::vector<std::string> there;
  std::optional<Goal> goal;
  if (auto balancer = load_balancer_of(verifying)) goal = goal_of(std::move(*balancer), resolver);
  for (const std::string_view old : kOldNames) {
    const std::string name = std::string(old) + domain;
    const net::Resolved resolved = resolver.resolve(name);
    if (resolved.status == Status::failed) return {skipped(resolved.why)};
    // Where a record of the domain holds for all names below it, there is none to take away.
    if (resolved.status == Status::found && !(goal && leads_to(resolved, *goal))) there.push_back(name);
  }
  if (there.empty()) return {ok("none of the names that only 3.x needs is in DNS")};
  const char* remedy = there.size() == 1 ? "Take it out of DNS once Nomad's clients ask {domain}."
                                         : "Take them out of DNS once Nomad's clients ask {domain}.";
  return {note(util::filled("only 3.x needs {names}", {{"names", util::listed(there)}}),
               util::filled(remedy, {{"domain", domain}}))};
}

}  // namespace kots_export::migration
