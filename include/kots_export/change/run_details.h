#pragma once

#include <kots_export/change/journal_reader.h>
#include <kots_export/change/observer.h>
#include <kots_export/util/files.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

// What a report tells of a run beyond its journal: how long its steps took, what the checks found, which
// chart. backup/RUN/details.json, private; written when the run ends, so one that was killed has none.
// Nothing depends on it.
namespace kots_export::change {

// What one check said, as CheckOutcome has it.
struct CheckLine {
  std::string id;
  std::string status;
  std::string detail;
  std::string remedy;
};

struct RunDetails {
  struct Step {
    std::string name;
    std::chrono::milliseconds took{0};
  };
  // Why the run ended, where it was not complete.
  struct End {
    std::string step;  // in which it ended; empty where that was in none
    std::string why;
    std::string hint;  // of the error alone
    // What helps besides, see Hint: the same command again, and a rollback.
    bool can_go_on = true;
    bool can_go_back = true;
  };
  std::vector<Step> steps;  // in the order in which they began
  std::vector<CheckLine> checks;
  std::string chart;           // version of the release's chart; empty where it is not known
  std::string target_version;  // of the chart that is upgraded to
  std::string helm_force;      // "taken", "refused" or "unknown": whether the server takes helm's --force
  std::vector<Notice> warnings = {};  // that the run gave, each once
  std::optional<End> end = std::nullopt;
  // Of a run that stopped: whether the journal's number of what is left is known, or what was expected.
  enum class Left { known, expected } left = Left::known;
};

class DetailsRecorder : public Observer {
 public:
  using Clock = std::function<std::chrono::steady_clock::time_point()>;
  explicit DetailsRecorder(Clock now = std::chrono::steady_clock::now) : now_(std::move(now)) {}

  void step_started(std::string_view step) override;
  void step_done(std::string_view step) override;
  void check_done(const CheckOutcome& check) override;
  void notice(const Notice& notice) override;

  // What was told so far; a step that is not done took until now.
  [[nodiscard]] RunDetails details() const;
  // The step that began last of those that are not done; empty where all are.
  [[nodiscard]] std::string step_at_work() const;

 private:
  struct Running {
    std::string name;
    std::chrono::steady_clock::time_point since;
    std::optional<std::chrono::steady_clock::time_point> end;
  };
  Clock now_;
  std::vector<Running> steps_;
  std::vector<CheckLine> checks_;
  std::vector<Notice> warnings_;
};

// `folder` is the run's, which holds its journal. Throws Error.
void write_run_details(const std::filesystem::path& folder, const RunDetails& details);

// Nothing where there is none. Throws Error where it cannot be read.
[[nodiscard]] std::optional<RunDetails> read_run_details(const std::filesystem::path& folder);

// The same, but nothing where it cannot be read either: for what is told the better with it. Throws
// Interrupted.
[[nodiscard]] std::optional<RunDetails> run_details_if_readable(const std::filesystem::path& folder);

// How long a run took; nothing where that is not known, or less than a second: a run's start has none below.
[[nodiscard]] std::optional<std::chrono::seconds> duration_of(const RunRecord& run);

// What `verify -o json` printed.
struct Verified {
  std::vector<CheckLine> checks;
  // The API server that was asked, where that is another than the run's: another cluster, or another way to
  // the same one.
  std::string other_server = {};
};

// That of the installation of `run`. Throws Error naming `source` where `json` is something else, of another
// namespace or release, or of a `verify` that ended with an error.
[[nodiscard]] Verified verified_checks(std::string_view json, std::string_view source, const RunHeader& run);

}  // namespace kots_export::change
