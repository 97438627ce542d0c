#pragma once

#include "apiserver/json.h"

namespace kots_export::apiserver {

// Applies a strategic merge patch: like RFC 7386, but lists that have a merge key (containers by name, env by
// name, ...) are merged entry by entry, and the directives `$patch`, `$setElementOrder/...`, `$retainKeys`
// and
// `$deleteFromPrimitiveList/...` are honoured or dropped. The real server reads the merge keys from its Go
// types; here they stand in a table by field name, which is right for the kinds that this server knows.
void apply_strategic_merge(Json& target, const Json& patch);

// Turns an Ingress from the storage form (networking.k8s.io/v1) into that of v1beta1 and back.
void ingress_to_v1beta1(Json& body);
void ingress_to_v1(Json& body);

}  // namespace kots_export::apiserver
