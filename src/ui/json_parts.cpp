#include "ui/json_parts.h"

#include <kots_export/ui/messages.h>
#include <kots_export/util/text.h>

#include <utility>

namespace kots_export::ui {

using nlohmann::json;

json json_of(const kube::ObjectRef& object) {
  json result{{"apiVersion", kube::api_version(object.gvr)}, {"kind", object.kind}, {"name", object.name}};
  if (!object.ns.empty()) result["namespace"] = object.ns;
  if (!object.uid.empty()) result["uid"] = object.uid;
  return result;
}

json json_of(const change::Notice& notice) {
  json args = json::object();
  for (const auto& [name, value] : notice.args) args[name] = value;
  return {{"level", notice.level == change::Notice::Level::warning ? "warning" : "note"},
          {"id", notice.id},
          {"text", util::printable(text_of(notice))},
          {"args", std::move(args)}};
}

json json_of(const change::CheckOutcome& check) {
  return {{"id", check.id},
          {"group", check.group},
          {"status", to_string(check.status)},
          {"detail", util::printable(check.detail)},
          {"remedy", util::printable(check.remedy)}};
}

json json_of(const Error& error) {
  json result{{"what", error.headline()}, {"why", error.why()}, {"hint", error.hint()}};
  if (!error.state().empty()) result["state"] = error.state();
  return result;
}

}  // namespace kots_export::ui
