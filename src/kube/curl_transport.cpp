#include <kots_export/kube/curl_transport.h>
#include <kots_export/util/error.h>
#include <kots_export/util/text.h>

#include "kube/curl_impl.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <mutex>

namespace kots_export::kube {

namespace {

constexpr std::chrono::milliseconds kTick{100};
constexpr int kUnauthorized = 401;
// Where the server does not speak HTTP/2, each request in flight needs a connection of its own.
constexpr std::size_t kMostConnections = 16;

void start_libcurl_once() {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
}

}  // namespace

// One exchange under way. libcurl keeps pointers to it: it does not move.
struct CurlTransport::Impl::Transfer {
  explicit Transfer(Easy handle) : easy(std::move(handle)) {}

  Easy easy;
  Exchange exchange;
  HeaderList headers;
  HeaderList connect_to;
  std::array<char, CURL_ERROR_SIZE> error_buffer{};
  Reply reply;
  std::size_t longest_body = 0;
  RequestCredentials credentials;  // that the request carries
  bool refreshed = false;
  bool stopped = false;
  std::exception_ptr thrown;  // by on_data: exceptions do not cross libcurl

  static std::size_t on_body(char* data, std::size_t, std::size_t size, void* self) {
    return static_cast<Transfer*>(self)->take_body({data, size});
  }

  static std::size_t on_header(char* data, std::size_t, std::size_t size, void* self) {
    static_cast<Transfer*>(self)->take_header({data, size});
    return size;
  }

  std::size_t take_body(std::string_view data) {
    long status = 0;
    curl_easy_getinfo(easy.get(), CURLINFO_RESPONSE_CODE, &status);
    if (exchange.on_data && status >= 200 && status < 300) {
      try {
        stopped = exchange.on_data(data) == Flow::stop;
      } catch (...) {
        thrown = std::current_exception();
        stopped = true;
      }
      return stopped ? 0 : data.size();
    }
    if (reply.body.size() + data.size() > longest_body) return 0;
    reply.body.append(data);
    return data.size();
  }

  void take_header(std::string_view line) {
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) {
      if (line.starts_with("HTTP/")) reply.headers.clear();  // a new answer begins (after 1xx)
      return;
    }
    std::string name(line.substr(0, colon));
    std::ranges::transform(name, name.begin(),
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    reply.headers.emplace_back(std::move(name), util::trim(line.substr(colon + 1)));
  }
};

// One call of run(): feeds libcurl and hands out what comes back.
class CurlTransport::Impl::Run {
 public:
  Run(Impl& impl, RequestSource& source) : impl_(impl), source_(source) {}
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;
  ~Run() {
    for (auto& [easy, transfer] : active_) curl_multi_remove_handle(impl_.multi_, easy);
  }

  void go() {
    for (;;) {
      start_what_there_is();
      const auto wake = source_.wake_at();
      if (active_.empty() && !wake) return;
      int running = 0;
      curl_multi_perform(impl_.multi_, &running);
      if (finish_what_is_done()) continue;
      wait(wake);
      if (source_.tick() == Flow::stop) return cancel_all();
    }
  }

 private:
  void start_what_there_is() {
    while (active_.size() - streams_ < impl_.options_.max_in_flight) {
      auto exchange = source_.next();
      if (!exchange) return;
      auto transfer = std::make_unique<Transfer>(impl_.take_handle());
      transfer->exchange = std::move(*exchange);
      send(std::move(transfer));
    }
  }

  void send(std::unique_ptr<Transfer> transfer) {
    try {
      transfer->credentials = impl_.credentials_.current();
    } catch (const Interrupted&) {
      throw;
    } catch (const Error& error) {
      transfer->exchange.done(TransportFailure{.kind = TransportFailure::Kind::credentials,
                                               .delivered = TransportFailure::Delivered::no,
                                               .text = error.what(),
                                               .hint = error.hint()});
      return;
    }
    prepare(*transfer);
    CURL* easy = transfer->easy.get();
    if (curl_multi_add_handle(impl_.multi_, easy) != CURLM_OK)
      throw Error("cannot start a request", "libcurl refused it");
    if (transfer->exchange.kind == Exchange::Kind::stream) ++streams_;
    active_.emplace(easy, std::move(transfer));
  }

