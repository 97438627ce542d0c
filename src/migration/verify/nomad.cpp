// Nomad's server as its clients reach it: <domain>:4647 by way of the load balancer.
#include <kots_export/net/tls.h>
#include <kots_export/util/base64.h>
#include <kots_export/util/certificate.h>
#include <kots_export/util/text.h>
#include <kots_export/util/time.h>
#include <kots_export/values/validate.h>

#include "migration/verify/verifying.h"

#include <algorithm>
#include <ctime>
#include <optional>

namespace kots_export::migration {

namespace {

using Came = net::TlsAnswer::Came;

// The first byte of a connection says what follows it. Source: Nomad, helper/pool/conn.go, RpcTLS.
const std::string kTlsFollows = "\x04";

const values::Path kMtls = {"nomad", "server", "rpc", "mTLS"};

// The PEM text behind the base64 of the values; empty where there is none.
std::string pem_at(Verifying& verifying, const char* key) {
  values::Path path = kMtls;
  path.emplace_back(key);
  std::string text = value_at(verifying, path);
  std::erase_if(text, [](char c) { return c == '\n' || c == '\r' || c == ' '; });
  return util::base64_decode(text).value_or("");
}

std::string day_of(std::time_t time) { return util::utc_text(time, "%Y-%m-%d"); }

std::string new_pair(Verifying& verifying) {
  return util::filled(
      "`{command}` puts those of the Nomad terraform into the values file; then run `helm upgrade` again, "
      "and replace the terraform's clients.",
      {{"command", command_for_chart(verifying, "nomad --terraform-output FILE")}});
}

// What is wrong with the values alone: clients and server take them when they start the next time.
std::optional<std::string> values_problem(const std::string& certificate, const Secret<std::string>& key,
                                          const std::string& authority) {
  const auto chain = util::certificates_in(certificate);
  if (chain.empty() || !util::key_belongs(key.reveal(), certificate))
    return "nomad.server.rpc.mTLS is enabled, and its certificate and key in the values are no pair";
  const auto authorities = util::certificates_in(authority);
  if (authorities.empty())
    return "nomad.server.rpc.mTLS is enabled, and its CACertificate in the values holds no certificate";
  if (!util::holds_authority(authority))
    return "nomad.server.rpc.mTLS is enabled, and its CACertificate in the values may not issue certificates";
  const std::time_t now = std::time(nullptr);
  if (const auto expires = std::ranges::max(authorities, {}, &util::Certificate::not_after).not_after;
      expires < now)
    return util::filled(
        "nomad.server.rpc.mTLS is enabled, and its CACertificate in the values expired on {day}",
        {{"day", day_of(expires)}});
  const util::Certificate& own = chain.front();
  if (own.not_after < now)
    return util::filled(
        "nomad.server.rpc.mTLS is enabled, and its certificate in the values expired on {day}",
        {{"day", day_of(own.not_after)}});
  if (own.not_before > now)
    return util::filled(
        "nomad.server.rpc.mTLS is enabled, and its certificate in the values is valid only from {day}",
        {{"day", day_of(own.not_before)}});
  if (const auto why = util::chain_problem(certificate, authority))
    return util::filled(
        "nomad.server.rpc.mTLS is enabled, and its certificate in the values is of another CA than "
        "its CACertificate: {why}",
        {{"why", *why}});
  if (const auto why = util::chain_problem(certificate, authority, now))
    return util::filled(
        "nomad.server.rpc.mTLS is enabled, and the way from its certificate in the values to its "
        "CACertificate is not valid: {why}",
        {{"why", *why}});
  return std::nullopt;
}

// Clients of 4.0 and 4.1 look at the CA alone.
bool is_for_server(const std::string& chain) {
  const auto certificates = util::certificates_in(chain);
  return util::names_host(chain, values::kNomadServerName) ||
         (!certificates.empty() && certificates.front().common_name == values::kNomadServerName);
}

CheckFinding judge(Verifying& verifying, const std::string& endpoint, const net::TlsAnswer& answer) {
  const auto certificates = util::certificates_in(answer.chain);
  if (certificates.empty())
    return problem(
        util::filled("{endpoint} shows a certificate that cannot be read", {{"endpoint", endpoint}}),
        new_pair(verifying));
  const std::string authority = pem_at(verifying, "CACertificate");
  if (const auto why = util::chain_problem(answer.chain, authority))
    return problem(util::filled("{endpoint} shows a certificate of another CA than the values': {why}",
                                {{"endpoint", endpoint}, {"why", *why}}),
                   new_pair(verifying));
  const std::time_t now = std::time(nullptr);
  const util::Certificate& own = certificates.front();
  const std::string day = day_of(own.not_after);
  if (own.not_after < now)
    return problem(util::filled("{endpoint} shows a certificate that expired on {day}",
                                {{"endpoint", endpoint}, {"day", day}}),
                   new_pair(verifying));
  if (own.not_before > now)
    return problem(util::filled("{endpoint} shows a certificate that is valid only from {day}",
                                {{"endpoint", endpoint}, {"day", day_of(own.not_before)}}),
                   new_pair(verifying));
  if (const auto why = util::chain_problem(answer.chain, authority, now))
    return problem(util::filled("{endpoint} shows a certificate, and the way from it to the CA of the values "
                                "is not valid: {why}",
                                {{"endpoint", endpoint}, {"why", *why}}),
                   new_pair(verifying));
  if (!is_for_server(answer.chain))
    return warning(util::filled("{endpoint} shows a certificate that is not for {name}",
                                {{"endpoint", endpoint}, {"name", values::kNomadServerName}}),
                   new_pair(verifying));
  if (!is_for_server(pem_at(verifying, "certificate")))
    return warning(util::filled("{endpoint} speaks Nomad's TLS, and the certificate of the values, which it "
                                "shows from its next start on, is not for {name}",
                                {{"endpoint", endpoint}, {"name", values::kNomadServerName}}),
                   new_pair(verifying));
  return ok(util::filled(
      "{endpoint} speaks Nomad's TLS, its certificate is of the CA of the values, valid until {day}; "
      "in the Nomad terraform: server_endpoint = \"{endpoint}\"",
      {{"endpoint", endpoint}, {"day", day}}));
}

}  // namespace

Findings verify_nomad(Verifying& verifying) {
  const std::string domain = domain_of(verifying);
  if (domain.empty()) return {skipped("the values name no global.domainName")};
  const auto balancer = load_balancer_of(verifying);
  if (!balancer || !balancer->has_address())
    return {skipped("there is no load balancer with an address to ask")};
  const std::string endpoint = domain + ":" + std::to_string(balancer->nomad_port);
  values::Path enabled = kMtls;
  enabled.emplace_back("enabled");
  const bool is_tls = values::is_true_at(release_of(verifying).config, enabled);
  const auto& client = verifying.context.client;
  net::TlsQuestion question{
      .host = balancer->host(),
      .port = balancer->nomad_port,
      .server_name = values::kNomadServerName,
      .preface = kTlsFollows,
      .until = is_tls ? net::TlsQuestion::Until::tls : net::TlsQuestion::Until::connected,
      .interrupted = [&client] { return client.interrupted(); }};
  if (is_tls) {
    question.certificate = pem_at(verifying, "certificate");
    question.key = Secret<std::string>(pem_at(verifying, "privateKey"));
    if (const auto wrong =
            values_problem(question.certificate, question.key, pem_at(verifying, "CACertificate")))
      return {problem(*wrong, new_pair(verifying))};
  }
  const net::TlsAnswer answer = net::ask(question);
  if (answer.came == Came::nowhere)
    return {
        warning(util::filled("{endpoint} was not reached from here: {why}",
                             {{"endpoint", endpoint}, {"why", answer.why}}),
                util::filled("Nomad's clients must reach it: see the firewall, or try it from one of them; "
                             "in the Nomad terraform: server_endpoint = \"{endpoint}\".",
                             {{"endpoint", endpoint}}))};
  if (!is_tls)
    return {
        ok(util::filled("{endpoint} accepts connections, without TLS; in the Nomad terraform: "
                        "server_endpoint = \"{endpoint}\"",
                        {{"endpoint", endpoint}}))};
  if (answer.came == Came::connected)
    return {
        problem(util::filled("{endpoint} does not speak Nomad's TLS: {why}",
                             {{"endpoint", endpoint}, {"why", answer.why}}),
                util::filled("See that Nomad's server runs with the certificates of the values: {command}.",
                             {{"command", kubectl(verifying, "logs statefulset/nomad-server")}}))};
  return {judge(verifying, endpoint, answer)};
}

}  // namespace kots_export::migration
