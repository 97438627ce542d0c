#pragma once

#include "apiserver/http.h"

namespace kots_export::apiserver {

// True where the body is Kubernetes' protobuf, as Helm from 3.17 on sends it for its release Secrets.
[[nodiscard]] bool has_protobuf_body(const Request& request);

// Returns the request with its body as JSON. Knows Secret, ConfigMap, Namespace, DeleteOptions and the
// reviews of one's own access; throws ApiError 415 for any other kind and 400 for what cannot be decoded.
[[nodiscard]] Request with_json_body(const Request& request);

}  // namespace kots_export::apiserver
