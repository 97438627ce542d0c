#include "apiserver/defaults.h"

#include <kots_export/util/base64.h>

#include <array>
#include <chrono>
#include <ctime>
#include <mutex>
#include <random>

namespace kots_export::apiserver {
namespace {

void set_default(Json& object, const char* key, Json value) {
  if (!object.contains(key) || object[key].is_null()) object[key] = std::move(value);
}

std::uint64_t random_bits() {
  static thread_local std::mt19937_64 generator{std::random_device{}()};
  return generator();
}

std::string new_cluster_ip() {
  static std::mutex mutex;
  static unsigned next = 10;
  const std::lock_guard lock(mutex);
  ++next;
  return "10.96." + std::to_string(next / 250 % 250) + '.' + std::to_string(next % 250 + 1);
}

void default_secret(Json& body) {
  for (const auto& [key, value] : member(body, {"stringData"}).items()) {
    body["data"][key] = util::base64_encode(value.get<std::string>());
  }
  body.erase("stringData");
  set_default(body, "type", "Opaque");
}

void default_service(Json& body) {
  Json& spec = body["spec"];
  if (!spec.is_object()) spec = Json::object();
  set_default(spec, "type", "ClusterIP");
  set_default(spec, "sessionAffinity", "None");
  if (spec["type"] == "ExternalName") return;
  set_default(spec, "clusterIP", new_cluster_ip());
  if (!spec.contains("ports")) return;
  for (Json& port : spec["ports"]) {
    set_default(port, "protocol", "TCP");
    if (port.contains("port")) set_default(port, "targetPort", port["port"]);
  }
}

void default_pod_spec(Json& spec, const char* restart_policy) {
  if (!spec.is_object()) return;
  set_default(spec, "restartPolicy", restart_policy);
  set_default(spec, "terminationGracePeriodSeconds", 30);
  set_default(spec, "dnsPolicy", "ClusterFirst");
  set_default(spec, "schedulerName", "default-scheduler");
  set_default(spec, "securityContext", Json::object());
  if (!spec.contains("containers") || !spec["containers"].is_array()) return;
  for (Json& container : spec["containers"]) {
    if (!container.is_object()) continue;
    const std::string image = text_member(container, {"image"});
    const bool latest =
        image.find(':', image.rfind('/') + 1) == std::string::npos || image.ends_with(":latest");
    set_default(container, "imagePullPolicy", latest ? "Always" : "IfNotPresent");
    set_default(container, "terminationMessagePath", "/dev/termination-log");
    set_default(container, "terminationMessagePolicy", "File");
    set_default(container, "resources", Json::object());
    if (!container.contains("ports") || !container["ports"].is_array()) continue;
    for (Json& port : container["ports"]) {
      if (port.is_object()) set_default(port, "protocol", "TCP");
    }
  }
}

void default_job_spec(Json& spec) {
  if (!spec.is_object()) return;
  set_default(spec, "backoffLimit", 6);
  set_default(spec, "completions", 1);
  set_default(spec, "parallelism", 1);
  // No default of restartPolicy: Always is what the real one fills in, and what validation then refuses.
  if (spec.contains("template") && spec["template"].contains("spec")) {
    default_pod_spec(spec["template"]["spec"], "Always");
  }
}

std::string time_text(bool nanoseconds) {
  const auto now = std::chrono::system_clock::now();
  const std::time_t seconds = std::chrono::system_clock::to_time_t(now);
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  std::array<char, 40> text{};
  std::size_t size = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &utc);
  std::string result(text.data(), size);
  if (nanoseconds) {
    const auto part = std::chrono::duration_cast<std::chrono::nanoseconds>(now.time_since_epoch()).count();
    const std::string digits = std::to_string(1'000'000'000 + part % 1'000'000'000);
    result += '.' + digits.substr(1);
  }
  return result + 'Z';
}

}  // namespace

