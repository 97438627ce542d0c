#include <kots_export/net/dns.h>
#include <kots_export/util/error.h>
#include <kots_export/util/text.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <optional>
#include <system_error>

#include <arpa/inet.h>
#include <arpa/nameser.h>
#include <netinet/in.h>
#include <resolv.h>

namespace kots_export::net {

namespace {

using Status = DnsAnswer::Status;

constexpr int kSeconds = 2;
constexpr int kTries = 2;
constexpr std::size_t kLongestAnswer = 65535;  // RFC 1035, 4.2.2: the length of TCP has two bytes

// glibc's resolver, set up anew for each question.
class State {
 public:
  State() {
    if (::res_ninit(&state_) != 0) throw Error("the system's resolver cannot be set up");
    state_.retrans = kSeconds;
    state_.retry = 1;
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() { ::res_nclose(&state_); }

  // Asks this one server in place of those of resolv.conf.
  void set_server(const in_addr& ip, std::uint16_t port) {
    state_.nscount = 1;
    state_.nsaddr_list[0] = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr = ip, .sin_zero = {}};
  }
  // An address of IPv6 is glibc's own extension, which res_nclose frees.
  void set_server(const in6_addr& ip, std::uint16_t port) {
    auto* const address = static_cast<sockaddr_in6*>(std::calloc(1, sizeof(sockaddr_in6)));
    if (address == nullptr) throw std::bad_alloc();
    address->sin6_family = AF_INET6;
    address->sin6_port = htons(port);
    address->sin6_addr = ip;
    std::free(state_._u._ext.nsaddrs[0]);
    state_._u._ext.nsaddrs[0] = address;
    state_._u._ext.nscount = 1;
    state_.nscount = 1;
    state_.nsaddr_list[0] = {};
  }

  res_state get() { return &state_; }

