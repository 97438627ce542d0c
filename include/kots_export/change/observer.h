#pragma once

#include <kots_export/change/change.h>
#include <kots_export/kube/traffic.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// The only door to the screen: steps and the Executor tell what happens, and never print.
namespace kots_export::change {

// Something a person should know, as data: `id` names the message (ui/messages holds its words), `args` fill
// it in.
struct Notice {
  enum class Level { note, warning };
  Level level = Level::note;
  std::string id;
  std::vector<std::pair<std::string, std::string>> args;
};

// How one Change ended.
struct ChangeOutcome {
  enum class Status {
    done,       // the server answered with the object that was written, or it was read back and is as wanted
    gone,       // the object was not there any more: nothing to do
    refused,    // the server said no: nothing happened
    unknown,    // it was sent, and what the server did with it cannot be read
    not_sent,   // it certainly never reached the server
    not_tried,  // in a server's dry run: it needs what another Change makes
  };
  Status status = Status::done;
  std::string error;   // of all but done and gone: what the server said, or why there is no answer
  std::string hint{};  // of refused and not_sent: what to do about it; may be empty
  // Of a refusal by 403: why, without the object's name, so that it is the same for all that the user may not
  // do for one reason; else empty.
  std::string forbidden{};
  kube::ObjectRef object;  // create: with the uid and resourceVersion it got
  // A try before the one that settled it had no answer. An API server works on a request for up to
  // kServerPatience after its client has gone, so until then such a try may still have its effect.
  enum class Tries { all_answered, one_unanswered } tries = Tries::all_answered;
};

// All of them, in the order in which they are told.
inline constexpr std::array kOutcomeStatuses = {
    ChangeOutcome::Status::done,    ChangeOutcome::Status::gone,     ChangeOutcome::Status::refused,
    ChangeOutcome::Status::unknown, ChangeOutcome::Status::not_sent, ChangeOutcome::Status::not_tried};

// Source: requestTimeoutUpperBound in k8s.io/apiserver/pkg/endpoints/handlers.
inline constexpr std::chrono::seconds kServerPatience{34};

[[nodiscard]] std::string_view to_string(ChangeOutcome::Status status);  // "done", ..., "notSent", "notTried"

// How many Changes ended how.
struct OutcomeCounts {
  std::size_t done = 0;
  std::size_t gone = 0;
  std::size_t refused = 0;
  std::size_t unknown = 0;
  std::size_t not_sent = 0;
  std::size_t not_tried = 0;
  [[nodiscard]] std::size_t of(ChangeOutcome::Status status) const;
  void count(ChangeOutcome::Status status);
  // Changes that are not as they should be.
  [[nodiscard]] std::size_t failed() const { return refused + unknown + not_sent; }
  OutcomeCounts& operator+=(const OutcomeCounts& other);
  friend bool operator==(const OutcomeCounts&, const OutcomeCounts&) = default;
};

// "done 21, refused 2, unknown 0, not sent 12": what was gone already is done.
[[nodiscard]] std::string to_text(const OutcomeCounts& counts);

// How one check of the installation ended; docs/checks.md lists them.
struct CheckOutcome {
  // to_do: it is left to a person, or on its way, and no failure.
  enum class Status { ok, note, warning, to_do, failed, skipped };
  std::string_view id;     // "release-status"
  std::string_view group;  // "release"
  Status status = Status::ok;
  std::string detail;  // what was found; of a check that was skipped, why
  std::string remedy;  // what to do about it; empty where there is nothing to do
};

[[nodiscard]] std::string_view to_string(
    CheckOutcome::Status status);  // "ok", ..., "todo", "failed", "skipped"

// Where a Job that is waited for stands. What is not known yet is empty.
struct JobState {
  std::string job;
  std::string pod;
  std::string phase;   // of the Pod: "Pending", "Running", ...
  std::string reason;  // why its container waits: "ContainerCreating", "ImagePullBackOff", ...
  friend bool operator==(const JobState&, const JobState&) = default;
};

// Everything has an empty default, so that an observer overrides only what it shows. What a transport tells
// is told here too.
class Observer : public kube::TrafficListener {
 public:
  // The steps that are about to be carried out, in their order: more than a person sees otherwise.
  virtual void steps_ahead(std::span<const std::string_view> /*steps*/) {}
  virtual void step_started(std::string_view /*step*/) {}
  virtual void step_done(std::string_view /*step*/) {}
  // A plan is about to be carried out (none) or only shown (client, server).
  virtual void planned(const Plan& /*plan*/, kube::DryRun /*dry_run*/) {}
  virtual void change_started(const Change& /*change*/) {}
  virtual void change_done(const Change& /*change*/, const ChangeOutcome& /*outcome*/) {}
  // All Changes of a plan that was carried out have ended, or the run has stopped.
  virtual void plan_done() {}
  virtual void check_done(const CheckOutcome& /*check*/) {}
  // How many Changes the running plan will come to, as far as it is known: where they become known on the
  // way. Never more often than pages of lists arrive.
  virtual void expected(std::size_t /*changes*/) {}
  // Whenever it has changed.
  virtual void job_seen(const JobState& /*state*/) {}
  // A line of a Pod's log, as it came (foreign bytes).
  virtual void log_line(std::string_view /*source*/, std::string_view /*line*/) {}
  virtual void notice(const Notice& /*notice*/) {}
  // A file was written: `what` names its role ("values", "migrator-log").
  virtual void file_written(std::string_view /*what*/, const std::string& /*path*/) {}
  // Told several times a second for as long as the program waits for anything: time for a view to say so.
  virtual void waiting() {}

  void note(std::string id, std::vector<std::pair<std::string, std::string>> args = {}) {
    notice({Notice::Level::note, std::move(id), std::move(args)});
  }
  void warn(std::string id, std::vector<std::pair<std::string, std::string>> args = {}) {
    notice({Notice::Level::warning, std::move(id), std::move(args)});
  }
};

}  // namespace kots_export::change
