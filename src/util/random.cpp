#include <kots_export/util/error.h>
#include <kots_export/util/random.h>

#include <cerrno>
#include <cstring>

#include <sys/random.h>

namespace kots_export::util {

std::string random_string(std::size_t length, std::string_view alphabet) {
  if (alphabet.empty() || alphabet.size() > 256) throw Error("an alphabet has 1 to 256 characters");
  // Bytes at or above the largest multiple of the alphabet's size are thrown away: each character is as
  // likely.
  const std::size_t limit = 256 - 256 % alphabet.size();
  std::string out;
  while (out.size() < length) {
    unsigned char byte = 0;
    if (getrandom(&byte, 1, 0) != 1) {
      if (errno == EINTR) continue;
      throw Error("cannot read the system's random source", std::strerror(errno));
    }
    if (byte < limit) out += alphabet[byte % alphabet.size()];
  }
  return out;
}

}  // namespace kots_export::util
