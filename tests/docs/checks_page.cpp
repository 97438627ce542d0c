// Prints docs/checks.md.
#include <kots_export/migration/checks.h>
#include <kots_export/migration/verify.h>

#include <iostream>

namespace {

using kots_export::migration::Check;
using kots_export::migration::OnProblem;

constexpr std::string_view kIntroduction = R"(# What is checked

This page is made from the code (`tests/docs/checks_page.cpp`).

## Before anything is changed

`kots-export check [STEP]` looks for everything that would stop the migration, or the `helm upgrade` after it, and
changes nothing. The same checks are the first part of `plan`, of every command that writes, and of `apply` (those of
what its plan holds). A command that writes ends with 4 if one of them fails, before its first write. `plan` and dry
runs show what failed and the plan, and end with 4. Each check that is not as it should be is shown with what to do; `-v`
shows the others too. With `-o json` they stand in `checks`.

`--skip-check ID` leaves one out, for those who know better; a check marked `!` cannot be left out. A check is skipped
if this user may not read what it looks at. The check `permissions` is a warning in `plan` and `--dry-run=client` (a job with a
read-only user), and wherever what is missing has a way round: Leases, `pods/exec`, PersistentVolumes, ClusterRoles.

stop: the command ends with 4 before its first write. warn, note: it is told, and the command goes on. Empty: not asked.
)";

std::string_view word(OnProblem on_problem) {
  switch (on_problem) {
    case OnProblem::stop:
      return "stop";
    case OnProblem::warn:
      return "warn";
    case OnProblem::note:
      return "note";
    case OnProblem::not_asked:
      break;
  }
  return "";
}

constexpr std::string_view kMore = R"(
### What they do not see

- Whether the nodes reach the registry: it is asked from this machine, through `HTTPS_PROXY`, for the migrator's image and
  the chart alone. If it is not reached from here, or something else answers in its place, that is a warning. The chart is
  asked for with Secret `regcred`; Helm uses its own `helm registry login`.
- Whether a backup can be restored, and backups of external datastores: Velero's are of the cluster alone.
- A pending release is judged by its status alone. Helm sets it when it begins and clears it when it ends: if Helm is
  still at work on it, wait.

## After `helm upgrade`
`kots-export verify` looks at all of this, and changes nothing. It reads the values from the deployed revision, not from a
file, and needs to read the namespace alone. It ends with 1 if a check fails. What is to do, and what is a warning or a
note, does not count; `--strict` makes it end with 1 for what is to do, too. A check is skipped if this user may not read
what it looks at.

`--wait[=10m]` first waits until the release is deployed and its workloads are ready. `--dns-server ADDR[:PORT]` names the
server that is asked for names; without it those of `resolv.conf` are. The load balancer is asked at its own address with the
names of the installation, so before DNS has them too, and never through a proxy.

| check | looks at | fails if | less than a failure |
|---|---|---|---|
)";

}  // namespace

int main() {
  using namespace kots_export::migration;
  std::cout << kIntroduction << "\n| check | looks at |";
  for (std::size_t i = 0; i < kCheckedCommands; ++i)
    std::cout << " " << to_string(static_cast<CheckedCommand>(i)) << " |";
  std::cout << "\n|---|---|";
  for (std::size_t i = 0; i < kCheckedCommands; ++i) std::cout << "---|";
  std::cout << "\n";
  for (const Check& check : all_checks()) {
    std::cout << "| `" << check.id << "`" << (check.skipping == Check::Skipping::refused ? " !" : "") << " | "
              << check.what << " |";
    for (const OnProblem on_problem : check.on_problem) std::cout << " " << word(on_problem) << " |";
    std::cout << "\n";
  }
  std::cout << kMore;
  for (const VerifyCheck& check : verify_checks())
    std::cout << "| `" << check.id << "` | " << check.what << " | " << check.fails << " | " << check.lenient
              << " |\n";
}
