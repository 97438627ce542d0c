#pragma once

#include <kots_export/values/value.h>

#include <cstdint>
#include <random>
#include <string>

namespace kots_export::test {

// Makes documents that are hard to write and texts that are hard to read, the same ones for the same seed
// with every compiler.
class Generator {
 public:
  explicit Generator(std::uint64_t seed) : random_(seed) {}

  // Any value, nested up to `depth` levels.
  values::Value value(int depth);
  // The value of a key as a person may write it: plain, quoted, block and flow forms, right or wrong. No line
  // but the first begins at the start of the line.
  std::string yaml();

 private:
  // Nearly even, and the same in every library.
  std::size_t below(std::size_t bound) { return random_() % bound; }
  std::string nasty();
  std::string text();
  std::string fragments(std::size_t most);
  values::Number number();
  std::string node(int depth);
  std::string properties();
  std::string double_quoted();
  std::string block_map(int depth);
  std::string flow(int depth);
  std::string block_scalar();

  std::mt19937_64 random_;
};

}  // namespace kots_export::test
