#include <kots_export/change/change_json.h>
#include <kots_export/change/run_details.h>
#include <kots_export/util/error.h>
#include <kots_export/util/json.h>
#include <kots_export/util/text.h>
#include <kots_export/util/time.h>

#include <algorithm>
#include <ranges>

#include <nlohmann/json.hpp>

namespace kots_export::change {

using nlohmann::json;
using Type = json::value_t;
using std::chrono::duration_cast;
using std::chrono::milliseconds;

namespace {

constexpr const char* kExpected = "expected";

std::filesystem::path file_in(const std::filesystem::path& folder) { return folder / "details.json"; }

json to_json(const CheckLine& check) {
  return {{"id", check.id}, {"status", check.status}, {"detail", check.detail}, {"remedy", check.remedy}};
}

std::vector<CheckLine> checks_of(const json& object, const std::string& place) {
  std::vector<CheckLine> checks;
  for (const json& check : member(object, "checks", Type::array, place)) {
    checks.push_back({.id = text_member(check, "id", place),
                      .status = text_member(check, "status", place),
                      .detail = text_member(check, "detail", place),
                      .remedy = util::text_at(check, {"remedy"})});
  }
  return checks;
}

json to_json(const Notice& notice) { return {{"id", notice.id}, {"args", notice.args}}; }

// Of a version that did not keep them there are none.
std::vector<Notice> warnings_of(const json& file) {
  std::vector<Notice> warnings;
  const json* kept = util::find_at(file, {"warnings"});
  if (kept == nullptr) return warnings;
  for (const json& one : *kept) {
    Notice notice{
        .level = Notice::Level::warning, .id = text_member(one, "id", "details.warnings"), .args = {}};
    for (const json& pair : member(one, "args", Type::array, "details.warnings")) {
      if (!pair.is_array() || pair.size() != 2 || !pair[0].is_string() || !pair[1].is_string())
        throw Error("details.warnings: an argument is no pair of texts");
      notice.args.emplace_back(pair[0].get<std::string>(), pair[1].get<std::string>());
    }
    warnings.push_back(std::move(notice));
  }
  return warnings;
}

std::optional<RunDetails::End> end_of(const json& file) {
  const json* end = util::find_at(file, {"end"});
  if (end == nullptr) return std::nullopt;
  const auto is_true = [end](const char* name) {
    return member(*end, name, Type::boolean, "details.end") == json(true);
  };
  return RunDetails::End{.step = text_member(*end, "step", "details.end"),
                         .why = text_member(*end, "why", "details.end"),
                         .hint = text_member(*end, "hint", "details.end"),
                         .can_go_on = is_true("canGoOn"),
                         .can_go_back = is_true("canGoBack")};
}

RunDetails details_of(const json& file) {
  RunDetails details{.steps = {},
                     .checks = checks_of(file, "details"),
                     .chart = text_member(file, "chart", "details"),
                     .target_version = text_member(file, "targetVersion", "details"),
                     .helm_force = text_member(file, "helmForce", "details"),
                     .warnings = warnings_of(file),
                     .end = end_of(file)};
  // Earlier versions did not write it.
  if (util::text_at(file, {"left"}) == kExpected) details.left = RunDetails::Left::expected;
  for (const json& step : member(file, "steps", Type::array, "details")) {
    const json* took = util::find_at(step, {"milliseconds"});
    if (took == nullptr || !took->is_number_integer()) throw Error("a step has no time");
    details.steps.push_back({.name = text_member(step, "name", "details.steps"),
                             .took = milliseconds(took->get<std::int64_t>())});
  }
  return details;
}

void require_whole_verify(const json& document) {
  const std::string command = text_member(document, "command", "document");
  if (command != "verify")
    throw Error(util::filled("it is of the command {command}", {{"command", util::printable(command)}}));
  const json* error = util::find_at(document, {"error"});
  if (error == nullptr || error->is_null()) return;
  throw Error(util::filled("that verify ended with an error: {what}",
                           {{"what", util::printable(util::text_at(*error, {"what"}))}}));
}

void require_target(const json& document, const RunHeader& run) {
  const std::string ns = util::text_at(document, {"target", "namespace"});
  const std::string release = util::text_at(document, {"target", "release"});
  if (ns == run.ns && release == run.release) return;
  throw Error(
      util::filled("it is of release {release} in namespace {namespace}, the run of release {run_release} in "
                   "namespace {run_namespace}",
                   {{"release", util::printable(release)},
                    {"namespace", util::printable(ns)},
                    {"run_release", run.release},
                    {"run_namespace", run.ns}}));
}

}  // namespace

void DetailsRecorder::step_started(std::string_view step) {
  steps_.push_back({.name = std::string(step), .since = now_(), .end = std::nullopt});
}

void DetailsRecorder::step_done(std::string_view step) {
  const auto newest = std::ranges::find_if(steps_ | std::views::reverse, [&](const Running& running) {
    return running.name == step && !running.end;
  });
  if (newest != (steps_ | std::views::reverse).end()) newest->end = now_();
}

void DetailsRecorder::check_done(const CheckOutcome& check) {
  checks_.push_back({.id = std::string(check.id),
                     .status = std::string(to_string(check.status)),
                     .detail = check.detail,
                     .remedy = check.remedy});
}

void DetailsRecorder::notice(const Notice& notice) {
  if (notice.level != Notice::Level::warning) return;
  const bool is_known = std::ranges::any_of(
      warnings_, [&](const Notice& one) { return one.id == notice.id && one.args == notice.args; });
  if (!is_known) warnings_.push_back(notice);
}

std::string DetailsRecorder::step_at_work() const {
  for (const Running& step : steps_ | std::views::reverse)
    if (!step.end) return step.name;
  return {};
}

RunDetails DetailsRecorder::details() const {
  RunDetails details;
  details.checks = checks_;
  details.warnings = warnings_;
  for (const Running& step : steps_) {
    details.steps.push_back(
        {.name = step.name, .took = duration_cast<milliseconds>(step.end.value_or(now_()) - step.since)});
  }
  return details;
}

void write_run_details(const std::filesystem::path& folder, const RunDetails& details) {
  json file{{"chart", details.chart},          {"targetVersion", details.target_version},
            {"helmForce", details.helm_force}, {"steps", json::array()},
            {"checks", json::array()},         {"warnings", json::array()}};
  if (details.left == RunDetails::Left::expected) file["left"] = kExpected;
  for (const RunDetails::Step& step : details.steps)
    file["steps"].push_back({{"name", step.name}, {"milliseconds", step.took.count()}});
  for (const CheckLine& check : details.checks) file["checks"].push_back(to_json(check));
  for (const Notice& warning : details.warnings) file["warnings"].push_back(to_json(warning));
  if (details.end)
    file["end"] = {{"step", details.end->step},
                   {"why", details.end->why},
                   {"hint", details.end->hint},
                   {"canGoOn", details.end->can_go_on},
                   {"canGoBack", details.end->can_go_back}};
  util::write_private_file(file_in(folder), file.dump(1, ' ', false, json::error_handler_t::replace) + "\n");
}

std::optional<RunDetails> read_run_details(const std::filesystem::path& folder) {
  const auto text = util::read_file_if_exists(file_in(folder));
  if (!text) return std::nullopt;
  try {
    const json file = json::parse(*text, nullptr, false);
    if (!file.is_object()) throw Error("it is not JSON, or it was cut off");
    return details_of(file);
  } catch (const Error& error) {
    throw Error(util::filled("cannot read {file}", {{"file", file_in(folder)}}), error.what(),
                "It holds times and checks alone: delete it, and the report goes without them.");
  }
}

std::optional<RunDetails> run_details_if_readable(const std::filesystem::path& folder) {
  try {
    return read_run_details(folder);
  } catch (const Interrupted&) {
    throw;
  } catch (const Error&) {
    return std::nullopt;
  }
}

std::optional<std::chrono::seconds> duration_of(const RunRecord& run) {
  const auto from = util::parse_api_time(run.header.started);
  const auto to = util::parse_rfc3339(run.ended);
  if (!from || !to) return std::nullopt;
  const auto took = duration_cast<std::chrono::seconds>(*to - *from);
  return took > took.zero() ? std::optional(took) : std::nullopt;
}

Verified verified_checks(std::string_view text, std::string_view source, const RunHeader& run) {
  const json document = json::parse(text, nullptr, false);
  try {
    if (!document.is_object()) throw Error("it is not JSON, or it was cut off");
    require_whole_verify(document);
    require_target(document, run);
    const std::string server = util::text_at(document, {"target", "server"});
    return {.checks = checks_of(document, "document"), .other_server = server == run.server ? "" : server};
  } catch (const Error& error) {
    throw Error(util::filled("cannot take {source} for what verify found", {{"source", source}}),
                error.what(), "`kots-export verify -o json` prints it, for the installation of the run.");
  }
}

}  // namespace kots_export::change
