#include "apiserver/validation.h"

#include <kots_export/util/base64.h>

#include "apiserver/status.h"

#include <algorithm>
#include <cctype>
#include <string_view>

namespace kots_export::apiserver {
namespace {

constexpr std::size_t kAnnotationsLimit = std::size_t{256} << 10;
constexpr std::size_t kDataLimit = std::size_t{1} << 20;

constexpr const char* kSubdomainMessage =
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must "
    "start "
    "and end with an alphanumeric character (e.g. 'example.com', regex used for validation is "
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
constexpr const char* kLabelNameMessage =
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start "
    "and end "
    "with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is "
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
constexpr const char* kLabel1035Message =
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic "
    "character, "
    "and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is "
    "'[a-z]([-a-z0-9]*[a-z0-9])?')";
constexpr const char* kQualifiedMessage =
    "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an "
    "alphanumeric "
    "character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is "
    "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
constexpr const char* kLabelValueMessage =
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must "
    "start "
    "and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for "
    "validation "
    "is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";

bool is_lower_alnum(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }
bool is_alnum(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; }

bool is_dns_label(std::string_view text, std::size_t limit) {
  return !text.empty() && text.size() <= limit && is_lower_alnum(text.front()) &&
         is_lower_alnum(text.back()) &&
         std::all_of(text.begin(), text.end(), [](char c) { return is_lower_alnum(c) || c == '-'; });
}

bool is_subdomain(std::string_view text) {
  if (text.empty() || text.size() > 253) return false;
  while (!text.empty()) {
    const std::size_t dot = text.find('.');
    if (!is_dns_label(text.substr(0, dot), 253)) return false;
    if (dot == std::string_view::npos) return true;
    text.remove_prefix(dot + 1);
  }
  return false;
}

bool is_qualified_part(std::string_view text) {
  return !text.empty() && text.size() <= 63 && is_alnum(text.front()) && is_alnum(text.back()) &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return is_alnum(c) || c == '-' || c == '_' || c == '.'; });
}

bool is_qualified_name(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return is_qualified_part(text);
  return is_subdomain(text.substr(0, slash)) && is_qualified_part(text.substr(slash + 1));
}

void check_name(const ResourceType& type, const std::string& name, std::vector<FieldError>& errors) {
  const auto report = [&](const char* message) {
    errors.push_back(invalid_value("metadata.name", name, message));
  };
  if (name.empty()) {
    errors.push_back(required_value("metadata.name", "name or generateName is required"));
    return;
  }
  switch (type.name_rule) {
    case NameRule::subdomain:
      if (!is_subdomain(name)) report(kSubdomainMessage);
      break;
    case NameRule::label:
      if (!is_dns_label(name, 63)) report(kLabelNameMessage);
      break;
    case NameRule::label_1035:
      if (!is_dns_label(name, 63) || std::isdigit(static_cast<unsigned char>(name.front())) != 0) {
        report(kLabel1035Message);
      }
      break;
    case NameRule::path_segment:
      if (name == "." || name == "..") report("may not be '.' or '..'");
      if (name.find_first_of("/%") != std::string::npos) report("may not contain '/' or '%'");
      break;
  }
}

void check_labels(const Json& labels, std::vector<FieldError>& errors) {
  for (const auto& [key, value] : labels.items()) {
    if (!is_qualified_name(key)) errors.push_back(invalid_value("metadata.labels", key, kQualifiedMessage));
    const std::string text = value.get<std::string>();
    if (text.size() > 63) {
      errors.push_back(invalid_value("metadata.labels", text, "must be no more than 63 characters"));
    } else if (!text.empty() && !is_qualified_part(text)) {
      errors.push_back(invalid_value("metadata.labels", text, kLabelValueMessage));
    }
  }
}

void check_annotations(const Json& annotations, std::vector<FieldError>& errors) {
  std::size_t size = 0;
  for (const auto& [key, value] : annotations.items()) {
    size += key.size() + value.get_ref<const std::string&>().size();
    std::string lower = key;
    std::transform(lower.begin(), lower.end(), lower.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    if (!is_qualified_name(lower))
      errors.push_back(invalid_value("metadata.annotations", key, kQualifiedMessage));
  }
  if (size > kAnnotationsLimit) errors.push_back(too_long("metadata.annotations", kAnnotationsLimit));
}

void check_secret(const Json& body, std::vector<FieldError>& errors) {
  std::size_t size = 0;
  const Json& data = member(body, {"data"});
  for (const auto& [key, value] : data.items()) {
    if (key.empty() || key.size() > 253 || !std::all_of(key.begin(), key.end(), [](char c) {
          return is_alnum(c) || c == '-' || c == '_' || c == '.';
        })) {
      errors.push_back(
          invalid_value("data[" + key + "]", key,
                        "a valid config key must consist of alphanumeric characters, '-', '_' or '.' "
                        "(e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is "
                        "'[-._a-zA-Z0-9]+')"));
    }
    size += value.is_string() ? value.get_ref<const std::string&>().size() * 3 / 4 : 0;
  }
  if (size > kDataLimit) errors.push_back(too_long("data", kDataLimit));
  if (text_member(body, {"type"}) != "kubernetes.io/dockerconfigjson") return;
  const Json& config = member(data, {".dockerconfigjson"});
  if (!config.is_string()) {
    errors.push_back(required_value("data[.dockerconfigjson]"));
  } else if (!Json::accept(util::base64_decode(config.get<std::string>()).value_or(""))) {
    errors.push_back(
        invalid_value("data[.dockerconfigjson]", "<secret contents redacted>", "invalid character in JSON"));
  }
}

void check_containers(const Json& pod_spec, const std::string& path, std::vector<FieldError>& errors) {
  const Json& containers = member(pod_spec, {"containers"});
  if (!containers.is_array() || containers.empty()) {
    errors.push_back(required_value(path + ".containers"));
    return;
  }
  for (std::size_t i = 0; i < containers.size(); ++i) {
    const std::string at = path + ".containers[" + std::to_string(i) + ']';
    if (text_member(containers[i], {"name"}).empty()) errors.push_back(required_value(at + ".name"));
    if (text_member(containers[i], {"image"}).empty()) errors.push_back(required_value(at + ".image"));
  }
}

void check_job(const Json& body, std::vector<FieldError>& errors) {
  const Json& pod_spec = member(body, {"spec", "template", "spec"});
  check_containers(pod_spec, "spec.template.spec", errors);
  const std::string policy = text_member(pod_spec, {"restartPolicy"});
  if (policy != "Never" && policy != "OnFailure") {
    errors.push_back({"spec.template.spec.restartPolicy", "FieldValueNotSupported",
                      "Unsupported value: " + Json(policy.empty() ? "Always" : policy).dump() +
                          ": supported values: \"OnFailure\", \"Never\""});
  }
}

void require_texts(const Json& map, const std::string& field) {
  if (map.is_null()) return;
  if (!map.is_object()) {
    throw bad_request("json: cannot unmarshal " + std::string(map.type_name()) + " into Go struct field " +
                      field + " of type map[string]string");
  }
  for (const auto& [key, value] : map.items()) {
    if (value.is_string()) continue;
    throw bad_request("json: cannot unmarshal " +
                      std::string(value.is_boolean() ? "bool" : value.type_name()) +
                      " into Go struct field " + field + " of type string");
  }
}

}  // namespace

