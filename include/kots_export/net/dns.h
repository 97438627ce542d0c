#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// Questions to name servers: what the records say, not what this machine's hosts file or cache does.
namespace kots_export::net {

enum class RecordType { a, aaaa, cname, soa };

struct DnsRecord {
  std::string name;  // lower case, without the last dot
  RecordType type = RecordType::a;
  std::string value;  // an address, or a name as above; of soa the primary server's
  std::uint32_t ttl = 0;
};

struct DnsAnswer {
  enum class Status {
    found,         // records of that type; a CNAME counts for a and aaaa
    no_data,       // the name is there, without such a record
    no_such_name,  // NXDOMAIN
    failed,        // nobody answered, or with an error
  } status = Status::failed;
  std::vector<DnsRecord> records;  // the answer section, records of other types left out
  std::string why;                 // of `failed`
};

// Where a name server is.
struct ServerAddress {
  std::string ip;  // empty: those of resolv.conf
  std::uint16_t port = 53;
};

// What a name leads to.
struct Resolved {
  DnsAnswer::Status status = DnsAnswer::Status::failed;
  std::vector<std::string> chain;      // the names that CNAMEs lead through, the last one last
  std::vector<std::string> addresses;  // as inet_ntop writes them
  std::uint32_t ttl = 0;               // the shortest of all
  std::string why;                     // of `failed`
};

// Throws UsageError where `server` (--dns-server) is none of "ADDR", "ADDR:PORT" and "[ADDR]:PORT".
void require_server(const std::string& server);

// A recursive question goes to one server after the other, over UDP and, where an answer is cut, TCP; each is
// asked twice and has 2 s. It is glibc's resolver, without its search list. What was asked once is known.
// What nobody answers about one name, nobody is asked about that name again. Where nobody answers about two
// names, and has answered nothing, be it with an error, nobody is asked again: that holds for all.
class Resolver {
 public:
  // `server`: "ADDR", "ADDR:PORT" or "[ADDR]:PORT"; empty: those of resolv.conf. Throws UsageError where it
  // is none of that. `interrupted` is asked before each try.
  explicit Resolver(const std::string& server = {}, std::function<bool()> interrupted = {});

  // Throws Interrupted; so do those below.
  [[nodiscard]] DnsAnswer ask(const std::string& name, RecordType type);
  // A and AAAA together.
  [[nodiscard]] Resolved resolve(const std::string& name);
  // Whether `name` is where a zone begins, which can have no CNAME (RFC 1034, 3.6.2).
  [[nodiscard]] bool is_apex(const std::string& name);
  // "the name servers of resolv.conf", or the one that was named.
  [[nodiscard]] const std::string& title() const { return title_; }

 private:
  [[nodiscard]] DnsAnswer ask_servers(const std::string& name, RecordType type);

  std::string title_;
  ServerAddress server_;
  std::function<bool()> interrupted_;
  std::map<std::pair<std::string, RecordType>, DnsAnswer> known_;
  bool has_answered_ = false;
  std::map<std::string, std::string> silent_;  // the names that nobody answers about, and why
};

}  // namespace kots_export::net
