#include <kots_export/util/error.h>
#include <kots_export/util/files.h>
#include <kots_export/util/interrupt.h>
#include <kots_export/util/line_buffer.h>
#include <kots_export/util/random.h>
#include <kots_export/util/text.h>

#include "util/file_calls.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace kots_export::util {

namespace {

constexpr std::size_t kChunk = 64 * 1024;

std::string cannot_read(const fs::path& path) { return filled("cannot read {file}", {{"file", path}}); }

std::string cannot_write(const fs::path& path) { return filled("cannot write {file}", {{"file", path}}); }

// Waits until `fd` can be read or written. A pipe or a terminal may keep us for ever: throws Interrupted
// where the process is asked to stop before.
void wait_for(int fd, short events, const std::string& what) {
  std::array<pollfd, 2> wanted = {pollfd{fd, events, 0}, pollfd{interrupt_descriptor(), POLLIN, 0}};
  while (::poll(wanted.data(), wanted.size(), -1) < 0 && errno == EINTR) continue;
  if (wanted[0].revents == 0 && wanted[1].revents != 0) throw Interrupted(what);
}

// open(2), which waits at a pipe until its other end is opened too. Returns -1 and errno; throws Interrupted.
int open_existing(const fs::path& path, int flags, const std::string& what) {
  for (;;) {
    const int fd = ::open(path.c_str(), flags | O_CLOEXEC);
    if (fd >= 0 || errno != EINTR) return fd;
    if (interrupted()) throw Interrupted(what);
  }
}

std::string read_all(int fd, const std::string& what, std::size_t limit) {
  std::string content;
  std::array<char, kChunk> chunk{};
  for (;;) {
    wait_for(fd, POLLIN, what);
    const ssize_t got = ::read(fd, chunk.data(), chunk.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail(what, errno);
    if (got == 0) return content;
    content.append(chunk.data(), static_cast<std::size_t>(got));
    if (content.size() > limit)
      throw Error(what, filled("it is longer than {count} bytes", {{"count", limit}}));
  }
}

// Opens a new file of mode 0600, whatever the umask. Returns -1 and errno where it cannot.
int create_private(const fs::path& path) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, kPrivateFile);
  if (fd >= 0) ::fchmod(fd, kPrivateFile);
  return fd;
}

constexpr std::size_t kTemporarySuffix = 8;

std::string temporary_prefix(const fs::path& target) { return "." + target.filename().string() + "."; }

// Removes the temporary files of writers that were killed. A living writer holds a lock on its own, which the
// system lets go of with the process.
void remove_left_over(const fs::path& target) {
  const std::string prefix = temporary_prefix(target);
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder_of(target), ignored)) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with(prefix) || name.size() != prefix.size() + kTemporarySuffix) continue;
    const Descriptor left(::open(entry.path().c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    if (left.get() >= 0 && ::flock(left.get(), LOCK_EX | LOCK_NB) == 0) ::unlink(entry.path().c_str());
  }
}

// A file with a name of its own in the target's folder: the target stays whole until the rename.
class TemporaryFile {
 public:
  explicit TemporaryFile(const fs::path& target) {
    remove_left_over(target);
    while (!create(target)) continue;
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() {
    if (fd_ >= 0) ::close(fd_);
    if (!path_.empty()) ::unlink(path_.c_str());
  }

  void write(std::string_view content, const std::string& what, const Fsync& sync) const {
    write_all(fd_, content, what);
    sync_or_fail(fd_, what, sync);
  }

  void rename_to(const fs::path& target, const std::string& what) {
    if (::rename(path_.c_str(), target.c_str()) != 0) fail(what, errno);
    path_.clear();
  }

 private:
  // False where another writer took the file for a left-over, between our making it and our locking it.
  bool create(const fs::path& target) {
    const std::string suffix = random_string(kTemporarySuffix, "abcdefghijklmnopqrstuvwxyz0123456789");
    path_ = folder_of(target) / (temporary_prefix(target) + suffix);
    fd_ = create_private(path_);
    if (fd_ < 0) fail(cannot_write(target), errno);
    // Where the file system has no locks, a left-over may be removed early by nobody and late by hand.
    while (::flock(fd_, LOCK_EX) != 0 && errno == EINTR) continue;
    struct stat status {};
    if (::fstat(fd_, &status) != 0 || status.st_nlink > 0) return true;
    ::close(fd_);
    return false;
  }

  fs::path path_;
  int fd_ = -1;
};

// Keeps other processes of this tool from replacing files in `folder` between our look and our rename.
class FolderLock {
 public:
  explicit FolderLock(const fs::path& folder) : fd_(::open(folder.c_str(), O_RDONLY | O_CLOEXEC)) {
    // A file system without locks is no reason to stop: it only takes two runs at once to lose a copy.
    while (::flock(fd_.get(), LOCK_EX) != 0 && errno == EINTR) continue;
  }

