#pragma once

#include <kots_export/util/secret.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

// One connection to a server, to see what it shows: how far it lets a client come, and which certificates.
// Nothing is trusted and nothing refused: who asks judges what was shown.
namespace kots_export::net {

struct TlsQuestion {
  std::string host;  // to connect to: a name or an address
  std::uint16_t port = 443;
  std::string server_name = {};  // the TLS extension (SNI), and the Host of HTTP
  std::string preface = {};      // sent before TLS begins
  std::string certificate = {};  // PEM, shown where the server asks for one; with its key
  Secret<std::string> key = Secret<std::string>();
  enum class Until { connected, tls, http } until = Until::tls;  // http: GET / over TLS
  std::chrono::milliseconds timeout{10'000};                     // of all of it
  std::function<bool()> interrupted = {};                        // asked often
};

struct TlsAnswer {
  enum class Came {
    nowhere,    // no connection: `why`
    connected,  // no TLS, where that was asked: `why`
    tls,        // its certificates were read; what ended it after that is in `why`
    http,       // it answered with an HTTP status
  } came = Came::nowhere;
  std::string why = {};
  std::string chain = {};  // PEM, the server's own certificate first
  int http_status = 0;
};

// Throws Interrupted, and Error where the pair of the question cannot be used. Not through any proxy.
[[nodiscard]] TlsAnswer ask(const TlsQuestion& question);

}  // namespace kots_export::net
