#include "migration/verify/container_cause.h"

#include <kots_export/migration/names.h>
#include <kots_export/migration/pull_secret.h>
#include <kots_export/util/json.h>
#include <kots_export/util/text.h>

#include <algorithm>
#include <array>

namespace kots_export::migration {

using nlohmann::json;

namespace {

using Instance = kube::Client::LogPart::Instance;

// The waiting reasons of the kubelet (pkg/kubelet/images, pkg/kubelet/kuberuntime).
constexpr std::array<std::string_view, 4> kOfImages = {"ErrImagePull", "ImagePullBackOff", "InvalidImageName",
                                                       "ErrImageNeverPull"};
constexpr std::array<std::string_view, 5> kOfConfiguration = {"CreateContainerConfigError",
                                                              "CreateContainerError", "RunContainerError",
                                                              "StartError", "PostStartHookError"};

bool is_one_of(std::string_view word, std::span<const std::string_view> words) {
  return std::ranges::find(words, word) != words.end();
}

// "cciserver.azurecr.io" of "cciserver.azurecr.io/frontend:1". Source: the reference package of distribution:
// the first part is a registry where it holds a dot or a colon, or is localhost.
std::string registry_of(const std::string& image) {
  const std::string first = image.substr(0, image.find('/'));
  const bool is_registry =
      first.size() < image.size() && (first.find_first_of(".:") != std::string::npos || first == "localhost");
  return is_registry ? first : "docker.io";
}

// Whether Secret regcred is for it.
bool is_of_chart(std::string_view registry) {
  return registry == Registry{}.host() ||
         registry == Registry{.name = std::string(names::kDevRegistry)}.host();
}

// Why a pull failed, by what container runtimes say.
enum class PullTrouble { refused, missing, unreachable, other };

// `text` without `part`, wherever that stands.
std::string without(std::string text, const std::string& part) {
  if (part.empty()) return text;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at))
    text.erase(at, part.size());
  return text;
}

// Whether `text` has the HTTP status `code` as a word: not inside a tag or a digest.
bool holds_status(std::string_view text, std::string_view code) {
  const auto is_of_word = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c == '.' || c == '-' || c == '_';
  };
  for (auto at = text.find(code); at != std::string_view::npos; at = text.find(code, at + 1)) {
    const auto after = at + code.size();
    const bool begins = at == 0 || !is_of_word(text[at - 1]);
    if (begins && (after == text.size() || !is_of_word(text[after]))) return true;
  }
  return false;
}

// What the message says beside the image's name, in which anything may stand.
PullTrouble trouble_in(const std::string& message, const std::string& image) {
  const auto colon = image.rfind(':');
  const bool has_tag = colon != std::string::npos && image.find('/', colon) == std::string::npos;
  const std::string tag = util::lower(has_tag ? image.substr(colon + 1) : std::string());
  std::string text = without(util::lower(message), util::lower(image));
  for (const char* before : {":", "/"}) text = without(text, tag.empty() ? tag : before + tag);
  const auto holds_one = [&](std::initializer_list<std::string_view> words) {
    return std::ranges::any_of(words,
                               [&](std::string_view word) { return text.find(word) != std::string::npos; });
  };
  if (holds_one({"unauthorized", "authorization failed", "failed to authorize", "denied"}) ||
      holds_status(text, "401") || holds_status(text, "403"))
    return PullTrouble::refused;
  if (holds_one({"not found", "manifest unknown", "name unknown"})) return PullTrouble::missing;
  if (holds_one(
          {"no such host", "dial tcp", "timeout", "connection refused", "proxyconnect", "tls:", "x509"}))
    return PullTrouble::unreachable;
  return PullTrouble::other;
}

// "Secret regcred", "no pull Secret", or what is wrong with the Secrets that the Pod names.
std::string credential_of(Context& context, const json& pod, const std::string& registry) {
  const json* named = util::find_at(pod, {"spec", "imagePullSecrets"});
  if (named == nullptr || !named->is_array() || named->empty()) return "no pull Secret";
  std::vector<std::string> parts;
  for (const json& one : *named) {
    const std::string name = util::text_at(one, {"name"});
    std::string part = util::filled("Secret {secret}", {{"secret", name}});
    try {
      const auto live = context.client.get(object_ref(context, "", "Secret", name));
      const std::string unusable = live ? read_pull_secret(*live, registry).unusable : "it does not exist";
      if (!unusable.empty())
        part = util::filled("Secret {secret} ({why})", {{"secret", name}, {"why", unusable}});
    } catch (const kube::ApiError&) {
      // Its name has to do.
    }
    parts.push_back(std::move(part));
  }
  return util::listed(parts);
}

// A back-off hides what the pull itself ended with; an event has it.
std::string pull_message(const ContainerInTrouble& container, const std::string& waiting,
                         const PodsAndEvents& seen) {
  if (util::text_at(container.status, {"state", "waiting", "reason"}) != "ImagePullBackOff") return waiting;
  const auto events = events_of(seen, "Pod", container.pod, uid_of(container.pod_object));
  const std::string image = util::text_at(container.status, {"image"});
  std::string found;
  for (const json* event : events) {
    const std::string message = util::text_at(*event, {"message"});
    if (util::text_at(*event, {"reason"}) == "Failed" && message.find(image) != std::string::npos)
      found = message;
  }
  return found.empty() ? waiting : found;
}

