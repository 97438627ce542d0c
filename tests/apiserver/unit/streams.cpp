#include "apiserver/unit/streams.h"

#include <chrono>

namespace kots_export::apiserver {
namespace {

std::size_t append(char* data, std::size_t size, std::size_t count, void* into) {
  static_cast<std::string*>(into)->append(data, size * count);
  return size * count;
}

}  // namespace

Streams::Streams(const ApiServer& server)
    : url_(server.url()), ca_(server.ca_pem()), multi_(curl_multi_init(), curl_multi_cleanup) {
  headers_ = curl_slist_append(nullptr, ("Authorization: Bearer " + server.admin_token()).c_str());
  curl_multi_setopt(multi_.get(), CURLMOPT_PIPELINING, CURLPIPE_MULTIPLEX);
  curl_multi_setopt(multi_.get(), CURLMOPT_MAX_CONCURRENT_STREAMS, 1000L);
}

Streams::~Streams() {
  for (auto& request : requests_) {
    curl_multi_remove_handle(multi_.get(), request->handle);
    curl_easy_cleanup(request->handle);
  }
  curl_slist_free_all(headers_);
}

std::size_t Streams::get(const std::string& path) {
  auto& request = requests_.emplace_back(std::make_unique<One>());
  request->handle = curl_easy_init();
  const curl_blob ca{ca_.data(), ca_.size(), CURL_BLOB_NOCOPY};
  curl_easy_setopt(request->handle, CURLOPT_URL, (url_ + path).c_str());
  curl_easy_setopt(request->handle, CURLOPT_HTTPHEADER, headers_);
  curl_easy_setopt(request->handle, CURLOPT_CAINFO_BLOB, &ca);
  curl_easy_setopt(request->handle, CURLOPT_NOPROXY, "*");
  curl_easy_setopt(request->handle, CURLOPT_PIPEWAIT, 1L);
  curl_easy_setopt(request->handle, CURLOPT_PRIVATE, request.get());
  curl_easy_setopt(request->handle, CURLOPT_WRITEFUNCTION, &append);
  curl_easy_setopt(request->handle, CURLOPT_WRITEDATA, &request->body);
  curl_multi_add_handle(multi_.get(), request->handle);
  return requests_.size() - 1;
}

bool Streams::run_until(const std::function<bool()>& enough) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (std::chrono::steady_clock::now() < end) {
    int running = 0;
    curl_multi_perform(multi_.get(), &running);
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi_.get(), &left)) {
      One* one = nullptr;
      curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &one);
      one->done = true;
      one->result = message->data.result;
      curl_easy_getinfo(message->easy_handle, CURLINFO_RESPONSE_CODE, &one->status);
    }
    if (enough()) return true;
    curl_multi_poll(multi_.get(), nullptr, 0, 100, nullptr);
  }
  return false;
}

}  // namespace kots_export::apiserver