void apply_defaults(const ResourceType& type, Json& body) {
  const std::string& kind = type.kind;
  if (kind == "Secret") default_secret(body);
  if (kind == "Service") default_service(body);
  if (!body.contains("spec") || !body["spec"].is_object()) return;
  Json& spec = body["spec"];
  if (kind == "Pod") default_pod_spec(spec, "Always");
  if (kind == "Job") default_job_spec(spec);
  if (kind == "CronJob") {
    set_default(spec, "concurrencyPolicy", "Allow");
    set_default(spec, "suspend", false);
    set_default(spec, "successfulJobsHistoryLimit", 3);
    set_default(spec, "failedJobsHistoryLimit", 1);
  }
  if (kind == "Deployment" || kind == "StatefulSet" || kind == "ReplicaSet") set_default(spec, "replicas", 1);
  if (kind == "Deployment" || kind == "StatefulSet" || kind == "DaemonSet" || kind == "ReplicaSet") {
    if (member(spec, {"template", "spec"}).is_object()) default_pod_spec(spec["template"]["spec"], "Always");
  }
  if (kind == "PersistentVolumeClaim") set_default(spec, "volumeMode", "Filesystem");
}

namespace {

// The labels by which a Job knows its Pods, as the server gives them.
Json job_labels(const Json& job, int minor) {
  const std::string uid = text_member(job, {"metadata", "uid"});
  const std::string name = text_member(job, {"metadata", "name"});
  Json labels = {{"controller-uid", uid}, {"job-name", name}};
  if (minor >= 27) {
    labels["batch.kubernetes.io/controller-uid"] = uid;
    labels["batch.kubernetes.io/job-name"] = name;
  }
  return labels;
}

Json job_selector(const Json& job, int minor) {
  const char* label = minor >= 27 ? "batch.kubernetes.io/controller-uid" : "controller-uid";
  return {{"matchLabels", {{label, text_member(job, {"metadata", "uid"})}}}};
}

}  // namespace

void tie_job_to_pods(Json& job, int minor) {
  Json& spec = job["spec"];
  if (!spec.is_object() || spec.value("manualSelector", false)) return;
  // What the client has set stays, for the validation to find.
  Json labels = job_labels(job, minor);
  labels.update(member(spec, {"template", "metadata", "labels"}).is_object()
                    ? spec["template"]["metadata"]["labels"]
                    : Json::object());
  spec["template"]["metadata"]["labels"] = std::move(labels);
  if (!spec.contains("selector")) spec["selector"] = job_selector(job, minor);
}

std::vector<FieldError> selector_errors(const Json& job, int minor) {
  std::vector<FieldError> errors;
  const Json& spec = member(job, {"spec"});
  if (!spec.is_object() || spec.value("manualSelector", false)) return errors;
  if (spec["selector"] != job_selector(job, minor)) {
    errors.push_back(
        invalid_value("spec.selector", spec["selector"].dump(), "`selector` not auto-generated"));
  }
  const Json& labels = spec["template"]["metadata"]["labels"];
  const Json wanted = job_labels(job, minor);
  for (const auto& [label, value] : wanted.items()) {
    if (labels.value(label, Json()) == value) continue;
    errors.push_back(invalid_value("spec.template.metadata.labels", labels.dump(),
                                   "must be '" + value.get<std::string>() + "'"));
  }
  return errors;
}

std::string now_text() { return time_text(false); }
std::string now_nanoseconds_text() { return time_text(true); }

std::string new_uid() {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string uid = "xxxxxxxx-xxxx-4xxx-axxx-xxxxxxxxxxxx";
  std::uint64_t bits = 0;
  int left = 0;
  for (char& c : uid) {
    if (c != 'x') continue;
    if (left == 0) {
      bits = random_bits();
      left = 16;
    }
    c = kHex[bits & 15U];
    bits >>= 4U;
    --left;
  }
  return uid;
}

std::string name_suffix(std::size_t length) {
  // The alphabet of apimachinery's rand: no vowels, so no words.
  constexpr std::string_view kAlphabet = "bcdfghjklmnpqrstvwxz2456789";
  std::string suffix;
  for (std::size_t i = 0; i < length; ++i) suffix += kAlphabet[random_bits() % kAlphabet.size()];
  return suffix;
}

}  // namespace kots_export::apiserver
