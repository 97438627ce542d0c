#pragma once

#include <kots_export/kube/status.h>
#include <kots_export/kube/transport.h>
#include <kots_export/kube/types.h>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

// The Kubernetes API in the words of this tool: discovery, lists, single objects, watches, logs, exec.
// Every call blocks until it is done; many requests at once go through list_all and RequestSource.
namespace kots_export::kube {

// A kind as this server serves it.
struct ApiResource {
  GroupVersionResource gvr;
  std::string kind;
  enum class Scope { cluster, namespaced } scope = Scope::namespaced;
  std::vector<std::string> verbs;
};

// What an operator needs to see of any object without its content (meta/v1 PartialObjectMetadata).
struct ObjectMetadata {
  ObjectRef ref;
  std::vector<std::pair<std::string, std::string>> labels;       // sorted by key
  std::vector<std::pair<std::string, std::string>> annotations;  // sorted by key
  // terminating: it is being deleted already (deletionTimestamp).
  enum class Life { alive, terminating } life = Life::alive;

  // The value of a label or annotation, or nothing.
  [[nodiscard]] const std::string* label(std::string_view key) const;
  [[nodiscard]] const std::string* annotation(std::string_view key) const;
};

// What happens to the dependents of an object that is deleted (meta/v1 DeleteOptions).
enum class Propagation { background, foreground, orphan };

[[nodiscard]] std::string_view to_string(Propagation propagation);  // "Background", ...

enum class DryRun { none, client, server };

[[nodiscard]] std::string_view to_string(DryRun dry_run);  // "none", "client", "server"

// How failed requests are repeated. Reads: on 429, 500, 502, 503, 504, resets, timeouts, and where the answer
// to a request for JSON is none (the page of a proxy, a body that was cut). Writes: only where the server
// certainly did not act: 429, or not delivered; all else is change/'s to judge. Delays grow from
// `first_delay` by half to twice each time (jitter). Where the server says Retry-After its time counts, and
// up to ten tries are made, as client-go's with_retry does.
struct RetryPolicy {
  int attempts = 5;
  int attempts_when_asked = 10;
  // Of one request with all its tries; zero: none. --request-timeout.
  std::chrono::milliseconds total{0};
  std::chrono::milliseconds longest_try{60'000};  // of a request with a `total`
  // A log that is silent for so long is looked at through its Pod.
  std::chrono::milliseconds log_silence{30'000};
  std::chrono::milliseconds first_delay{200};
  std::chrono::milliseconds longest_delay{10'000};
};

// One event of a watch.
struct WatchEvent {
  enum class Type { added, modified, deleted, bookmark } type = Type::added;
  const nlohmann::json& object;
};

// One stream of a `follow` call: a watch or a log, run side by side with the others on one thread.
struct WatchSpec {
  ApiResource resource;
  std::string ns;
  std::string label_selector;  // empty: all
  std::string field_selector;  // empty: all
  // Called for each object of the first list (as `added`) and for each event after it; after a gap (410) for
  // each object of another list.
  std::function<Flow(const WatchEvent&)> on_event;
  // Where set, called after the last object of each list: what it did not name is not there.
  std::function<Flow()> on_listed = {};
  // Whether the call fails where the server refuses this watch, or goes on without it.
  enum class Needed { yes, no } needed = Needed::yes;
};

struct LogSpec {
  std::string ns, pod, container;
  // Called with each whole line, without its line feed; the last may have had none.
  std::function<void(std::string_view)> on_line;
};

class MetadataLists;  // kube/metadata_lists.h

class Client {
 public:
  // `interrupted` is asked often; true ends the call under way with Interrupted.
  explicit Client(Transport& transport, RetryPolicy retry = {}, std::function<bool()> interrupted = {});
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // True where the operator wants the work to stop.
  [[nodiscard]] bool interrupted() const;

  // --- Discovery (cached for the life of the client) ---
  // Nothing is asked for kinds that every supported server serves alike; one small request for the two that
  // moved (CronJob, PodDisruptionBudget); for all others one round of requests, aggregated where the server
  // can.

  // Every resource in the server's preferred version, subresources left out. An aggregated API that is down
  // is skipped. Throws ApiError, ConnectionError.
  [[nodiscard]] std::span<const ApiResource> resources();
  // The resource of `kind` in `group` at its best served version, or nothing where the server lacks it.
  // Throws ApiError where the group did not answer: nobody knows then.
  [[nodiscard]] const ApiResource* find_resource(std::string_view group, std::string_view kind);
  // The resource for a manifest's apiVersion and kind: a known kind at the version that the server serves,
  // any other at that version where served, else at another version of the same group, else nothing.
  [[nodiscard]] const ApiResource* find_for_manifest(std::string_view api_version, std::string_view kind);

  // Whether the server serves each of these kinds at exactly that apiVersion ("apps/v1", "Deployment"), in
  // their order. One request for each apiVersion, side by side. Throws ApiError,
  // ConnectionError.
  [[nodiscard]] std::vector<bool> serves(std::span<const std::pair<std::string, std::string>> kinds);

  // --- Reads ---

  // The object, or nothing on 404. Throws ApiError, ConnectionError.
  [[nodiscard]] std::optional<nlohmann::json> get(const ObjectRef& object);
  [[nodiscard]] std::optional<ObjectMetadata> get_metadata(const ObjectRef& object);
  // Many objects, side by side; the answers are in the order of `objects`.
  [[nodiscard]] std::vector<std::optional<nlohmann::json>> get(std::span<const ObjectRef> objects);
  [[nodiscard]] std::vector<std::optional<ObjectMetadata>> get_metadata(std::span<const ObjectRef> objects);
  // Full objects of one collection, all pages. For small collections.
  [[nodiscard]] std::vector<nlohmann::json> list(const ApiResource& resource, const std::string& ns,
                                                 const std::string& label_selector = {},
                                                 const std::string& field_selector = {});
  // Metadata only, all collections at once, pages of `page_size`. `on_object` is called in no order of kinds,
  // once for each object, also where a list expires (410) in the middle.
  void list_metadata(std::span<const ApiResource> kinds, const std::string& ns,
                     const std::function<void(ObjectMetadata)>& on_object, int page_size = 500);

  // Runs `lists` until all that they give is read. Throws what they throw, and Interrupted.
  void read(MetadataLists& lists);

  // --- One request of any kind ---

  // Sends `request` with the retry policy and returns the reply, whatever its status. `action` says what for,
  // in words that follow "cannot". Throws ConnectionError where there was no answer, Interrupted.
  [[nodiscard]] Reply send(Request request, const std::string& action);

  // --- Many requests at once (what the Executor writes with) ---

  // As Transport::run, with the retry policy in between; `done` of an exchange gets the last outcome.
  void run(RequestSource& source);

  // --- Streams ---

  // Runs watches and added logs until every on_event stream said stop, or `until` passes (returns
  // `timed_out`). Watches list first, follow from the list's resourceVersion with bookmarks, reconnect at the
  // end of a stream, list again on 410.
  enum class FollowEnd { stopped, timed_out };
  class Follow {
   public:
    virtual ~Follow() = default;
    virtual void add_log(
        LogSpec log) = 0;     // follows a container's log live; retries while it is not yet started
    virtual void stop() = 0;  // ends watches now; logs that are still open get `log_grace` to finish
  };
  FollowEnd follow(std::vector<WatchSpec> watches, std::chrono::steady_clock::time_point until,
                   const std::function<void(Follow&)>& started,
                   std::chrono::milliseconds log_grace = std::chrono::milliseconds{5000});

  // The log of a container so far. Nothing on 404. Throws ApiError, ConnectionError.
  struct LogPart {
    int last_lines = 0;  // 0: all of it
    // previous: of the instance before the last start.
    enum class Instance { current, previous } instance = Instance::current;
  };
  [[nodiscard]] std::optional<std::string> log(const std::string& ns, const std::string& pod,
                                               const std::string& container, const LogPart& part);
  [[nodiscard]] std::optional<std::string> log(const std::string& ns, const std::string& pod,
                                               const std::string& container) {
    return log(ns, pod, container, LogPart{});
  }

  // Runs `command` in a container over WebSocket (v4.channel.k8s.io). Standard input is empty. Throws
  // ApiError where the server refuses, Error where the stream breaks.
  struct ExecResult {
    std::string out;
    std::string err;
    int exit_code = 0;
  };
  [[nodiscard]] ExecResult exec(const std::string& ns, const std::string& pod, const std::string& container,
                                std::span<const std::string> command,
                                std::size_t output_limit = std::size_t{1} << 20);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// --- Requests that change something: built here, sent by change::Executor alone ---

[[nodiscard]] Request create_request(const ObjectRef& object, const nlohmann::json& manifest, DryRun dry_run);
[[nodiscard]] Request merge_patch_request(const ObjectRef& object, const nlohmann::json& patch,
                                          DryRun dry_run);
// With preconditions.uid where `object.uid` is known.
[[nodiscard]] Request delete_request(const ObjectRef& object, Propagation propagation, DryRun dry_run);
[[nodiscard]] Request get_request(const ObjectRef& object);
// A PUT of the whole object with dryRun=All: the server says whether it would take it, and changes nothing.
[[nodiscard]] Request try_replace_request(const ObjectRef& object, const nlohmann::json& manifest);

// Which object the body of an answer holds: a whole one, or its PartialObjectMetadata. What it does not say
// is empty.
struct ObjectIdentity {
  std::string kind;
  std::string ns;
  std::string name;
  std::string uid;
  std::string resource_version;
};

// Nothing where `body` is not one whole JSON object: a web page, an answer that was cut short.
[[nodiscard]] std::optional<ObjectIdentity> identity_in(std::string_view body);

}  // namespace kots_export::kube
