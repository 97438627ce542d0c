#include "apiserver/http2_connection.h"

#include "apiserver/http2_callbacks.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

namespace kots_export::apiserver {
namespace {

// What Go's server and the API server's settings say.
constexpr std::uint32_t kMostStreams = 250;
constexpr std::uint32_t kWindow = std::uint32_t{1} << 20;
constexpr std::int32_t kConnectionWindow = std::int32_t{250} << 18;
// How much is encrypted at once, and how much of a streamed answer may wait for its client.
constexpr std::size_t kBlock = std::size_t{64} << 10;
constexpr std::size_t kMostUnsent = std::size_t{256} << 10;
// How long a broken answer's first half may take to be sent.
constexpr std::chrono::seconds kDrain{2};

}  // namespace

Http2Connection::Http2Connection(Stream& stream, std::uint64_t number, const Handler& handler,
                                 Workers& workers)
    : stream_(stream), number_(number), handler_(handler), workers_(workers) {
  wake_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  session_ = Http2Callbacks::make_session(*this);
}

Http2Connection::~Http2Connection() {
  nghttp2_session_del(session_);
  ::close(wake_);
}

void Http2Connection::send_settings() {
  const std::array<nghttp2_settings_entry, 2> settings{
      {{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, kMostStreams},
       {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, kWindow}}};
  nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, settings.data(), settings.size());
  nghttp2_session_set_local_window_size(session_, NGHTTP2_FLAG_NONE, 0, kConnectionWindow);
}

void Http2Connection::wake() const noexcept {
  const std::uint64_t one = 1;
  while (::write(wake_, &one, sizeof one) < 0 && errno == EINTR) {
  }
}

void Http2Connection::wait(short events, More more) const {
  std::array<pollfd, 2> waits{{{stream_.fd(), events, 0}, {wake_, POLLIN, 0}}};
  if (::poll(waits.data(), waits.size(), more == More::yes ? 0 : -1) <= 0 || waits[1].revents == 0) return;
  std::uint64_t count = 0;
  (void)!::read(wake_, &count, sizeof count);
}

Http2Connection::More Http2Connection::read_some() {
  std::array<char, 16384> block{};
  for (int round = 0; round < 8; ++round) {
    const std::optional<std::size_t> count = stream_.try_read(block.data(), block.size());
    if (!count) return More::no;
    if (*count == 0) throw ConnectionLost();
    if (nghttp2_session_mem_recv(session_, reinterpret_cast<const std::uint8_t*>(block.data()), *count) < 0) {
      throw ConnectionLost();
    }
  }
  return More::yes;
}

void Http2Connection::write_some() {
  for (;;) {
    if (pending_at_ == pending_.size()) {
      pending_.clear();
      pending_at_ = 0;
      while (pending_.size() < kBlock) {
        const std::uint8_t* bytes = nullptr;
        const ssize_t count = nghttp2_session_mem_send(session_, &bytes);
        if (count < 0) throw ConnectionLost();
        if (count == 0) break;
        pending_.append(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(count));
      }
      if (pending_.empty()) return;
    }
    const std::size_t count = stream_.try_write(std::string_view(pending_).substr(pending_at_));
    if (count == 0) return;
    pending_at_ += count;
    changed_.notify_all();
  }
}

void Http2Connection::lose() noexcept {
  lost_ = true;
  for (const auto& [id, stream] : streams_) stream->closed = true;
  changed_.notify_all();
}

void Http2Connection::dispatch() {
  for (Http2StreamPtr& stream : ready_) {
    if (stream->closed) continue;
    second_newest_ = std::exchange(newest_, stream->id);
    ++at_work_;
    workers_.post([this, stream] { answer(*stream); });
  }
  ready_.clear();
}

