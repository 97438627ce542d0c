#include "apiserver/log_book.h"

#include "apiserver/defaults.h"

namespace kots_export::apiserver {

void LogBook::open(const std::string& uid, const std::string& container) {
  const std::lock_guard lock(mutex_);
  logs_[{uid, container}].finished = false;
}

void LogBook::append(const std::string& uid, const std::string& container, std::string text) {
  const std::lock_guard lock(mutex_);
  logs_[{uid, container}].lines.push_back(
      {std::chrono::system_clock::now(), now_nanoseconds_text(), std::move(text)});
  changed_.notify_all();
}

void LogBook::finish(const std::string& uid, const std::string& container) {
  const std::lock_guard lock(mutex_);
  logs_[{uid, container}].finished = true;
  changed_.notify_all();
}

void LogBook::forget(const std::string& uid) {
  const std::lock_guard lock(mutex_);
  const auto first = logs_.lower_bound({uid, std::string()});
  auto last = first;
  while (last != logs_.end() && last->first.first == uid) ++last;
  logs_.erase(first, last);
  changed_.notify_all();
}

LogBook::Part LogBook::read(const std::string& uid, const std::string& container, std::size_t from,
                            std::chrono::steady_clock::time_point deadline) const {
  std::unique_lock lock(mutex_);
  const auto found = [&] { return logs_.find({uid, container}); };
  changed_.wait_until(lock, deadline, [&] {
    const auto log = found();
    return log == logs_.end() || log->second.finished || log->second.lines.size() > from;
  });
  Part part;
  const auto log = found();
  if (log == logs_.end()) return part;
  part.finished = log->second.finished;
  const std::vector<LogLine>& lines = log->second.lines;
  if (from < lines.size()) part.lines.assign(lines.begin() + static_cast<std::ptrdiff_t>(from), lines.end());
  return part;
}

}  // namespace kots_export::apiserver
