#include <kots_export/helm/served_versions.h>

#include <algorithm>

#include <gmock/gmock.h>

namespace kots_export::helm {

namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// A server that serves every version but these.
IsServed all_but(std::vector<std::string> dropped) {
  return [dropped = std::move(dropped)](const ApiKind& kind) {
    return std::ranges::find(dropped, kind.first) == dropped.end();
  };
}

// "Ingress web (extensions/v1beta1) -> networking.k8s.io/v1"
std::vector<std::string> mapped_in(const ServedManifest& manifest) {
  std::vector<std::string> lines;
  for (const auto& [object, to] : manifest.mapped)
    lines.push_back(object.kind + " " + object.name + " (" + object.api_version + ") -> " + to);
  return lines;
}

std::vector<std::string> unmapped_in(const ServedManifest& manifest) {
  std::vector<std::string> lines;
  for (const auto& [object, why] : manifest.unmapped)
    lines.push_back(object.kind + " " + object.name + ": " + why);
  return lines;
}

TEST(ServedVersions, ChangeNothingElseInTheText) {
  const std::string before =
      "---\n# Source: chart/templates/ünïcode.yaml\napiVersion:   batch/v1beta1 # old\nkind: CronJob\n"
      "metadata: {name: cleaner}\nspec: {schedule: \"0 3 * * *\",   suspend: true}\n"
      "--- # next\n\nkind: Service\napiVersion: v1\nmetadata:\n  name: web\n  labels: {app: a, app: b}\n"
      "---\r\nkind: Role\r\nmetadata: {name: r}\r\napiVersion: 'rbac.authorization.k8s.io/v1beta1'\r\n"
      "---\n\n---\nbroken: [\n--- \n"
      "{\"apiVersion\": \"policy/v1beta1\", \"kind\": \"PodDisruptionBudget\", \"metadata\": {\"name\": "
      "\"p\"}}";
  std::string after = before;
  for (const auto& [from, to] :
       {std::pair("batch/v1beta1", "batch/v1"),
        std::pair("rbac.authorization.k8s.io/v1beta1", "rbac.authorization.k8s.io/v1"),
        std::pair("policy/v1beta1", "policy/v1")}) {
    after.replace(after.find(from), std::string(from).size(), to);
  }

  const ServedManifest mapped = map_to_served(
      before, all_but({"batch/v1beta1", "rbac.authorization.k8s.io/v1beta1", "policy/v1beta1"}));

  EXPECT_EQ(mapped.text, after);
  EXPECT_EQ(mapped.mapped.size(), 3U);
  EXPECT_THAT(mapped.unmapped, IsEmpty());
}

TEST(ServedVersions, LeaveWhatIsServedAlone) {
  const std::string manifest = "---\napiVersion: batch/v1beta1\nkind: CronJob\nmetadata: {name: cleaner}\n";

  const ServedManifest mapped = map_to_served(manifest, all_but({"policy/v1beta1"}));

  EXPECT_EQ(mapped.text, manifest);
  EXPECT_THAT(mapped.mapped, IsEmpty());
}

TEST(ServedVersions, GiveAnIngressTheShapeOfItsNewVersion) {
  const std::string before = R"(---
# Source: circleci-server/templates/ingress.yaml
apiVersion: extensions/v1beta1
kind: Ingress
metadata:
  name: web
  annotations: {kubernetes.io/ingress.class: kong}
spec:
  backend:
    serviceName: fallback # nobody else
    servicePort: "https"
  tls:
  - hosts: [ci.example.com]
    secretName: web-tls
  rules:
  - host: ci.example.com
    http:
      paths:
      - backend:
          servicePort: 80
          serviceName: frontend
      - path: /api
        pathType: Prefix
        backend: {serviceName: api, servicePort: 8080}
      - {path: /v2, backend: {servicePort: http, serviceName: "v2"}}
      - path: /files
        backend:
          resource: {apiGroup: x.example.com, kind: Bucket, name: files}
  - host: empty.example.com
)";
  const std::string after = R"(---
# Source: circleci-server/templates/ingress.yaml
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: web
  annotations: {kubernetes.io/ingress.class: kong}
spec:
  defaultBackend:
    service: {"name": "fallback", "port": {"name": "https"}} # nobody else
  tls:
  - hosts: [ci.example.com]
    secretName: web-tls
  rules:
  - host: ci.example.com
    http:
      paths:
      - pathType: ImplementationSpecific
        backend:
          service: {"name": "frontend", "port": {"number": 80}}
      - path: /api
        pathType: Prefix
        backend: {service: {"name": "api", "port": {"number": 8080}}}
      - {path: /v2, pathType: ImplementationSpecific, backend: {service: {"name": "v2", "port": {"name": "http"}}}}
      - path: /files
        pathType: ImplementationSpecific
        backend:
          resource: {apiGroup: x.example.com, kind: Bucket, name: files}
  - host: empty.example.com
)";

  const ServedManifest mapped = map_to_served(before, all_but({"extensions/v1beta1"}));

  EXPECT_EQ(mapped.text, after);
  EXPECT_THAT(mapped_in(mapped), ElementsAre("Ingress web (extensions/v1beta1) -> networking.k8s.io/v1"));
}

