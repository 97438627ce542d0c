#include "apiserver/http2_connection.h"

#include "apiserver/http2.h"

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

// What nghttp2 calls while the connection's mutex is held.
struct Http2Callbacks {
  static Http2Connection& connection(void* data) { return *static_cast<Http2Connection*>(data); }

  static Http2Stream* find(nghttp2_session* session, std::int32_t id) {
    return static_cast<Http2Stream*>(nghttp2_session_get_stream_user_data(session, id));
  }

  static int begin_headers(nghttp2_session* session, const nghttp2_frame* frame, void* data) {
    if (frame->hd.type != NGHTTP2_HEADERS || frame->headers.cat != NGHTTP2_HCAT_REQUEST) return 0;
    Http2Connection& self = connection(data);
    auto stream = std::make_shared<Http2Stream>();
    stream->id = frame->hd.stream_id;
    stream->request.protocol = "h2";
    stream->request.connection = self.number_;
    stream->request.peer = self.stream_.peer();
    nghttp2_session_set_stream_user_data(session, stream->id, stream.get());
    self.streams_.emplace(stream->id, std::move(stream));
    return 0;
  }

  static int header(nghttp2_session* session, const nghttp2_frame* frame, const std::uint8_t* name,
                    std::size_t name_size, const std::uint8_t* value, std::size_t value_size, std::uint8_t,
                    void*) {
    Http2Stream* stream = find(session, frame->hd.stream_id);
    if (stream == nullptr) return 0;
    stream->head_size += name_size + value_size;
    if (stream->head_size > kHeadLimit) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    const std::string_view key(reinterpret_cast<const char*>(name), name_size);
    std::string text(reinterpret_cast<const char*>(value), value_size);
    if (key == ":method") {
      stream->request.method = std::move(text);
    } else if (key == ":path") {
      stream->request.set_target(std::move(text));
    } else if (key == ":authority") {
      stream->request.headers.emplace_back("host", std::move(text));
    } else if (!key.starts_with(':')) {
      stream->request.headers.emplace_back(key, std::move(text));
    }
    return 0;
  }

  static int data_chunk(nghttp2_session* session, std::uint8_t, std::int32_t id, const std::uint8_t* bytes,
                        std::size_t size, void*) {
    Http2Stream* stream = find(session, id);
    if (stream == nullptr) return 0;
    Request& request = stream->request;
    // What is too large is read to its end and thrown away: the client hears of it then.
    if (request.body.size() + size > kBodyLimit) request.body_too_large = true;
    if (!request.body_too_large) request.body.append(reinterpret_cast<const char*>(bytes), size);
    return 0;
  }

  static int frame(nghttp2_session*, const nghttp2_frame* frame, void* data) {
    Http2Connection& self = connection(data);
    if (frame->hd.type != NGHTTP2_HEADERS && frame->hd.type != NGHTTP2_DATA) return 0;
    if ((frame->hd.flags & NGHTTP2_FLAG_END_STREAM) == 0) return 0;
    if (const auto stream = self.streams_.find(frame->hd.stream_id); stream != self.streams_.end()) {
      self.ready_.push_back(stream->second);
    }
    return 0;
  }

  static int stream_close(nghttp2_session*, std::int32_t id, std::uint32_t, void* data) {
    Http2Connection& self = connection(data);
    if (const auto stream = self.streams_.find(id); stream != self.streams_.end()) {
      stream->second->closed = true;
      self.streams_.erase(stream);
      self.changed_.notify_all();
    }
    return 0;
  }

  static ssize_t read_body(nghttp2_session*, std::int32_t, std::uint8_t* into, std::size_t size,
                           std::uint32_t* flags, nghttp2_data_source* source, void*) {
    Http2Stream& stream = *static_cast<Http2Stream*>(source->ptr);
    const std::size_t count = std::min(size, stream.out.size() - stream.at);
    if (count == 0 && !stream.finished) return NGHTTP2_ERR_DEFERRED;
    std::copy_n(stream.out.data() + stream.at, count, into);
    stream.at += count;
    if (stream.at == stream.out.size()) {
      stream.out.clear();
      stream.at = 0;
      if (stream.finished) *flags |= NGHTTP2_DATA_FLAG_EOF;
    }
    return static_cast<ssize_t>(count);
  }
};

Http2Connection::Http2Connection(Stream& stream, std::uint64_t number, const Handler& handler,
                                 Workers& workers)
    : stream_(stream), number_(number), handler_(handler), workers_(workers) {
  wake_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  nghttp2_session_callbacks* callbacks = nullptr;
  nghttp2_session_callbacks_new(&callbacks);
  nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, Http2Callbacks::begin_headers);
  nghttp2_session_callbacks_set_on_header_callback(callbacks, Http2Callbacks::header);
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, Http2Callbacks::data_chunk);
  nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, Http2Callbacks::frame);
  nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, Http2Callbacks::stream_close);
  nghttp2_session_server_new(&session_, callbacks, this);
  nghttp2_session_callbacks_del(callbacks);
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
  nghttp2_data_provider body{};
  body.source.ptr = &stream;
  body.read_callback = Http2Callbacks::read_body;
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
