#include <kots_export/util/error.h>
#include <kots_export/util/text.h>
#include <kots_export/values/values_file.h>

#include <string>

namespace kots_export::values {

void require_map_in(const Value& values, std::string_view file) {
  if (values.is_map()) return;
  throw Error(util::filled(values.is_null() ? "{file} holds no values" : "{file}: the values are not a map",
                           {{"file", std::string(file)}}),
              {}, "A values file is a map of keys and values; check that this is the right file.");
}

}  // namespace kots_export::values
