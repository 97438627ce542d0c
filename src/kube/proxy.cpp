#include <kots_export/kube/kubeconfig.h>
#include <kots_export/util/text.h>

#include <algorithm>
#include <array>
#include <charconv>

#include <arpa/inet.h>

namespace kots_export::kube {

namespace {

struct Address {
  std::string host;  // lower case, no brackets
  std::string port;
};

Address split(std::string_view authority, std::string_view default_port) {
  if (authority.starts_with('[')) {
    const auto end = authority.find(']');
    const auto rest = end == std::string_view::npos ? std::string_view() : authority.substr(end + 1);
    return {util::lower(authority.substr(1, end - 1)),
            std::string(rest.starts_with(':') ? rest.substr(1) : default_port)};
  }
  const auto colon = authority.rfind(':');
  if (colon == std::string_view::npos || authority.find(':') != colon)
    return {util::lower(authority), std::string(default_port)};
  return {util::lower(authority.substr(0, colon)), std::string(authority.substr(colon + 1))};
}

Address address_of(std::string_view url) {
  const bool plain = url.starts_with("http://");
  if (const auto scheme = url.find("://"); scheme != std::string_view::npos) url.remove_prefix(scheme + 3);
  return split(url.substr(0, url.find_first_of("/?")), plain ? "80" : "443");
}

// The bytes of an IP address, 4 or 16; empty where `text` is none.
std::string ip_bytes(const std::string& text) {
  std::array<char, 16> bytes{};
  if (inet_pton(AF_INET, text.c_str(), bytes.data()) == 1) return {bytes.data(), 4};
  if (inet_pton(AF_INET6, text.c_str(), bytes.data()) == 1) return {bytes.data(), 16};
  return {};
}

bool in_network(const std::string& ip, std::string_view network) {
  const auto slash = network.find('/');
  const std::string base = ip_bytes(std::string(network.substr(0, slash)));
  unsigned bits = 0;
  const auto text = network.substr(slash + 1);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), bits);
  if (error != std::errc() || base.size() != ip.size() || bits > ip.size() * 8) return false;
  for (unsigned i = 0; i < bits; ++i) {
    const auto mask = static_cast<unsigned char>(0x80U >> (i % 8));
    if ((static_cast<unsigned char>(ip[i / 8]) & mask) != (static_cast<unsigned char>(base[i / 8]) & mask))
      return false;
  }
  return true;
}

bool is_loopback(const Address& address, const std::string& ip) {
  if (address.host == "localhost") return true;
  if (ip.size() == 4) return ip[0] == 127;
  return ip.size() == 16 && ip == std::string(15, '\0') + '\x01';
}

bool matches(std::string_view rule, const Address& address, const std::string& ip) {
  if (rule == "*") return true;
  if (rule.find('/') != std::string_view::npos) return !ip.empty() && in_network(ip, rule);
  const Address wanted = split(rule, "");
  if (!wanted.port.empty() && wanted.port != address.port) return false;
  std::string host = wanted.host;
  if (host.starts_with("*.")) host.erase(0, 1);
  if (!ip.empty()) return ip_bytes(host) == ip;
  if (host.starts_with('.')) return address.host.ends_with(host);
  return address.host == host || address.host.ends_with("." + host);
}

std::string variable(const Environment& environment, const std::string& name) {
  for (const std::string& spelling : {name, util::lower(name)}) {
    if (const auto value = environment.get(spelling); value && !value->empty()) return *value;
  }
  return {};
}

}  // namespace

std::string proxy_from_environment(std::string_view url, const Environment& environment) {
  const std::string proxy = variable(environment, url.starts_with("http://") ? "HTTP_PROXY" : "HTTPS_PROXY");
  if (proxy.empty()) return {};
  const Address address = address_of(url);
  const std::string ip = ip_bytes(address.host);
  if (is_loopback(address, ip)) return {};
  const std::string rules = variable(environment, "NO_PROXY");
  for (std::size_t start = 0; start <= rules.size();) {
    const std::size_t end = std::min(rules.find(',', start), rules.size());
    const auto rule = util::trim(std::string_view(rules).substr(start, end - start));
    if (!rule.empty() && matches(rule, address, ip)) return {};
    start = end + 1;
  }
  return proxy.find("://") == std::string::npos ? "http://" + proxy : proxy;
}

std::string proxy_for(const ResolvedConfig& config, const Environment& environment) {
  return config.proxy_url.empty() ? proxy_from_environment(config.server, environment) : config.proxy_url;
}

}  // namespace kots_export::kube
