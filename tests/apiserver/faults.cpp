#include "apiserver/faults.h"

#include <algorithm>
#include <sstream>
#include <stdexcept>

#include <fcntl.h>
#include <unistd.h>

namespace kots_export::apiserver {
namespace {

// How often a held request looks whether its client is still there.
constexpr std::chrono::milliseconds kLookEvery{20};

int number(const std::string& word, const std::string& value) {
  try {
    return std::stoi(value);
  } catch (const std::exception&) {
    throw std::runtime_error("a fault's " + word + " is a number, not '" + value + "'");
  }
}

void set(Fault& fault, const std::string& word, const std::string& value) {
  if (word == "method")
    fault.method = value;
  else if (word == "path")
    fault.path = value;
  else if (word == "after")
    fault.after = number(word, value);
  else if (word == "times")
    fault.times = number(word, value);
  else if (word == "status")
    fault.status = number(word, value);
  else if (word == "retry-after")
    fault.retry_after = number(word, value);
  else if (word == "delay")
    fault.delay = std::chrono::milliseconds(number(word, value));
  else if (word == "drop")
    fault.drop = true;
  else if (word == "writes")
    fault.writes = true;
  else if (word == "hold")
    fault.hold = true;
  else if (word == "hold-answer")
    fault.hold_answer = true;
  else if (word == "cut")
    fault.answer = AnswerFault::cut;
  else if (word == "cut-after-apply")
    fault.answer = AnswerFault::vanish;
  else if (word == "short")
    fault.answer = AnswerFault::shorten;
  else if (word == "short-clean")
    fault.answer = AnswerFault::shorten_clean;
  else if (word == "late")
    fault.late = std::chrono::milliseconds(number(word, value));
  else if (word == "reset")
    fault.breakage = Breakage::reset;
  else if (word == "reset-stream")
    fault.breakage = Breakage::stream;
  else if (word == "after-apply")
    fault.after_apply = true;
  else if (word == "html")
    fault.html = true;
  else if (word == "body")
    fault.body = value;
  else if (word == "goaway")
    fault.go_away = true;
  else
    throw std::runtime_error("a fault has no '" + word + "'");
}

// What `reset` and `reset-stream` mean without a word that says when.
Fault completed(Fault fault) {
  const bool answers = fault.status != 0 || fault.html || !fault.body.empty() || fault.go_away;
  const bool says_when = fault.drop || fault.hold || fault.hold_answer || fault.late.count() >= 0 ||
                         fault.answer != AnswerFault::none;
  if (fault.breakage == Breakage::close || answers || says_when) return fault;
  if (fault.after_apply) {
    fault.answer = AnswerFault::vanish;
  } else {
    fault.drop = true;
  }
  return fault;
}

// A review (SelfSubjectAccessReview) stores nothing.
bool is_write(const Request& request) {
  return request.method != "GET" && request.method != "HEAD" &&
         request.path.find("/selfsubject") == std::string::npos;
}

}  // namespace

Fault parse_fault(const std::string& text) {
  Fault fault;
  std::istringstream words(text);
  for (std::string word; words >> word;) {
    const std::size_t equals = word.find('=');
    set(fault, word.substr(0, equals), equals == std::string::npos ? "" : word.substr(equals + 1));
  }
  return completed(fault);
}

Fault parse_fault(const Json& rule) {
  if (rule.is_string()) return parse_fault(rule.get<std::string>());
  Fault fault;
  for (const auto& [word, value] : rule.items()) {
    if (value == Json(false)) continue;
    set(fault, word, value.is_string() ? value.get<std::string>() : value.dump());
  }
  return completed(fault);
}

void Faults::add(Fault fault) {
  const std::lock_guard lock(mutex_);
  faults_.push_back(std::move(fault));
}

void Faults::clear() {
  const std::lock_guard lock(mutex_);
  faults_.clear();
  ++clearings_;
  cleared_.notify_all();
}

std::shared_ptr<void> Faults::count_as_held() {
  const std::lock_guard counting(mutex_);
  ++held_;
  return {this, [](Faults* self) {
            const std::lock_guard lock(self->mutex_);
            --self->held_;
          }};
}

void Faults::hold_until(std::chrono::steady_clock::time_point end, const std::function<bool()>& enough) {
  std::unique_lock lock(mutex_);
  const std::uint64_t seen = clearings_;
  while (clearings_ == seen && std::chrono::steady_clock::now() < end && !enough()) {
    cleared_.wait_until(lock, std::min(end, std::chrono::steady_clock::now() + kLookEvery));
  }
}

void Faults::hold(const ResponseWriter& answer) {
  const std::shared_ptr<void> counted = count_as_held();
  const auto never = std::chrono::steady_clock::now() + std::chrono::hours(24);
  hold_until(never, [&] { return answer.client_gone(); });
}

void Faults::hold_for(std::chrono::milliseconds time) {
  hold_until(std::chrono::steady_clock::now() + time, [] { return false; });
}

int Faults::held() const {
  const std::lock_guard lock(mutex_);
  return held_;
}

std::optional<Fault> Faults::next(const Request& request) {
  const std::lock_guard lock(mutex_);
  std::optional<Fault> chosen;
  for (Fault& fault : faults_) {
    if (fault.writes && !is_write(request)) continue;
    if (!fault.method.empty() && fault.method != request.method) continue;
    if (request.target.find(fault.path) == std::string::npos) continue;
    if (fault.after > 0) {
      --fault.after;
    } else if (fault.times != 0 && !chosen) {
      if (fault.times > 0) --fault.times;
      chosen = fault;
    }
  }
  return chosen;
}

void RequestLog::write_to(const std::string& path) {
  // The log names users and objects: nobody else need read it.
  const int fd = ::open(path.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
  if (fd >= 0) ::close(fd);
  const std::lock_guard lock(mutex_);
  file_.open(path, std::ios::app);
  if (!file_) throw std::runtime_error("cannot write " + path);
}

void RequestLog::add(Json entry) {
  const std::lock_guard lock(mutex_);
  if (file_.is_open()) file_ << entry.dump(-1, ' ', false, Json::error_handler_t::replace) << std::endl;
  entries_.push_back(std::move(entry));
}

std::vector<Json> RequestLog::entries() const {
  const std::lock_guard lock(mutex_);
  return entries_;
}

void RequestLog::clear() {
  const std::lock_guard lock(mutex_);
  entries_.clear();
}

}  // namespace kots_export::apiserver
