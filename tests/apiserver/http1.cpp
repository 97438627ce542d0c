#include "apiserver/http1.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace kots_export::apiserver {
namespace {

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

std::string_view reason_phrase(int status) {
  static constexpr std::array<std::pair<int, std::string_view>, 20> kPhrases{
      {{101, "Switching Protocols"},
       {200, "OK"},
       {201, "Created"},
       {202, "Accepted"},
       {400, "Bad Request"},
       {401, "Unauthorized"},
       {403, "Forbidden"},
       {404, "Not Found"},
       {405, "Method Not Allowed"},
       {406, "Not Acceptable"},
       {409, "Conflict"},
       {410, "Gone"},
       {413, "Request Entity Too Large"},
       {415, "Unsupported Media Type"},
       {422, "Unprocessable Entity"},
       {429, "Too Many Requests"},
       {500, "Internal Server Error"},
       {502, "Bad Gateway"},
       {503, "Service Unavailable"},
       {504, "Gateway Timeout"}}};
  for (const auto& [code, phrase] : kPhrases) {
    if (code == status) return phrase;
  }
  return "Status";
}

}  // namespace

// --- Answers ---

void Http1Writer::put_head(int status, const Headers& headers, std::optional<std::size_t> length) {
  chunked_ = !length;
  owed_ = length.value_or(0);
  buffer_ += "HTTP/1.1 " + std::to_string(status) + ' ';
  buffer_ += reason_phrase(status);
  buffer_ += "\r\n";
  for (const auto& [name, value] : headers) buffer_ += name + ": " + value + "\r\n";
  if (!keep_alive_) buffer_ += "Connection: close\r\n";
  buffer_ += chunked_ ? "Transfer-Encoding: chunked\r\n\r\n"
                      : "Content-Length: " + std::to_string(*length) + "\r\n\r\n";
}

void Http1Writer::put_body(std::string_view bytes, std::size_t announced) {
  if (!chunked_) {
    owed_ -= bytes.size();
    buffer_.append(bytes);
    return;
  }
  owed_ = announced - bytes.size();
  std::array<char, 20> size{};
  const auto end = std::to_chars(size.data(), size.data() + size.size(), announced, 16).ptr;
  buffer_.append(size.data(), end) += "\r\n";
  buffer_.append(bytes);
  if (owed_ == 0) buffer_ += "\r\n";
}

void Http1Writer::put_end() {
  if (owed_ > 0) {
    // Nothing can follow on a connection that owes the rest of a body.
    keep_alive_ = false;
  } else if (chunked_) {
    buffer_ += "0\r\n\r\n";
  }
}

void Http1Writer::flush() {
  const std::string bytes = std::exchange(buffer_, {});
  stream_.write(bytes);
}

Stream& Http1Writer::upgrade(std::string_view text) {
  announce(101);
  keep_alive_ = false;
  stream_.write(text);
  return stream_;
}

void Http1Writer::hang_up(Breakage breakage) {
  keep_alive_ = false;
  if (breakage == Breakage::reset) return stream_.reset();
  // An orderly end, so that a half body arrives before the client sees that the rest never will.
  if (status() != 0) stream_.finish();
  stream_.shut_down();
}

// --- Requests ---

bool RequestReader::fill() {
  if (at_ > 0 && at_ == buffer_.size()) {
    buffer_.clear();
    at_ = 0;
  }
  std::array<char, 16384> block{};
  const std::size_t count = stream_.read(block.data(), block.size());
  buffer_.append(block.data(), count);
  return count > 0;
}

std::optional<std::string> RequestReader::take_line() {
  for (;;) {
    const std::size_t end = buffer_.find("\r\n", at_);
    if (end != std::string::npos) {
      std::string line = buffer_.substr(at_, end - at_);
      at_ = end + 2;
      return line;
    }
    if (buffer_.size() - at_ > kHeadLimit || !fill()) return std::nullopt;
  }
}

bool RequestReader::take(std::size_t size, std::string& into) {
  while (buffer_.size() - at_ < size) {
    if (!fill()) return false;
  }
  into.append(buffer_, at_, size);
  at_ += size;
  return true;
}

bool RequestReader::read_chunked(Request& request) {
  for (;;) {
    const std::optional<std::string> line = take_line();
    std::size_t size = 0;
    if (!line || std::from_chars(line->data(), line->data() + line->size(), size, 16).ec != std::errc())
      return false;
    if (size == 0) break;
    if (request.body.size() + size > kBodyLimit) {
      request.body_too_large = true;
      return true;
    }
    if (!take(size, request.body) || !take_line()) return false;
  }
  for (;;) {
    const std::optional<std::string> trailer = take_line();
    if (!trailer) return false;
    if (trailer->empty()) return true;
  }
}

bool RequestReader::read_body(Request& request) {
  const bool chunked = to_lower(request.header("transfer-encoding")) == "chunked";
  const std::string_view length_text = request.header("content-length");
  if (!chunked && length_text.empty()) return true;
  std::size_t length = 0;
  std::from_chars(length_text.data(), length_text.data() + length_text.size(), length);
  if (!chunked && length > kBodyLimit) {
    request.body_too_large = true;
    return true;
  }
  if (to_lower(request.header("expect")) == "100-continue") stream_.write("HTTP/1.1 100 Continue\r\n\r\n");
  return chunked ? read_chunked(request) : take(length, request.body);
}

std::optional<Request> RequestReader::next() {
  const std::optional<std::string> line = take_line();
  if (!line) return std::nullopt;
  const std::size_t first = line->find(' ');
  const std::size_t second = line->rfind(' ');
  if (first == std::string::npos || second <= first) return std::nullopt;
  Request request;
  request.method = line->substr(0, first);
  request.set_target(line->substr(first + 1, second - first - 1));
  for (;;) {
    const std::optional<std::string> header = take_line();
    if (!header) return std::nullopt;
    if (header->empty()) break;
    const std::size_t colon = header->find(':');
    if (colon == std::string::npos) return std::nullopt;
    request.headers.emplace_back(to_lower(std::string_view(*header).substr(0, colon)),
                                 trimmed(std::string_view(*header).substr(colon + 1)));
  }
  request.peer = stream_.peer();
  if (!read_body(request)) return std::nullopt;
  return request;
}

}  // namespace kots_export::apiserver
