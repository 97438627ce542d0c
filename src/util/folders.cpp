#include <kots_export/util/error.h>
#include <kots_export/util/files.h>
#include <kots_export/util/text.h>

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
  const std::string what = filled("cannot create the folder {folder}", {{"folder", path}});
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
  const std::string what = filled("the folder {folder} is not safe", {{"folder", path}});
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0)
    fail(filled("cannot read the folder {folder}", {{"folder", path}}), errno);
  if (status.st_uid != ::geteuid() && status.st_uid != 0) {
    throw Error(what, filled("it belongs to another user (uid {user})", {{"user", status.st_uid}}),
                "Run the command as that user, give the folder to yours with chown -R, or choose another "
                "folder with --output-dir.");
  }
  if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    throw Error(what, "other users may write to it",
                filled("Look at what is in it, then run chmod go-w {folder}, or choose another folder with "
                       "--output-dir.",
                       {{"folder", path}}));
  }
}

}  // namespace kots_export::util