Cause image_cause(Context& context, const ContainerInTrouble& container, const std::string& waiting,
                  const PodsAndEvents& seen) {
  const std::string image = util::text_at(container.status, {"image"});
  const std::string registry = registry_of(image);
  const std::string message = util::printable(pull_message(container, waiting, seen));
  const PullTrouble trouble = trouble_in(message, image);
  const std::string credential = credential_of(context, container.pod_object, registry);
  Cause cause{.key = "image " + registry + " " + credential + " " + std::to_string(static_cast<int>(trouble)),
              .what = util::filled("the image cannot be pulled from {registry} with {secrets}: {why}",
                                   {{"registry", registry}, {"secrets", credential}, {"why", message}}),
              .remedy = {}};
  switch (trouble) {
    case PullTrouble::refused:
      cause.remedy =
          is_of_chart(registry)
              ? util::filled(
                    "Create Secret {secret} again with `{command}`, and see that global.imagePullSecrets of "
                    "the values names it.",
                    {{"secret", names::kPullSecret},
                     {"command", context.commands.kots_export("secret --force --docker-username USER "
                                                              "--verify")}})
              : util::filled(
                    "Where {registry} wants credentials, make a pull Secret for it (`kubectl create secret "
                    "docker-registry`) and name it in global.imagePullSecrets of the values: Secret {secret} "
                    "is for the chart's registry alone.",
                    {{"registry", registry}, {"secret", names::kPullSecret}});
      break;
    case PullTrouble::missing:
      cause.key += " " + image;
      cause.remedy =
          "See the image's name and tag in the values file, and that the chart's version is one "
          "that CircleCI has released.";
      break;
    case PullTrouble::unreachable:
      cause.remedy = util::filled("Let the cluster's nodes reach {registry} (firewall, proxy, name server).",
                                  {{"registry", registry}});
      break;
    case PullTrouble::other:
      cause.key += " " + message;
      cause.remedy = util::filled(
          "`{command}` shows all that the node says.",
          {{"command", context.commands.kubectl(context.ns.name, "describe pod " + container.pod)}});
      break;
  }
  return cause;
}

// Its end, where it ended: in this state or in the one before.
const json* end_of(const json& status) {
  for (const char* state : {"state", "lastState"}) {
    const json* ended = util::find_at(status, {state, "terminated"});
    if (ended != nullptr && util::find_at(*ended, {"exitCode"}) != nullptr) return ended;
  }
  return nullptr;
}

Cause crash_cause(Context& context, const ContainerInTrouble& container, const json& end) {
  if (util::text_at(end, {"reason"}) == "OOMKilled") {
    return {.key = "oom " + container.name(),
            .what = util::filled("container {container} was killed: it needs more memory than its limit",
                                 {{"container", container.name()}}),
            .remedy =
                "Give it more memory in the values file (resources.limits.memory of that service), and "
                "`helm upgrade` again."};
  }
  // It was started again, or will be: its log is that of the instance before.
  const bool is_over = util::find_at(container.status, {"state", "terminated"}) != nullptr;
  const std::string code = end.value("exitCode", json(0)).dump();
  const std::string tail =
      log_tail(context, container.pod, container.name(), is_over ? Instance::current : Instance::previous);
  const std::string logs = context.commands.kubectl(
      context.ns.name, "logs " + container.pod + " -c " + container.name() + (is_over ? "" : " --previous"));
  const char* what = tail.empty() ? "container {container} ends with exit code {code}"
                                  : "container {container} ends with exit code {code}, its log with: {line}";
  return {.key = "crash " + container.name() + " " + code + " " + tail,
          .what = util::filled(what, {{"container", container.name()}, {"code", code}, {"line", tail}}),
          .remedy = util::filled("`{command}` shows all of its log.", {{"command", logs}})};
}

}  // namespace

std::string ContainerInTrouble::name() const { return util::text_at(status, {"name"}); }

std::optional<Cause> cause_of(Context& context, const ContainerInTrouble& container,
                              const PodsAndEvents& seen) {
  const std::string reason = util::text_at(container.status, {"state", "waiting", "reason"});
  const std::string waiting = util::text_at(container.status, {"state", "waiting", "message"});
  if (is_one_of(reason, kOfImages)) return image_cause(context, container, waiting, seen);
  if (is_one_of(reason, kOfConfiguration)) {
    const std::string message = util::printable(waiting.empty() ? reason : waiting);
    return Cause{
        .key = "configuration " + message,
        .what = util::filled("container {container} cannot be started: {why}",
                             {{"container", container.name()}, {"why", message}}),
        .remedy = util::filled(
            "Make what is missing, or name what is there in the values file. `{command}` shows all that the "
            "node says.",
            {{"command", context.commands.kubectl(context.ns.name, "describe pod " + container.pod)}})};
  }
  const json* end = end_of(container.status);
  const bool has_failed = end != nullptr && end->value("exitCode", json(0)) != json(0);
  if (has_failed || reason == "CrashLoopBackOff")
    return crash_cause(context, container, end != nullptr ? *end : json::object());
  return std::nullopt;
}

}  // namespace kots_export::migration
