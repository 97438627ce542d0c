#include "util/file_calls.h"

#include <kots_export/util/error.h>
#include <kots_export/util/text.h>

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <unistd.h>

namespace kots_export::util {

namespace {

Hint hint_for(int error) {
  switch (error) {
    case EACCES:
    case EPERM:
    case EROFS:
      return "Check the permissions, or choose another folder with --output-dir.";
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
      return Hint::with_way_on("Free some space and run the same command again, with the same --output-dir.");
    case ENOTDIR:
    case EEXIST:
      return "A file stands where a folder is needed; move it away.";
    default:
      return {};
  }
}

}  // namespace

void fail(const std::string& what, int error) { throw Error(what, std::strerror(error), hint_for(error)); }

Descriptor::~Descriptor() {
  if (fd_ > STDERR_FILENO) ::close(fd_);
}

void write_all(int fd, std::string_view bytes, const std::string& what) {
  while (!bytes.empty()) {
    const ssize_t put = ::write(fd, bytes.data(), bytes.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) fail(what, errno);
    bytes.remove_prefix(static_cast<std::size_t>(put));
  }
}

void sync_or_fail(int fd, const std::string& what, const Fsync& sync) {
  // EINVAL: the file system has nothing to force (pipes, some folders).
  if (sync(fd) != 0 && errno != EINVAL) fail(what, errno);
}

fs::path folder_of(const fs::path& path) {
  return path.has_parent_path() ? path.parent_path() : fs::path(".");
}

void sync_folder(const fs::path& folder, const Fsync& sync) {
  const std::string what = filled("cannot write to the folder {folder}", {{"folder", folder}});
  const Descriptor fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (fd.get() < 0 && errno == EACCES) return;
  if (fd.get() < 0) fail(what, errno);
  sync_or_fail(fd.get(), what, sync);
}

}  // namespace kots_export::util
