#pragma once

#include <kots_export/change/observer.h>

#include <cstddef>
#include <ostream>
#include <string>

namespace kots_export::ui {

enum class Colour { no, yes };
enum class Detail { normal, verbose };

// What a person sees: progress on one stream, plans of a dry run on the other. Foreign text is made
// printable.
class HumanView : public change::Observer {
 public:
  // `out` takes what the command is run for (a dry run's plan); `progress` takes the rest.
  HumanView(std::ostream& out, std::ostream& progress, Colour colour, Detail detail);

  void step_started(std::string_view step) override;
  void planned(const change::Plan& plan, kube::DryRun dry_run) override;
  void change_done(const change::Change& change, const change::ChangeOutcome& outcome) override;
  void log_line(std::string_view source, std::string_view line) override;
  void notice(const change::Notice& notice) override;
  void file_written(std::string_view what, const std::string& path) override;

 private:
  void print_change(const change::Change& change);
  [[nodiscard]] std::string paint(std::string_view text, std::string_view code) const;

  std::ostream& out_;
  std::ostream& progress_;
  Colour colour_;
  Detail detail_;
};

}  // namespace kots_export::ui
