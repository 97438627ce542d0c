#include <kots_export/helm/release.h>
#include <kots_export/util/base64.h>
#include <kots_export/util/error.h>
#include <kots_export/util/gzip.h>
#include <kots_export/values/json.h>

#include <cstdlib>

namespace kots_export::helm {

using values::find;
using values::string_at;
using values::Value;

namespace {

std::string decode_base64(std::string_view text, const char* why) {
  auto bytes = util::base64_decode(text);
  if (!bytes) throw Error("the release's data is damaged", why);
  return std::move(*bytes);
}

int revision_of(const Value& release) {
  const Value* version = find(release, {"version"});
  return version != nullptr && version->is_number() ? std::atoi(version->as_number().text.c_str()) : 0;
}

Value decode_json(std::string_view data_release) {
  std::string bytes =
      decode_base64(decode_base64(data_release, "Kubernetes' base64 is cut short or not base64"),
                    "Helm's base64 is cut short or not base64");
  try {
    if (util::is_gzip(bytes)) bytes = util::gunzip(bytes);
  } catch (const Error& error) {
    throw Error("the release's data is damaged", error.what());
  }
  Value release;
  try {
    release = values::parse_json(bytes, "the release");
  } catch (const Error& error) {
    throw Error("the release's data is damaged", error.what());
  }
  if (!release.is_map()) throw Error("the release's data is damaged", "it is no JSON object");
  return release;
}

std::string encode_json(const Value& release) {
  return util::base64_encode(util::base64_encode(util::gzip(values::to_json(release))));
}

}  // namespace

Release decode_release(std::string_view data_release) {
  const Value release = decode_json(data_release);
  Release result{.name = string_at(release, {"name"}),
                 .ns = string_at(release, {"namespace"}),
                 .revision = revision_of(release),
                 .status = string_at(release, {"info", "status"}),
                 .chart_name = string_at(release, {"chart", "metadata", "name"}),
                 .chart_version = string_at(release, {"chart", "metadata", "version"}),
                 .config = values::Map(),
                 .manifest = string_at(release, {"manifest"}),
                 .description = string_at(release, {"info", "description"})};
  if (const Value* config = find(release, {"config"}); config != nullptr && !config->is_null()) {
    if (!config->is_map())
      throw Error("the release's values are not a map", "its .config holds something else");
    result.config = *config;
  }
  return result;
}

std::string encode_release(const Release& release) {
  Value json{values::Map()};
  set(json, {"name"}, release.name);
  set(json, {"info", "status"}, release.status);
  set(json, {"info", "description"}, release.description);
  set(json, {"chart", "metadata", "name"}, release.chart_name);
  set(json, {"chart", "metadata", "version"}, release.chart_version);
  set(json, {"config"}, release.config);
  set(json, {"manifest"}, release.manifest);
  set(json, {"version"}, values::Number{std::to_string(release.revision), true});
  set(json, {"namespace"}, release.ns);
  return encode_json(json);
}

std::string with_manifest(std::string_view data_release, std::string manifest) {
  Value release = decode_json(data_release);
  set(release, {"manifest"}, std::move(manifest));
  return encode_json(release);
}

}  // namespace kots_export::helm