void Http2Connection::serve() {
  stream_.make_non_blocking();
  std::unique_lock lock(mutex_);
  send_settings();
  try {
    while (!lost_) {
      const More more = read_some();
      dispatch();
      write_some();
      const bool all_sent = pending_at_ == pending_.size();
      if (all_sent && nghttp2_session_want_read(session_) == 0 && nghttp2_session_want_write(session_) == 0) {
        break;
      }
      lock.unlock();
      wait(static_cast<short>(all_sent ? POLLIN : POLLIN | POLLOUT), more);
      lock.lock();
    }
  } catch (const ConnectionLost&) {
    // Seen below as by everybody who waits.
  }
  lose();
  changed_.wait(lock, [&] { return at_work_ == 0; });
}

// --- For the workers ---

void Http2Connection::respond(Http2Stream& stream, int status, const Headers& headers,
                              std::optional<std::size_t> length) {
  Headers all{{":status", std::to_string(status)}};
  for (const auto& [name, value] : headers) all.emplace_back(to_lower(name), value);
  if (length) all.emplace_back("content-length", std::to_string(*length));
  std::vector<nghttp2_nv> fields;
  fields.reserve(all.size());
  for (auto& [name, value] : all) {
    fields.push_back({reinterpret_cast<std::uint8_t*>(name.data()),
                      reinterpret_cast<std::uint8_t*>(value.data()), name.size(), value.size(),
                      NGHTTP2_NV_FLAG_NONE});
  }
  const std::lock_guard lock(mutex_);
  if (stream.closed) throw ConnectionLost();
  const nghttp2_data_provider body = Http2Callbacks::body_of(stream);
  if (nghttp2_submit_response(session_, stream.id, fields.data(), fields.size(), &body) != 0) {
    throw ConnectionLost();
  }
}

void Http2Connection::add(Http2Stream& stream, std::string_view bytes) {
  const std::lock_guard lock(mutex_);
  stream.out.append(bytes);
}

void Http2Connection::finish(Http2Stream& stream) {
  const std::lock_guard lock(mutex_);
  stream.finished = true;
}

void Http2Connection::flush(Http2Stream& stream) {
  std::unique_lock lock(mutex_);
  if (stream.closed) throw ConnectionLost();
  nghttp2_session_resume_data(session_, stream.id);
  try {
    write_some();
  } catch (const ConnectionLost&) {
    lose();
    wake();
    throw;
  }
  if (pending_at_ < pending_.size()) wake();
  if (stream.finished) return;
  changed_.wait(lock, [&] { return stream.closed || stream.out.size() - stream.at <= kMostUnsent; });
  if (stream.closed) throw ConnectionLost();
}

bool Http2Connection::is_closed(const Http2Stream& stream) {
  const std::lock_guard lock(mutex_);
  return stream.closed;
}

void Http2Connection::drain(std::unique_lock<std::mutex>& lock, Http2Stream& stream) {
  changed_.wait_for(lock, kDrain, [&] {
    return stream.closed || (stream.at == stream.out.size() && pending_at_ == pending_.size());
  });
}

void Http2Connection::hang_up(Http2Stream& stream, Breakage breakage) {
  std::unique_lock lock(mutex_);
  drain(lock, stream);
  if (lost_) return;
  if (breakage == Breakage::stream) {
    if (!stream.closed) {
      nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, stream.id, NGHTTP2_INTERNAL_ERROR);
    }
  } else if (breakage == Breakage::reset) {
    stream_.reset();
    lose();
  } else {
    stream_.finish();
    stream_.shut_down();
    lose();
  }
  wake();
}

void Http2Connection::go_away(Http2Stream& stream) {
  const std::lock_guard lock(mutex_);
  const std::int32_t last = newest_ == stream.id ? second_newest_ : newest_;
  nghttp2_submit_goaway(session_, NGHTTP2_FLAG_NONE, last, NGHTTP2_NO_ERROR, nullptr, 0);
  // A worker has a later one already: this one alone is refused, which says the same.
  if (last > stream.id) {
    nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, stream.id, NGHTTP2_REFUSED_STREAM);
  }
  wake();
}

}  // namespace kots_export::apiserver
