#include "fuzz/targets.h"

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  kots_export::test::fuzz_yaml({reinterpret_cast<const char*>(data), size});
  return 0;
}
