#pragma once

#include <kots_export/migration/context.h>

#include <string_view>
#include <type_traits>

namespace kots_export::migration {

// Tells the observer where a step begins and ends, and returns what it returns. Where it throws, it has not
// ended.
template <typename Step>
auto in_step(Context& context, std::string_view name, Step&& step) {
  context.observer.step_started(name);
  if constexpr (std::is_void_v<decltype(step())>) {
    step();
    context.observer.step_done(name);
  } else {
    auto result = step();
    context.observer.step_done(name);
    return result;
  }
}

}  // namespace kots_export::migration
