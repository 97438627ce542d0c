#pragma once

#include <kots_export/change/observer.h>
#include <kots_export/ui/colour.h>
#include <kots_export/ui/document.h>
#include <kots_export/ui/plan_header.h>
#include <kots_export/ui/plan_view.h>

#include <cstddef>
#include <map>
#include <optional>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

namespace kots_export::ui {

// What a person sees: progress on one stream, the plan of a dry run and what the server refuses of it on the
// other. Foreign text is made printable.
class HumanView : public change::Observer {
 public:
  // A stream, whether it takes colour, and what documents are on it.
  enum class Format { text, markdown };
  struct Face {
    std::ostream& stream;
    Colour colour;
    Format format = Format::text;
  };
  // `out` takes what the command is run for (a dry run's plan and checks); `progress` takes the rest. Of
  // checks those that are as they should be are shown with `verbose` alone.
  enum class Purpose { write, look };
  // Whether each step gets a heading, or another view shows the steps.
  enum class Steps { headed, elsewhere };
  // Of progress: all of it, or what failed alone.
  enum class Says { everything, failures };
  struct Manner {
    Purpose purpose = Purpose::write;
    Steps steps = Steps::headed;
    Says says = Says::everything;
  };
  HumanView(Face out, Face progress, Detail detail) : HumanView(out, progress, detail, Manner()) {}
  HumanView(Face out, Face progress, Detail detail, Manner manner)
      : out_(out),
        progress_(progress),
        detail_(detail),
        purpose_(manner.purpose),
        steps_(manner.steps),
        says_(manner.says) {}

  // What stands above the first plan of a dry run.
  void head(PlanHeader header) { header_ = std::move(header); }
  // Shows a plan as one, under its header: its parts are not shown again when they are `planned` in a dry
  // run.
  void show(const migration::MigrationPlan& plan, const PlanHeader& header);
  void show(const change::Plan& plan, const PlanHeader& header);
  // Shows what the command is run for.
  void show(const Document& document);

  void step_started(std::string_view step) override;
  void planned(const change::Plan& plan, kube::DryRun dry_run) override;
  void change_done(const change::Change& change, const change::ChangeOutcome& outcome) override;
  void plan_done() override;
  void check_done(const change::CheckOutcome& check) override;
  void log_line(std::string_view source, std::string_view line) override;
  void notice(const change::Notice& notice) override;
  void file_written(std::string_view what, const std::string& path) override;

 private:
  [[nodiscard]] bool is_quiet() const { return says_ == Says::failures; }
  void show_check(const change::CheckOutcome& check);
  void change_failed(std::string_view word, const change::Change& change,
                     const change::ChangeOutcome& outcome);
  void show_failure(const std::string& word, const std::string& text);

  Face out_;
  Face progress_;
  Detail detail_;
  Purpose purpose_;
  Steps steps_;
  Says says_;
  std::string step_;  // that runs
  std::optional<PlanHeader> header_;
  enum class Shown { no, yes } shown_ = Shown::no;
  enum class Title { open, done } check_title_ = Title::open;
  kube::DryRun dry_run_ = kube::DryRun::none;
  // What failed for one reason is said once for all its objects, when the plan is done. Only of what the user
  // may do is the first object told of at once: it may be what the operator stops the run for.
  struct Alike {
    std::string word;  // "refused"
    std::string
        action;  // "patch Deployment", of what the user may not do: of a dead server the kind says nothing
    std::string why;  // the same for all, but for names and numbers
    auto operator<=>(const Alike&) const = default;
  };
  struct Failed {
    enum class First { held_back, told } first = First::held_back;
    struct Object {
      std::string action;  // "patch Deployment"
      std::string name;
    };
    std::vector<Object> objects;  // that nothing was said of yet
    std::string alone;            // what is said if it is one object
    std::string why;
    std::string hint;
  };
  std::map<Alike, Failed> failed_;
};

}  // namespace kots_export::ui
