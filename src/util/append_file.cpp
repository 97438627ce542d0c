#include <kots_export/util/error.h>
#include <kots_export/util/files.h>
#include <kots_export/util/text.h>

#include "util/file_calls.h"

#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace kots_export::util {

AppendFile::AppendFile(const fs::path& path, Fsync sync)
    : path_(path), what_(filled("cannot write {file}", {{"file", path}})), sync_(std::move(sync)) {
  fd_ = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, kPrivateFile);
  if (fd_ < 0 && errno == ELOOP)
    throw Error(what_, "it is a symbolic link", "Look where it leads, and remove the link.");
  if (fd_ < 0) fail(what_, errno);
  try {
    // The umask may have taken too much; an older file may let others read.
    ::fchmod(fd_, kPrivateFile);
    // Its name is to outlive a power cut as its lines do. Who made it may have been killed before that.
    sync_folder(folder_of(path), sync_);
  } catch (const Error&) {
    ::close(fd_);
    throw;
  }
}

AppendFile::AppendFile(AppendFile&& other) noexcept
    : path_(std::move(other.path_)),
      what_(std::move(other.what_)),
      sync_(std::move(other.sync_)),
      fd_(std::exchange(other.fd_, -1)),
      broken_(other.broken_) {}

AppendFile::~AppendFile() {
  if (fd_ >= 0) ::close(fd_);
}

void AppendFile::append(std::string_view bytes) {
  require_whole();
  const off_t end = ::lseek(fd_, 0, SEEK_END);
  try {
    write_all(fd_, bytes, what_);
  } catch (const Error&) {
    // A full disk takes half a line: without the half, what is appended later still is a line of its own.
    cut_back_to(end);
    throw;
  }
}

void AppendFile::sync() {
  require_whole();
  try {
    sync_or_fail(fd_, what_, sync_);
  } catch (const Error&) {
    // The system may have dropped the pages that it could not write and call them clean: what a later fsync
    // says is no proof.
    broken_ = true;
    throw;
  }
}

void AppendFile::append_to_disk(std::string_view bytes) {
  require_whole();
  const off_t end = ::lseek(fd_, 0, SEEK_END);
  append(bytes);
  try {
    sync();
  } catch (const Error&) {
    cut_back_to(end);
    throw;
  }
}

void AppendFile::require_whole() const {
  if (broken_)
    throw Error(what_, "an earlier write did not reach the disk",
                Hint::with_way_on("Check the disk, and run the command again."));
}

// A pipe has no end to go back to; where a file keeps half a line, nothing may be put behind it.
void AppendFile::cut_back_to(off_t end) {
  if (end >= 0 && ::ftruncate(fd_, end) != 0) broken_ = true;
}

}  // namespace kots_export::util
