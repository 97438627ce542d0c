#include "cli/live_values.h"

#include <kots_export/change/journal_reader.h>
#include <kots_export/change/rollback.h>
#include <kots_export/helm/storage.h>
#include <kots_export/kube/client.h>
#include <kots_export/kube/kubeconfig_view.h>
#include <kots_export/migration/checks.h>
#include <kots_export/util/error.h>
#include <kots_export/util/text.h>

#include "cli/options.h"
#include "cli/owning_transport.h"
#include "cli/program.h"
#include "cli/typed_words.h"

#include <algorithm>
#include <functional>
#include <ranges>

namespace kots_export::cli {

namespace {

constexpr std::chrono::milliseconds kPatience{2000};

// The options of the words so far: what is missing or wrong in them is not completion's business.
Options options_before(const std::vector<std::string>& before) {
  Program program;
  std::vector<std::string> words = ordered_words(program.app, before);
  std::ranges::reverse(words);  // CLI11 takes them from the end
  try {
    program.app.parse(words);
  } catch (const CLI::ParseError&) {
    // Flags that were read before it count.
  }
  return options_of({.flags = program.flags, .line = {}});
}

// Each name once, in their order. One that a shell or a terminal could stumble over is left out.
std::vector<Candidate> candidates(std::vector<Candidate> found) {
  const auto is_odd = [](const Candidate& candidate) {
    return candidate.word.empty() ||
           std::ranges::any_of(candidate.word, [](unsigned char c) { return c <= ' ' || c == 0x7f; });
  };
  std::erase_if(found, is_odd);
  std::ranges::sort(found, {}, &Candidate::word);
  const auto repeated = std::ranges::unique(found, {}, &Candidate::word);
  found.erase(repeated.begin(), repeated.end());
  return found;
}

std::vector<Candidate> of_kubeconfig(const Options& options,
                                     const std::function<Candidate(const kube::ContextSummary&)>& candidate) {
  std::vector<Candidate> found;
  for (const auto& context : kube::list_contexts(options.cluster.overrides, kube::Environment::of_process()))
    found.push_back(candidate(context));
  return found;
}

// Calls `ask` with a client of the cluster that is in use.
std::vector<Candidate> of_cluster(const Options& options,
                                  const std::function<std::vector<Candidate>(kube::Client&)>& ask) {
  const kube::Environment environment = kube::Environment::of_process();
  const kube::ResolvedConfig config = kube::resolve(options.cluster.overrides, environment);
  kube::CurlOptions curl;
  curl.connect_timeout = kPatience;
  curl.proxy = kube::proxy_for(config, environment);
  curl.system_roots_file = environment.get("SSL_CERT_FILE").value_or("");
  kube::TrafficListener nobody;
  OwningTransport transport(config, curl, nobody, kube::WatchedTransport::Keep::line);
  kube::Client client(transport, {.attempts = 1, .total = kPatience});
  return ask(client);
}

std::vector<Candidate> namespaces(kube::Client& client) {
  std::vector<Candidate> found;
  const kube::ApiResource* resource = client.find_resource("", "Namespace");
  if (resource == nullptr) return found;
  client.list_metadata(std::span(resource, 1), {}, [&](const kube::ObjectMetadata& object) {
    found.push_back({.word = object.ref.name, .help = {}});
  });
  return found;
}

std::vector<Candidate> releases(kube::Client& client, const std::string& ns) {
  std::vector<Candidate> found;
  for (const helm::StoredRevision& revision : helm::list_releases(client, ns))
    found.push_back({.word = revision.release, .help = {}});
  return found;
}

std::vector<Candidate> runs(const Options& options) {
  std::vector<Candidate> found;
  const auto all = change::read_runs(options.installation.paths.backup()).runs;
  for (const change::RunRecord& run : all) {
    found.push_back({.word = run.header.run,
                     .help = util::filled(
                         "{state}, namespace {namespace}",
                         {{"state", to_string(change::state_of(run, all))}, {"namespace", run.header.ns}})});
  }
  return found;
}

std::vector<Candidate> checks() {
  std::vector<Candidate> found;
  for (const migration::Check& check : migration::all_checks()) {
    if (check.skipping == migration::Check::Skipping::allowed)
      found.push_back({.word = std::string(check.id), .help = std::string(check.what)});
  }
  return found;
}

std::vector<Candidate> find(Live what, const Options& options) {
  switch (what) {
    case Live::contexts:
      return of_kubeconfig(options, [](const auto& context) {
        return Candidate{.word = context.name, .help = context.server};
      });
    case Live::clusters:
      return of_kubeconfig(options, [](const auto& context) {
        return Candidate{.word = context.cluster, .help = context.server};
      });
    case Live::users:
      return of_kubeconfig(options,
                           [](const auto& context) { return Candidate{.word = context.user, .help = {}}; });
    case Live::namespaces:
      return of_cluster(options, namespaces);
    case Live::releases:
      return of_cluster(options,
                        [&](kube::Client& client) { return releases(client, options.installation.ns); });
    case Live::runs:
      return runs(options);
    case Live::checks:
      return checks();
  }
  return {};
}

}  // namespace

std::vector<Candidate> live_values(Live what, const std::vector<std::string>& before) {
  try {
    return candidates(find(what, options_before(before)));
  } catch (const Error&) {
    return {};
  }
}

}  // namespace kots_export::cli
