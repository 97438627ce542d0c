#pragma once

#include "apiserver/store.h"

#include <string>
#include <string_view>
#include <vector>

namespace kots_export::apiserver {

// labelSelector and fieldSelector of a list, a watch or a deletecollection.
class Selector {
 public:
  // Matches everything.
  Selector() = default;
  // Throws ApiError 400 where one cannot be parsed or the kind has no such field.
  Selector(const ResourceType& type, std::string_view labels, std::string_view fields);

  [[nodiscard]] bool matches(const Object& object) const;
  [[nodiscard]] bool matches_everything() const { return labels_.empty() && fields_.empty(); }

 private:
  enum class Operator { in, not_in, exists, not_exists };
  struct Requirement {
    std::string key;
    Operator op = Operator::exists;
    std::vector<std::string> values;
  };
  static Requirement parse_requirement(std::string_view text);
  static std::vector<Requirement> parse_labels(std::string_view text);
  static std::vector<Requirement> parse_fields(const ResourceType& type, std::string_view text);

  std::vector<Requirement> labels_;
  std::vector<Requirement> fields_;
};

}  // namespace kots_export::apiserver
