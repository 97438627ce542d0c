#include "apiserver/http2.h"

#include "apiserver/http2_connection.h"

namespace kots_export::apiserver {
namespace {

class Http2Writer final : public ResponseWriter {
 public:
  Http2Writer(Http2Connection& connection, Http2Stream& stream, bool accepts_gzip)
      : ResponseWriter(accepts_gzip), connection_(connection), stream_(stream) {}

  // HTTP/2 knows no upgrades of a connection.
  Stream& upgrade(std::string_view) override {
    hang_up(Breakage::stream);
    throw ConnectionLost();
  }
  [[nodiscard]] bool client_gone() const override { return connection_.is_closed(stream_); }
  void hang_up(Breakage breakage) override { connection_.hang_up(stream_, breakage); }
  void go_away() override {
    report(0);
    connection_.go_away(stream_);
    throw ConnectionLost();
  }

 private:
  void put_head(int status, const Headers& headers, std::optional<std::size_t> length) override {
    connection_.respond(stream_, status, headers, length);
  }
  void put_body(std::string_view bytes, std::size_t) override { connection_.add(stream_, bytes); }
  void put_end() override { connection_.finish(stream_); }
  void flush() override { connection_.flush(stream_); }

  Http2Connection& connection_;
  Http2Stream& stream_;
};

}  // namespace

void Http2Connection::answer(Http2Stream& stream) {
  Http2Writer writer(*this, stream, accepts_gzip(stream.request));
  try {
    handler_(stream.request, writer);
  } catch (const ConnectionLost&) {
    // The client has gone, or was sent away.
  }
  const std::lock_guard lock(mutex_);
  if (!stream.finished && !stream.closed) {
    nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, stream.id, NGHTTP2_INTERNAL_ERROR);
    wake();
  }
  --at_work_;
  changed_.notify_all();
}

void serve_http2(Stream& stream, std::uint64_t number, const Handler& handler, Workers& workers) {
  Http2Connection(stream, number, handler, workers).serve();
}

}  // namespace kots_export::apiserver
