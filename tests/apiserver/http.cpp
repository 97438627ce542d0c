#include "apiserver/http.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>

#include <zlib.h>

namespace kots_export::apiserver {
namespace {

constexpr std::size_t kBodyLimit = std::size_t{3} << 20;
constexpr std::size_t kHeadLimit = std::size_t{1} << 20;
// The real server compresses answers from this size on.
constexpr std::size_t kGzipFrom = std::size_t{128} << 10;

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return result;
}

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

void split_query(std::string_view text, Request& request) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('&'), text.size());
    const std::string_view pair = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (pair.empty()) continue;
    const std::size_t equals = std::min(pair.find('='), pair.size());
    request.query.emplace_back(
        percent_decode(pair.substr(0, equals), PlusIsBlank::yes),
        percent_decode(pair.substr(std::min(equals + 1, pair.size())), PlusIsBlank::yes));
  }
}

// Fast rather than small, as the real server's level is.
std::string compress(std::string_view text) {
  z_stream state{};
  deflateInit2(&state, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  std::string result(deflateBound(&state, static_cast<uLong>(text.size())), '\0');
  state.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  state.avail_in = static_cast<uInt>(text.size());
  state.next_out = reinterpret_cast<Bytef*>(result.data());
  state.avail_out = static_cast<uInt>(result.size());
  deflate(&state, Z_FINISH);
  result.resize(state.total_out);
  deflateEnd(&state);
  return result;
}

}  // namespace

std::string percent_decode(std::string_view text, PlusIsBlank plus) {
  std::string result;
  result.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    unsigned value = 0;
    if (text[i] == '%' && i + 2 < text.size() &&
        std::from_chars(text.data() + i + 1, text.data() + i + 3, value, 16).ptr == text.data() + i + 3) {
      result += static_cast<char>(value);
      i += 2;
    } else {
      result += text[i] == '+' && plus == PlusIsBlank::yes ? ' ' : text[i];
    }
  }
  return result;
}

// --- Request ---

std::string_view Request::header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (key == name) return value;
  }
  return {};
}

std::vector<std::string> Request::header_values(std::string_view name) const {
  std::vector<std::string> values;
  for (const auto& [key, value] : headers) {
    if (key == name) values.push_back(value);
  }
  return values;
}

std::optional<std::string> Request::parameter(std::string_view name) const {
  for (const auto& [key, value] : query) {
    if (key == name) return value;
  }
  return std::nullopt;
}

std::vector<std::string> Request::parameter_values(std::string_view name) const {
  std::vector<std::string> values;
  for (const auto& [key, value] : query) {
    if (key == name) values.push_back(value);
  }
  return values;
}

bool Request::flag(std::string_view name) const {
  const std::optional<std::string> value = parameter(name);
  return value && (*value == "1" || *value == "t" || *value == "T" || lower(*value) == "true");
}

// --- Answers ---

void ResponseWriter::set_header(std::string name, std::string value) {
  headers_.emplace_back(std::move(name), std::move(value));
}

std::string ResponseWriter::head(int status, std::string_view content_type) const {
  std::string text = "HTTP/1.1 " + std::to_string(status) + ' ';
  text += reason_phrase(status);
  text += "\r\nCache-Control: no-cache, private\r\n";
  if (!content_type.empty()) (text += "Content-Type: ").append(content_type) += "\r\n";
  for (const auto& [name, value] : headers_) text += name + ": " + value + "\r\n";
  if (!keep_alive_) text += "Connection: close\r\n";
  return text;
}

void ResponseWriter::announce(int status) {
  if (fault_ == AnswerFault::vanish) break_off();
  status_ = status;
  if (observer_) observer_(status);
}

void ResponseWriter::break_off() {
  if (observer_) observer_(0);
  keep_alive_ = false;
  throw ConnectionLost();
}

void ResponseWriter::send(int status, std::string_view content_type, std::string_view body) {
  announce(status);
  std::string compressed;
  if (accepts_gzip_ && body.size() >= kGzipFrom) {
    compressed = compress(body);
    body = compressed;
    set_header("Content-Encoding", "gzip");
    set_header("Vary", "Accept-Encoding");
  }
  std::string answer = head(status, content_type);
  answer += "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n";
  if (fault_ == AnswerFault::cut) {
    stream_.write(answer.append(body.substr(0, body.size() / 2)));
    // An orderly end, so that the half body arrives before the client sees that the rest never will.
    stream_.finish();
    stream_.shut_down();
    keep_alive_ = false;
    throw ConnectionLost();
  }
  stream_.write(answer.append(body));
}

void ResponseWriter::begin(int status, std::string_view content_type) {
  announce(status);
  stream_.write(head(status, content_type) + "Transfer-Encoding: chunked\r\n\r\n");
}

void ResponseWriter::chunk(std::string_view bytes) {
  if (bytes.empty()) return;
  std::array<char, 20> size{};
  const auto end = std::to_chars(size.data(), size.data() + size.size(), bytes.size(), 16).ptr;
  std::string text(size.data(), end);
  (text += "\r\n").append(bytes) += "\r\n";
  if (fault_ == AnswerFault::cut) {
    stream_.write(std::string_view(text).substr(0, text.size() / 2));
    stream_.finish();
    stream_.shut_down();
    keep_alive_ = false;
    throw ConnectionLost();
  }
  stream_.write(text);
}

void ResponseWriter::end() { stream_.write("0\r\n\r\n"); }

Stream& ResponseWriter::upgrade(std::string_view text) {
  announce(101);
  keep_alive_ = false;
  stream_.write(text);
  return stream_;
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
  const bool chunked = lower(request.header("transfer-encoding")) == "chunked";
  const std::string_view length_text = request.header("content-length");
  if (!chunked && length_text.empty()) return true;
  std::size_t length = 0;
  std::from_chars(length_text.data(), length_text.data() + length_text.size(), length);
  if (!chunked && length > kBodyLimit) {
    request.body_too_large = true;
    return true;
  }
  if (lower(request.header("expect")) == "100-continue") stream_.write("HTTP/1.1 100 Continue\r\n\r\n");
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
  request.target = line->substr(first + 1, second - first - 1);
  const std::size_t mark = std::min(request.target.find('?'), request.target.size());
  request.path = request.target.substr(0, mark);
  split_query(std::string_view(request.target).substr(std::min(mark + 1, request.target.size())), request);
  for (;;) {
    const std::optional<std::string> header = take_line();
    if (!header) return std::nullopt;
    if (header->empty()) break;
    const std::size_t colon = header->find(':');
    if (colon == std::string::npos) return std::nullopt;
    request.headers.emplace_back(lower(std::string_view(*header).substr(0, colon)),
                                 trimmed(std::string_view(*header).substr(colon + 1)));
  }
  request.peer = stream_.peer();
  if (!read_body(request)) return std::nullopt;
  return request;
}

}  // namespace kots_export::apiserver
