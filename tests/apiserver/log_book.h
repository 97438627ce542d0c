#pragma once

#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace kots_export::apiserver {

struct LogLine {
  std::chrono::system_clock::time_point at;
  std::string time;  // RFC 3339 with nanoseconds
  std::string text;  // without the line feed
};

// What the containers have written, by the Pod's uid and the container's name. Safe for many threads.
class LogBook {
 public:
  void append(const std::string& uid, const std::string& container, std::string text);
  // No more lines will come: followers end.
  void finish(const std::string& uid, const std::string& container);
  // Forgets a Pod that is gone; followers end.
  void forget(const std::string& uid);

  struct Part {
    std::vector<LogLine> lines;
    bool finished = true;
  };
  // Returns the lines from number `from` on; waits until `deadline` where there is none yet and some may
  // come.
  [[nodiscard]] Part read(const std::string& uid, const std::string& container, std::size_t from,
                          std::chrono::steady_clock::time_point deadline) const;
  // Marks that lines may come, so that `read` waits for them.
  void open(const std::string& uid, const std::string& container);

 private:
  struct Log {
    std::vector<LogLine> lines;
    bool finished = false;
  };
  using Key = std::pair<std::string, std::string>;

  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  std::map<Key, Log> logs_;
};

}  // namespace kots_export::apiserver
