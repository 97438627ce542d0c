#pragma once

#include <kots_export/change/observer.h>
#include <kots_export/migration/message.h>
#include <kots_export/util/error.h>

#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <tuple>

#include <nlohmann/json.hpp>

namespace kots_export::ui {

// What a command did, as one document for programs (docs/json.md, docs/schema/report.json): plan, outcomes,
// timings, files, notices, error, exit status. Secrets are masked as on the screen.
class JsonView : public change::Observer {
 public:
  // The step too: fix-manifest and annotate both patch the release's Secret.
  using ChangeKey = std::tuple<change::Verb, kube::ObjectKey, std::string>;
  using Clock = std::function<std::chrono::system_clock::time_point()>;
  // `command` as it was named; `version` of the tool. Time starts to run now.
  JsonView(std::string command, std::string version, Clock now = std::chrono::system_clock::now);

  void step_started(std::string_view step) override;
  void step_done(std::string_view step) override;
  void planned(const change::Plan& plan, kube::DryRun dry_run) override;
  void change_started(const change::Change& change) override;
  void change_done(const change::Change& change, const change::ChangeOutcome& outcome) override;
  void check_done(const change::CheckOutcome& check) override;
  void notice(const change::Notice& notice) override;
  void file_written(std::string_view what, const std::string& path) override;

  // What the command itself has to say: "target", "journal", or a result of its own. Replaces what was there.
  void set(const std::string& key, nlohmann::json value) { document_[key] = std::move(value); }
  // Objects that need nothing, where that is known better than from the plans that were told.
  void already_right(std::size_t count) { already_right_ = count; }
  void next_steps(const migration::NextSteps& steps);
  void failed(const Error& error);

  // The document, complete; the view goes on.
  [[nodiscard]] nlohmann::json document(int exit_code) const;

 private:
  nlohmann::json& entry_of(const change::Change& change);

  Clock now_;
  std::chrono::system_clock::time_point start_;
  nlohmann::json document_;
  nlohmann::json changes_ = nlohmann::json::array();
  std::map<ChangeKey, std::size_t> open_;                                 // changes that have no outcome yet
  std::map<std::string, std::chrono::system_clock::time_point> running_;  // steps
  std::size_t already_right_ = 0;
};

}  // namespace kots_export::ui