  void prepare(Transfer& transfer) {
    CURL* easy = transfer.easy.get();
    const Request& request = transfer.exchange.request;
    transfer.longest_body = impl_.options_.longest_body;
    configure(easy, impl_.config_, impl_.options_, transfer.credentials, request.path, transfer.connect_to,
              transfer.error_buffer);
    for (const auto& [name, value] :
         all_headers(request, impl_.config_, impl_.options_, transfer.credentials)) {
      append(transfer.headers, name + ": " + value);
    }
    append(transfer.headers, "Expect:");  // no round trip before a body
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, transfer.headers.get());
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_2TLS));
    curl_easy_setopt(easy, CURLOPT_PIPEWAIT, 1L);
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, std::string(to_string(request.method)).c_str());
    if (request.method != Method::get) {
      curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
      curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request.body.data());
    }
    const auto timeout = request.timeout.count() > 0 || transfer.exchange.on_data
                             ? request.timeout
                             : impl_.options_.request_timeout;
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(timeout.count()));
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &Transfer::on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, &transfer);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &Transfer::on_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, &transfer);
  }

  bool finish_what_is_done() {
    bool any = false;
    int left = 0;
    while (CURLMsg* message = curl_multi_info_read(impl_.multi_, &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      const CURLcode code = message->data.result;
      auto node = active_.extract(message->easy_handle);
      curl_multi_remove_handle(impl_.multi_, node.key());
      if (node.mapped()->exchange.kind == Exchange::Kind::stream) --streams_;
      finish(*node.mapped(), code);
      impl_.give_back(std::move(node.mapped()->easy));
      any = true;
    }
    return any;
  }

  void finish(Transfer& transfer, CURLcode code) {
    if (transfer.thrown) std::rethrow_exception(transfer.thrown);
    if (code != CURLE_OK) {
      transfer.exchange.done(failure(transfer, code));
      return;
    }
    long status = 0;
    curl_easy_getinfo(transfer.easy.get(), CURLINFO_RESPONSE_CODE, &status);
    transfer.reply.status = static_cast<int>(status);
    impl_.has_answered_ = true;
    if (status == kUnauthorized && !transfer.refreshed && impl_.credentials_.refresh(transfer.credentials)) {
      auto again = std::make_unique<Transfer>(impl_.take_handle());
      again->exchange = std::move(transfer.exchange);
      again->refreshed = true;
      return send(std::move(again));
    }
    transfer.exchange.done(std::move(transfer.reply));
  }

  TransportFailure failure(Transfer& transfer, CURLcode code) const {
    if (transfer.stopped) {
      return {.kind = TransportFailure::Kind::cancelled,
              .delivered = TransportFailure::Delivered::maybe,
              .text = "stopped",
              .hint = {}};
    }
    curl_off_t sent_after = 0;
    curl_easy_getinfo(transfer.easy.get(), CURLINFO_PRETRANSFER_TIME_T, &sent_after);
    const auto delivered =
        sent_after == 0 ? TransportFailure::Delivered::no : TransportFailure::Delivered::maybe;
    if (code == CURLE_WRITE_ERROR) {
      return {.kind = TransportFailure::Kind::other,
              .delivered = delivered,
              .text = "the answer is longer than " + std::to_string(impl_.options_.longest_body) + " bytes",
              .hint = {}};
    }
    auto failure = failure_of(code, transfer.error_buffer.data(), impl_.config_.server, delivered);
    // With TLS 1.3 a server refuses a client certificate after the handshake: its alert may be lost with the
    // connection.
    const bool may_be_refused = !impl_.has_answered_ && !transfer.credentials.client_cert_pem.empty();
    if (failure.kind == TransportFailure::Kind::reset && may_be_refused)
      failure.hint +=
          " If it happens again, the server may be refusing the client certificate: see that it is in date.";
    return failure;
  }

  void wait(std::optional<std::chrono::steady_clock::time_point> wake) {
    auto timeout = kTick;
    if (wake) {
      const auto until =
          std::chrono::ceil<std::chrono::milliseconds>(*wake - std::chrono::steady_clock::now());
      timeout = std::clamp(until, std::chrono::milliseconds(0), kTick);
    }
    curl_multi_poll(impl_.multi_, nullptr, 0, static_cast<int>(timeout.count()), nullptr);
  }

  void cancel_all() {
    auto cancelled = std::move(active_);
    active_.clear();
    streams_ = 0;
    for (auto& [easy, transfer] : cancelled) curl_multi_remove_handle(impl_.multi_, easy);
    for (auto& [easy, transfer] : cancelled) {
      transfer->exchange.done(TransportFailure{.kind = TransportFailure::Kind::cancelled,
                                               .delivered = TransportFailure::Delivered::maybe,
                                               .text = "stopped",
                                               .hint = {}});
    }
  }

  Impl& impl_;
  RequestSource& source_;
  std::map<CURL*, std::unique_ptr<Transfer>> active_;
  std::size_t streams_ = 0;  // how many of them are streams
};

CurlTransport::Impl::Impl(ResolvedConfig config, CredentialSource& credentials, CurlOptions options)
    : config_(std::move(config)), credentials_(credentials), options_(std::move(options)) {
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

Easy CurlTransport::Impl::take_handle() {
  if (idle_.empty()) return Easy(curl_easy_init());
  Easy easy = std::move(idle_.back());
  idle_.pop_back();
  return easy;
}

void CurlTransport::Impl::give_back(Easy easy) {
  if (idle_.size() >= options_.max_in_flight) return;
  curl_easy_reset(easy.get());
  idle_.push_back(std::move(easy));
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
