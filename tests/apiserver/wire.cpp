#include "apiserver/wire.h"

#include "apiserver/patch.h"
#include "apiserver/status.h"
#include "apiserver/yaml.h"

#include <algorithm>
#include <map>
#include <optional>
#include <vector>

namespace kots_export::apiserver {
namespace {

struct Clause {
  std::string media_type;
  std::map<std::string, std::string> parameters;
  double quality = 1;
};

std::string trim(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return std::string(text.substr(first, text.find_last_not_of(" \t") - first + 1));
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(separator), text.size());
    parts.push_back(trim(text.substr(0, end)));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

std::vector<Clause> parse_accept(std::string_view accept) {
  std::vector<Clause> clauses;
  for (const std::string& part : split(accept, ',')) {
    const std::vector<std::string> words = split(part, ';');
    if (words.empty()) continue;
    Clause clause;
    clause.media_type = words.front();
    for (std::size_t i = 1; i < words.size(); ++i) {
      const std::size_t equals = words[i].find('=');
      if (equals != std::string::npos)
        clause.parameters[words[i].substr(0, equals)] = words[i].substr(equals + 1);
    }
    if (const auto q = clause.parameters.find("q"); q != clause.parameters.end()) {
      clause.quality = std::strtod(q->second.c_str(), nullptr);
    }
    clauses.push_back(std::move(clause));
  }
  std::stable_sort(clauses.begin(), clauses.end(),
                   [](const Clause& a, const Clause& b) { return a.quality > b.quality; });
  return clauses;
}

bool is_json(const std::string& media_type) {
  return media_type == "application/json" || media_type == "application/*" || media_type == "*/*";
}

std::string prefix_for(const ResourceType& type, const ServedVersion& version) {
  return R"({"apiVersion":")" + version.api_version() + R"(","kind":")" + type.kind + "\"";
}

// Returns the body's text in that version, without kind and apiVersion.
std::string body_text(const Object& object, const ServedVersion& version) {
  if (object.type().kind != "Ingress" || version.version == "v1") return object.text();
  Json body = object.body();
  to_version(object.type(), version, body);
  return dump_json(body);
}

std::string partial_text(const Object& object, const Form& form) {
  return R"({"apiVersion":"meta.k8s.io/)" + form.meta_version +
         R"(","kind":"PartialObjectMetadata","metadata":)" + object.metadata_text() + "}";
}

}  // namespace

std::string dump_json(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Form negotiate(const Request& request) {
  const std::string_view accept = request.header("accept");
  if (trim(accept).empty()) return {};
  bool table = false;
  for (Clause& clause : parse_accept(accept)) {
    if (!is_json(clause.media_type)) continue;
    const std::string as = clause.parameters["as"];
    if (as.empty()) return {};
    const std::string version = clause.parameters["v"];
    const bool meta = clause.parameters["g"] == "meta.k8s.io" && (version == "v1" || version == "v1beta1");
    if (meta && as == "PartialObjectMetadata") return {Form::Kind::metadata, version};
    if (meta && as == "PartialObjectMetadataList") return {Form::Kind::metadata_list, version};
    table = table || as == "Table";
  }
  if (table) return {};
  throw ApiError(406, "NotAcceptable",
                 "only the following media types are accepted: application/json, application/yaml, "
                 "application/vnd.kubernetes.protobuf");
}

std::string object_text(const Object& object, const ServedVersion& version, const Form& form) {
  if (form.kind == Form::Kind::metadata) return partial_text(object, form);
  if (form.kind == Form::Kind::metadata_list) {
    throw ApiError(406, "NotAcceptable",
                   "you requested PartialObjectMetadataList, but the requested object is not a list");
  }
  return prefix_for(object.type(), version) + ',' + body_text(object, version).substr(1);
}

std::string entry_text(const Object& object, const ServedVersion& version, const Form& form) {
  return form.kind == Form::Kind::plain ? body_text(object, version) : partial_text(object, form);
}

std::string list_head(const ResourceType& type, const ServedVersion& version, const Form& form,
                      const Json& metadata) {
  if (form.kind == Form::Kind::metadata) {
    throw ApiError(406, "NotAcceptable",
                   "you requested PartialObjectMetadata, but the requested object is a list");
  }
  const bool plain = form.kind == Form::Kind::plain;
  return R"({"kind":")" + (plain ? type.kind + "List" : std::string("PartialObjectMetadataList")) +
         R"(","apiVersion":")" + (plain ? version.api_version() : "meta.k8s.io/" + form.meta_version) +
         R"(","metadata":)" + dump_json(metadata) + R"(,"items":[)";
}

Json read_object(const Request& request, const ResourceType& type, const ServedVersion& version) {
  const std::string media_type =
      trim(request.header("content-type").substr(0, request.header("content-type").find(';')));
  Json body;
  try {
    if (media_type == "application/yaml") {
      body = parse_yaml(request.body);
    } else if (media_type.empty() || media_type == "application/json") {
      body = Json::parse(request.body);
    } else {
      throw unsupported_media_type("application/json, application/yaml, application/vnd.kubernetes.protobuf");
    }
  } catch (const ApiError&) {
    throw;
  } catch (const std::exception& error) {
    throw bad_request("the object provided is unrecognized (must be of type " + type.kind +
                      "): " + error.what());
  }
  if (!body.is_object()) throw bad_request("json: cannot unmarshal into Go value of type " + type.kind);
  const std::string kind = text_member(body, {"kind"});
  const std::string api_version = text_member(body, {"apiVersion"});
  if (!kind.empty() && kind != type.kind) {
    throw bad_request(kind + " in version \"" + api_version + "\" cannot be handled as a " + type.kind +
                      ": the object provided is of another kind");
  }
  if (!api_version.empty() && api_version != version.api_version()) {
    throw bad_request("the API version in the data (" + api_version +
                      ") does not match the expected API version (" + version.api_version() + ")");
  }
  body.erase("kind");
  body.erase("apiVersion");
  if (!body.contains("metadata") || body["metadata"].is_null()) body["metadata"] = Json::object();
  if (!body["metadata"].is_object())
    throw bad_request("json: cannot unmarshal into Go struct field metadata");
  from_version(type, version, body);
  return body;
}

void to_version(const ResourceType& type, const ServedVersion& version, Json& body) {
  if (type.kind == "Ingress" && version.version != "v1") ingress_to_v1beta1(body);
}

void from_version(const ResourceType& type, const ServedVersion& version, Json& body) {
  if (type.kind == "Ingress" && version.version != "v1") ingress_to_v1(body);
}

}  // namespace kots_export::apiserver
