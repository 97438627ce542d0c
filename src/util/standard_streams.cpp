#include <kots_export/util/standard_streams.h>

#include <initializer_list>

#include <fcntl.h>
#include <unistd.h>

namespace kots_export::util {

void hold_standard_streams() {
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(stream, F_GETFD) >= 0) continue;
    // The lowest free descriptor is this one: those below are there by now.
    (void)::open("/dev/null", stream == STDIN_FILENO ? O_WRONLY : O_RDONLY);
  }
}

}  // namespace kots_export::util
