// What the load balancer shows to a browser, asked at its address: before DNS moves too.
#include <kots_export/kube/http_status.h>
#include <kots_export/net/tls.h>
#include <kots_export/util/certificate.h>
#include <kots_export/util/text.h>
#include <kots_export/util/time.h>

#include "migration/verify/verifying.h"

#include <ctime>
#include <utility>

namespace kots_export::migration {

namespace {

using Came = net::TlsAnswer::Came;

constexpr int kFinal = 200;  // RFC 9110, 15.2: statuses below are of what comes before an answer

constexpr const char* kNewCertificate =
    "Put a certificate for the domain and app. below it, with those of its issuers behind it, into "
    "tls.certificate and tls.privateKey of the values file, and `helm upgrade` again; with ACM choose "
    "another "
    "there.";

// Each name, asked once for both checks.
const std::vector<WebAnswer>& web_answers(Verifying& verifying, const std::string& domain,
                                          const LoadBalancer& balancer) {
  if (verifying.known_web) return *verifying.known_web;
  std::vector<WebAnswer> answers;
  const kube::Client& client = verifying.context.client;
  for (const std::string& name : {domain, "app." + domain}) {
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

std::string day_of(std::time_t time) { return util::utc_text(time, "%Y-%m-%d"); }

// What is found of a name, in words that follow it.
CheckFinding judge_chain(const std::string& name, const std::string& chain) {
  const auto certificates = util::certificates_in(chain);
  if (certificates.empty()) return problem("a certificate that cannot be read", kNewCertificate);
  const auto now = std::time(nullptr);
  const util::Certificate& own = certificates.front();
  if (own.not_after < now)
    return problem(util::filled("a certificate that expired on {day}", {{"day", day_of(own.not_after)}}),
                   kNewCertificate);
  if (own.not_before > now)
    return problem(
        util::filled("a certificate that is valid only from {day}", {{"day", day_of(own.not_before)}}),
        "See the clocks of this machine and of who issued it.");
  if (util::is_self_signed(chain))
    return warning(
        "a self-signed certificate, as the chart makes one where the values have none: browsers "
        "warn of it",
        kNewCertificate);
  if (!util::names_host(chain, name)) return problem("a certificate for other names", kNewCertificate);
  if (const auto why = util::system_chain_problem(chain)) {
    // X509_V_ERR_INVALID_PURPOSE: no issuer behind it makes that right.
    if (why->find("certificate purpose") != std::string::npos)
      return problem(util::filled("a certificate that is not made for servers: {why}", {{"why", *why}}),
                     kNewCertificate);
    return problem(util::filled("a certificate that this machine does not trust: {why}", {{"why", *why}}),
                   "Put the certificates of its issuers, valid ones, behind it in tls.certificate. Where its "
                   "root is your own, name its file in the variable SSL_CERT_FILE and look again.");
  }
  constexpr std::time_t kSoon = std::time_t{30} * 24 * 60 * 60;
  if (own.not_after < now + kSoon)
    return warning(util::filled("a certificate that expires on {day}", {{"day", day_of(own.not_after)}}),
                   kNewCertificate);
  return ok(
      util::filled("a certificate for it, trusted, valid until {day}", {{"day", day_of(own.not_after)}}));
}

// Whether what ended the handshake is TLS's own, in OpenSSL's words: an alert, or an old version.
bool speaks_tls(const std::string& why) {
  return why.find("alert") != std::string::npos || why.find("unsupported protocol") != std::string::npos;
}

CheckFinding judge_tls(const Verifying& verifying, const LoadBalancer& balancer, const WebAnswer& web) {
  if (web.answer.came == Came::nowhere)
    return problem(util::filled("not reached at {address}: {why}",
                                {{"address", place_of(balancer)}, {"why", web.answer.why}}),
                   "See its firewall or security group, and the health of its targets; where it is private, "
                   "run this from a machine that may reach it.");
  if (web.answer.came == Came::connected && speaks_tls(web.answer.why))
    return problem(util::filled("TLS at {place} does not come about: {why}",
                                {{"place", place_of(balancer)}, {"why", web.answer.why}}),
                   util::filled("See the TLS versions and ciphers that the load balancer or nginx is set to "
                                "(browsers want TLS 1.2 or later), and its certificate: {command}.",
                                {{"command", kubectl(verifying, "describe service " + balancer.service)}}));
  if (web.answer.came == Came::connected)
    return problem(util::filled("no TLS at {address}: {why}",
                                {{"address", place_of(balancer)}, {"why", web.answer.why}}),
                   util::filled("See that the load balancer hands this port on to nginx: {command}.",
                                {{"command", kubectl(verifying, "describe service " + balancer.service)}}));
  return judge_chain(web.name, web.answer.chain);
}

CheckFinding judge_https(const Verifying& verifying, const LoadBalancer& /*balancer*/, const WebAnswer& web) {
  const std::string remedy = util::filled(
      "Something behind the load balancer does not answer: {command} and {other} show who does not.",
      {{"command", kubectl(verifying, "get pods -l app=nginx")},
       {"other", kubectl(verifying, "get pods -l app=frontend")}});
  const net::TlsAnswer& answer = web.answer;
  if (answer.came == Came::tls)
    return problem(util::filled("no answer to GET /: {why}", {{"why", answer.why}}), remedy);
  if (answer.came != Came::http) return skipped("see check tls");
  // What comes before an answer, and here instead of one.
  if (answer.http_status < kFinal)
    return problem(util::filled("no answer to GET /, only {status}", {{"status", answer.http_status}}),
                   remedy);
  if (kube::http::is_server_error(answer.http_status))
    return problem(util::filled("answers with {status}", {{"status", answer.http_status}}), remedy);
  return ok(util::filled("answers ({status})", {{"status", answer.http_status}}));
}

// Judges both names; what is found of them alike is said once.
Findings judge_both(Verifying& verifying,
                    CheckFinding (*judge)(const Verifying&, const LoadBalancer&, const WebAnswer&)) {
  const std::string domain = domain_of(verifying);
  if (domain.empty()) return {skipped("the values name no global.domainName")};
  const auto balancer = load_balancer_of(verifying);
  if (!balancer || !balancer->has_address())
    return {skipped("there is no load balancer with an address to ask")};
  Findings findings;
  std::vector<std::vector<std::string>> names;
  for (const WebAnswer& web : web_answers(verifying, domain, *balancer)) {
    CheckFinding finding = judge(verifying, *balancer, web);
    if (!findings.empty() && findings.back() == finding) {
      names.back().push_back(web.name);
      continue;
    }
    findings.push_back(std::move(finding));
    names.push_back({web.name});
  }
  for (std::size_t i = 0; i < findings.size(); ++i)
    findings[i].detail = util::filled("{names}: {finding}",
                                      {{"names", util::listed(names[i])}, {"finding", findings[i].detail}});
  return findings;
}

}  // namespace

Findings verify_tls(Verifying& verifying) { return judge_both(verifying, judge_tls); }

Findings verify_https(Verifying& verifying) { return judge_both(verifying, judge_https); }

}  // namespace kots_export::migration
