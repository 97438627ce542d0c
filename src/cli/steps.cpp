#include "cli/steps.h"

#include "cli/session.h"

namespace kots_export::cli {

migration::RunOptions run_options(const Flags& flags, migration::Part part) {
  using migration::RunOptions;
  return {
      .license = part == migration::Part::whole ? read_license(flags) : Secret<std::string>(),
      .registry = registry(flags),
      .paths = {.root = flags.output_dir},
      .revision = revision(flags),
      .annotate = flags.annotate == "1" ? RunOptions::Annotate::yes : RunOptions::Annotate::no,
      .take_ownership = flags.take_ownership ? migration::TakeOwnership::yes : migration::TakeOwnership::no,
      .delete_volumes = flags.delete_volumes ? migration::DeleteVolumes::yes : migration::DeleteVolumes::no,
      .timeout = std::chrono::seconds(flags.timeout_seconds),
      .target_version = flags.target_version};
}

int run_part(Flags& flags, migration::Part part) {
  complete_installation(flags);
  const migration::RunOptions options = run_options(flags, part);
  Session session(flags, Session::Access::write);
  if (part == migration::Part::whole)
    return session.finish(migration::run_migration(session.context(), options));
  migration::run_step(session.context(), part, options);
  return session.finish();
}

}  // namespace kots_export::cli
