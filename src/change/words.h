#pragma once

#include <kots_export/change/change.h>
#include <kots_export/change/journal.h>
#include <kots_export/change/observer.h>

#include <array>
#include <optional>
#include <string_view>
#include <utility>

// The words for enums that stand in files and documents: one table each, for writing and for reading.
namespace kots_export::change {

template <typename Value, std::size_t N>
using Words = std::array<std::pair<std::string_view, Value>, N>;

template <typename Value, std::size_t N>
constexpr std::string_view word_of(const Words<Value, N>& words, Value value) {
  for (const auto& [word, known] : words) {
    if (known == value) return word;
  }
  return "";
}

template <typename Value, std::size_t N>
constexpr std::optional<Value> value_of(const Words<Value, N>& words, std::string_view word) {
  for (const auto& [known, value] : words) {
    if (known == word) return value;
  }
  return std::nullopt;
}

inline constexpr Words<Verb, 3> kVerbs = {
    {{"create", Verb::create}, {"patch", Verb::patch}, {"delete", Verb::remove}}};

inline constexpr Words<Undo, 3> kUndos = {
    {{"needed", Undo::needed}, {"whileUnchanged", Undo::while_unchanged}, {"deleteOnly", Undo::delete_only}}};

// As the API writes them.
inline constexpr Words<kube::Propagation, 3> kPropagations = {{{"Background", kube::Propagation::background},
                                                               {"Foreground", kube::Propagation::foreground},
                                                               {"Orphan", kube::Propagation::orphan}}};

inline constexpr Words<ChangeOutcome::Status, 6> kStatuses = {
    {{"done", ChangeOutcome::Status::done},
     {"gone", ChangeOutcome::Status::gone},
     {"refused", ChangeOutcome::Status::refused},
     {"unknown", ChangeOutcome::Status::unknown},
     {"notSent", ChangeOutcome::Status::not_sent},
     {"notTried", ChangeOutcome::Status::not_tried}}};

inline constexpr Words<RunEnd, 3> kRunEnds = {
    {{"complete", RunEnd::complete}, {"failed", RunEnd::failed}, {"interrupted", RunEnd::interrupted}}};

}  // namespace kots_export::change
