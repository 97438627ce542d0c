#pragma once

#include <climits>
#include <memory>
#include <new>
#include <string_view>

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

// OpenSSL's objects as values that free themselves, for the few files that call it.
namespace kots_export::util::openssl {

template <auto kFree>
struct Deleter {
  template <typename T>
  void operator()(T* object) const {
    kFree(object);
  }
};
template <typename T, auto kFree>
using Owned = std::unique_ptr<T, Deleter<kFree>>;

using Bio = Owned<BIO, BIO_free_all>;
using Key = Owned<EVP_PKEY, EVP_PKEY_free>;
using X509Ptr = Owned<X509, X509_free>;

// Returns `object`. Throws std::bad_alloc where it is null: the functions that make one fail for no other
// reason.
template <typename T>
[[nodiscard]] T* required(T* object) {
  if (object == nullptr) throw std::bad_alloc();
  return object;
}

// Reads from `text` itself, which outlives it: no copy of a key. Empty where `text` is longer than OpenSSL
// takes.
[[nodiscard]] inline Bio bio_of(std::string_view text) {
  if (text.size() > INT_MAX) text = {};
  return Bio(required(BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))));
}

// Answers OpenSSL's question for the passphrase of an encrypted key: there is none.
inline int no_passphrase(char* /*buffer*/, int /*size*/, int /*for_writing*/, void* /*data*/) { return -1; }

}  // namespace kots_export::util::openssl
