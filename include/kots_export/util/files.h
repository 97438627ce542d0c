#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include <sys/types.h>
#include <unistd.h>

// The only door to files. Everything the tool writes may hold secrets: folders are 0700, files 0600, and a
// reader never sees half a file (temporary name beside the target, fsync, rename, fsync of the folder). What
// is forced to the disk is forced with its name: each folder in which something was made is fsynced too.
namespace kots_export::util {

namespace fs = std::filesystem;

// --- Reading ---

// Returns the whole content of `path`. "-" is standard input.
// Throws Error ("cannot read PATH: permission denied") where it cannot, and where the file is longer than
// `limit` bytes; Interrupted where a pipe or a terminal gives nothing and the process is asked to stop.
[[nodiscard]] std::string read_file(const fs::path& path, std::size_t limit = std::size_t{256} << 20);

// The same, but nothing where no such file exists. Any other failure throws Error.
[[nodiscard]] std::optional<std::string> read_file_if_exists(const fs::path& path,
                                                             std::size_t limit = std::size_t{256} << 20);

// True where `path` is a way to something else than a file of its own: a pipe, a terminal, /dev/stdout,
// /dev/fd/3. Such a thing is written to and not replaced; what was written into it is not to be read.
[[nodiscard]] bool is_stream(const fs::path& path);

// When `path` was last written. Throws Error where it cannot be told.
[[nodiscard]] std::chrono::system_clock::time_point last_written(const fs::path& path);

// The end of a line that read_lines gives: a file that was cut in the middle has none after its last line.
enum class LineEnd { there, missing };

// Calls `on_line` with each line of `path`, without its line feed. Memory holds one line and no more, however
// long the file. Throws Error where it cannot be read.
void read_lines(const fs::path& path, const std::function<void(std::string_view, LineEnd)>& on_line);

// --- Writing ---

// fsync(2), or what a test puts in its place: 0, or -1 and errno.
using Fsync = std::function<int(int)>;

// Creates `path` and its missing parents, each with mode 0700, and forces each to the disk. Folders that
// exist keep their mode. Throws Error naming the folder that failed (not writable, a file in the way, disk
// full).
void create_private_folder(const fs::path& path, const Fsync& sync = ::fsync);

// Throws Error, with what to do, where somebody else than this user and root owns `path` or may write to it:
// he could put there what we then trust. The folder must exist.
void require_own_folder(const fs::path& path);

// What write_private_file does with a file that is already there.
enum class Existing {
  replace,    // the old content is gone
  keep_copy,  // the old file stays beside the new one as NAME.<n>, n = 1, 2, ... (none where the content is
              // equal)
};

// Replaces the content of `path` atomically, mode 0600, fsynced. The folder must exist. A symbolic link is
// replaced, not followed; a stream (is_stream) is written to as it is.
// Returns the path of the copy that was kept, if one was. Throws Error; then the old file is untouched, or,
// where only the folder could not be forced to the disk, the new one stands there whole.
std::optional<fs::path> write_private_file(const fs::path& path, std::string_view content,
                                           Existing existing = Existing::replace,
                                           const Fsync& sync = ::fsync);

// Checks that files can be created in `folder` by creating and removing one; creates the folder where it is
// missing. Throws Error with the reason and what to do. For "fail before anything is changed".
void require_writable_folder(const fs::path& folder);

// An append-only private file (0600) for journals and logs: each `append` is one write(2), so that a line is
// there whole or not at all as far as the file system allows. What could not be written whole is cut off
// again. A file whose fsync failed, or that keeps half a line, is broken: every later call throws.
class AppendFile {
 public:
  // Opens or creates `path` and forces its name to the disk; its folder must exist. A symbolic link is not
  // followed. Throws Error.
  explicit AppendFile(const fs::path& path, Fsync sync = ::fsync);
  AppendFile(AppendFile&& other) noexcept;
  AppendFile& operator=(AppendFile&&) = delete;
  AppendFile(const AppendFile&) = delete;
  AppendFile& operator=(const AppendFile&) = delete;
  ~AppendFile();

  // Writes all of `bytes`. Throws Error (disk full, I/O error); then none of them stands in the file.
  void append(std::string_view bytes);
  // Forces what was appended to the disk (fsync). Throws Error; then nobody knows what of it is there.
  void sync();
  // Both. Throws Error; then none of `bytes` stands in the file.
  void append_to_disk(std::string_view bytes);
  [[nodiscard]] const fs::path& path() const noexcept { return path_; }

 private:
  void require_whole() const;
  void cut_back_to(off_t end);

  fs::path path_;
  std::string what_;  // "cannot write PATH"
  Fsync sync_;
  int fd_ = -1;
  bool broken_ = false;
};

}  // namespace kots_export::util
