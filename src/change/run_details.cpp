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

RunDetails details_of(const json& file) {
  RunDetails details{.steps = {},
                     .checks = checks_of(file, "details"),
                     .chart = text_member(file, "chart", "details"),
                     .target_version = text_member(file, "targetVersion", "details"),
                     .helm_force = text_member(file, "helmForce", "details")};
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
  if (command != "verify") throw Error("it is of the command " + util::printable(command));
  const json* error = util::find_at(document, {"error"});
  if (error == nullptr || error->is_null()) return;
  throw Error("that verify ended with an error: " + util::printable(util::text_at(*error, {"what"})));
}

void require_target(const json& document, const RunHeader& run) {
  const std::string ns = util::text_at(document, {"target", "namespace"});
  const std::string release = util::text_at(document, {"target", "release"});
  if (ns == run.ns && release == run.release) return;
  throw Error("it is of release " + util::printable(release) + " in namespace " + util::printable(ns) +
              ", the run of release " + run.release + " in namespace " + run.ns);
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

RunDetails DetailsRecorder::details() const {
  RunDetails details;
  details.checks = checks_;
  for (const Running& step : steps_) {
    details.steps.push_back(
        {.name = step.name, .took = duration_cast<milliseconds>(step.end.value_or(now_()) - step.since)});
  }
  return details;
}

void write_run_details(const std::filesystem::path& folder, const RunDetails& details) {
  json file{{"chart", details.chart},
            {"targetVersion", details.target_version},
            {"helmForce", details.helm_force},
            {"steps", json::array()},
            {"checks", json::array()}};
  if (details.left == RunDetails::Left::expected) file["left"] = kExpected;
  for (const RunDetails::Step& step : details.steps)
    file["steps"].push_back({{"name", step.name}, {"milliseconds", step.took.count()}});
  for (const CheckLine& check : details.checks) file["checks"].push_back(to_json(check));
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
    throw Error("cannot read " + file_in(folder).string(), error.what(),
                "It holds times and checks alone: delete it, and the report goes without them.");
  }
}

std::optional<std::chrono::seconds> duration_of(const RunRecord& run) {
  const auto from = util::parse_api_time(run.header.started);
  const auto to = util::parse_rfc3339(run.ended);
  if (!from || !to) return std::nullopt;
  const auto took = duration_cast<std::chrono::seconds>(*to - *from);
  return took > took.zero() ? std::optional(took) : std::nullopt;
}

std::vector<CheckLine> verified_checks(std::string_view text, std::string_view source, const RunHeader& run) {
  const json document = json::parse(text, nullptr, false);
  try {
    if (!document.is_object()) throw Error("it is not JSON, or it was cut off");
    require_whole_verify(document);
    require_target(document, run);
    return checks_of(document, "document");
  } catch (const Error& error) {
    throw Error("cannot take " + std::string(source) + " for what verify found", error.what(),
                "`kots-export verify -o json` prints it, for the installation of the run.");
  }
}

}  // namespace kots_export::change
