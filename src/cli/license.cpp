#include "cli/license.h"

#include <kots_export/ui/terminal.h>
#include <kots_export/util/error.h>
#include <kots_export/util/files.h>
#include <kots_export/util/text.h>

#include "cli/question.h"

#include <cstdlib>

namespace kots_export::cli {

Secret<std::string> given_license(const LicenseOptions& options) {
  if (!options.text.empty()) return options.text;
  if (!options.file.empty()) return Secret(std::string(util::trim(util::read_file(options.file))));
  const char* from_environment = std::getenv("CIRCLECI_LICENSE");
  return Secret(std::string(util::trim(from_environment != nullptr ? from_environment : "")));
}

Secret<std::string> read_license(const Options& options) {
  Secret<std::string> license = given_license(options.license);
  if (license.empty() && options.license.file.empty() && may_ask(options))
    license = Secret(std::string(util::trim(ui::ask_secret("License of Server 4.x").reveal())));
  if (license.empty()) {
    throw UsageError(
        "the license of Server 4.x is missing", {},
        "Give it with --license-file FILE, in the variable CIRCLECI_LICENSE, or with --license.");
  }
  return license;
}

}  // namespace kots_export::cli
