#pragma once

namespace kots_export::cli {

// From here on the first SIGINT or SIGTERM only asks the work to stop; the second ends the process at once.
void catch_interrupts();

// True once the process was asked to stop.
[[nodiscard]] bool interrupted();

}  // namespace kots_export::cli
