#include <kots_export/kube/curl_transport.h>
#include <kots_export/kube/http_status.h>
#include <kots_export/util/error.h>
#include <kots_export/util/text.h>

#include "kube/curl_impl.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <map>
#include <mutex>
#include <span>

namespace kots_export::kube {

namespace {

constexpr std::chrono::milliseconds kTick{100};
// Where the server does not speak HTTP/2, each request in flight needs a connection of its own.
constexpr std::size_t kMostConnections = 16;

TransportFailure cancelled() {
  return {.kind = TransportFailure::Kind::cancelled,
          .delivered = TransportFailure::Delivered::maybe,
          .text = "stopped",
          .hint = {}};
}

TransportFailure taken_back() {
  return {.kind = TransportFailure::Kind::cancelled,
          .delivered = TransportFailure::Delivered::no,
          .text = "taken back before it was sent",
          .hint = {}};
}

void start_libcurl_once() {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
}

}  // namespace

// One exchange under way; between two, a handle that is ready for the next. libcurl keeps pointers to it: it
// does not move.
class CurlTransport::Impl::Transfer {
 public:
  Transfer(const Endpoint& endpoint, const CurlOptions& options, RequestCredentials credentials)
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
    // A body goes out by a function that cannot begin again: libcurl sends what was cut once more by itself,
    // and a write has to have one owner, who knows how often it went out.
    set(easy, CURLOPT_READFUNCTION, &Transfer::on_send);
    set(easy, CURLOPT_READDATA, this);
    set(easy, CURLOPT_SEEKFUNCTION, &Transfer::on_rewind);
    set(easy, CURLOPT_SEEKDATA, this);
    set(easy, CURLOPT_PREREQFUNCTION, &Transfer::before_sending);
    set(easy, CURLOPT_PREREQDATA, this);
  }

  [[nodiscard]] CURL* handle() const { return easy_.get(); }

  // The client certificate stays with the handle; everything else goes with each request.
  [[nodiscard]] bool has_certificate_of(const RequestCredentials& credentials) const {
    return credentials_.client_cert_pem == credentials.client_cert_pem &&
           credentials_.client_key_pem == credentials.client_key_pem;
  }

  void prepare(Exchange exchange, RequestCredentials credentials) {
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
  }

