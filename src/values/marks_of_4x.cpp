#include "values/marks_of_4x.h"

#include "values/check_context.h"

#include <algorithm>
#include <array>

namespace kots_export::values {

namespace {

bool holds_something(const Value& value) {
  if (value.is_map())
    return std::ranges::any_of(value.as_map(),
                               [](const auto& entry) { return holds_something(entry.second); });
  return !value.is_null() && !(value.is_string() && value.as_string().empty());
}

// PostgreSQL's credentials of 3.x, not yet where 4.x reads them.
bool wants_credentials(const Value& values) {
  const bool is_inside = flag_at(values, {"postgresql", "internal"}, true);
  const auto is_lost = [&](const char* from, const char* to) {
    return !is_blank(values, {"postgresql", from}) && is_blank(values, {"postgresql", "auth", to});
  };
  return (is_blank(values, {"postgresql", "auth", "existingSecret"}) &&
          is_lost("postgresqlPassword", is_inside ? "postgresPassword" : "password")) ||
         (!is_inside && is_lost("postgresqlUsername", "username"));
}

bool holds_something_at(const Value& values, const Path& path) {
  const Value* value = find(values, path);
  return value != nullptr && holds_something(*value);
}

}  // namespace

bool has_marks_of_4x(const Value& values) {
  // Not global.container: 3.x has it too.
  static const std::array<Path, 4> kMarks = {
      {{"global", "domainName"}, {"global", "license"}, {"postgresql", "auth"}, {"nginx"}}};
  return std::ranges::any_of(kMarks, [&](const Path& path) { return holds_something_at(values, path); });
}

std::optional<Path> sign_of_3x(const Value& values) {
  static const std::array<Path, 7> kSigns = {{{"postgresql", "postgresqlPassword"},
                                              {"postgresql", "postgresqlUsername"},
                                              {"published"},
                                              {"minio"},
                                              {"nomad", "server", "rpc", "advertise"},
                                              {"license"},
                                              {"kong", "annotations"}}};
  const auto is_there = [&](const Path& path) { return find(values, path) != nullptr; };
  const auto* sign = std::ranges::find_if(kSigns, is_there);
  if (sign == kSigns.end()) return std::nullopt;
  // A license may be given elsewhere (helm upgrade --set): that it is missing says nothing.
  const bool wants_domain = is_blank(values, {"global", "domainName"}) && !is_blank(values, {"domainName"});
  const bool has_domain_alone = !holds_something_at(values, {"global", "license"}) &&
                                !holds_something_at(values, {"postgresql", "auth"}) &&
                                !holds_something_at(values, {"nginx"});
  const bool is_domain_moved = has_domain_alone && std::ranges::count_if(kSigns, is_there) > 1;
  if (!wants_domain && !wants_credentials(values) && !is_domain_moved) return std::nullopt;
  return *sign;
}

}  // namespace kots_export::values
