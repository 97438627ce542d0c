#pragma once

#include <kots_export/migration/context.h>
#include <kots_export/migration/registry.h>
#include <kots_export/util/secret.h>

#include <string>

// Step 1 of the migration guide: the Secret that lets the cluster pull CircleCI's images.
namespace kots_export::migration {

struct SecretOptions {
  std::string name = "regcred";
  std::string server;  // registry, "https://cciserver.azurecr.io": the key of `auths`, as it was given
  std::string username;
  Secret<std::string> password;
  std::string email;                                                // as kubectl: left out where empty
  enum class Existing { keep, replace } existing = Existing::keep;  // replace: --force
};

// Returns the content of `.dockerconfigjson`, byte for byte as `kubectl create secret docker-registry` writes
// it:
// {"auths":{SERVER:{"username":..,"password":..,"email":..,"auth":base64(USER:PASSWORD)}}}, Go's JSON escapes
// included.
[[nodiscard]] Secret<std::string> docker_config_json(const SecretOptions& options);

// Plans the Secret: created where it is missing, nothing where it is already so, patched with --force where
// it differs. Throws Error where it exists with other content and --force was not given, or is of another
// type.
[[nodiscard]] change::Plan plan_secret(Context& context, const SecretOptions& options);

// Asks the registry whether it accepts the credentials. Throws Error where it does not, or does not answer.
void verify_registry_credentials(const SecretOptions& options, const TransportTo& transport_to);

}  // namespace kots_export::migration
