#pragma once

#include "apiserver/http2_connection.h"

#include <nghttp2/nghttp2.h>

namespace kots_export::apiserver {

// What nghttp2 calls while the connection's mutex is held: frames become requests, bodies become frames.
struct Http2Callbacks {
  // The server's side of a session.
  [[nodiscard]] static nghttp2_session* make_session(Http2Connection& connection);
  // Where the answer's body comes from.
  [[nodiscard]] static nghttp2_data_provider body_of(Http2Stream& stream);

 private:
  struct Functions;
};

}  // namespace kots_export::apiserver