 private:
  Descriptor fd_;
};

// Gives the file that is there a second name, or, where it may not be linked (file systems without links,
// another user's file), a copy. False where `copy` is taken.
bool keep_as(const fs::path& path, std::string_view content, const fs::path& copy, const Fsync& sync) {
  const std::string what = filled("cannot keep a copy of {file}", {{"file", path}});
  std::error_code ignored;
  if (::link(path.c_str(), copy.c_str()) == 0) {
    if (!fs::is_symlink(copy, ignored)) ::chmod(copy.c_str(), kPrivateFile);
    return true;
  }
  if (errno == EEXIST) return false;
  const Descriptor fd(create_private(copy));
  if (fd.get() < 0 && errno == EEXIST) return false;
  if (fd.get() < 0) fail(what, errno);
  write_all(fd.get(), content, what);
  sync_or_fail(fd.get(), what, sync);
  return true;
}

// Keeps the file that is there as NAME.1, NAME.2, ... the first that is free. The copy's name is on the disk
// before the file loses its own.
fs::path keep_copy(const fs::path& path, std::string_view content, const Fsync& sync) {
  for (int n = 1;; ++n) {
    fs::path copy = path;
    copy += "." + std::to_string(n);
    if (!keep_as(path, content, copy, sync)) continue;
    sync_folder(folder_of(path), sync);
    return copy;
  }
}

void write_stream(const fs::path& path, std::string_view content, const std::string& what) {
  // A file behind /dev/fd/N is not begun anew: what stands in it by now is somebody's.
  const Descriptor fd(open_existing(path, O_WRONLY | O_APPEND | O_NOCTTY, what));
  if (fd.get() < 0) fail(what, errno);
  while (!content.empty()) {
    wait_for(fd.get(), POLLOUT, what);
    const ssize_t put = ::write(fd.get(), content.data(), content.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) fail(what, errno);
    content.remove_prefix(static_cast<std::size_t>(put));
  }
}

}  // namespace

std::chrono::system_clock::time_point last_written(const fs::path& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) throw Error(cannot_read(path), std::strerror(errno));
  return std::chrono::system_clock::from_time_t(status.st_mtim.tv_sec) +
         std::chrono::duration_cast<std::chrono::system_clock::duration>(
             std::chrono::nanoseconds(status.st_mtim.tv_nsec));
}

bool is_stream(const fs::path& path) {
  constexpr std::array kOfDescriptors = {"/dev", "/dev/fd", "/proc/self/fd"};
  std::error_code ignored;
  const fs::file_status status = fs::status(path, ignored);
  return fs::exists(status) &&
         (!fs::is_regular_file(status) ||
          std::ranges::find(kOfDescriptors, path.parent_path()) != kOfDescriptors.end());
}

std::string read_file(const fs::path& path, std::size_t limit) {
  if (path == "-") return read_all(STDIN_FILENO, "cannot read standard input", limit);
  auto content = read_file_if_exists(path, limit);
  if (!content) throw Error(cannot_read(path), "there is no such file");
  return std::move(*content);
}

std::optional<std::string> read_file_if_exists(const fs::path& path, std::size_t limit) {
  const std::string what = cannot_read(path);
  const Descriptor fd(open_existing(path, O_RDONLY, what));
  if (fd.get() < 0) {
    if (errno == ENOENT) return std::nullopt;
    throw Error(what, std::strerror(errno));
  }
  return read_all(fd.get(), what, limit);
}

void read_lines(const fs::path& path, const std::function<void(std::string_view, LineEnd)>& on_line) {
  const std::string what = cannot_read(path);
  const Descriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (fd.get() < 0) fail(what, errno);
  LineBuffer lines;
  std::array<char, kChunk> chunk{};
  for (;;) {
    const ssize_t got = ::read(fd.get(), chunk.data(), chunk.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail(what, errno);
    if (got == 0) break;
    lines.feed({chunk.data(), static_cast<std::size_t>(got)}, [&](std::string_view line) {
      on_line(line, LineEnd::there);
      return true;
    });
  }
  if (const std::string rest = lines.take_rest(); !rest.empty()) on_line(rest, LineEnd::missing);
}

std::optional<fs::path> write_private_file(const fs::path& path, std::string_view content, Existing existing,
                                           const Fsync& sync) {
  const std::string what = cannot_write(path);
  std::error_code ignored;
  if (fs::is_directory(path, ignored)) throw Error(what, "a folder of that name is in the way");
  if (is_stream(path)) {
    write_stream(path, content, what);
    return std::nullopt;
  }
  std::optional<fs::path> copy;
  TemporaryFile file(path);
  file.write(content, what, sync);
  const FolderLock lock(folder_of(path));
  if (existing == Existing::keep_copy) {
    const auto old = read_file_if_exists(path);
    if (old && *old != content) copy = keep_copy(path, *old, sync);
  }
  file.rename_to(path, what);
  sync_folder(folder_of(path), sync);
  return copy;
}

void require_writable_folder(const fs::path& folder) {
  try {
    create_private_folder(folder);
    const TemporaryFile probe(folder / "kots-export");
  } catch (const Error& error) {
    throw Error(error.headline(), error.why(), "Choose a folder that can be written with --output-dir.");
  }
}

}  // namespace kots_export::util
