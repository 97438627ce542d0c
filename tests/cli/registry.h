#pragma once

#include "apiserver/http_server.h"
#include "apiserver/tls.h"
#include "unit/support/temporary_folder.h"

#include <map>
#include <memory>
#include <string>

// The image registry of a run, over TLS, and the proxy that leads to it, whatever host it is asked for: the
// program knows the real names alone. It has every image and chart for Secret regcred of the sample
// installation. What it answers was seen on the real docker-registry: tests/registry.
namespace kots_export::test {

class Registry {
 public:
  Registry();

  // What a process is started with that is to find it.
  [[nodiscard]] std::map<std::string, std::string> environment() const;
  [[nodiscard]] std::string host() const { return "127.0.0.1:" + std::to_string(server_->port()); }

 private:
  static void answer(const apiserver::Request& request, apiserver::ResponseWriter& response);

  TemporaryFolder folder_;
  std::unique_ptr<apiserver::TlsContext> tls_;
  std::unique_ptr<apiserver::HttpServer> server_;
};

// The one of this process.
[[nodiscard]] const Registry& registry();

}  // namespace kots_export::test