TEST(ServedVersions, KeepAnIngressInJsonJson) {
  const ServedManifest mapped = map_to_served(
      R"({"apiVersion": "networking.k8s.io/v1beta1", "kind": "Ingress", "metadata": {"name": "web"}, "spec":)"
      R"( {"rules": [{"http": {"paths": [{"backend": {"serviceName": "web", "servicePort": 80}}]}}]}})",
      all_but({"networking.k8s.io/v1beta1"}));

  EXPECT_EQ(
      mapped.text,
      R"({"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": {"name": "web"}, "spec":)"
      R"( {"rules": [{"http": {"paths": [{"pathType": "ImplementationSpecific", "backend": {"service":)"
      R"( {"name": "web", "port": {"number": 80}}}}]}}]}})");
}

TEST(ServedVersions, TakeAnIngressToAnOlderVersionWhereThatIsAllThatIsServed) {
  const std::string rest =
      "\nkind: Ingress\nmetadata: {name: web}\nspec: {backend: {serviceName: a, servicePort: 1}}\n";

  const ServedManifest mapped = map_to_served("apiVersion: extensions/v1beta1" + rest,
                                              all_but({"extensions/v1beta1", "networking.k8s.io/v1"}));

  EXPECT_EQ(mapped.text, "apiVersion: networking.k8s.io/v1beta1" + rest);
}

TEST(ServedVersions, TakeAPodSecurityPolicyOutOnlyWhereTheServerHasNone) {
  const std::string policy =
      "---\napiVersion: extensions/v1beta1\nkind: PodSecurityPolicy\nmetadata: {name: p}\n";
  const std::string service = "---\napiVersion: v1\nkind: Service\nmetadata: {name: web}\n";

  const ServedManifest moved = map_to_served(policy + service, all_but({"extensions/v1beta1"}));
  const ServedManifest gone =
      map_to_served(service + policy + service, all_but({"extensions/v1beta1", "policy/v1beta1"}));

  EXPECT_THAT(mapped_in(moved), ElementsAre("PodSecurityPolicy p (extensions/v1beta1) -> policy/v1beta1"));
  EXPECT_EQ(gone.text, service + service);
  EXPECT_THAT(mapped_in(gone), ElementsAre("PodSecurityPolicy p (extensions/v1beta1) -> "));
}

TEST(ServedVersions, MapTheObjectsOfAListOneByOne) {
  const ServedManifest mapped = map_to_served(
      "apiVersion: v1\nkind: List\nitems:\n"
      "- apiVersion: batch/v1beta1\n  kind: CronJob\n  metadata: {name: a}\n"
      "- apiVersion: policy/v1beta1\n  kind: PodSecurityPolicy\n  metadata: {name: b}\n",
      all_but({"batch/v1beta1", "policy/v1beta1"}));

  EXPECT_THAT(mapped.text, HasSubstr("- apiVersion: batch/v1\n"));
  EXPECT_THAT(mapped.text, HasSubstr("PodSecurityPolicy"));
  EXPECT_THAT(unmapped_in(mapped), ElementsAre("PodSecurityPolicy b: it is one of a List"));
}

struct Case {
  std::string name;
  std::string object;  // its apiVersion is dropped
  std::string why;     // empty: it is mapped
};

class Shape : public ::testing::TestWithParam<Case> {};

TEST_P(Shape, IsMappedOnlyWhereItMeansTheSame) {
  const std::string& text = GetParam().object;
  const std::string version = text.substr(12, text.find('\n') - 12);  // after "apiVersion: "

  const ServedManifest mapped = map_to_served(text, all_but({version}));

  if (GetParam().why.empty()) {
    EXPECT_THAT(unmapped_in(mapped), IsEmpty());
    EXPECT_EQ(mapped.mapped.size(), 1U);
    EXPECT_NE(mapped.text, text);
  } else {
    ASSERT_EQ(mapped.unmapped.size(), 1U);
    EXPECT_THAT(mapped.unmapped.front().why, HasSubstr(GetParam().why));
    EXPECT_EQ(mapped.text, text);
  }
}

