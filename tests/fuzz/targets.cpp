#include "fuzz/targets.h"

#include <kots_export/helm/release.h>
#include <kots_export/util/base64.h>
#include <kots_export/util/error.h>
#include <kots_export/values/transform.h>
#include <kots_export/values/validate.h>
#include <kots_export/values/yaml.h>

#include <cstdlib>

namespace kots_export::test {

namespace {

void require(bool promise) {
  if (!promise) std::abort();
}

void require_same_when_written(const values::Value& value) {
  require(values::parse_yaml(values::to_yaml(value), "what was written") == value);
}

}  // namespace

void fuzz_yaml(std::string_view bytes) {
  try {
    const values::YamlDocument document = values::parse_yaml_with_places(bytes, "input");
    require(values::parse_yaml(bytes, "input") == document.root);
    require_same_when_written(document.root);
  } catch (const Error&) {
    return;
  }
}

void fuzz_release(std::string_view bytes) {
  try {
    (void)helm::decode_release(bytes);
  } catch (const Error&) {
  }
  try {
    (void)helm::decode_release(util::base64_encode(util::base64_encode(bytes)));
  } catch (const Error&) {
  }
}

void fuzz_transform(std::string_view bytes) {
  try {
    const values::Value v3 = values::parse_yaml(bytes, "input");
    const values::Transformed once = values::transform(v3, values::example_options());
    require_same_when_written(once.values);
    const values::Transformed twice = values::transform(once.values, values::example_options());
    require(twice.applied.empty() && twice.values == once.values);
    (void)values::validate(values::parse_yaml_with_places(values::to_yaml(once.values), "output"), {});
  } catch (const Error&) {
    return;
  }
}

}  // namespace kots_export::test
