#include <kots_export/kube/traffic.h>

#include "kube/builtin_resources.h"

#include <vector>

namespace kots_export::kube {

namespace {

std::vector<std::string_view> parts_of(std::string_view path) {
  std::vector<std::string_view> parts;
  path = path.substr(0, path.find('?'));
  while (!path.empty()) {
    path.remove_prefix(1);
    const std::string_view part = path.substr(0, path.find('/'));
    parts.push_back(part);
    path.remove_prefix(part.size());
  }
  return parts;
}

std::string with_group(std::string_view resource, std::string_view group) {
  return std::string(resource) + (group.empty() ? "" : "." + std::string(group));
}

}  // namespace

// Source: the API concepts page: /api/v1/... and /apis/GROUP/VERSION/..., then namespaces/NS where the kind
// has one, then RESOURCE, NAME and a subresource.
std::string request_text(Method method, std::string_view path) {
  const std::string verb(to_string(method));
  std::vector<std::string_view> parts = parts_of(path);
  const bool is_core = !parts.empty() && parts.front() == "api";
  const std::size_t before = is_core ? 2 : 3;
  if (parts.size() <= before || (!is_core && parts.front() != "apis"))
    return verb + " " + std::string(path.substr(0, path.find('?')));
  const std::string_view group = is_core ? std::string_view() : parts[1];
  parts.erase(parts.begin(), parts.begin() + static_cast<std::ptrdiff_t>(before));
  if (parts.size() > 2 && parts.front() == "namespaces") parts.erase(parts.begin(), parts.begin() + 2);
  const std::string_view resource = parts.front();
  if (parts.size() == 1) return verb + " " + with_group(resource, group);
  const std::string_view kind = kind_of_builtin(group, resource);
  std::string text = verb + " " + (kind.empty() ? with_group(resource, group) : std::string(kind)) + " " +
                     std::string(parts[1]);
  if (parts.size() > 2) text += "/" + std::string(parts[2]);
  return text;
}

}  // namespace kots_export::kube
