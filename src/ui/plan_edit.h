#pragma once

#include <kots_export/change/change.h>

#include <string>
#include <utility>
#include <vector>

// What a Change does to its object, in lines; secrets masked, foreign text printable.
namespace kots_export::ui {

// What a patch does, a line for each key: "label a: old -> new". Of a release's record, the lines of the
// manifest.
[[nodiscard]] std::vector<std::string> edit_of(const change::Change& patch);

// The same in one line, without what was there before: "set label a=new; remove annotation b".
[[nodiscard]] std::string edit_in_short(const change::Change& patch);

// Every value of what a create makes, or of what a delete takes away: "spec.replicas: 2".
[[nodiscard]] std::vector<std::string> content_of(const change::Change& change);

}  // namespace kots_export::ui
