#include "apiserver/unit/client.h"

#include "apiserver/http.h"

#include <array>

#include <curl/curl.h>

namespace kots_export::apiserver {
namespace {

std::size_t append(char* data, std::size_t size, std::size_t count, void* into) {
  static_cast<std::string*>(into)->append(data, size * count);
  return size * count;
}

curl_blob blob(const std::string& text) {
  return {const_cast<char*>(text.data()), text.size(), CURL_BLOB_COPY};
}

}  // namespace

Client::Client(const ApiServer& server, Identity identity)
    : url_(server.url()), server_ca_(server.ca_pem()), identity_(std::move(identity)) {}

Reply Client::send(const std::string& method, const std::string& path, const std::string& body,
                   const std::vector<std::string>& headers) const {
  const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl(curl_easy_init(), curl_easy_cleanup);
  Reply reply;
  curl_slist* list = nullptr;
  for (const std::string& header : headers) list = curl_slist_append(list, header.c_str());
  for (const std::string& header : identity_.headers) list = curl_slist_append(list, header.c_str());
  if (!identity_.token.empty())
    list = curl_slist_append(list, ("Authorization: Bearer " + identity_.token).c_str());
  list = curl_slist_append(list, "Expect:");
  curl_easy_setopt(curl.get(), CURLOPT_URL, (url_ + path).c_str());
  curl_easy_setopt(curl.get(), CURLOPT_CUSTOMREQUEST, method.c_str());
  curl_easy_setopt(curl.get(), CURLOPT_HTTPHEADER, list);
  curl_easy_setopt(curl.get(), CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl.get(), CURLOPT_NOPROXY, "*");
  curl_easy_setopt(curl.get(), CURLOPT_TIMEOUT, 10L);
  curl_easy_setopt(curl.get(), CURLOPT_WRITEFUNCTION, append);
  curl_easy_setopt(curl.get(), CURLOPT_WRITEDATA, &reply.body);
  curl_easy_setopt(curl.get(), CURLOPT_HEADERFUNCTION, append);
  curl_easy_setopt(curl.get(), CURLOPT_HEADERDATA, &reply.headers);
  if (!body.empty()) {
    curl_easy_setopt(curl.get(), CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
    curl_easy_setopt(curl.get(), CURLOPT_POSTFIELDS, body.c_str());
  }
  const curl_blob ca = blob(identity_.ca_pem.empty() ? server_ca_ : identity_.ca_pem);
  curl_easy_setopt(curl.get(), CURLOPT_CAINFO_BLOB, &ca);
  const curl_blob certificate = blob(identity_.certificate.certificate);
  const curl_blob key = blob(identity_.certificate.key);
  if (certificate.len > 0) {
    curl_easy_setopt(curl.get(), CURLOPT_SSLCERT_BLOB, &certificate);
    curl_easy_setopt(curl.get(), CURLOPT_SSLKEY_BLOB, &key);
  }
  std::array<char, CURL_ERROR_SIZE> error{};
  curl_easy_setopt(curl.get(), CURLOPT_ERRORBUFFER, error.data());
  reply.curl_code = curl_easy_perform(curl.get());
  reply.error = error.data();
  long status = 0;
  curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &status);
  reply.status = static_cast<int>(status);
  reply.headers = to_lower(reply.headers);
  curl_slist_free_all(list);
  return reply;
}

Reply Client::get(const std::string& path, const std::vector<std::string>& headers) const {
  return send("GET", path, {}, headers);
}

Reply Client::post(const std::string& path, const Json& body) const {
  return send("POST", path, body.dump(), {"Content-Type: application/json"});
}

Reply Client::put(const std::string& path, const Json& body) const {
  return send("PUT", path, body.dump(), {"Content-Type: application/json"});
}

Reply Client::patch(const std::string& path, const Json& change) const {
  return send("PATCH", path, change.dump(), {"Content-Type: application/merge-patch+json"});
}

Reply Client::remove(const std::string& path, const Json& options) const {
  return send("DELETE", path, options.is_null() ? std::string() : options.dump(),
              {"Content-Type: application/json"});
}

Json config_map(const std::string& name) {
  return {{"apiVersion", "v1"},
          {"kind", "ConfigMap"},
          {"metadata", {{"name", name}}},
          {"data", {{"key", "value"}}}};
}

Json secret(const std::string& name) {
  return {{"apiVersion", "v1"},
          {"kind", "Secret"},
          {"metadata", {{"name", name}}},
          {"stringData", {{"key", "value"}}}};
}

Json job(const std::string& name) {
  return {
      {"apiVersion", "batch/v1"},
      {"kind", "Job"},
      {"metadata", {{"name", name}}},
      {"spec",
       {{"template",
         {{"metadata", {{"labels", {{"app", name}}}}},
          {"spec",
           {{"restartPolicy", "Never"},
            {"containers", Json::array({{{"name", "main"}, {"image", "example.com/" + name + ":1"}}})}}}}}}}};
}

}  // namespace kots_export::apiserver
