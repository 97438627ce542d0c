#pragma once

#include "apiserver/json.h"
#include "apiserver/resources.h"
#include "apiserver/status.h"

#include <string>
#include <vector>

namespace kots_export::apiserver {

// Fills in what the real server fills in when an object of these kinds is made or replaced: the type of a
// Secret (and stringData into data), a Service's clusterIP and ports, a Job's counts, strategies.
void apply_defaults(const ResourceType& type, Json& body);

// Fills in a Job's selector and the labels that tie its Pods to it, which need its uid.
// `minor` decides between the old label names and both.
void tie_job_to_pods(Json& job, int minor);

// What is wrong with a Job's selector and its Pods' labels: what a client sets itself must be what the server
// gives, but with `manualSelector`.
[[nodiscard]] std::vector<FieldError> selector_errors(const Json& job, int minor);

// Now as RFC 3339 with seconds, as metav1.Time is written; and with nanoseconds, as logs have it.
[[nodiscard]] std::string now_text();
[[nodiscard]] std::string now_nanoseconds_text();

// A random UUID, and `length` characters as generateName appends them.
[[nodiscard]] std::string new_uid();
[[nodiscard]] std::string name_suffix(std::size_t length);

}  // namespace kots_export::apiserver
