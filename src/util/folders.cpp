#include <kots_export/util/error.h>
#include <kots_export/util/files.h>

#include "util/file_calls.h"

#include <cerrno>

#include <sys/stat.h>
#include <unistd.h>

namespace kots_export::util {

namespace {

// Makes one folder of mode 0700, whatever the umask, and forces its name to the disk. False and errno where
// it cannot be made.
bool make_folder(const fs::path& path, const Fsync& sync) {
  if (::mkdir(path.c_str(), kPrivateFolder) != 0) return false;
  ::chmod(path.c_str(), kPrivateFolder);
  sync_folder(folder_of(path), sync);
  return true;
}

}  // namespace

void create_private_folder(const fs::path& path, const Fsync& sync) {
  const std::string what = "cannot create the folder " + path.string();
  std::error_code ignored;
  if (path.empty() || fs::is_directory(path, ignored)) return;
  if (make_folder(path, sync)) return;
  if (errno == ENOENT) {
    const fs::path parent = path.parent_path();
    if (parent.empty() || parent == path) fail(what, ENOENT);
    create_private_folder(parent, sync);
    if (make_folder(path, sync)) return;
  }
  if (errno != EEXIST) fail(what, errno);
  // Another process was faster, or it is no folder.
  if (!fs::is_directory(path, ignored)) fail(what, EEXIST);
}

void require_own_folder(const fs::path& path) {
  const std::string what = "the folder " + path.string() + " is not safe";
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) fail("cannot read the folder " + path.string(), errno);
  if (status.st_uid != ::geteuid() && status.st_uid != 0) {
    throw Error(what, "it belongs to another user (uid " + std::to_string(status.st_uid) + ")",
                "Run the command as that user, give the folder to yours with chown -R, or choose another "
                "folder with --output-dir.");
  }
  if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    throw Error(what, "other users may write to it",
                "Look at what is in it, then run chmod go-w " + path.string() +
                    ", or choose another folder with --output-dir.");
  }
}

}  // namespace kots_export::util
