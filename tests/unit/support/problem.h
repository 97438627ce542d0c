#pragma once

#include <kots_export/util/error.h>

#include <functional>
#include <string>

namespace kots_export::test {

// The text of the Error that `work` ends with; "" where it throws none.
inline std::string problem(const std::function<void()>& work) {
  try {
    work();
    return "";
  } catch (const Error& error) {
    return error.what();
  }
}

// The same and its hint: "what | hint".
inline std::string problem_and_hint(const std::function<void()>& work) {
  try {
    work();
    return "";
  } catch (const Error& error) {
    return std::string(error.what()) + " | " + error.hint();
  }
}

}  // namespace kots_export::test
