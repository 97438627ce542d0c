#pragma once

#include "values/yaml_reader.h"

#include <string>

namespace kots_export::values {

// Guards the depth of recursion: one level of nesting while it lives.
class YamlReader::Level {
 public:
  explicit Level(YamlReader& reader) : reader_(reader) {
    constexpr std::size_t kDeepest = 400;
    if (reader.depth_ >= kDeepest)
      reader.cursor_.fail("nested deeper than " + std::to_string(kDeepest) + " levels");
    ++reader.depth_;
  }
  Level(const Level&) = delete;
  Level& operator=(const Level&) = delete;
  ~Level() { --reader_.depth_; }

 private:
  YamlReader& reader_;
};

}  // namespace kots_export::values
