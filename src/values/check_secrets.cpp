// Keys and keysets: what they are made of.
#include <kots_export/util/error.h>
#include <kots_export/util/text.h>
#include <kots_export/values/json.h>

#include "values/check_context.h"

namespace kots_export::values {

void check_session_cookie_key(CheckContext& context) {
  const Path path{"sessionCookieKey"};
  constexpr std::size_t kBytes = 16;
  const std::size_t size = context.text(path).size();
  if (size != 0 && size != kBytes)
    context.report(
        path, util::filled("has {size} bytes; it must have {wanted}", {{"size", size}, {"wanted", kBytes}}));
}

void check_keysets(CheckContext& context) {
  for (const Path& path : {Path{"keyset", "signing"}, Path{"keyset", "encryption"}, Path{"tink", "keyset"}}) {
    const std::string text = context.text(path);
    if (text.empty()) continue;
    try {
      const Value keyset = parse_json(text, "keyset");
      if (!keyset.is_map() || find(keyset, {"primaryKeyId"}) == nullptr || find(keyset, {"key"}) == nullptr)
        context.report(path, "is JSON, but no keyset: it has no primaryKeyId and key");
    } catch (const Error&) {
      context.report(path, "is not JSON");
    }
  }
}

}  // namespace kots_export::values
