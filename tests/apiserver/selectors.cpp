#include "apiserver/selectors.h"

#include "apiserver/status.h"

#include <algorithm>

namespace kots_export::apiserver {
namespace {

std::string_view trim(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

// Splits at commas outside parentheses.
std::vector<std::string_view> split(std::string_view text) {
  std::vector<std::string_view> parts;
  int depth = 0;
  std::size_t start = 0;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    if (i == text.size() || (text[i] == ',' && depth == 0)) {
      if (const std::string_view part = trim(text.substr(start, i - start)); !part.empty())
        parts.push_back(part);
      start = i + 1;
    } else if (text[i] == '(') {
      ++depth;
    } else if (text[i] == ')') {
      --depth;
    }
  }
  return parts;
}

bool supports_field(const ResourceType& type, const std::string& field) {
  if (field == "metadata.name" || (field == "metadata.namespace" && type.namespaced())) return true;
  if (type.kind == "Secret") return field == "type";
  if (type.kind == "Namespace") return field == "status.phase";
  if (type.kind == "Job") return field == "status.successful";
  if (type.kind == "Event") {
    return field.starts_with("involvedObject.") || field == "reason" || field == "type" || field == "source";
  }
  if (type.kind == "Pod") {
    return field == "spec.nodeName" || field == "spec.restartPolicy" || field == "spec.serviceAccountName" ||
           field == "status.phase" || field == "status.podIP";
  }
  return false;
}

const Json& field_of(const Json& body, std::string_view path) {
  const Json* current = &body;
  while (!path.empty()) {
    const std::size_t dot = std::min(path.find('.'), path.size());
    current = &member(*current, {std::string(path.substr(0, dot)).c_str()});
    path.remove_prefix(std::min(dot + 1, path.size()));
  }
  return *current;
}

}  // namespace

Selector::Selector(const ResourceType& type, std::string_view labels, std::string_view fields)
    : labels_(parse_labels(labels)), fields_(parse_fields(type, fields)) {}

Selector::Requirement Selector::parse_requirement(std::string_view text) {
  const auto one = [](std::string_view key, Operator op, std::string_view value) {
    return Requirement{std::string(trim(key)), op, {std::string(trim(value))}};
  };
  if (const std::size_t at = text.find("!="); at != std::string_view::npos) {
    return one(text.substr(0, at), Operator::not_in, text.substr(at + 2));
  }
  if (const std::size_t at = text.find("=="); at != std::string_view::npos) {
    return one(text.substr(0, at), Operator::in, text.substr(at + 2));
  }
  if (const std::size_t at = text.find('='); at != std::string_view::npos) {
    return one(text.substr(0, at), Operator::in, text.substr(at + 1));
  }
  const std::size_t open = text.find('(');
  if (open != std::string_view::npos && text.back() == ')') {
    const std::string_view head = trim(text.substr(0, open));
    Requirement requirement;
    const std::size_t blank = head.find(' ');
    const std::string_view word = blank == std::string_view::npos ? head : trim(head.substr(blank));
    if (word != "in" && word != "notin")
      throw bad_request("unable to parse requirement: " + std::string(text));
    requirement.key = head.substr(0, blank);
    requirement.op = word == "in" ? Operator::in : Operator::not_in;
    for (const std::string_view value : split(text.substr(open + 1, text.size() - open - 2))) {
      requirement.values.emplace_back(value);
    }
    return requirement;
  }
  if (text.front() == '!') return {std::string(trim(text.substr(1))), Operator::not_exists, {}};
  if (text.find(' ') != std::string_view::npos) {
    throw bad_request("unable to parse requirement: " + std::string(text));
  }
  return {std::string(text), Operator::exists, {}};
}

std::vector<Selector::Requirement> Selector::parse_labels(std::string_view text) {
  std::vector<Requirement> requirements;
  for (const std::string_view part : split(text)) requirements.push_back(parse_requirement(part));
  return requirements;
}

std::vector<Selector::Requirement> Selector::parse_fields(const ResourceType& type, std::string_view text) {
  std::vector<Requirement> requirements = parse_labels(text);
  for (const Requirement& requirement : requirements) {
    if (requirement.op == Operator::exists || requirement.op == Operator::not_exists) {
      throw bad_request("invalid selector: '" + std::string(text) + "'; can't understand '" +
                        requirement.key + "'");
    }
    if (!supports_field(type, requirement.key)) {
      throw bad_request("field label not supported: " + requirement.key);
    }
  }
  return requirements;
}

bool Selector::matches(const Object& object) const {
  const auto holds = [](const Requirement& requirement, const Json& value) {
    const std::string text = value.is_string() ? value.get<std::string>()
                             : value.is_null() ? ""
                                               : value.dump();
    const bool listed =
        std::find(requirement.values.begin(), requirement.values.end(), text) != requirement.values.end();
    switch (requirement.op) {
      case Operator::exists:
        return !value.is_null();
      case Operator::not_exists:
        return value.is_null();
      case Operator::in:
        return listed;
      case Operator::not_in:
        return !listed;
    }
    return false;
  };
  const Json& labels = member(object.body(), {"metadata", "labels"});
  for (const Requirement& requirement : labels_) {
    const Json& value = member(labels, {requirement.key.c_str()});
    // A missing label is in no set, and so outside every one.
    if (value.is_null() && requirement.op == Operator::in) return false;
    if (value.is_null() && requirement.op == Operator::not_in) continue;
    if (!holds(requirement, value)) return false;
  }
  return std::all_of(fields_.begin(), fields_.end(), [&](const Requirement& requirement) {
    return holds(requirement, field_of(object.body(), requirement.key));
  });
}

}  // namespace kots_export::apiserver
