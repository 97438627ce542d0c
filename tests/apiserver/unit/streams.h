#pragma once

#include "apiserver/fixture.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <curl/curl.h>

namespace kots_export::apiserver {

// GET requests that run at once, on one HTTP/2 connection where that lasts: libcurl's multi interface.
class Streams {
 public:
  explicit Streams(const ApiServer& server);
  Streams(const Streams&) = delete;
  Streams& operator=(const Streams&) = delete;
  ~Streams();

  // Starts a request, and returns its number.
  std::size_t get(const std::string& path);
  // Goes on until `enough`. Returns false after ten seconds.
  bool run_until(const std::function<bool()>& enough);

  [[nodiscard]] bool done(std::size_t request) const { return requests_[request]->done; }
  [[nodiscard]] CURLcode result(std::size_t request) const { return requests_[request]->result; }
  [[nodiscard]] long status(std::size_t request) const { return requests_[request]->status; }
  [[nodiscard]] const std::string& body(std::size_t request) const { return requests_[request]->body; }

 private:
  struct One {
    CURL* handle = nullptr;
    std::string body;
    long status = 0;
    CURLcode result = CURLE_OK;
    bool done = false;
  };

  std::string url_;
  std::string ca_;
  std::unique_ptr<CURLM, decltype(&curl_multi_cleanup)> multi_;
  curl_slist* headers_ = nullptr;
  std::vector<std::unique_ptr<One>> requests_;
};

}  // namespace kots_export::apiserver
