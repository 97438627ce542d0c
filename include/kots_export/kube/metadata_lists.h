#pragma once

#include <kots_export/kube/client.h>
#include <kots_export/kube/transport.h>

#include <deque>
#include <exception>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace kots_export::kube {

// Where the list of one kind goes on.
struct ListPosition {
  ApiResource kind;
  std::string field_selector;  // empty: every object
  std::string token;           // the server's `continue`; empty: from the beginning
  std::string after;  // "namespace/name" of the last object seen (lists come in this order); empty: none
  int restarts = 0;   // how often it has expired
  std::size_t remaining = 0;  // objects that are still to come, as the server told last (meta/v1 ListMeta)
};

// The lists of many kinds in one namespace, metadata only, page by page: gives the requests, reads the
// answers. The next page of a kind is asked for once its last one is here, the pages of different kinds side
// by side. A list whose `continue` has expired (410) goes on where the server says it can, or begins again
// and passes over what was seen.
class MetadataLists {
 public:
  using OnObject = std::function<void(ObjectMetadata)>;
  // first: one page of each position; what follows is left in rest().
  enum class Pages { first, all };

  MetadataLists(std::vector<ListPosition> from, std::string ns, OnObject on_object, Pages pages = Pages::all,
                int page_size = 500);

  // The request for the next page, or nothing where all that can be asked for now is asked for. `done` hands
  // the objects to `on_object`; it throws only what that throws. *this outlives the exchange.
  [[nodiscard]] std::optional<Exchange> next();

  // Where the lists go on after their first pages; empty where those were all.
  [[nodiscard]] const std::vector<ListPosition>& rest() const { return rest_; }

  // How many objects are still to come of lists that are being read, as far as the server says.
  [[nodiscard]] std::size_t remaining() const { return remaining_; }

  // Throws the ApiError, ConnectionError or Error of the first page that could not be read (410: of a list
  // that expired again and again); after it no further page is asked for.
  void throw_if_failed() const;

 private:
  void on_page(ListPosition position, const Outcome& outcome);
  void on_expired(ListPosition position, const Reply& reply);
  template <typename E>
  void fail(E error);

  std::string ns_;
  OnObject on_object_;
  Pages pages_;
  int page_size_;
  std::deque<ListPosition> waiting_;
  std::vector<ListPosition> rest_;
  std::size_t remaining_ = 0;
  std::exception_ptr failure_;
};

// The beginning of each kind's list.
[[nodiscard]] std::vector<ListPosition> from_the_beginning(std::span<const ApiResource> kinds);

}  // namespace kots_export::kube
