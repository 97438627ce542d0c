#pragma once

#include "kube/curl_easy.h"

#include <array>
#include <exception>
#include <span>
#include <string_view>

namespace kots_export::kube {

// A request that was stopped while it was under way.
[[nodiscard]] TransportFailure cancelled();

// One exchange under way; between two, a handle that is ready for the next. libcurl keeps pointers to it: it
// does not move.
//
// No write goes out twice: libcurl sends what was cut once more by itself, and a write has to have one owner,
// who knows how often it went out. So a body goes through a function that cannot begin again, and a write
// without a body begins once.
class Transfer {
 public:
  // `endpoint` and `options` outlive it.
  Transfer(const Endpoint& endpoint, const CurlOptions& options, RequestCredentials credentials);
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  [[nodiscard]] CURL* handle() const { return easy_.get(); }
  // The client certificate stays with the handle; everything else goes with each request.
  [[nodiscard]] bool has_certificate_of(const RequestCredentials& credentials) const;

  void prepare(Exchange exchange, RequestCredentials credentials);
  // Nothing of the exchange stays, its secrets least of all.
  void clear();

  [[nodiscard]] const RequestCredentials& credentials() const { return credentials_; }
  Exchange& exchange() { return exchange_; }
  // Its own time may end before the time to connect does: that says nothing of the server.
  [[nodiscard]] bool is_hasty() const;
  // Whether it has had a connection.
  [[nodiscard]] bool has_begun() const { return begun_; }

  // What came of it, as libcurl says. Throws what a callback of the exchange threw.
  Outcome outcome(CURLcode code, HasAnswered server);

 private:
  static std::size_t on_body(char* data, std::size_t, std::size_t size, void* self);
  static std::size_t on_header(char* data, std::size_t, std::size_t size, void* self);
  static std::size_t on_send(char* buffer, std::size_t, std::size_t size, void* self);
  static int on_rewind(void* self, curl_off_t offset, int origin);
  // Called where a connection is ready, before anything of the request goes out.
  static int before_sending(void* self, char*, char*, int, int);

  // Of one try.
  [[nodiscard]] std::chrono::milliseconds limit_of(const Request& request) const;
  bool begin();
  bool may_send();
  std::size_t give_body(std::span<char> buffer);
  std::size_t take_body(std::string_view data);
  void take_header(std::string_view line);
  [[nodiscard]] long response_code() const;
  [[nodiscard]] TransportFailure failure(CURLcode code, HasAnswered server) const;

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
  [[nodiscard]] bool is_expected_type() const;

  bool stopped_ = false;       // by on_data
  bool taken_back_ = false;    // before it was sent
  std::exception_ptr thrown_;  // by a callback: exceptions do not cross libcurl
};

}  // namespace kots_export::kube
