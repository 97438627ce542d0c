#pragma once

#include <kots_export/change/change.h>

#include <initializer_list>
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
    done,     // the server confirmed it
    gone,     // the object was not there any more: nothing to do
    refused,  // the server said no, or it could not be reached
  };
  Status status = Status::done;
  // Whether it is known what the server did. A refused Change whose answer was lost, and that could not be
  // read back, may have been carried out.
  enum class Fate { known, unknown } fate = Fate::known;
  std::string error;       // refused: what the server said and what to do
  kube::ObjectRef object;  // create: with the uid and resourceVersion it got
};

[[nodiscard]] std::string_view to_string(ChangeOutcome::Status status);  // "done", "gone", "refused"

// Everything has an empty default, so that an observer overrides only what it shows.
class Observer {
 public:
  virtual ~Observer() = default;
  virtual void step_started(std::string_view /*step*/) {}
  virtual void step_done(std::string_view /*step*/) {}
  // A plan is about to be carried out (none) or only shown (client, server).
  virtual void planned(const Plan& /*plan*/, kube::DryRun /*dry_run*/) {}
  virtual void change_started(const Change& /*change*/) {}
  virtual void change_done(const Change& /*change*/, const ChangeOutcome& /*outcome*/) {}
  // A line of a Pod's log, as it came (foreign bytes).
  virtual void log_line(std::string_view /*source*/, std::string_view /*line*/) {}
  virtual void notice(const Notice& /*notice*/) {}
  // A file was written: `what` names its role ("values", "migrator-log").
  virtual void file_written(std::string_view /*what*/, const std::string& /*path*/) {}

  void note(std::string id, std::vector<std::pair<std::string, std::string>> args = {}) {
    notice({Notice::Level::note, std::move(id), std::move(args)});
  }
  void warn(std::string id, std::vector<std::pair<std::string, std::string>> args = {}) {
    notice({Notice::Level::warning, std::move(id), std::move(args)});
  }
};

}  // namespace kots_export::change
