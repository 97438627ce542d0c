#include <kots_export/kube/http_status.h>
#include <kots_export/util/json.h>
#include <kots_export/util/text.h>
#include <kots_export/util/time.h>
#include <kots_export/values/validate.h>

#include "migration/checks/checking.h"

#include <charconv>
#include <set>

#include <nlohmann/json.hpp>

namespace kots_export::migration {

using nlohmann::json;

namespace {

const kube::Reply& version_of(Checking& checking) {
  if (checking.version) return *checking.version;
  const std::string action = "ask for the API server's version";
  kube::Reply reply = checking.context.client.send(
      {.method = kube::Method::get, .path = "/version", .headers = {}, .body = {}, .timeout = {}}, action);
  if (!kube::http::is_success(reply.status)) throw kube::api_error(action, reply);
  return checking.version.emplace(std::move(reply));
}

// "20", "20+" (EKS).
int number_of(const std::string& text) {
  int number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

// The minor versions of Kubernetes 1 that a chart is made for. Source: the installation guide of Server 4.1.
struct Range {
  values::Target target;
  int first;
  int last;
};
constexpr std::array kRanges = {Range{values::Target::v4_1, 22, 24}};

// The names of the namespaces that this user may see; none where he may not list them.
std::vector<std::string> visible_namespaces(Context& context) {
  std::set<std::string> names;
  try {
    const auto& resource = require_resource(context.client, "", "Namespace");
    context.client.list_metadata(std::span(&resource, 1), {},
                                 [&](const kube::ObjectMetadata& object) { names.insert(object.ref.name); });
  } catch (const kube::ApiError&) {
    return {};
  }
  return {names.begin(), names.end()};
}

}  // namespace

CheckFinding check_server_version(Checking& checking) {
  const json version = json::parse(version_of(checking).body, nullptr, false);
  const int minor = number_of(util::text_at(version, {"minor"}));
  const std::string text = util::printable(util::text_at(version, {"gitVersion"}));
  const values::Target target = values::target_of_chart(checking.options.target_version);
  for (const Range& range : kRanges) {
    if (range.target != target) continue;
    const bool is_wanted = minor >= range.first && minor <= range.last;
    const std::string words = util::filled(
        is_wanted ? "Kubernetes {version}; chart {chart} is made for Kubernetes 1.{first} to 1.{last}"
                  : "the server is Kubernetes {version}; chart {chart} is made for Kubernetes 1.{first} to "
                    "1.{last}",
        {{"version", text},
         {"chart", values::name_of(target)},
         {"first", range.first},
         {"last", range.last}});
    if (is_wanted) return ok(words);
    return problem(
        words, "Upgrade the cluster before `helm upgrade`, or choose another chart with --target-version.");
  }
  return ok(util::filled("Kubernetes {version}", {{"version", text}}));
}

// A certificate, a token and the age of a backup are judged by clocks.
CheckFinding check_clock(Checking& checking) {
  constexpr std::chrono::seconds kMost{60};
  const auto date = version_of(checking).header("date");
  const auto theirs = date ? util::parse_http_date(*date) : std::nullopt;
  if (!theirs) return skipped("the server's answers have no date");
  const auto apart =
      std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now() - *theirs);
  const std::string text = util::duration_text(std::chrono::abs(apart));
  if (std::chrono::abs(apart) <= kMost)
    return ok(util::filled("within {time} of this machine's", {{"time", text}}));
  const char* words = apart.count() > 0 ? "the server's clock is {time} behind this machine's"
                                        : "the server's clock is {time} ahead of this machine's";
  return problem(util::filled(words, {{"time", text}}),
                 "Set the one that is wrong: tokens and certificates expire by it.");
}

CheckFinding check_namespace(Checking& checking) {
  Context& context = checking.context;
  if (find_namespace(context)) return ok(context.ns.name);
  const auto names = visible_namespaces(context);
  const char* words =
      names.empty()
          ? "namespace {namespace} does not exist on this cluster"
          : "namespace {namespace} does not exist on this cluster: namespaces that are there: {names}";
  return problem(util::filled(words, {{"namespace", context.ns.name}, {"names", util::listed(names)}}),
                 "Name it with --namespace, or choose another cluster with --context.");
}

CheckFinding check_lock(Checking& checking) {
  const auto& other_run = checking.context.other_run;
  if (!other_run) return skipped("nobody is asked for the lock");
  const auto busy = other_run();
  return busy ? problem(busy->what(), busy->hint()) : ok("no other run holds it");
}

}  // namespace kots_export::migration
