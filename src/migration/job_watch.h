#pragma once

#include <kots_export/migration/context.h>
#include <kots_export/util/files.h>

#include <chrono>
#include <string>

namespace kots_export::migration {

// How a Job ended, as its conditions or its Pod say.
struct JobEnd {
  enum class Result { complete, failed, cannot_start, cannot_pull, timed_out } result = Result::timed_out;
  std::string why;   // failed, cannot_start, cannot_pull: the reason and message of the server
  std::string hint;  // cannot_start: what to do about it
};

// Follows Job `name` to its end: its Pod's log goes line by line to the observer and to `log`, problems of
// starting are told as they come. Returns at the first of: condition Complete or Failed, a Pod that cannot
// start, `timeout`.
[[nodiscard]] JobEnd follow_job(Context& context, const std::string& name, const std::string& container,
                                util::AppendFile& log, std::chrono::seconds timeout);

}  // namespace kots_export::migration
