#pragma once

#include "apiserver/json.h"
#include "apiserver/resources.h"

// The part of the real server's validation that a client of these kinds can run into.
namespace kots_export::apiserver {

// Checks that metadata, Secret data and the like have the JSON types they are decoded into.
// Throws ApiError 400, as decoding does.
void check_types(const ResourceType& type, const Json& body);

// Checks names, labels, annotations and what the kind itself demands. Throws ApiError 422.
void validate(const ResourceType& type, const Json& body);

// Checks that nothing immutable differs between `before` and `after`. Throws ApiError 422.
void validate_update(const ResourceType& type, const Json& before, const Json& after);

}  // namespace kots_export::apiserver