std::string object(const std::string& api_version, const std::string& kind, const std::string& rest = "") {
  return "apiVersion: " + api_version + "\nkind: " + kind + "\nmetadata: {name: x}\n" + rest;
}

INSTANTIATE_TEST_SUITE_P(
    ServedVersions, Shape,
    ::testing::Values(
        Case{"Deployment",
             object("extensions/v1beta1", "Deployment", "spec: {selector: {matchLabels: {a: b}}}"), ""},
        Case{"NoSelector", object("apps/v1beta1", "Deployment", "spec: {template: {}}"), "no spec.selector"},
        Case{"NullSelector", object("apps/v1beta2", "StatefulSet", "spec: {selector: }"), "no spec.selector"},
        Case{"NetworkPolicy", object("extensions/v1beta1", "NetworkPolicy"), ""},
        Case{"Budget",
             object("policy/v1beta1", "PodDisruptionBudget", "spec: {selector: {matchLabels: {a: b}}}"), ""},
        Case{"BudgetOfNothing", object("policy/v1beta1", "PodDisruptionBudget", "spec: {maxUnavailable: 1}"),
             ""},
        Case{"EmptyBudget", object("policy/v1beta1", "PodDisruptionBudget", "spec: {selector: {}}"),
             "every Pod"},
        Case{"EmptyLabels",
             object("policy/v1beta1", "PodDisruptionBudget", "spec: {selector: {matchLabels: {}}}"),
             "every Pod"},
        Case{"HalfABackend", object("extensions/v1beta1", "Ingress", "spec: {backend: {serviceName: a}}"),
             "not both"},
        Case{"NoBackend",
             object("extensions/v1beta1", "Ingress", "spec: {rules: [{http: {paths: [{path: /}]}}]}"),
             "no backend"},
        Case{"BlockScalar",
             object("extensions/v1beta1", "Ingress",
                    "spec:\n  backend:\n    serviceName: |-\n      a\n    servicePort: 80\n"),
             "not understood"},
        Case{"TwoVersions", object("batch/v1beta1", "CronJob", "apiVersion: batch/v1beta1\n"),
             "stands twice"},
        Case{
            "Alpha",
            object("rbac.authorization.k8s.io/v1alpha1", "RoleBinding", "subjects: [{kind: User, name: jo}]"),
            ""},
        Case{"Everybody",
             object("rbac.authorization.k8s.io/v1alpha1", "RoleBinding",
                    "subjects: [{kind: User, name: '*'}]"),
             "v1alpha1"},
        Case{"Slice", object("discovery.k8s.io/v1beta1", "EndpointSlice", "endpoints: [{addresses: [a]}]"),
             ""},
        Case{"Topology",
             object("discovery.k8s.io/v1beta1", "EndpointSlice", "endpoints: [{topology: {a: b}}]"),
             "topology"},
        Case{"Autoscaler", object("autoscaling/v2beta2", "HorizontalPodAutoscaler"), ""},
        Case{"OldAutoscaler", object("autoscaling/v2beta1", "HorizontalPodAutoscaler"), "says the same"},
        Case{"Definition", object("apiextensions.k8s.io/v1beta1", "CustomResourceDefinition"),
             "says the same"},
        Case{"CustomResource", object("example.com/v1alpha1", "Bucket"), "says the same"}),
    [](const auto& shape) { return shape.param.name; });

TEST(ServedVersions, EveryChainOfSuccessorsEnds) {
  EXPECT_THAT(successors_of({"extensions/v1beta1", "Ingress"}),
              ElementsAre(ApiKind("networking.k8s.io/v1", "Ingress"),
                          ApiKind("networking.k8s.io/v1beta1", "Ingress")));
  EXPECT_THAT(successors_of({"networking.k8s.io/v1", "Ingress"}), IsEmpty());
}

TEST(ServedVersions, NameEachKindOfAManifestOnce) {
  const std::string role = "---\napiVersion: v1\nkind: Service\nmetadata: {name: a}\n";

  EXPECT_THAT(kinds_of(role + role + "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\n"),
              ElementsAre(ApiKind("apps/v1", "Deployment"), ApiKind("v1", "Service")));
}

}  // namespace

}  // namespace kots_export::helm
