#include "kube/curl_transfer.h"

#include <kots_export/kube/http_status.h>
#include <kots_export/util/text.h>

#include <algorithm>
#include <cctype>

namespace kots_export::kube {

namespace {

TransportFailure taken_back() {
  return {.kind = TransportFailure::Kind::cancelled,
          .delivered = TransportFailure::Delivered::no,
          .text = "taken back before it was sent",
          .hint = {}};
}

}  // namespace

TransportFailure cancelled() {
  return {.kind = TransportFailure::Kind::cancelled,
          .delivered = TransportFailure::Delivered::maybe,
          .text = "stopped",
          .hint = {}};
}

Transfer::Transfer(const Endpoint& endpoint, const CurlOptions& options, RequestCredentials credentials)
    : endpoint_(endpoint), options_(options), credentials_(std::move(credentials)) {
  CURL* easy = handle();
  endpoint.configure(easy, credentials_);
  set(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_2TLS));
  set(easy, CURLOPT_PIPEWAIT, 1L);
  set(easy, CURLOPT_ERRORBUFFER, error_buffer_.data());
  set(easy, CURLOPT_WRITEFUNCTION, &Transfer::on_body);
  set(easy, CURLOPT_WRITEDATA, this);
  set(easy, CURLOPT_HEADERFUNCTION, &Transfer::on_header);
  set(easy, CURLOPT_HEADERDATA, this);
  set(easy, CURLOPT_READFUNCTION, &Transfer::on_send);
  set(easy, CURLOPT_READDATA, this);
  set(easy, CURLOPT_SEEKFUNCTION, &Transfer::on_rewind);
  set(easy, CURLOPT_SEEKDATA, this);
  set(easy, CURLOPT_PREREQFUNCTION, &Transfer::before_sending);
  set(easy, CURLOPT_PREREQDATA, this);
}

bool Transfer::has_certificate_of(const RequestCredentials& credentials) const {
  return credentials_.client_cert_pem == credentials.client_cert_pem &&
         credentials_.client_key_pem == credentials.client_key_pem;
}

