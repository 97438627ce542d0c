#pragma once

#include "apiserver/cluster.h"

#include <filesystem>
#include <string>

// Seeds: what is in the cluster when it starts. YAML (or JSON), several documents, `List` kinds. Objects keep
// the uid, times and status they bring; an ownerReference without uid is completed from its kind and name; a
// missing namespace is made; a Pod without status is running. Helper documents (apiVersion testing/v1):
//     kind: HelmRelease     name namespace revision status chartName chartVersion configFile|config manifest
//     kind: JobBehaviour    see behaviours.h
//     kind: Deny            rule: "USER verb resource"
//     kind: Repeat          count, object: `%d` in any string (and key) becomes 0, 1, 2, ...
namespace kots_export::apiserver {

// Stores what `text` holds. `folder` is where its relative paths begin. Throws std::runtime_error.
void load_seed_text(Cluster& cluster, const std::string& text, const std::filesystem::path& folder);

// The same for a file. Throws std::runtime_error naming the file.
void load_seed_file(Cluster& cluster, const std::filesystem::path& file);

// Stores one object (with apiVersion and kind) as a seed; replaces one of the same name. Throws
// std::runtime_error.
ObjectPtr put_seed(Cluster& cluster, Json object);

// Returns the value of a release Secret's data.release: base64(base64(gzip(JSON))).
[[nodiscard]] std::string encode_release(const Json& release);

}  // namespace kots_export::apiserver
