#include "apiserver/behaviours.h"

#include <stdexcept>
#include <string_view>
#include <utility>

namespace kots_export::apiserver {
namespace {

Outcome parse_outcome(const std::string& text) {
  static constexpr std::pair<std::string_view, Outcome> kOutcomes[] = {
      {"", Outcome::complete},
      {"complete", Outcome::complete},
      {"fail", Outcome::fail},
      {"image-pull-error", Outcome::image_pull_error},
      {"unschedulable", Outcome::unschedulable},
      {"create-container-config-error", Outcome::create_container_config_error},
      {"never-finish", Outcome::never_finish}};
  for (const auto& [name, outcome] : kOutcomes) {
    if (name == text) return outcome;
  }
  throw std::runtime_error("a Job's outcome cannot be '" + text + "'");
}

}  // namespace

Behaviour parse_behaviour(const Json& rule) {
  if (!rule.is_object()) throw std::runtime_error("a Job's behaviour is a map");
  Behaviour behaviour;
  behaviour.name_prefix = text_member(rule, {"name"});
  behaviour.image_prefix = text_member(rule, {"image"});
  behaviour.start_delay = std::chrono::milliseconds(integer_member(rule, {"startDelay"}, 10));
  behaviour.delay = std::chrono::milliseconds(integer_member(rule, {"delay"}, 15));
  for (const Json& line : member(rule, {"lines"})) {
    if (!line.is_string()) throw std::runtime_error("the lines of a Job's behaviour are strings");
    behaviour.lines.push_back(line.get<std::string>());
  }
  behaviour.outcome = parse_outcome(text_member(rule, {"outcome"}));
  behaviour.exit_code =
      static_cast<int>(integer_member(rule, {"exitCode"}, behaviour.outcome == Outcome::fail ? 1 : 0));
  return behaviour;
}

void Behaviours::add(Behaviour behaviour) {
  const std::lock_guard lock(mutex_);
  rules_.insert(rules_.begin(), std::move(behaviour));
}

Behaviour Behaviours::find(const std::string& name, const std::string& image, Outcome fallback) const {
  const std::lock_guard lock(mutex_);
  for (const Behaviour& rule : rules_) {
    if (name.starts_with(rule.name_prefix) && image.starts_with(rule.image_prefix)) return rule;
  }
  Behaviour behaviour;
  behaviour.lines = {"started", "done"};
  behaviour.outcome = fallback;
  return behaviour;
}

}  // namespace kots_export::apiserver