void Transfer::prepare(Exchange exchange, RequestCredentials credentials) {
  exchange_ = std::move(exchange);
  credentials_ = std::move(credentials);
  error_buffer_[0] = '\0';
  const Request& request = exchange_.request;
  for (const std::string& line : endpoint_.header_lines(request, credentials_)) append(headers_, line);
  append(headers_, "Expect:");  // no round trip before a body
  CURL* easy = handle();
  set(easy, CURLOPT_URL, endpoint_.url(request.path).c_str());
  set(easy, CURLOPT_HTTPHEADER, headers_.get());
  if (request.method == Method::get) {
    set(easy, CURLOPT_HTTPGET, 1L);
  } else {
    set(easy, CURLOPT_POST, 1L);
    set(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
  }
  set(easy, CURLOPT_CUSTOMREQUEST, std::string(to_string(request.method)).c_str());
  set(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(limit_of(request).count()));
  set(easy, CURLOPT_FRESH_CONNECT, request.connection == Request::Connection::fresh ? 1L : 0L);
}

void Transfer::clear() {
  set(handle(), CURLOPT_HTTPHEADER, nullptr);
  exchange_ = {};
  headers_.reset();
  reply_ = {};
  sent_ = 0;
  stopped_ = false;
  begun_ = false;
  is_repeat_ = false;
  taken_back_ = false;
  thrown_ = nullptr;
}

bool Transfer::is_hasty() const {
  const auto limit = limit_of(exchange_.request);
  return limit.count() > 0 && limit <= options_.connect_timeout;
}

Outcome Transfer::outcome(CURLcode code, HasAnswered server) {
  if (thrown_) std::rethrow_exception(thrown_);
  if (code != CURLE_OK) return failure(code, server);
  reply_.status = static_cast<int>(response_code());
  return std::move(reply_);
}

std::size_t Transfer::on_body(char* data, std::size_t, std::size_t size, void* self) {
  return static_cast<Transfer*>(self)->take_body({data, size});
}

std::size_t Transfer::on_header(char* data, std::size_t, std::size_t size, void* self) {
  static_cast<Transfer*>(self)->take_header({data, size});
  return size;
}

std::size_t Transfer::on_send(char* buffer, std::size_t, std::size_t size, void* self) {
  return static_cast<Transfer*>(self)->give_body({buffer, size});
}

int Transfer::on_rewind(void*, curl_off_t, int) { return CURL_SEEKFUNC_FAIL; }

int Transfer::before_sending(void* self, char*, char*, int, int) {
  return static_cast<Transfer*>(self)->begin() ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT;
}

std::chrono::milliseconds Transfer::limit_of(const Request& request) const {
  const bool has_own = request.timeout.count() > 0 || exchange_.on_data;
  return has_own ? request.timeout : options_.try_timeout;
}

bool Transfer::is_expected_type() const {
  return reply_.header("content-type").value_or("").starts_with(exchange_.request.expected.content_type);
}

// A write without a body is whole with its header; libcurl would begin it again where it was cut.
bool Transfer::begin() {
  const Request& request = exchange_.request;
  if (begun_ && request.method != Method::get && request.body.empty()) {
    is_repeat_ = true;
    return false;
  }
  begun_ = true;
  return may_send();
}

bool Transfer::may_send() {
  // On a second connection, with a part of the body gone out on the first: not again.
  if (sent_ > 0) return false;
  try {
    taken_back_ = exchange_.may_send && !exchange_.may_send();
  } catch (...) {
    thrown_ = std::current_exception();
    taken_back_ = true;
  }
  return !taken_back_;
}

std::size_t Transfer::give_body(std::span<char> buffer) {
  // A write is nothing before its body: this is the last look.
  if (sent_ == 0 && !may_send()) return CURL_READFUNC_ABORT;
  const std::string_view left = std::string_view(exchange_.request.body).substr(sent_);
  const std::size_t size = left.copy(buffer.data(), buffer.size());
  sent_ += size;
  return size;
}

std::size_t Transfer::take_body(std::string_view data) {
  const long status = exchange_.on_data && is_expected_type() ? response_code() : 0;
  if (http::is_success(static_cast<int>(status))) {
    try {
      stopped_ = exchange_.on_data(data) == Flow::stop;
    } catch (...) {
      thrown_ = std::current_exception();
      stopped_ = true;
    }
    return stopped_ ? 0 : data.size();
  }
  if (reply_.body.size() + data.size() > options_.longest_body) return 0;
  reply_.body.append(data);
  return data.size();
}

void Transfer::take_header(std::string_view line) {
  const auto colon = line.find(':');
  if (colon == std::string_view::npos) {
    if (line.starts_with("HTTP/")) reply_.headers.clear();  // a new answer begins (after 1xx)
    return;
  }
  std::string name(line.substr(0, colon));
  std::ranges::transform(name, name.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  reply_.headers.emplace_back(std::move(name), util::trim(line.substr(colon + 1)));
}

long Transfer::response_code() const {
  long status = 0;
  curl_easy_getinfo(handle(), CURLINFO_RESPONSE_CODE, &status);
  return status;
}

TransportFailure Transfer::failure(CURLcode code, HasAnswered server) const {
  if (stopped_) return cancelled();
  if (taken_back_ && sent_ == 0) return taken_back();
  if ((sent_ > 0 || is_repeat_) && code == CURLE_ABORTED_BY_CALLBACK) code = CURLE_SEND_FAIL_REWIND;
  curl_off_t sent_after = 0;
  curl_easy_getinfo(handle(), CURLINFO_PRETRANSFER_TIME_T, &sent_after);
  const auto delivered =
      sent_after == 0 && !is_repeat_ ? TransportFailure::Delivered::no : TransportFailure::Delivered::maybe;
  if (code == CURLE_WRITE_ERROR) {
    return {
        .kind = TransportFailure::Kind::other,
        .delivered = delivered,
        .text = util::filled("the answer is longer than {count} bytes", {{"count", options_.longest_body}}),
        .hint = {}};
  }
  auto failure = failure_of(code, error_buffer_.data(), endpoint_.server(), delivered, server);
  // With TLS 1.3 a server refuses a client certificate, or the lack of one, after the handshake: its alert
  // may be lost with the connection.
  const bool may_be_refused = server == HasAnswered::no && endpoint_.address().scheme == "https";
  if (failure.kind == TransportFailure::Kind::reset && may_be_refused)
    failure.hint +=
        " If it happens again, the server may be refusing the client certificate, or want one: "
        "see that it is there and in date.";
  return failure;
}

}  // namespace kots_export::kube
