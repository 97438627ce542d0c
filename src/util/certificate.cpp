#include <kots_export/util/base64.h>
#include <kots_export/util/certificate.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include <time.h>

namespace kots_export::util {

namespace {

// DER: tag, length, content.
struct Element {
  unsigned char tag = 0;
  std::string_view content;
};

constexpr unsigned char kSequence = 0x30;
constexpr unsigned char kSet = 0x31;
constexpr unsigned char kObjectIdentifier = 0x06;
constexpr unsigned char kExplicitVersion = 0xA0;
constexpr unsigned char kUtcTime = 0x17;
constexpr unsigned char kGeneralizedTime = 0x18;

// Takes the first element off `der`.
std::optional<Element> take(std::string_view& der) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(der[i]); };
  if (der.size() < 2) return std::nullopt;
  const unsigned char tag = byte(0);
  std::size_t length = byte(1);
  std::size_t header = 2;
  if (length >= 0x80) {
    const std::size_t digits = length & 0x7FU;
    if (digits == 0 || digits > 4 || der.size() < 2 + digits) return std::nullopt;
    length = 0;
    for (std::size_t i = 0; i < digits; ++i) length = length << 8U | byte(2 + i);
    header += digits;
  }
  if (der.size() - header < length) return std::nullopt;
  const Element element{.tag = tag, .content = der.substr(header, length)};
  der.remove_prefix(header + length);
  return element;
}

// YYMMDDHHMMSSZ or YYYYMMDDHHMMSSZ.
std::optional<std::time_t> time_of(const Element& element) {
  const bool long_year = element.tag == kGeneralizedTime;
  const std::size_t year_digits = long_year ? 4 : 2;
  const std::string_view text = element.content;
  if ((!long_year && element.tag != kUtcTime) || text.size() != year_digits + 11 || text.back() != 'Z')
    return std::nullopt;
  std::size_t at = 0;
  bool good = true;
  const auto number = [&](std::size_t digits) {
    int value = 0;
    const auto [end, error] = std::from_chars(text.data() + at, text.data() + at + digits, value);
    good = good && error == std::errc() && end == text.data() + at + digits && value >= 0;
    at += digits;
    return value;
  };
  std::tm utc{};
  const int year = number(year_digits);
  constexpr int kCentury = 100;
  constexpr int kEpoch = 1900;
  utc.tm_year = long_year ? year - kEpoch : (year < 50 ? year + kCentury : year);
  utc.tm_mon = number(2) - 1;
  utc.tm_mday = number(2);
  utc.tm_hour = number(2);
  utc.tm_min = number(2);
  utc.tm_sec = number(2);
  return good ? std::optional(::timegm(&utc)) : std::nullopt;
}

// id-at-commonName and id-at-organizationName (2.5.4.3, 2.5.4.10).
constexpr std::string_view kCommonName = "\x55\x04\x03";
constexpr std::string_view kOrganization = "\x55\x04\x0a";

// RDNSequence of SETs of { type, value }. What cannot be read is left out.
void read_subject(std::string_view names, Certificate& certificate) {
  while (auto set = take(names)) {
    if (set->tag != kSet) return;
    while (const auto pair = take(set->content)) {
      std::string_view parts = pair->content;
      const auto type = take(parts);
      const auto value = take(parts);
      if (pair->tag != kSequence || !type || type->tag != kObjectIdentifier || !value) return;
      if (type->content == kCommonName) certificate.common_name = value->content;
      if (type->content == kOrganization) certificate.organizations.emplace_back(value->content);
    }
  }
}

// Certificate { TBSCertificate { [version], serial, algorithm, issuer, validity { from, to }, subject, ...
std::optional<Certificate> certificate_in(std::string_view der) {
  const auto certificate = take(der);
  if (!certificate || certificate->tag != kSequence) return std::nullopt;
  std::string_view content = certificate->content;
  const auto to_be_signed = take(content);
  if (!to_be_signed || to_be_signed->tag != kSequence) return std::nullopt;
  std::string_view fields = to_be_signed->content;
  auto field = take(fields);
  if (field && field->tag == kExplicitVersion) field = take(fields);
  for (int i = 0; field && i < 3; ++i) field = take(fields);  // serial, algorithm, issuer
  if (!field || field->tag != kSequence) return std::nullopt;
  std::string_view times = field->content;
  const auto from = take(times);
  const auto to = take(times);
  const auto not_before = from ? time_of(*from) : std::nullopt;
  const auto not_after = to ? time_of(*to) : std::nullopt;
  if (!not_before || !not_after) return std::nullopt;
  Certificate result{.not_before = *not_before, .not_after = *not_after};
  if (const auto subject = take(fields); subject && subject->tag == kSequence)
    read_subject(subject->content, result);
  return result;
}

}  // namespace

std::vector<Certificate> certificates_in(std::string_view pem) {
  constexpr std::string_view kBegin = "-----BEGIN CERTIFICATE-----";
  constexpr std::string_view kEnd = "-----END CERTIFICATE-----";
  std::vector<Certificate> all;
  for (std::size_t at = pem.find(kBegin); at != std::string_view::npos; at = pem.find(kBegin, at)) {
    at += kBegin.size();
    const std::size_t end = pem.find(kEnd, at);
    if (end == std::string_view::npos) return {};
    std::string body(pem.substr(at, end - at));
    std::erase_if(body, [](char c) { return c == '\n' || c == '\r' || c == ' ' || c == '\t'; });
    const auto der = base64_decode(body);
    auto certificate = der ? certificate_in(*der) : std::nullopt;
    if (!certificate) return {};
    all.push_back(std::move(*certificate));
    at = end;
  }
  return all;
}

}  // namespace kots_export::util
