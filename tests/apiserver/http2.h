#pragma once

#include "apiserver/http.h"
#include "apiserver/stream.h"
#include "apiserver/workers.h"

#include <cstdint>

namespace kots_export::apiserver {

// Serves an HTTP/2 connection after its handshake, until it ends and every request on it is done with. The
// calling thread reads; each stream's request is answered by a worker, so that none waits for another.
void serve_http2(Stream& stream, std::uint64_t number, const Handler& handler, Workers& workers);

}  // namespace kots_export::apiserver
