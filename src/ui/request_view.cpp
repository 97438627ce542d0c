#include <kots_export/ui/masking.h>
#include <kots_export/ui/request_view.h>
#include <kots_export/util/text.h>

#include "ui/one_line.h"

#include <string>

namespace kots_export::ui {

namespace {

// Of a body: a list of thousands of objects says little more in whole.
constexpr std::size_t kMostBytes = 16'384;

std::string shortened(std::string text) {
  if (text.size() <= kMostBytes) return text;
  return util::filled("{beginning}... ({count} bytes)",
                      {{"beginning", text.substr(0, kMostBytes)}, {"count", text.size()}});
}

std::string end_of(const kube::Outcome& outcome) {
  if (const auto* failure = std::get_if<kube::TransportFailure>(&outcome)) return failure->text;
  return std::to_string(std::get<kube::Reply>(outcome).status);
}

}  // namespace

void RequestView::request_done(const kube::Request& request, const kube::Outcome& outcome,
                               std::chrono::milliseconds took) {
  out_ << kube::to_string(request.method) << ' ' << one_line(masked_path(request.path)) << ": "
       << one_line(end_of(outcome)) << " (" << took.count() << " ms)" << std::endl;
  if (bodies_ == Bodies::no) return;
  show('>', request.path, request.headers, request.body);
  if (const auto* reply = std::get_if<kube::Reply>(&outcome))
    show('<', request.path, reply->headers, reply->body);
}

void RequestView::show(char direction, const std::string& path, const kube::Headers& headers,
                       const std::string& body) {
  for (const auto& [name, value] : headers)
    out_ << "  " << direction << ' ' << one_line(name) << ": " << one_line(masked_header(name, value))
         << '\n';
  if (!body.empty()) out_ << "  " << direction << ' ' << one_line(shortened(masked_body(path, body))) << '\n';
  out_ << std::flush;
}

}  // namespace kots_export::ui