void check_types(const ResourceType& type, const Json& body) {
  if (!body.is_object()) throw bad_request("json: cannot unmarshal into Go value of type " + type.kind);
  require_texts(member(body, {"metadata", "labels"}), "ObjectMeta.metadata.labels");
  require_texts(member(body, {"metadata", "annotations"}), "ObjectMeta.metadata.annotations");
  if (type.kind == "ConfigMap") require_texts(member(body, {"data"}), "ConfigMap.data");
  if (type.kind != "Secret") return;
  require_texts(member(body, {"stringData"}), "Secret.stringData");
  require_texts(member(body, {"data"}), "Secret.data");
  for (const auto& [key, value] : member(body, {"data"}).items()) {
    if (util::base64_decode(value.get<std::string>())) continue;
    throw bad_request(
        "Secret in version \"v1\" cannot be handled as a Secret: illegal base64 data at input byte 0");
  }
}

void validate(const ResourceType& type, const Json& body) {
  std::vector<FieldError> errors;
  const std::string name = text_member(body, {"metadata", "name"});
  check_name(type, name, errors);
  check_labels(member(body, {"metadata", "labels"}), errors);
  check_annotations(member(body, {"metadata", "annotations"}), errors);
  if (type.kind == "Secret") check_secret(body, errors);
  if (type.kind == "Job") check_job(body, errors);
  if (type.kind == "Pod") check_containers(member(body, {"spec"}), "spec", errors);
  if (!errors.empty()) throw invalid(type, name, errors);
}

void validate_update(const ResourceType& type, const Json& before, const Json& after) {
  std::vector<FieldError> errors;
  const auto immutable = [&](std::initializer_list<const char*> path, const std::string& field) {
    const Json& value = member(after, path);
    if (member(before, path) != value) {
      errors.push_back(
          {field, "FieldValueInvalid", "Invalid value: " + value.dump() + ": field is immutable"});
    }
  };
  if (type.kind == "Secret") immutable({"type"}, "type");
  if (type.kind == "Job") {
    immutable({"spec", "template"}, "spec.template");
    immutable({"spec", "selector"}, "spec.selector");
    immutable({"spec", "completions"}, "spec.completions");
  }
  if (type.kind == "Deployment" || type.kind == "DaemonSet") immutable({"spec", "selector"}, "spec.selector");
  if (type.kind == "Service" && text_member(before, {"spec", "type"}) == "ClusterIP" &&
      text_member(after, {"spec", "type"}) == "ClusterIP") {
    immutable({"spec", "clusterIP"}, "spec.clusterIP");
  }
  if (type.kind == "RoleBinding" || type.kind == "ClusterRoleBinding") {
    if (member(before, {"roleRef"}) != member(after, {"roleRef"})) {
      errors.push_back(invalid_value("roleRef", member(after, {"roleRef"}).dump(), "cannot change roleRef"));
    }
  }
  if (type.kind == "StatefulSet") {
    for (const char* field : {"selector", "serviceName", "volumeClaimTemplates", "podManagementPolicy"}) {
      if (member(before, {"spec", field}) == member(after, {"spec", field})) continue;
      errors.push_back(forbidden_value(
          "spec",
          "updates to statefulset spec for fields other than 'replicas', 'template', and 'updateStrategy' "
          "are forbidden"));
      break;
    }
  }
  if ((type.kind == "Secret" || type.kind == "ConfigMap") && member(before, {"immutable"}) == Json(true)) {
    for (const char* field : {"data", "binaryData"}) {
      if (member(before, {field}) != member(after, {field})) {
        errors.push_back(forbidden_value(field, "field is immutable when `immutable` is set"));
      }
    }
    if (member(after, {"immutable"}) != Json(true)) {
      errors.push_back(forbidden_value("immutable", "field is immutable when `immutable` is set"));
    }
  }
  if (!errors.empty()) throw invalid(type, text_member(before, {"metadata", "name"}), errors);
}

}  // namespace kots_export::apiserver
