#include "apiserver/http2_callbacks.h"

#include <algorithm>

namespace kots_export::apiserver {

struct Http2Callbacks::Functions {
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

nghttp2_session* Http2Callbacks::make_session(Http2Connection& connection) {
  nghttp2_session* session = nullptr;
  nghttp2_session_callbacks* callbacks = nullptr;
  nghttp2_session_callbacks_new(&callbacks);
  nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, Functions::begin_headers);
  nghttp2_session_callbacks_set_on_header_callback(callbacks, Functions::header);
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, Functions::data_chunk);
  nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, Functions::frame);
  nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, Functions::stream_close);
  nghttp2_session_server_new(&session, callbacks, &connection);
  nghttp2_session_callbacks_del(callbacks);
  return session;
}

nghttp2_data_provider Http2Callbacks::body_of(Http2Stream& stream) {
  nghttp2_data_provider body{};
  body.source.ptr = &stream;
  body.read_callback = Functions::read_body;
  return body;
}

}  // namespace kots_export::apiserver
