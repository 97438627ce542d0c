#pragma once

#include "apiserver/http.h"
#include "apiserver/stream.h"
#include "apiserver/workers.h"

#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <nghttp2/nghttp2.h>

namespace kots_export::apiserver {

// One request and its answer. Guarded by the connection's mutex, but for the request once it is complete.
struct Http2Stream {
  std::int32_t id = 0;
  Request request;
  std::size_t head_size = 0;
  std::string out;        // the answer's body, from `at` on not sent yet
  std::size_t at = 0;     //
  bool finished = false;  // no more will be added to `out`
  bool closed = false;    // by either side, or with the connection
};
using Http2StreamPtr = std::shared_ptr<Http2Stream>;

// One connection: nghttp2's session, and who waits for what. The thread that serves it reads; whoever has
// something to send writes it at once, as far as the socket takes it, and leaves the rest to that thread.
class Http2Connection {
 public:
  Http2Connection(Stream& stream, std::uint64_t number, const Handler& handler, Workers& workers);
  Http2Connection(const Http2Connection&) = delete;
  Http2Connection& operator=(const Http2Connection&) = delete;
  ~Http2Connection();

  // Until the connection has ended and no worker has anything to do with it.
  void serve();

  // --- For the workers ---
  void respond(Http2Stream& stream, int status, const Headers& headers, std::optional<std::size_t> length);
  // Adds to the body; `flush` sends it.
  void add(Http2Stream& stream, std::string_view bytes);
  void finish(Http2Stream& stream);
  // Sends what can be sent, and waits while much is left. Throws ConnectionLost where the stream is closed.
  void flush(Http2Stream& stream);
  [[nodiscard]] bool is_closed(const Http2Stream& stream);
  // Breaks the connection or the stream; what was added before is sent first.
  void hang_up(Http2Stream& stream, Breakage breakage);
  // GOAWAY: this stream was not looked at, the others are answered, no new ones come.
  void go_away(Http2Stream& stream);

 private:
  friend struct Http2Callbacks;
  enum class More { no, yes };

  void send_settings();
  [[nodiscard]] More read_some();
  // Writes frames while there are any and the socket takes them.
  void write_some();
  void dispatch();
  void answer(Http2Stream& stream);
  void drain(std::unique_lock<std::mutex>& lock, Http2Stream& stream);
  void lose() noexcept;
  void wake() const noexcept;
  void wait(short events, More more) const;

  Stream& stream_;
  std::uint64_t number_;
  const Handler& handler_;
  Workers& workers_;
  int wake_ = -1;

  std::mutex mutex_;
  std::condition_variable changed_;
  nghttp2_session* session_ = nullptr;
  std::map<std::int32_t, Http2StreamPtr> streams_;
  std::vector<Http2StreamPtr> ready_;  // complete requests that no worker has yet
  std::int32_t newest_ = 0;            // the two highest streams that a worker got
  std::int32_t second_newest_ = 0;
  std::size_t at_work_ = 0;
  std::string pending_;  // frames that the socket did not take yet, from `pending_at_` on
  std::size_t pending_at_ = 0;
  bool lost_ = false;
};

}  // namespace kots_export::apiserver
