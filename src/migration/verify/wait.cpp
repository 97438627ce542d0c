#include "migration/verify/wait.h"

#include <kots_export/util/text.h>
#include <kots_export/util/time.h>

#include "migration/revisions.h"
#include "migration/verify/workload.h"

#include <algorithm>
#include <thread>
#include <vector>

namespace kots_export::migration {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kLookEvery{2000};

// What is waited for; empty where it is there, or waiting is no use.
std::string pending_work(Context& context) {
  context.releases.reset();
  const helm::StoredRevision newest = stored_revisions(context).back();
  if (is_pending(newest)) return "release " + context.release + ": " + state_of(newest);
  const helm::Release& release = decoded_revision(context, newest);
  if (newest.status != kDeployed || chart_version_of(release.chart_version).major < 4) return {};
  const auto workloads = read_workloads(context);
  std::vector<std::string> waited_for;
  for (const Workload& workload : workloads)
    if (!workload.is_ready()) waited_for.push_back(workload.title() + " (" + workload.readiness.why + ")");
  if (waited_for.empty()) return {};
  return std::to_string(workloads.size() - waited_for.size()) + " of " +
         util::counted(workloads.size(), "workload") + " ready; not yet: " + util::listed(waited_for);
}

void pause(const Context& context, Clock::time_point until) {
  constexpr std::chrono::milliseconds kTick{100};
  while (Clock::now() < until) {
    if (context.client.interrupted())
      throw Interrupted("stopped waiting for release " + context.release,
                        "The upgrade goes on without it; the same command waits again.");
    std::this_thread::sleep_for(kTick);
  }
}

}  // namespace

void wait_for_upgrade(Context& context, std::chrono::milliseconds patience) {
  const auto begin = Clock::now();
  std::string told;
  for (;;) {
    const std::string work = pending_work(context);
    if (work.empty()) break;
    if (work != told) context.observer.note("verify.waiting", {{"work", work}});
    told = work;
    if (Clock::now() - begin >= patience) {
      context.observer.warn("verify.waited-in-vain", {{"time", util::duration_text(patience)}});
      return;
    }
    pause(context, std::min(Clock::now() + kLookEvery, begin + patience));
  }
  if (!told.empty())
    context.observer.note(
        "verify.waited",
        {{"time", util::duration_text(std::chrono::floor<std::chrono::milliseconds>(Clock::now() - begin))}});
}

}  // namespace kots_export::migration
