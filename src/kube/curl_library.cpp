// libcurl, loaded with the first request instead of at the program's start: it brings some thirty libraries
// (LDAP, Kerberos, SSH, RTMP, ...), and to load them takes longer than all of `kots-export --help`. These are
// the functions of <curl/curl.h> that this room calls, each handed on to the library.

#include <kots_export/kube/curl_transport.h>
#include <kots_export/util/error.h>
#include <kots_export/util/text.h>

#include <cstdarg>
#include <string>

#include <curl/curl.h>
#include <dlfcn.h>

// The header's type checks are macros of the same names; the functions themselves are defined here.
#undef curl_easy_setopt
#undef curl_easy_getinfo
#undef curl_multi_setopt

namespace {

using kots_export::util::filled;

constexpr const char* kLibrary = "libcurl.so.4";

// Older ones lack options that decide what is trusted.
void require_version(void* opened) {
  auto* const info = reinterpret_cast<decltype(&curl_version_info)>(::dlsym(opened, "curl_version_info"));
  constexpr unsigned int kOldest = 0x075500;  // 7.85: CURLOPT_PROTOCOLS_STR
  const auto* version = info != nullptr ? info(CURLVERSION_NOW) : nullptr;
  if (version != nullptr && version->version_num >= kOldest) return;
  throw kots_export::Error(
      filled("{library} is too old", {{"library", kLibrary}}),
      version != nullptr ? filled("it is {version}", {{"version", version->version}}) : std::string(),
      "Install libcurl 7.85 or later.");
}

void* library() {
  static void* const handle = [] {
    void* opened = ::dlopen(kLibrary, RTLD_NOW | RTLD_LOCAL);
    if (opened == nullptr) {
      throw kots_export::Error(filled("cannot load {library}", {{"library", kLibrary}}), ::dlerror(),
                               "Install libcurl: apt-get install libcurl4, dnf install libcurl.");
    }
    require_version(opened);
    return opened;
  }();
  return handle;
}

// The library's function of that name, with the type that the header declares.
template <typename Function>
Function* function(const char* name) {
  auto* const found = reinterpret_cast<Function*>(::dlsym(library(), name));
  if (found == nullptr)
    throw kots_export::Error(
        filled("{library} has no {function}", {{"library", kLibrary}, {"function", name}}));
  return found;
}

// All of libcurl's options take one argument, a long, a curl_off_t or a pointer: one register each on the
// 64-bit systems that this is built for, so that it can be handed on as a pointer.
static_assert(sizeof(long) == sizeof(void*) && sizeof(curl_off_t) == sizeof(void*));

}  // namespace

extern "C" {

CURLcode curl_global_init(long flags) {
  static auto* const real = function<decltype(curl_global_init)>("curl_global_init");
  return real(flags);
}

CURL* curl_easy_init() {
  static auto* const real = function<decltype(curl_easy_init)>("curl_easy_init");
  return real();
}

void curl_easy_cleanup(CURL* easy) {
  static auto* const real = function<decltype(curl_easy_cleanup)>("curl_easy_cleanup");
  real(easy);
}

CURLcode curl_easy_setopt(CURL* easy, CURLoption option, ...) {
  static auto* const real = function<decltype(curl_easy_setopt)>("curl_easy_setopt");
  va_list arguments;
  va_start(arguments, option);
  void* const value = va_arg(arguments, void*);
  va_end(arguments);
  return real(easy, option, value);
}

CURLcode curl_easy_getinfo(CURL* easy, CURLINFO info, ...) {
  static auto* const real = function<decltype(curl_easy_getinfo)>("curl_easy_getinfo");
  va_list arguments;
  va_start(arguments, info);
  void* const place = va_arg(arguments, void*);
  va_end(arguments);
  return real(easy, info, place);
}

CURLcode curl_easy_perform(CURL* easy) {
  static auto* const real = function<decltype(curl_easy_perform)>("curl_easy_perform");
  return real(easy);
}

CURLcode curl_easy_recv(CURL* easy, void* buffer, size_t size, size_t* received) {
  static auto* const real = function<decltype(curl_easy_recv)>("curl_easy_recv");
  return real(easy, buffer, size, received);
}

CURLcode curl_easy_send(CURL* easy, const void* buffer, size_t size, size_t* sent) {
  static auto* const real = function<decltype(curl_easy_send)>("curl_easy_send");
  return real(easy, buffer, size, sent);
}

const char* curl_easy_strerror(CURLcode code) {
  static auto* const real = function<decltype(curl_easy_strerror)>("curl_easy_strerror");
  return real(code);
}

CURLM* curl_multi_init() {
  static auto* const real = function<decltype(curl_multi_init)>("curl_multi_init");
  return real();
}

CURLMcode curl_multi_cleanup(CURLM* multi) {
  static auto* const real = function<decltype(curl_multi_cleanup)>("curl_multi_cleanup");
  return real(multi);
}

CURLMcode curl_multi_setopt(CURLM* multi, CURLMoption option, ...) {
  static auto* const real = function<decltype(curl_multi_setopt)>("curl_multi_setopt");
  va_list arguments;
  va_start(arguments, option);
  void* const value = va_arg(arguments, void*);
  va_end(arguments);
  return real(multi, option, value);
}

CURLMcode curl_multi_add_handle(CURLM* multi, CURL* easy) {
  static auto* const real = function<decltype(curl_multi_add_handle)>("curl_multi_add_handle");
  return real(multi, easy);
}

CURLMcode curl_multi_remove_handle(CURLM* multi, CURL* easy) {
  static auto* const real = function<decltype(curl_multi_remove_handle)>("curl_multi_remove_handle");
  return real(multi, easy);
}

CURLMcode curl_multi_perform(CURLM* multi, int* running) {
  static auto* const real = function<decltype(curl_multi_perform)>("curl_multi_perform");
  return real(multi, running);
}

CURLMcode curl_multi_poll(CURLM* multi, curl_waitfd* extra, unsigned int count, int timeout, int* ready) {
  static auto* const real = function<decltype(curl_multi_poll)>("curl_multi_poll");
  return real(multi, extra, count, timeout, ready);
}

CURLMsg* curl_multi_info_read(CURLM* multi, int* left) {
  static auto* const real = function<decltype(curl_multi_info_read)>("curl_multi_info_read");
  return real(multi, left);
}

curl_slist* curl_slist_append(curl_slist* list, const char* line) {
  static auto* const real = function<decltype(curl_slist_append)>("curl_slist_append");
  return real(list, line);
}

void curl_slist_free_all(curl_slist* list) {
  static auto* const real = function<decltype(curl_slist_free_all)>("curl_slist_free_all");
  real(list);
}

}  // extern "C"

namespace kots_export::kube {

std::string libcurl_version() {
  return function<decltype(curl_version_info)>("curl_version_info")(CURLVERSION_NOW)->version;
}

}  // namespace kots_export::kube
