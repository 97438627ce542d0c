#include <kots_export/kube/http_status.h>
#include <kots_export/migration/checks.h>
#include <kots_export/migration/message.h>

#include "migration/revisions.h"
#include "migration/verify/verifying.h"
#include "migration/verify/wait.h"

#include <algorithm>
#include <array>

namespace kots_export::migration {

namespace {

using Status = change::CheckOutcome::Status;

// clang-format off
constexpr std::array kChecks = {
    VerifyCheck{"release", "release", "the newest revision of the Helm release",
                "it is not of chart 4.x, or not `deployed`: nothing was upgraded, Helm is still running or was cut off, the upgrade failed",
                "", verify_release},
    VerifyCheck{"workloads", "release", "every Deployment, StatefulSet, DaemonSet and Job, judged as kstatus does; what is wrong is grouped by its cause, read from Pods, events and logs",
                "one is not ready: an image that cannot be pulled (with which credential), a crash (with the last lines of its log), no room on the nodes, a volume, a missing Secret, a quota, a probe",
                "Deployments that wait for the workflows' data are not counted here", verify_workloads},
    VerifyCheck{"workflow-data", "release", "the init container that moves the workflows' data from PostgreSQL to the bucket",
                "", "to do: it is running", verify_workflow_data},
    VerifyCheck{"services", "services", "the Services that 4.x no longer has, and those that are no load balancers any more",
                "one of 3.x is still there, or still a LoadBalancer", "", verify_services},
    VerifyCheck{"load-balancer", "services", "Service circleci-proxy, or circleci-proxy-acm",
                "neither is a LoadBalancer, or it has no address", "", verify_load_balancer},
    VerifyCheck{"dns", "dns", "`<domain>` and `app.<domain>`, compared with the load balancer by name (CNAME) or by an address in common",
                "one has no address, or leads in a circle", "to do: one leads to another address; a warning: no name server tells", verify_dns},
    VerifyCheck{"old-names", "dns", "the names that only 3.x needs: vm-service, output-processor and nomad below the domain",
                "", "a note: one is still in DNS", verify_old_names},
    VerifyCheck{"tls", "web", "the certificate that the load balancer shows for each of both names: its names, its chain, its dates",
                "it is not reached, or shows no certificate that browsers take", "a warning: it is self-signed, as the chart's own is, or expires within 30 days", verify_tls},
    VerifyCheck{"https", "web", "what each of both names answers to GET /",
                "nothing, or a status below 200 or of 500 and above", "", verify_https},
    VerifyCheck{"nomad", "nomad", "`<domain>:4647` as Nomad's clients ask it: TLS after Nomad's own first byte, with the pair of the values (without mTLS: a connection)",
                "it speaks no TLS, shows a certificate of another CA than the values' or one that is not valid now, or the values hold no pair, no CA that is valid, or a certificate that is of another CA or not valid now", "a warning: it is not reached from here, or its certificate or that of the values is not for server.global.nomad", verify_nomad},
    VerifyCheck{"ownership", "objects", "every object of the manifest of the deployed revision",
                "one is not there, or has not Helm's marks of this release", "", verify_ownership},
    VerifyCheck{"leftovers", "objects", "KOTS's own objects, and its marks on others",
                "one is left", "", verify_leftovers},
    VerifyCheck{"postgresql", "objects", "PostgreSQL's Pod and its Secret, where it is inside of the cluster",
                "the Pod is not of the new StatefulSet, or the Secret holds another password than the values", "", verify_postgresql},
};
// clang-format on

// Where this user's rights end at what a check looks at, it says nothing.
Findings look(const VerifyCheck& check, Verifying& verifying) {
  try {
    return check.run(verifying);
  } catch (const kube::ApiError& error) {
    if (error.code() != kube::http::kForbidden) throw;
    return {skipped(error.why())};
  }
}

// The last of them that a check comes to counts.
constexpr std::array kByWeight = {Status::ok,      Status::skipped, Status::note,
                                  Status::warning, Status::to_do,   Status::failed};

Status worst(Status a, Status b) {
  return std::ranges::find(kByWeight, a) < std::ranges::find(kByWeight, b) ? b : a;
}

// Of this command a check that fails ends with 1, also one of those that `check` asks.
void require_installation(Context& context) {
  try {
    require_release(context);
  } catch (const Error& error) {
    if (error.exit_code() != ExitCode::check_failed) throw;
    throw Error(error.headline(), error.why(), error.hint());
  }
}

// A way back to 3.x that failed leaves 4.x deployed.
helm::StoredRevision revision_to_look_at(Context& context, const helm::StoredRevision& newest) {
  const bool is_way_back = newest.status == "failed" && !is_upgraded(decoded_revision(context, newest));
  if (!is_way_back) return newest;
  const helm::StoredRevision current = current_revision(context);
  return is_upgraded(decoded_revision(context, current)) ? current : newest;
}

}  // namespace

std::span<const VerifyCheck> verify_checks() { return kChecks; }

VerifyResult verify(Context& context, const VerifyOptions& options) {
  require_installation(context);
  if (options.wait) wait_for_upgrade(context, *options.wait);
  const helm::StoredRevision newest = stored_revisions(context).back();
  Verifying verifying{.context = context,
                      .options = options,
                      .newest = newest,
                      .revision = revision_to_look_at(context, newest)};
  VerifyResult result;
  context.observer.step_started("verify");
  for (const VerifyCheck& check : kChecks) {
    Status status = Status::ok;
    for (CheckFinding& finding : look(check, verifying)) {
      const Status one = status_of(finding, OnProblem::stop);
      status = worst(status, one);
      tell(context.observer, check.id, check.group, one, std::move(finding));
    }
    if (status == Status::failed) result.failed.emplace_back(check.id);
    if (status == Status::to_do) result.to_do.emplace_back(check.id);
    if (status == Status::warning) result.warnings.emplace_back(check.id);
    if (!is_upgraded(release_of(verifying))) break;  // of 3.x the others would say nothing
  }
  context.observer.step_done("verify");
  result.domain = domain_of(verifying);
  result.cloud_provider = cloud_provider_of(release_of(verifying).config);
  return result;
}

}  // namespace kots_export::migration
