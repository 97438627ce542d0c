#include "apiserver/http.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <ctime>

#include <zlib.h>

namespace kots_export::apiserver {
namespace {

// The real server compresses answers from this size on.
constexpr std::size_t kGzipFrom = std::size_t{128} << 10;

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

std::string to_lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return result;
}

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

void Request::set_target(std::string text) {
  target = std::move(text);
  const std::size_t mark = std::min(target.find('?'), target.size());
  path = target.substr(0, mark);
  split_query(std::string_view(target).substr(std::min(mark + 1, target.size())), *this);
}

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
  return value && (*value == "1" || *value == "t" || *value == "T" || to_lower(*value) == "true");
}

bool accepts_gzip(const Request& request) {
  return request.header("accept-encoding").find("gzip") != std::string_view::npos;
}

// --- Answers ---

void ResponseWriter::set_header(std::string name, std::string value) {
  headers_.emplace_back(std::move(name), std::move(value));
}

Headers ResponseWriter::head(std::string_view content_type) {
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  ::gmtime_r(&now, &utc);
  std::array<char, 40> date{};
  std::strftime(date.data(), date.size(), "%a, %d %b %Y %H:%M:%S GMT", &utc);
  Headers all{{"Cache-Control", "no-cache, private"}, {"Date", date.data()}};
  if (!content_type.empty()) all.emplace_back("Content-Type", content_type);
  for (auto& header : headers_) all.push_back(std::move(header));
  return all;
}

void ResponseWriter::announce(int status) {
  if (fault_ == AnswerFault::vanish) break_off();
  status_ = status;
  report(status);
}

void ResponseWriter::break_off() {
  report(status_);
  hang_up(breakage_);
  throw ConnectionLost();
}

void ResponseWriter::send_replacement() {
  const Replacement answer = std::move(replacement_);
  fault_ = AnswerFault::none;
  send(answer.status, answer.content_type, answer.body);
}

void ResponseWriter::send(int status, std::string_view content_type, std::string_view body) {
  if (fault_ == AnswerFault::replace) return send_replacement();
  announce(status);
  std::string compressed;
  if (accepts_gzip_ && body.size() >= kGzipFrom) {
    compressed = compress(body);
    body = compressed;
    set_header("Content-Encoding", "gzip");
    set_header("Vary", "Accept-Encoding");
  }
  const bool whole = fault_ == AnswerFault::none;
  const std::string_view sent = whole ? body : body.substr(0, body.size() / 2);
  const bool length_known = fault_ != AnswerFault::shorten_clean;
  put_head(status, head(content_type), length_known ? std::optional(body.size()) : std::nullopt);
  put_body(sent, length_known ? body.size() : sent.size());
  if (fault_ != AnswerFault::cut) put_end();
  flush();
  if (fault_ == AnswerFault::cut) break_off();
}

void ResponseWriter::begin(int status, std::string_view content_type) {
  if (fault_ == AnswerFault::replace) {
    send_replacement();
    throw ConnectionLost();
  }
  announce(status);
  put_head(status, head(content_type), std::nullopt);
  flush();
}

void ResponseWriter::chunk(std::string_view bytes) {
  if (bytes.empty()) return;
  if (fault_ == AnswerFault::none) {
    put_body(bytes, bytes.size());
    return flush();
  }
  const std::string_view half = bytes.substr(0, bytes.size() / 2);
  put_body(half, fault_ == AnswerFault::shorten_clean ? half.size() : bytes.size());
  if (fault_ != AnswerFault::cut) put_end();
  flush();
  if (fault_ == AnswerFault::cut) break_off();
  throw ConnectionLost();
}

void ResponseWriter::end() {
  put_end();
  flush();
}

}  // namespace kots_export::apiserver
