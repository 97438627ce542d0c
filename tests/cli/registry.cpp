#include "cli/registry.h"

#include <kots_export/util/base64.h>

#include "cli/installation.h"

#include <string_view>

#include <sys/socket.h>

namespace kots_export::test {

namespace {

// Takes the CONNECT of a client that comes through the proxy, byte by byte: what follows is TLS.
void open_tunnel(int fd) {
  char first = 0;
  if (::recv(fd, &first, 1, MSG_PEEK) != 1 || first != 'C') return;
  std::string head;
  for (char byte = 0; !head.ends_with("\r\n\r\n") && ::recv(fd, &byte, 1, 0) == 1;) head += byte;
  constexpr std::string_view kOpen = "HTTP/1.1 200 Connection established\r\n\r\n";
  (void)::send(fd, kOpen.data(), kOpen.size(), MSG_NOSIGNAL);
}

}  // namespace

Registry::Registry() {
  const apiserver::KeyPair authority = apiserver::make_authority("registry-authority");
  tls_ = std::make_unique<apiserver::TlsContext>(
      apiserver::issue(authority, {.common_name = "registry",
                                   .dns_names = {"cciserver.azurecr.io", "devcharts.azurecr.io"},
                                   .addresses = {"127.0.0.1"}}),
      authority.certificate_pem);
  write(folder_ / "roots.pem", authority.certificate_pem);
  server_ = std::make_unique<apiserver::HttpServer>(
      std::uint16_t{0},
      [this](int fd) {
        open_tunnel(fd);
        return tls_->wrap(fd);
      },
      &Registry::answer);
}

std::map<std::string, std::string> Registry::environment() const {
  return {{"HTTPS_PROXY", "http://" + host()}, {"SSL_CERT_FILE", folder_ / "roots.pem"}};
}

void Registry::answer(const apiserver::Request& request, apiserver::ResponseWriter& response) {
  response.set_header("Docker-Distribution-Api-Version", "registry/2.0");
  if (request.header("authorization") == "Basic " + util::base64_encode("server-user:registry-pass"))
    return response.send(200, "application/json", "{}");
  response.set_header("WWW-Authenticate", "Basic realm=\"registry\"");
  response.send(401, "application/json",
                R"({"errors":[{"code":"UNAUTHORIZED","message":"authentication required","detail":null}]})");
}

const Registry& registry() {
  static const Registry one;
  return one;
}

}  // namespace kots_export::test
