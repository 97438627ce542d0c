#include "migration/verify/wait.h"

#include <kots_export/kube/http_status.h>
#include <kots_export/kube/status.h>
#include <kots_export/util/text.h>
#include <kots_export/util/time.h>

#include "migration/revisions.h"
#include "migration/verify/workflow_data.h"
#include "migration/verify/workload.h"

#include <algorithm>
#include <optional>
#include <thread>
#include <vector>

namespace kots_export::migration {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kLookEvery{2000};

struct Look {
  std::string work;  // what is waited for; empty where it is there, or waiting is no use
  bool all_ready = false;
};

// Whether it gets ready while somebody waits for it: not what its controller has given up, nor what takes
// hours.
bool is_worth_waiting_for(Context& context, const Workload& workload, std::optional<PodsAndEvents>& seen) {
  if (workload.readiness.state != Readiness::State::in_progress) return false;
  if (!waits_for_workflow_data(workload)) return true;
  if (!seen) seen = read_pods_and_events(context);
  return !mover_of(context, workload, *seen);
}

Look look(Context& context) {
  context.releases.reset();
  const helm::StoredRevision newest = stored_revisions(context).back();
  if (is_pending(newest))
    return {.work = util::filled("release {release}: {state}",
                                 {{"release", context.release}, {"state", state_of(newest)}})};
  const helm::Release& release = decoded_revision(context, newest);
  if (newest.status != kDeployed || !is_upgraded(release)) return {};
  const auto workloads = read_workloads(context);
  std::optional<PodsAndEvents> seen;
  std::vector<std::string> waited_for;
  for (const Workload& workload : workloads) {
    if (is_worth_waiting_for(context, workload, seen)) waited_for.push_back(workload.title_and_why());
  }
  const auto ready = static_cast<std::size_t>(std::ranges::count_if(workloads, &Workload::is_ready));
  if (waited_for.empty()) return {.work = {}, .all_ready = ready == workloads.size()};
  return {.work = util::filled("{count} of {workloads} ready; not yet: {others}",
                               {{"count", ready},
                                {"workloads", util::counted(workloads.size(), "workload")},
                                {"others", util::listed(waited_for)}})};
}

// Where this user's rights end there is nothing to wait for: the checks say so.
Look look_where_allowed(Context& context) {
  try {
    return look(context);
  } catch (const kube::ApiError& error) {
    if (error.code() != kube::http::kForbidden) throw;
    return {};
  }
}

void pause(const Context& context, Clock::time_point until) {
  constexpr std::chrono::milliseconds kTick{100};
  while (Clock::now() < until) {
    if (context.client.interrupted())
      throw Interrupted(util::filled("stopped waiting for release {release}", {{"release", context.release}}),
                        "The upgrade goes on without it; the same command waits again.");
    std::this_thread::sleep_for(kTick);
  }
}

}  // namespace

void wait_for_upgrade(Context& context, std::chrono::milliseconds patience) {
  const auto begin = Clock::now();
  std::string told;
  Look seen;
  // Returns false where that was tried long enough.
  const auto try_again = [&](std::string id, const std::string& why) {
    if (Clock::now() - begin >= patience) return false;
    if (why != told) context.observer.warn(std::move(id), {{"why", why}});
    told = why;
    return true;
  };
  for (;;) {
    try {
      seen = look_where_allowed(context);
      if (seen.work.empty()) break;
      if (seen.work != told) context.observer.note("verify.waiting", {{"work", seen.work}});
      told = seen.work;
    } catch (const kube::ConnectionError& error) {
      if (!try_again("verify.cut-off", error.why())) throw;
    } catch (const kube::ApiError& error) {
      // A control plane that is upgraded, or overloaded.
      if (!kube::http::is_passing(error.code()) || !try_again("verify.server-error", error.why())) throw;
    }
    if (Clock::now() - begin >= patience) {
      context.observer.warn("verify.waited-in-vain", {{"time", util::duration_text(patience)}});
      return;
    }
    pause(context, std::min(Clock::now() + kLookEvery, begin + patience));
  }
  if (told.empty()) return;
  const auto took = std::chrono::floor<std::chrono::milliseconds>(Clock::now() - begin);
  context.observer.note(seen.all_ready ? "verify.waited" : "verify.waited-enough",
                        {{"time", util::duration_text(took)}});
}

}  // namespace kots_export::migration
