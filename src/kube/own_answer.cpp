#include "kube/own_answer.h"

#include <kots_export/kube/client.h>
#include <kots_export/kube/http_status.h>
#include <kots_export/kube/status.h>
#include <kots_export/util/text.h>

#include "kube/builtin_resources.h"

#include <algorithm>
#include <optional>

namespace kots_export::kube {

namespace {

constexpr std::size_t kShort = std::size_t{64} << 10;

TransportFailure foreign(std::string text) {
  return {.kind = TransportFailure::Kind::foreign,
          .delivered = TransportFailure::Delivered::maybe,
          .text = std::move(text),
          .hint = kForeignAnswerHint};
}

bool wants_json(const Request& request) {
  return std::ranges::any_of(request.headers, [](const auto& header) {
    return header.first == "Accept" && header.second.starts_with("application/json");
  });
}

// Of the others, discovery's, there is no resourceVersion. Source: meta/v1 ListMeta, APIGroupList and
// APIResourceList.
bool is_list_of_objects(std::string_view kind) { return kind.ends_with("List") && !kind.starts_with("API"); }

std::optional<TransportFailure> problem_of_success(const Request& request, const Reply& reply) {
  const std::string type = reply.header("content-type").value_or(request.expected.content_type);
  if (!type.starts_with(request.expected.content_type))
    return foreign(util::filled("the answer is of type {type}", {{"type", type}}));
  if (!wants_json(request)) return std::nullopt;
  const std::string_view body = util::trim(reply.body);
  if (!body.starts_with('{') || !body.ends_with('}')) return foreign(kNotJson);
  const ExpectedAnswer& expected = request.expected;
  if (expected.long_one == ExpectedAnswer::ReadBy::caller && body.size() > kShort) return std::nullopt;
  const auto found = identity_in(body);
  if (!found) return foreign(kNotJson);
  const bool is_expected = std::ranges::find(expected.kinds, found->kind) != expected.kinds.end() &&
                           (expected.name.empty() || expected.name == found->name);
  if (is_list_of_objects(found->kind) && found->resource_version.empty())
    return foreign(util::filled("the answer is a {kind} that does not say of which moment it is",
                                {{"kind", found->kind}}));
  if (expected.kinds.empty() || is_expected) return std::nullopt;
  return foreign(
      util::filled("the answer is not the {kind} that was asked for", {{"kind", expected.kinds.front()}}));
}

// The one refusal that is no Status: of a version that is not served. Source: k8s.io/apiserver,
// pkg/server/handler.go.
bool says_not_served(const Request& request, const Reply& reply) {
  return reply.status == http::kNotFound && util::trim(reply.body) == "404 page not found" &&
         !is_below_builtin_version(request.path);
}

std::optional<TransportFailure> problem_of(const Request& request, const Reply& reply) {
  if (http::is_success(reply.status)) return problem_of_success(request, reply);
  const bool is_of_the_api = request.path.starts_with("/api");  // the client asks a registry too
  const bool concludes = is_of_the_api && (reply.status == http::kForbidden ||
                                           reply.status == http::kNotFound || reply.status == http::kGone);
  if (!concludes || is_status(reply) || says_not_served(request, reply)) return std::nullopt;
  const bool is_page = util::trim(reply.body).starts_with('<');
  const char* text =
      is_page ? "the answer ({status}) is a web page" : "the answer ({status}) is not a Kubernetes Status";
  return foreign(util::filled(text, {{"status", reply.status}}));
}

}  // namespace

Outcome believed(const Request& request, Outcome outcome) {
  if (const auto* reply = std::get_if<Reply>(&outcome)) {
    if (auto problem = problem_of(request, *reply)) return std::move(*problem);
  }
  return outcome;
}

}  // namespace kots_export::kube
