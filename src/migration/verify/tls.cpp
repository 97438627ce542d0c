// What the load balancer shows to a browser, asked at its address: before DNS moves too.
#include <kots_export/kube/http_status.h>
#include <kots_export/net/tls.h>
#include <kots_export/util/certificate.h>
#include <kots_export/util/text.h>
#include <kots_export/util/time.h>

#include "migration/verify/verifying.h"

#include <chrono>
#include <ctime>

namespace kots_export::migration {

namespace {

using Came = net::TlsAnswer::Came;

std::vector<std::string> names_of(Verifying& verifying) {
  const std::string domain = util::lower(value_at(verifying, {"global", "domainName"}));
  if (domain.empty()) return {};
  return {domain, "app." + domain};
}

// Each name, asked once for both checks.
const std::vector<WebAnswer>& web_answers(Verifying& verifying, const LoadBalancer& balancer) {
  if (verifying.known_web) return *verifying.known_web;
  std::vector<WebAnswer> answers;
  for (const std::string& name : names_of(verifying)) {
    const auto& client = verifying.context.client;
    answers.push_back({.name = name,
                       .answer = net::ask({.host = balancer.host(),
                                           .port = balancer.https_port,
                                           .server_name = name,
                                           .until = net::TlsQuestion::Until::http,
                                           .interrupted = [&client] { return client.interrupted(); }})});
  }
  return verifying.known_web.emplace(std::move(answers));
}

std::string place_of(const LoadBalancer& balancer) {
  return balancer.host() + ":" + std::to_string(balancer.https_port);
}

const char* const kNewCertificate =
    "Put a certificate for the domain and app. below it into tls.certificate and tls.privateKey of the "
    "values "
    "file, with those of its issuers behind it, and `helm upgrade` again; with ACM choose another there.";

CheckFinding judge_chain(const std::string& name, const std::string& chain) {
  const auto certificates = util::certificates_in(chain);
  if (certificates.empty())
    return problem(name + " shows a certificate that cannot be read", kNewCertificate);
  const auto now = std::time(nullptr);
  const util::Certificate& own = certificates.front();
  const std::string until = util::utc_text(own.not_after, "%Y-%m-%d");
  for (const util::Certificate& one : certificates)
    if (one.not_after < now)
      return problem(
          name + " shows a certificate that expired on " + util::utc_text(one.not_after, "%Y-%m-%d"),
          kNewCertificate);
  if (own.not_before > now)
    return problem(
        name + " shows a certificate that is valid only from " + util::utc_text(own.not_before, "%Y-%m-%d"),
        "See the clocks of this machine and of who issued it.");
  if (util::is_self_signed(chain))
    return warning(name +
                       " shows a self-signed certificate, as the chart makes one where the values have none: "
                       "browsers warn of it",
                   kNewCertificate);
  if (!util::names_host(chain, name))
    return problem(name + " shows a certificate for other names", kNewCertificate);
  if (const auto why = util::system_chain_problem(chain))
    return problem(name + " shows a certificate that this machine does not trust: " + *why,
                   "Put the certificates of its issuers behind it in tls.certificate. Where its root is your "
                   "own, name its file in the variable SSL_CERT_FILE and look again.");
  constexpr std::time_t kSoon = std::time_t{30} * 24 * 60 * 60;
  if (own.not_after < now + kSoon)
    return warning(name + " shows a certificate that expires on " + until, kNewCertificate);
  return ok(name + " shows a certificate for it, trusted, valid until " + until);
}

CheckFinding unreachable(const std::string& name, const LoadBalancer& balancer, const std::string& why) {
  return problem(
      name + " cannot be asked at " + place_of(balancer) + ": " + why,
      "See its firewall or security group, and the health of its targets; where it is private, run "
      "this from a machine that may reach it.");
}

// Whom to ask; where nobody can be, `instead` says why.
std::optional<LoadBalancer> balancer_to_ask(Verifying& verifying, Findings& instead) {
  if (names_of(verifying).empty()) {
    instead.push_back(skipped("the values name no global.domainName"));
    return std::nullopt;
  }
  auto balancer = load_balancer_of(verifying);
  if (balancer && balancer->has_address()) return balancer;
  instead.push_back(skipped("there is no load balancer with an address to ask"));
  return std::nullopt;
}

}  // namespace

Findings verify_tls(Verifying& verifying) {
  Findings findings;
  const auto balancer = balancer_to_ask(verifying, findings);
  if (!balancer) return findings;
  for (const auto& [name, answer] : web_answers(verifying, *balancer)) {
    if (answer.came == Came::nowhere) {
      findings.push_back(unreachable(name, *balancer, answer.why));
    } else if (answer.came == Came::connected) {
      findings.push_back(problem(name + " gets no TLS at " + place_of(*balancer) + ": " + answer.why,
                                 "See that the load balancer hands port 443 on to nginx: " +
                                     kubectl(verifying, "describe service " + balancer->service) + "."));
    } else {
      findings.push_back(judge_chain(name, answer.chain));
    }
  }
  return findings;
}

Findings verify_https(Verifying& verifying) {
  Findings findings;
  const auto balancer = balancer_to_ask(verifying, findings);
  if (!balancer) return findings;
  for (const auto& [name, answer] : web_answers(verifying, *balancer)) {
    const std::string logs = kubectl(verifying, "get pods -l app=nginx") + " and " +
                             kubectl(verifying, "get pods -l app=frontend") + " show who does not.";
    if (answer.came != Came::http) {
      const bool is_tls = answer.came == Came::tls;
      findings.push_back(is_tls ? problem("https://" + name + " does not answer: " + answer.why,
                                          "Something behind the load balancer does not answer: " + logs)
                                : skipped("see check tls"));
    } else if (kube::http::is_server_error(answer.http_status)) {
      findings.push_back(problem("https://" + name + " answers with " + std::to_string(answer.http_status),
                                 "Something behind the load balancer does not answer: " + logs));
    } else {
      findings.push_back(ok("https://" + name + " answers (" + std::to_string(answer.http_status) + ")"));
    }
  }
  return findings;
}

}  // namespace kots_export::migration
