#pragma once

#include "apiserver/certificates.h"
#include "apiserver/stream.h"

#include <memory>
#include <string>

namespace kots_export::apiserver {

enum class HttpVersions { http1_only, http1_and_http2 };

// The server side of TLS: 1.2 and later, ALPN h2 before http/1.1, client certificates asked for but not
// demanded. As in the real API server a bad client certificate does not fail the handshake; it is the request
// that gets a 401.
class TlsContext {
 public:
  // `client_authority_pem` signs the client certificates. Throws std::runtime_error.
  TlsContext(const KeyPair& server, const std::string& client_authority_pem,
             HttpVersions versions = HttpVersions::http1_and_http2);
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;
  ~TlsContext();

  // Returns a TLS stream over the connected socket `fd`, which it owns from now on; its handshake is still to
  // come.
  [[nodiscard]] std::unique_ptr<Stream> wrap(int fd) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace kots_export::apiserver