  // Nothing of the exchange stays, its secrets least of all.
  void clear() {
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

  [[nodiscard]] const RequestCredentials& credentials() const { return credentials_; }
  Exchange& exchange() { return exchange_; }
  // Its own time may end before the time to connect does: that says nothing of the server.
  [[nodiscard]] bool is_hasty() const {
    const auto limit = limit_of(exchange_.request);
    return limit.count() > 0 && limit <= options_.connect_timeout;
  }
  // Whether it has had a connection.
  [[nodiscard]] bool has_begun() const { return begun_; }

  // What came of it, as libcurl says. Throws what on_data threw.
  Outcome outcome(CURLcode code, bool server_has_answered) {
    if (thrown_) std::rethrow_exception(thrown_);
    if (code != CURLE_OK) return failure(code, server_has_answered);
    reply_.status = static_cast<int>(response_code());
    return std::move(reply_);
  }

 private:
  static std::size_t on_body(char* data, std::size_t, std::size_t size, void* self) {
    return static_cast<Transfer*>(self)->take_body({data, size});
  }

  static std::size_t on_send(char* buffer, std::size_t, std::size_t size, void* self) {
    return static_cast<Transfer*>(self)->give_body({buffer, size});
  }

  static int on_rewind(void*, curl_off_t, int) { return CURL_SEEKFUNC_FAIL; }

  std::size_t give_body(std::span<char> buffer) {
    // A write is nothing before its body: this is the last look.
    if (sent_ == 0 && !may_send()) return CURL_READFUNC_ABORT;
    const std::string_view left = std::string_view(exchange_.request.body).substr(sent_);
    const std::size_t size = left.copy(buffer.data(), buffer.size());
    sent_ += size;
    return size;
  }

  // Of one try.
  [[nodiscard]] std::chrono::milliseconds limit_of(const Request& request) const {
    const bool has_own = request.timeout.count() > 0 || exchange_.on_data;
    return has_own ? request.timeout : options_.try_timeout;
  }

  // Called where a connection is ready, before anything of the request goes out.
  static int before_sending(void* self, char*, char*, int, int) {
    return static_cast<Transfer*>(self)->begin() ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT;
  }

  static std::size_t on_header(char* data, std::size_t, std::size_t size, void* self) {
    static_cast<Transfer*>(self)->take_header({data, size});
    return size;
  }

  // A write without a body is whole with its header; libcurl would begin it again where it was cut.
  bool begin() {
    const Request& request = exchange_.request;
    if (begun_ && request.method != Method::get && request.body.empty()) {
      is_repeat_ = true;
      return false;
    }
    begun_ = true;
    return may_send();
  }

  bool may_send() {
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

  [[nodiscard]] long response_code() const {
    long status = 0;
    curl_easy_getinfo(handle(), CURLINFO_RESPONSE_CODE, &status);
    return status;
  }

  std::size_t take_body(std::string_view data) {
    const long status = exchange_.on_data ? response_code() : 0;
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

  void take_header(std::string_view line) {
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

  TransportFailure failure(CURLcode code, bool server_has_answered) const {
    if (stopped_) return cancelled();
    if (taken_back_ && sent_ == 0) return taken_back();
    if ((sent_ > 0 || is_repeat_) && code == CURLE_ABORTED_BY_CALLBACK) code = CURLE_SEND_FAIL_REWIND;
    curl_off_t sent_after = 0;
    curl_easy_getinfo(handle(), CURLINFO_PRETRANSFER_TIME_T, &sent_after);
    const auto delivered =
        sent_after == 0 && !is_repeat_ ? TransportFailure::Delivered::no : TransportFailure::Delivered::maybe;
    if (code == CURLE_WRITE_ERROR) {
      return {.kind = TransportFailure::Kind::other,
              .delivered = delivered,
              .text = "the answer is longer than " + std::to_string(options_.longest_body) + " bytes",
              .hint = {}};
    }
    auto failure = failure_of(code, error_buffer_.data(), endpoint_.server(), delivered,
                              server_has_answered ? HasAnswered::yes : HasAnswered::no);
    // With TLS 1.3 a server refuses a client certificate, or the lack of one, after the handshake: its alert
    // may be lost with the connection.
    const bool may_be_refused = !server_has_answered && endpoint_.address().scheme == "https";
    if (failure.kind == TransportFailure::Kind::reset && may_be_refused)
      failure.hint +=
          " If it happens again, the server may be refusing the client certificate, or want one: "
          "see that it is there and in date.";
    return failure;
  }

  const Endpoint& endpoint_;
  const CurlOptions& options_;
  RequestCredentials credentials_;  // that the request carries
  Easy easy_{curl_easy_init()};
  Exchange exchange_;
  HeaderList headers_;
  std::array<char, CURL_ERROR_SIZE> error_buffer_{};
  Reply reply_;
  std::size_t sent_ = 0;  // of the body
  bool begun_ = false;
  bool is_repeat_ = false;  // libcurl wanted to begin again
  bool stopped_ = false;
  bool taken_back_ = false;    // before it was sent
  std::exception_ptr thrown_;  // by on_data: exceptions do not cross libcurl
};

// One call of run(): feeds libcurl and hands out what comes back.
class CurlTransport::Impl::Run {
 public:
  Run(Impl& impl, RequestSource& source) : impl_(impl), source_(source) {}
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;
  ~Run() {
    for (auto& [easy, one] : active_) curl_multi_remove_handle(impl_.multi_, easy);
  }

  void go() {
    for (;;) {
      start_what_there_is();
      const auto wake = source_.wake_at();
      if (active_.empty() && !wake) return;
      int running = 0;
      curl_multi_perform(impl_.multi_, &running);
      if (!finish_what_is_done()) wait(wake);
      if (source_.tick() == Flow::stop) return cancel_all();
    }
  }

 private:
  [[nodiscard]] bool has_room() const { return active_.size() - streams_ < impl_.options_.max_in_flight; }

  void start_what_there_is() {
    while (has_room()) {
      auto exchange = source_.next();
      if (!exchange) return;
      send(std::move(*exchange));
    }
  }

  void send(Exchange exchange, bool refreshed = false) {
    RequestCredentials credentials;
    try {
      credentials = impl_.credentials_.current();
    } catch (const Interrupted&) {
      throw;
    } catch (const Error& error) {
      exchange.done(TransportFailure{.kind = TransportFailure::Kind::credentials,
                                     .delivered = TransportFailure::Delivered::no,
                                     .text = error.what(),
                                     .hint = error.hint()});
      return;
    }
    auto transfer = impl_.take_transfer(credentials);
    transfer->prepare(std::move(exchange), std::move(credentials));
    CURL* easy = transfer->handle();
    if (curl_multi_add_handle(impl_.multi_, easy) != CURLM_OK)
      throw Error("cannot start a request", "libcurl refused it");
    if (transfer->exchange().kind == Exchange::Kind::stream) ++streams_;
    active_.emplace(easy, Active{.transfer = std::move(transfer), .refreshed = refreshed});
  }

  bool finish_what_is_done() {
    bool any = false;
    int left = 0;
    while (CURLMsg* message = curl_multi_info_read(impl_.multi_, &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      const CURLcode code = message->data.result;
      auto node = active_.extract(message->easy_handle);
      curl_multi_remove_handle(impl_.multi_, node.key());
      auto& [transfer, refreshed] = node.mapped();
      if (transfer->exchange().kind == Exchange::Kind::stream) --streams_;
      finish(*transfer, code, refreshed);
      impl_.give_back(std::move(transfer));
      any = true;
    }
    return any;
  }

  void finish(Transfer& transfer, CURLcode code, bool refreshed) {
    Outcome outcome = transfer.outcome(code, impl_.has_answered_);
    if (const auto* failure = std::get_if<TransportFailure>(&outcome);
        failure != nullptr && is_unreachable(*failure) && !transfer.is_hasty() && is_nothing_sent())
      return fail_all(transfer, *failure);
    if (const auto* reply = std::get_if<Reply>(&outcome)) {
      impl_.has_answered_ = true;
      if (reply->status == http::kUnauthorized && !refreshed &&
          impl_.credentials_.refresh(transfer.credentials()))
        return send(std::move(transfer.exchange()), true);
    }
    transfer.exchange().done(std::move(outcome));
  }

  void wait(std::optional<std::chrono::steady_clock::time_point> wake) {
    auto timeout = kTick;
    // What is due and has no room waits for an answer, not for the clock.
    if (wake && has_room()) {
      const auto until =
          std::chrono::ceil<std::chrono::milliseconds>(*wake - std::chrono::steady_clock::now());
      timeout = std::clamp(until, std::chrono::milliseconds(0), kTick);
    }
    curl_multi_poll(impl_.multi_, nullptr, 0, static_cast<int>(timeout.count()), nullptr);
  }

  [[nodiscard]] bool is_nothing_sent() const {
    return std::ranges::none_of(active_, [](const auto& each) { return each.second.transfer->has_begun(); });
  }

  // What waits for a connection would try one after the other, each for as long.
  void fail_all(Transfer& first, const TransportFailure& failure) {
    const auto waiting = take_all();
    first.exchange().done(failure);
    for (const auto& [easy, one] : waiting) one.transfer->exchange().done(failure);
  }

  void cancel_all() {
    for (const auto& [easy, one] : take_all()) one.transfer->exchange().done(cancelled());
  }

  struct Active {
    std::unique_ptr<Transfer> transfer;
    bool refreshed = false;  // sent again with new credentials
  };

  std::map<CURL*, Active> take_all() {
    auto all = std::exchange(active_, {});
    streams_ = 0;
    for (const auto& [easy, one] : all) curl_multi_remove_handle(impl_.multi_, easy);
    return all;
  }

  Impl& impl_;
  RequestSource& source_;
  std::map<CURL*, Active> active_;
  std::size_t streams_ = 0;  // how many of them are streams
};

CurlTransport::Impl::Impl(ResolvedConfig config, CredentialSource& credentials, CurlOptions options)
    : config_(std::move(config)),
      credentials_(credentials),
      options_(std::move(options)),
      endpoint_(config_, options_) {
  start_libcurl_once();
  multi_ = curl_multi_init();
  if (multi_ == nullptr) throw Error("cannot start libcurl", "out of memory");
  curl_multi_setopt(multi_, CURLMOPT_PIPELINING, static_cast<long>(CURLPIPE_MULTIPLEX));
  // HTTP/1.1 takes a connection for each stream too.
  constexpr std::size_t kStreams = 8;
  curl_multi_setopt(multi_, CURLMOPT_MAX_HOST_CONNECTIONS,
                    static_cast<long>(std::min(options_.max_in_flight, kMostConnections) + kStreams));
}

CurlTransport::Impl::~Impl() {
  idle_.clear();
  curl_multi_cleanup(multi_);
}

std::unique_ptr<CurlTransport::Impl::Transfer> CurlTransport::Impl::take_transfer(
    const RequestCredentials& credentials) {
  while (!idle_.empty()) {
    auto transfer = std::move(idle_.back());
    idle_.pop_back();
    if (transfer->has_certificate_of(credentials)) return transfer;
  }
  return std::make_unique<Transfer>(endpoint_, options_, credentials);
}

void CurlTransport::Impl::give_back(std::unique_ptr<Transfer> transfer) {
  if (idle_.size() >= options_.max_in_flight) return;
  transfer->clear();
  idle_.push_back(std::move(transfer));
}

void CurlTransport::Impl::run(RequestSource& source) { Run(*this, source).go(); }

CurlTransport::CurlTransport(ResolvedConfig config, CredentialSource& credentials, CurlOptions options)
    : impl_(std::make_unique<Impl>(std::move(config), credentials, std::move(options))) {}

CurlTransport::~CurlTransport() = default;

void CurlTransport::run(RequestSource& source) { impl_->run(source); }

std::size_t CurlTransport::max_in_flight() const { return impl_->max_in_flight(); }

WebSocketResult CurlTransport::websocket(const Request& request, std::string_view protocol,
                                         const std::function<Flow(std::string_view)>& on_message) {
  return impl_->websocket(request, protocol, on_message);
}

}  // namespace kots_export::kube
