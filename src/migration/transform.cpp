#include <kots_export/migration/message.h>
#include <kots_export/migration/transform.h>
#include <kots_export/util/files.h>
#include <kots_export/util/random.h>
#include <kots_export/util/text.h>
#include <kots_export/values/validate.h>
#include <kots_export/values/yaml.h>

#include <algorithm>
#include <ctime>

namespace kots_export::migration {

namespace {

constexpr std::size_t kPasswordLength = 16;
constexpr std::string_view kPasswordAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_";

// The MongoDB password of an earlier run's output, where that can be read as values at all.
std::optional<Secret<std::string>> earlier_password(const std::filesystem::path& file,
                                                    change::Observer& observer) {
  const auto text = util::is_stream(file) ? std::nullopt : util::read_file_if_exists(file);
  if (!text) return std::nullopt;
  try {
    const values::Value earlier = values::parse_yaml(*text, file.string());
    const values::Value* password = values::find(earlier, {"mongodb", "auth", "password"});
    if (password == nullptr || !password->is_string() || password->as_string().empty()) return std::nullopt;
    return Secret<std::string>(password->as_string());
  } catch (const Error& error) {
    observer.warn("transform.earlier-output-unreadable", {{"file", file.string()}, {"why", error.what()}});
    return std::nullopt;
  }
}

}  // namespace

values::Value transform_values(const values::Value& v3, const TransformStepOptions& options,
                               change::Observer& observer) {
  return transform_by_rules(v3, options, observer).values;
}

values::Transformed transform_by_rules(const values::Value& v3, const TransformStepOptions& options,
                                       change::Observer& observer) {
  values::TransformOptions rules{
      .license = options.license,
      .registry = options.registry.name,
      .kept_mongodb_password = std::nullopt,
      .new_password = [] { return util::random_string(kPasswordLength, kPasswordAlphabet); }};
  if (options.earlier_output)
    rules.kept_mongodb_password = earlier_password(*options.earlier_output, observer);
  values::Transformed result = values::transform(v3, rules);
  for (const std::string& warning : result.warnings) observer.warn("transform.warning", {{"text", warning}});
  return result;
}

void validate_values(const std::string& yaml, const std::string& path, const std::string& target_version,
                     change::Observer& observer) {
  const std::string file = path == "-" ? "standard output" : path;
  const auto findings = values::validate(values::parse_yaml_with_places(yaml, file),
                                         values::validate_options(target_version, std::time(nullptr)));
  for (const values::Finding& finding : findings) {
    if (finding.level != values::Level::error) continue;
    observer.warn("values.error", {{"file", file},
                                   {"line", std::to_string(finding.line)},
                                   {"path", finding.path},
                                   {"text", finding.text}});
  }
  const auto warnings = std::ranges::count(findings, values::Level::warning, &values::Finding::level);
  if (warnings == 0) return;
  const std::string command =
      "kots-export validate" + chart_flags(target_version, Registry()) + " " + util::shell_quote(path);
  observer.note("values.warnings",
                {{"warnings", util::counted(static_cast<std::size_t>(warnings), "more warning")},
                 {"file", file},
                 {"command", command}});
}

}  // namespace kots_export::migration
