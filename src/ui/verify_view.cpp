#include <kots_export/ui/verify_view.h>
#include <kots_export/util/text.h>

namespace kots_export::ui {

using migration::VerifyResult;

namespace {

// Source: https://github.com/circleci/realitycheck, README.md.
std::string checklist_of(const VerifyResult& result) {
  const std::string provider = result.cloud_provider.empty() ? "<aws, gcp or other>" : result.cloud_provider;
  return util::filled(
      "Left to you:\n"
      "  [ ] Run realitycheck: fork https://github.com/circleci/realitycheck, set it up as a project of\n"
      "      https://app.{domain}, and give the project the variables\n"
      "        CIRCLE_TOKEN           a personal API token\n"
      "        CIRCLE_HOSTNAME        https://{domain}\n"
      "        CIRCLE_CLOUD_PROVIDER  {provider}\n"
      "      and the contexts that its README names.\n"
      "  [ ] Tell the team that Server 4.x is there: https://app.{domain}\n",
      {{"domain", result.domain}, {"provider", provider}});
}

}  // namespace

std::string text_of(const VerifyResult& result) {
  std::string text = util::filled(result.failed.empty() ? "No check failed" : "Failed: {checks}",
                                  {{"checks", util::listed(result.failed)}});
  if (!result.to_do.empty())
    text += "; " + util::filled("to do: {checks}", {{"checks", util::listed(result.to_do)}});
  if (!result.warnings.empty())
    text += "; " + util::filled("warnings: {checks}", {{"checks", util::listed(result.warnings)}});
  text += ".\n";
  if (result.failed.empty() && !result.domain.empty()) text += "\n" + checklist_of(result);
  return util::printable(text);
}

nlohmann::json json_of(const VerifyResult& result) {
  return {{"failed", result.failed},
          {"toDo", result.to_do},
          {"warnings", result.warnings},
          {"domain", result.domain},
          {"cloudProvider", result.cloud_provider}};
}

}  // namespace kots_export::ui