 private:
  struct __res_state state_ {};
};

ns_type type_of(RecordType type) {
  switch (type) {
    case RecordType::a:
      return ns_t_a;
    case RecordType::aaaa:
      return ns_t_aaaa;
    case RecordType::cname:
      return ns_t_cname;
    case RecordType::soa:
      break;
  }
  return ns_t_soa;
}

std::optional<RecordType> known_type(ns_type type) {
  for (const RecordType known : {RecordType::a, RecordType::aaaa, RecordType::cname, RecordType::soa})
    if (type_of(known) == type) return known;
  return std::nullopt;
}

std::string name_form(std::string name) {
  if (name.ends_with('.')) name.pop_back();
  return util::lower(name);
}

// The value of a record; nothing where it is broken.
std::optional<std::string> value_of(const ns_msg& message, const ns_rr& record, RecordType type) {
  std::array<char, NS_MAXDNAME> text{};
  const unsigned char* const data = ns_rr_rdata(record);
  const bool is_v4 = type == RecordType::a;
  if (is_v4 || type == RecordType::aaaa) {
    if (ns_rr_rdlen(record) != (is_v4 ? sizeof(in_addr) : sizeof(in6_addr))) return std::nullopt;
    return ::inet_ntop(is_v4 ? AF_INET : AF_INET6, data, text.data(), text.size());
  }
  if (::ns_name_uncompress(ns_msg_base(message), ns_msg_end(message), data, text.data(), text.size()) < 0)
    return std::nullopt;
  return name_form(text.data());
}

std::vector<DnsRecord> records_in(const ns_msg& message) {
  std::vector<DnsRecord> records;
  for (int i = 0; i < ns_msg_count(message, ns_s_an); ++i) {
    ns_rr record{};
    ns_msg copy = message;  // the parser keeps its place in it
    if (::ns_parserr(&copy, ns_s_an, i, &record) != 0) break;
    const auto type = known_type(static_cast<ns_type>(ns_rr_type(record)));
    const auto value = type ? value_of(message, record, *type) : std::nullopt;
    if (value)
      records.push_back(
          {.name = name_form(ns_rr_name(record)), .type = *type, .value = *value, .ttl = ns_rr_ttl(record)});
  }
  return records;
}

DnsAnswer failed(std::string why) { return {.status = Status::failed, .records = {}, .why = std::move(why)}; }

std::string name_of_code(int code) {
  constexpr std::array<std::string_view, 6> kNames = {"NOERROR",  "FORMERR", "SERVFAIL",
                                                      "NXDOMAIN", "NOTIMP",  "REFUSED"};
  const auto index = static_cast<std::size_t>(code);
  return index < kNames.size() ? std::string(kNames.at(index)) : "error " + std::to_string(code);
}

DnsAnswer refused(const std::string& title, int code) {
  if (code == ns_r_noerror)
    return failed(util::filled("{server} did not answer for it: it neither serves that name nor asks others",
                               {{"server", title}}));
  return failed(util::filled("{server} did not answer for it: {code}",
                             {{"server", title}, {"code", name_of_code(code)}}));
}

DnsAnswer cut_off(const std::string& title) {
  return failed(
      util::filled("the answer of {server} was cut off, as it is too long for UDP, and it does not "
                   "answer over TCP",
                   {{"server", title}}));
}

struct Rejected {
  int code = 0;
  bool is_cut = false;  // and was not to be had over TCP
};

// An answer that glibc has thrown away (SERVFAIL, NOTIMP, REFUSED, an empty one of a server that
// does not serve the name): it then says what it says of silence, but leaves the answer in the buffer. With
// its `pfcode` it would return some of them, and ask for ever after an empty one (glibc 2.36).
std::optional<Rejected> rejected_answer(const std::vector<unsigned char>& bytes, const unsigned char* query) {
  HEADER asked{};
  HEADER answer{};
  std::memcpy(&asked, query, sizeof asked);
  std::memcpy(&answer, bytes.data(), sizeof answer);
  if (answer.id != asked.id || answer.qr == 0) return std::nullopt;
  return Rejected{.code = static_cast<int>(answer.rcode), .is_cut = answer.tc != 0};
}

DnsAnswer read_answer(const std::vector<unsigned char>& bytes, RecordType type, const std::string& title) {
  ns_msg message{};
  if (::ns_initparse(bytes.data(), static_cast<int>(bytes.size()), &message) != 0)
    return failed("the answer cannot be read");
  const int code = ns_msg_getflag(message, ns_f_rcode);
  if (code != ns_r_noerror && code != ns_r_nxdomain) return refused(title, code);
  DnsAnswer answer{.status = Status::no_data, .records = records_in(message), .why = {}};
  const bool is_found = std::ranges::any_of(answer.records, [&](const DnsRecord& record) {
    return record.type == type || (record.type == RecordType::cname && type != RecordType::soa);
  });
  if (is_found) answer.status = Status::found;
  if (code == ns_r_nxdomain && !is_found) answer.status = Status::no_such_name;
  return answer;
}

UsageError no_server(const std::string& server) {
  return UsageError(
      util::filled("--dns-server {server} is no address of a name server", {{"server", server}}), {},
      "Write ADDR, ADDR:PORT or [ADDR]:PORT, such as 10.0.0.2:53.");
}

// "10.0.0.2", "10.0.0.2:53", "[fd00::2]:53" or "fd00::2": address and port.
std::pair<std::string, std::string> split(const std::string& server) {
  if (server.starts_with('[')) {
    const auto end = server.find(']');
    if (end == std::string::npos) throw no_server(server);
    const std::string rest = server.substr(end + 1);
    if (!rest.empty() && !rest.starts_with(':')) throw no_server(server);
    return {server.substr(1, end - 1), rest.empty() ? "" : rest.substr(1)};
  }
  const auto colon = server.find(':');
  if (colon == std::string::npos || server.find(':', colon + 1) != std::string::npos) return {server, ""};
  return {server.substr(0, colon), server.substr(colon + 1)};
}

ServerAddress parse(const std::string& server) {
  const auto [ip, port] = split(server);
  ServerAddress address{.ip = ip};
  const char* const end = port.data() + port.size();
  if (server.ends_with(':') && !ip.ends_with(':')) throw no_server(server);
  if (!port.empty()) {
    const auto [after, error] = std::from_chars(port.data(), end, address.port);
    if (error != std::errc() || after != end || address.port == 0) throw no_server(server);
  }
  in6_addr ignored{};
  if (::inet_pton(AF_INET, ip.c_str(), &ignored) != 1 && ::inet_pton(AF_INET6, ip.c_str(), &ignored) != 1)
    throw no_server(server);
  return address;
}

}  // namespace

void require_server(const std::string& server) { (void)parse(server); }

Resolver::Resolver(const std::string& server, std::function<bool()> interrupted)
    : title_(server.empty() ? "the name servers of resolv.conf"
                            : util::filled("name server {server}", {{"server", server}})),
      server_(server.empty() ? ServerAddress{} : parse(server)),
      interrupted_(std::move(interrupted)) {}

DnsAnswer Resolver::ask(const std::string& name, RecordType type) {
  const auto key = std::pair(name_form(name), type);
  if (const auto known = known_.find(key); known != known_.end()) return known->second;
  if (const auto silent = silent_.find(key.first); silent != silent_.end()) return failed(silent->second);
  constexpr std::size_t kEnough = 2;
  if (!has_answered_ && silent_.size() >= kEnough) return failed(silent_.begin()->second);
  return known_.emplace(key, ask_servers(name, type)).first->second;
}

DnsAnswer Resolver::ask_servers(const std::string& name, RecordType type) {
  State state;
  in_addr v4{};
  in6_addr v6{};
  if (::inet_pton(AF_INET, server_.ip.c_str(), &v4) == 1) state.set_server(v4, server_.port);
  if (::inet_pton(AF_INET6, server_.ip.c_str(), &v6) == 1) state.set_server(v6, server_.port);
  std::array<unsigned char, NS_PACKETSZ> query{};
  const int length = ::res_nmkquery(state.get(), ns_o_query, name.c_str(), ns_c_in, type_of(type), nullptr, 0,
                                    nullptr, query.data(), static_cast<int>(query.size()));
  if (length < 0) return failed(util::filled("{name} is no domain name", {{"name", name}}));
  std::vector<unsigned char> bytes(kLongestAnswer);
  std::optional<Rejected> rejected;
  int size = -1;
  int error = 0;
  for (int i = 0; i < kTries && size < 0; ++i) {
    if (interrupted_ && interrupted_())
      throw Interrupted(util::filled("stopped asking {server}", {{"server", title_}}));
    std::fill_n(bytes.begin(), sizeof(HEADER), static_cast<unsigned char>(0));
    size = ::res_nsend(state.get(), query.data(), length, bytes.data(), static_cast<int>(bytes.size()));
    error = errno;
    if (const auto answer = rejected_answer(bytes, query.data())) rejected = answer;
  }
  if (size < 0 && rejected) {
    has_answered_ = true;
    return rejected->is_cut ? cut_off(title_) : refused(title_, rejected->code);
  }
  if (size < 0) {
    const std::string why =
        util::filled("{server} did not answer: {why}",
                     {{"server", title_}, {"why", std::generic_category().message(error)}});
    silent_.emplace(name_form(name), why);
    return failed(why);
  }
  has_answered_ = true;
  bytes.resize(static_cast<std::size_t>(size));
  return read_answer(bytes, type, title_);
}

Resolved Resolver::resolve(const std::string& name) {
  Resolved resolved;
  std::optional<std::uint32_t> ttl;
  for (const RecordType type : {RecordType::a, RecordType::aaaa}) {
    const DnsAnswer answer = ask(name, type);
    for (const DnsRecord& record : answer.records) {
      if (record.type == RecordType::soa) continue;
      auto& values = record.type == RecordType::cname ? resolved.chain : resolved.addresses;
      if (std::ranges::find(values, record.value) == values.end()) values.push_back(record.value);
      ttl = std::min(ttl.value_or(record.ttl), record.ttl);
    }
    if (answer.status == Status::found) resolved.status = Status::found;
    // Of AAAA, that it is not known counts where there is no A.
    const bool is_news = type == RecordType::a || answer.status == Status::failed;
    if (is_news && resolved.status != Status::found) {
      resolved.status = answer.status;
      resolved.why = answer.why;
      // Where there is no such name, or nobody answers, the second question is of no use.
      if (answer.status != Status::no_data) break;
    }
  }
  resolved.ttl = ttl.value_or(0);
  return resolved;
}

bool Resolver::is_apex(const std::string& name) {
  const DnsAnswer answer = ask(name, RecordType::soa);
  return std::ranges::any_of(answer.records, [&](const DnsRecord& record) {
    return record.type == RecordType::soa && record.name == name_form(name);
  });
}

}  // namespace kots_export::net
