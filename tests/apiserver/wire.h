#pragma once

#include "apiserver/http.h"
#include "apiserver/json.h"
#include "apiserver/resources.h"
#include "apiserver/store.h"

#include <string>

// Between stored objects and what goes over the wire: the version asked for, and the form that Accept asks
// for.
namespace kots_export::apiserver {

// What a client accepts. `meta_version` is the version of meta.k8s.io for the metadata-only forms.
struct Form {
  enum class Kind { plain, metadata, metadata_list };
  Kind kind = Kind::plain;
  std::string meta_version = "v1";
};

// Returns the first form in the order of the client's preference (q, then place) that this server has. Tables
// are passed over; a client that accepts nothing else gets plain JSON. Throws ApiError 406.
[[nodiscard]] Form negotiate(const Request& request);

// Returns `object` as JSON text in that version. Throws ApiError 406 where a list form is asked for one
// object.
[[nodiscard]] std::string object_text(const Object& object, const ServedVersion& version, const Form& form);

// The same for an entry of a list (plain entries carry no kind), for every form of lists.
[[nodiscard]] std::string entry_text(const Object& object, const ServedVersion& version, const Form& form);

// The head of a list's text, up to and including `"items":[`.
[[nodiscard]] std::string list_head(const ResourceType& type, const ServedVersion& version, const Form& form,
                                    const Json& metadata);

// Reads a request's body (JSON, or YAML where the media type says so) as an object of that version and turns
// it into the storage form. Throws ApiError 400 and 415.
[[nodiscard]] Json read_object(const Request& request, const ResourceType& type,
                               const ServedVersion& version);

// Turns a stored body into that version's form and back; kind and apiVersion stay out of it.
void to_version(const ResourceType& type, const ServedVersion& version, Json& body);
void from_version(const ResourceType& type, const ServedVersion& version, Json& body);

[[nodiscard]] std::string dump_json(const Json& value);

}  // namespace kots_export::apiserver
