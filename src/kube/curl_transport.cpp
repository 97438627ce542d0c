#include <kots_export/kube/curl_transport.h>
#include <kots_export/kube/http_status.h>
#include <kots_export/util/error.h>

#include "kube/curl_impl.h"
#include "kube/curl_transfer.h"

#include <algorithm>
#include <map>
#include <mutex>

namespace kots_export::kube {

namespace {

constexpr std::chrono::milliseconds kTick{100};
// Where the server does not speak HTTP/2, each request in flight needs a connection of its own.
constexpr std::size_t kMostConnections = 16;

void start_libcurl_once() {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
}

}  // namespace

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
      impl_.has_answered_ = HasAnswered::yes;
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

std::unique_ptr<Transfer> CurlTransport::Impl::take_transfer(const RequestCredentials& credentials) {
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
