#pragma once

#include <kots_export/util/files.h>

#include <string>
#include <string_view>

#include <sys/types.h>

// The system's calls on files as this room makes them: whole, again after a signal, failures as Error.
namespace kots_export::util {

inline constexpr mode_t kPrivateFile = 0600;
inline constexpr mode_t kPrivateFolder = 0700;

// Throws Error: `what` failed with errno `error`, and what to do about it.
[[noreturn]] void fail(const std::string& what, int error);

// A file descriptor that closes itself.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor();
  [[nodiscard]] int get() const { return fd_; }

 private:
  int fd_;
};

// All of `bytes`, or Error.
void write_all(int fd, std::string_view bytes, const std::string& what);
void sync_or_fail(int fd, const std::string& what, const Fsync& sync);

// The folder that `path` is in; "." for a bare name.
[[nodiscard]] fs::path folder_of(const fs::path& path);
// Forces the names in `folder` to the disk. A folder that may not be read cannot be forced, and is left.
void sync_folder(const fs::path& folder, const Fsync& sync);

}  // namespace kots_export::util
