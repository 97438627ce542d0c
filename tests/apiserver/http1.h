#pragma once

#include "apiserver/http.h"

#include <optional>
#include <string>
#include <string_view>

// HTTP/1.1 as an API server needs it: keep-alive, chunked both ways, streaming answers, upgrades.
namespace kots_export::apiserver {

class Http1Writer final : public ResponseWriter {
 public:
  enum class KeepAlive { no, yes };
  Http1Writer(Stream& stream, KeepAlive keep_alive, bool accepts_gzip)
      : ResponseWriter(accepts_gzip), stream_(stream), keep_alive_(keep_alive == KeepAlive::yes) {}

  Stream& upgrade(std::string_view head) override;
  [[nodiscard]] bool client_gone() const override { return stream_.client_gone(); }
  [[nodiscard]] bool keep_alive() const { return keep_alive_; }
  void hang_up(Breakage breakage) override;
  void go_away() override { keep_alive_ = false; }

 private:
  void put_head(int status, const Headers& headers, std::optional<std::size_t> length) override;
  void put_body(std::string_view bytes, std::size_t announced) override;
  void put_end() override;
  void flush() override;

  Stream& stream_;
  bool keep_alive_;
  bool chunked_ = false;
  std::size_t owed_ = 0;  // bytes that were announced and have not come
  std::string buffer_;
};

// Reads requests from one connection, one after the other.
class RequestReader {
 public:
  explicit RequestReader(Stream& stream) : stream_(stream) {}

  // Returns the next request, or nothing where the client has ended or sent what is no HTTP.
  // A body over 3 MiB (the real server's limit) is not read; `body_too_large` says so.
  [[nodiscard]] std::optional<Request> next();

 private:
  bool fill();
  std::optional<std::string> take_line();
  bool take(std::size_t size, std::string& into);
  bool read_body(Request& request);
  bool read_chunked(Request& request);

  Stream& stream_;
  std::string buffer_;
  std::size_t at_ = 0;
};

}  // namespace kots_export::apiserver
