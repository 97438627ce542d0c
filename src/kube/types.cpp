#include <kots_export/kube/types.h>
#include <kots_export/util/text.h>

namespace kots_export::kube {

std::string version_path(const std::string& api_version) {
  return (api_version.find('/') == std::string::npos ? "/api/" : "/apis/") + api_version;
}

std::string collection_path(const GroupVersionResource& gvr, const std::string& ns) {
  std::string path = version_path(api_version(gvr));
  if (!ns.empty()) path += "/namespaces/" + util::percent_encode(ns);
  return path + "/" + gvr.resource;
}

std::string object_path(const ObjectRef& object) {
  return collection_path(object.gvr, object.ns) + "/" + util::percent_encode(object.name);
}

}  // namespace kots_export::kube
