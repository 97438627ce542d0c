#pragma once

#include <kots_export/change/observer.h>

#include <chrono>
#include <ostream>

namespace kots_export::ui {

// Every request and its answer, a line each: for -vv. With bodies: their headers and bodies too, on lines of
// their own, masked (ui/masking): for -vvv, and a transport that keeps them (kube::WatchedTransport::Keep).
// The credentials that a transport adds are never seen here.
class RequestView : public change::Observer {
 public:
  enum class Bodies { no, yes };
  RequestView(std::ostream& out, Bodies bodies) : out_(out), bodies_(bodies) {}

  void request_done(const kube::Request& request, const kube::Outcome& outcome,
                    std::chrono::milliseconds took) override;

 private:
  void show(char direction, const std::string& path, const kube::Headers& headers, const std::string& body);

  std::ostream& out_;
  Bodies bodies_;
};

}  // namespace kots_export::ui
