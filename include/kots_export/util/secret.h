#pragma once

#include <ostream>
#include <string>
#include <utility>

namespace kots_export {

// A value that must not be seen: it prints as ***, and its memory is overwritten when it dies.
// `reveal` is the only way to the value, so that a reader can grep for every place that uses one.
template <typename String = std::string>
class Secret {
 public:
  Secret() = default;
  explicit Secret(String value) : value_(std::move(value)) { wipe(value); }
  Secret(const Secret&) = default;
  Secret(Secret&& other) noexcept : value_(std::move(other.value_)) { other.wipe(); }
  Secret& operator=(const Secret& other) {
    if (this != &other) {
      wipe();
      value_ = other.value_;
    }
    return *this;
  }
  Secret& operator=(Secret&& other) noexcept {
    if (this != &other) {
      wipe();
      value_ = std::move(other.value_);
      other.wipe();
    }
    return *this;
  }
  ~Secret() { wipe(); }

  [[nodiscard]] const String& reveal() const noexcept { return value_; }
  [[nodiscard]] bool empty() const noexcept { return value_.empty(); }

  friend std::ostream& operator<<(std::ostream& out, const Secret&) { return out << "***"; }
  friend bool operator==(const Secret& a, const Secret& b) { return a.value_ == b.value_; }

 private:
  void wipe() noexcept { wipe(value_); }
  // All that `value` has room for: a short string that was moved from is empty, and still holds its
  // characters.
  static void wipe(String& value) noexcept {
    value.resize(value.capacity());
    // The volatile write keeps the compiler from dropping a store to memory that dies next.
    for (volatile auto& c : value) c = typename String::value_type{};
    value.clear();
  }

  String value_{};
};

}  // namespace kots_export
