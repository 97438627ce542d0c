#include <kots_export/kube/types.h>
#include <kots_export/util/text.h>

namespace kots_export::kube {

std::string collection_path(const GroupVersionResource& gvr, const std::string& ns) {
  std::string path = gvr.group.empty() ? "/api/" : "/apis/" + gvr.group + "/";
  path += gvr.version;
  if (!ns.empty()) path += "/namespaces/" + util::percent_encode(ns);
  return path + "/" + gvr.resource;
}

std::string object_path(const ObjectRef& object) {
  return collection_path(object.gvr, object.ns) + "/" + util::percent_encode(object.name);
}

}  // namespace kots_export::kube
