"""Which kinds are served, who may do what, and a server in trouble."""
from contract import ABSENT, JSON, MISSING, PRESENT, Call, Expected, Login, Needs, Row, matches
from rows.common import CONFIG_MAPS, config_map, look

AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json"
REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
REVIEW = {"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview",
          "spec": {"resourceAttributes": {"verb": "patch", "group": "", "resource": "persistentvolumes", "namespace": "", "name": "x"}}}
DISCOVERY = "API concepts, API discovery"
HOOKED = "/api/v1/namespaces/$ns-$name"
JOBS_KIND = Expected("with `jobs`: kind Job, namespaced",
                     lambda kinds: kinds is not MISSING and any(one["name"] == "jobs" and one["kind"] == "Job" and one["namespaced"] for one in kinds))
OTHERS = "server or load balancer: RFC 9110"


def hooked(port, seconds):
    """A namespace whose ConfigMaps a webhook is to allow."""
    name = "$ns-$name"
    hook = {"name": "x.contract.example", "clientConfig": {"url": f"https://127.0.0.1:{port}/"}, "failurePolicy": "Fail", "sideEffects": "None", "admissionReviewVersions": ["v1"],
            "timeoutSeconds": seconds, "namespaceSelector": {"matchLabels": {"contract": name}},
            "rules": [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["configmaps"]}]}
    return (Call("POST", "/api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": {"contract": name}}}, only="real"),
            Call("POST", "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations",
                 {"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingWebhookConfiguration", "metadata": {"name": name}, "webhooks": [hook]}, only="real"),
            # It is asked from when the server has heard of it.
            Call("POST", f"{HOOKED}/configmaps?dryRun=All&timeout=1s", config_map("probe"), only="real", status=500 if port == "9" else 504, until=True))


UNHOOKED = (Call("DELETE", "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/$ns-$name", only="real"), Call("DELETE", HOOKED, only="real"))

# A level of priority with room for few requests, and a user who is at that level and may do what he likes.
FLOW = "/apis/flowcontrol.apiserver.k8s.io/v1beta1"
FLOOD = {"kind": "User", "name": "contract-flood"}
SMALL_LEVEL = (
    Call("POST", f"/apis/rbac.authorization.k8s.io/v1/namespaces/$ns-$name/rolebindings",
         {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": {"name": "flood"},
          "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"},
          "subjects": [{"apiGroup": "rbac.authorization.k8s.io", **FLOOD}]}, only="real"),
    Call("POST", f"{FLOW}/prioritylevelconfigurations",
         {"apiVersion": "flowcontrol.apiserver.k8s.io/v1beta1", "kind": "PriorityLevelConfiguration", "metadata": {"name": "$ns-$name"},
          "spec": {"type": "Limited", "limited": {"assuredConcurrencyShares": 1, "limitResponse": {"type": "Reject"}}}}, only="real"),
    Call("GET", f"{FLOW}/prioritylevelconfigurations/$ns-$name", keep={"level": "metadata/uid"}, only="real"),
    Call("POST", f"{FLOW}/flowschemas",
         {"apiVersion": "flowcontrol.apiserver.k8s.io/v1beta1", "kind": "FlowSchema", "metadata": {"name": "$ns-$name"},
          "spec": {"matchingPrecedence": 2, "priorityLevelConfiguration": {"name": "$ns-$name"},
                   "rules": [{"subjects": [{"kind": "User", "user": {"name": FLOOD["name"]}}],
                              "resourceRules": [{"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"], "namespaces": ["*"]}]}]}}, only="real"),
    Call("GET", f"{HOOKED}/configmaps", login=Login.FLOOD, header={"x-kubernetes-pf-prioritylevel-uid": "$level"}, until=True, only="real"),
)

WHO_AM_I = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
SELF = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}

IDENTITIES = (
    Row("who-am-i", "a SelfSubjectReview", "kube/identity.cpp",
        call=Call("POST", WHO_AM_I, SELF, status=201, answer={"kind": "SelfSubjectReview", "status/userInfo/username": PRESENT, "status/userInfo/groups": PRESENT}),
        source="API reference, SelfSubjectReview v1", since=28, seen=()),
    Row("who-am-i-not-served", "a SelfSubjectReview, where the server has none", "kube/identity.cpp",
        call=Call("POST", WHO_AM_I, SELF, status=404, answer={"kind": "Status", "reason": "NotFound"}), source="API reference 1.27, authentication.k8s.io/v1", until=27),
    Row("who-am-i-wrong-token", "a SelfSubjectReview, with a wrong token", "kube/identity.cpp",
        call=Call("POST", WHO_AM_I, SELF, login=Login.WRONG_TOKEN, status=401, answer={"kind": "Status", "reason": "Unauthorized"}),
        source="apiserver, endpoints/filters/authentication.go"),
)

DISCOVERIES = (
    Row("groups", "the groups, where the server does not know aggregated discovery", "kube/discovery.cpp",
        call=look("/apis", accept=AGGREGATED, status=200, header={"content-type": JSON}, answer={"kind": "APIGroupList", "groups/0/name": PRESENT, "groups/0/preferredVersion/version": PRESENT}),
        source=DISCOVERY, until=25),
    Row("groups-aggregated-beta", "the groups, all in one answer", "kube/discovery.cpp",
        call=look("/apis", accept=AGGREGATED, status=200, header={"content-type": matches(r"^application/json;g=apidiscovery\.k8s\.io;v=v2beta1;as=APIGroupDiscoveryList")},
                  answer={"kind": "APIGroupDiscoveryList", "items/0/versions/0/resources/0/responseKind/kind": PRESENT, "items/0/versions/0/freshness": "Current"}),
        source=DISCOVERY + " (v2beta1)", since=27, until=29, seen=()),
    Row("groups-aggregated", "the groups, all in one answer", "kube/discovery.cpp",
        call=look("/apis", accept=AGGREGATED, status=200, header={"content-type": matches(r"^application/json;g=apidiscovery\.k8s\.io;v=v2;as=APIGroupDiscoveryList")},
                  answer={"kind": "APIGroupDiscoveryList", "items/0/versions/0/resources/0/responseKind/kind": PRESENT, "items/0/versions/0/freshness": "Current"}),
        source=DISCOVERY + " (v2)", since=30, seen=()),
    Row("kinds-of-version", "the kinds of one version", "kube/discovery.cpp kube/builtin_resources.cpp",
        call=look("/apis/batch/v1", status=200, answer={"kind": "APIResourceList", "groupVersion": "batch/v1", "resources": JOBS_KIND}), source=DISCOVERY),
    Row("kinds-of-stale-group", "the kinds of a group whose server is down", "kube/discovery.cpp kube/status.cpp",
        call=look("/apis/stale.contract.example/v1", status=503, until=True),
        given=(Call("POST", "/apis/apiregistration.k8s.io/v1/apiservices", {"apiVersion": "apiregistration.k8s.io/v1", "kind": "APIService", "metadata": {"name": "v1.stale.contract.example"},
                    "spec": {"group": "stale.contract.example", "version": "v1", "groupPriorityMinimum": 100, "versionPriority": 100, "insecureSkipTLSVerify": True,
                             "service": {"namespace": "$ns", "name": "nothing"}}}, only="real"),),
        then=(look("/apis", accept=JSON, status=200, answer={"groups": PRESENT}), Call("DELETE", "/apis/apiregistration.k8s.io/v1/apiservices/v1.stale.contract.example", only="real")),
        source="kube-aggregator, handler_proxy.go"),
    Row("review-allowed", "whether the user may do something that he may", "kube/access.cpp",
        call=Call("POST", REVIEWS, REVIEW, status=201, answer={"status/allowed": True}), source="API reference, SelfSubjectAccessReview"),
    Row("review-refused", "whether the user may do something that he may not", "kube/access.cpp",
        call=Call("POST", REVIEWS, REVIEW, login=Login.NOBODY, status=201, answer={"status/allowed": False}), source="API reference, SelfSubjectAccessReview"),
)

TROUBLE = (
    Row("busy", "any request, at a level of priority that has no room", "kube/retry.cpp kube/pace.cpp kube/client_follow.cpp kube/status.cpp change/fate.cpp change/lease_protocol.cpp",
        call=Call("POST", f"{HOOKED}/configmaps", config_map(), login=Login.FLOOD, until=True, status=429, header={"retry-after": matches(r"^\d+$"), "content-type": matches("^text/plain")}, text=matches("^Too many requests")),
        given=(*hooked("$silent", 15), *SMALL_LEVEL, *(Call("POST", f"{HOOKED}/configmaps", config_map(f"waits-{i}"), login=Login.FLOOD, beside=True, only="real") for i in range(12))),
        then=(*UNHOOKED, Call("DELETE", f"{FLOW}/flowschemas/$ns-$name", only="real"), Call("DELETE", f"{FLOW}/prioritylevelconfigurations/$ns-$name", only="real")),
        source="apiserver, server/filters/maxinflight.go tooManyRequests", needs=Needs.NEAR, fault="status=429 retry-after=1 times=1"),
    Row("webhook-down", "a create that a webhook is to allow, which cannot be reached", "change/fate.cpp kube/retry.cpp kube/status.cpp",
        call=Call("POST", f"{HOOKED}/configmaps", config_map(), status=500, header={"retry-after": ABSENT}, answer={"kind": "Status", "reason": "InternalError", "code": 500}),
        given=hooked("9", 1), then=(look(f"{HOOKED}/configmaps/$name", status=404), *UNHOOKED),
        source="admission plugin webhook, failurePolicy Fail", needs=Needs.NEAR, fault="status=500 times=1"),
    Row("too-slow", "a create that the server does not manage in the time of ?timeout=", "change/fate.cpp kube/retry.cpp",
        call=Call("POST", f"{HOOKED}/configmaps?timeout=1s", config_map(), status=504, answer={"kind": "Status", "reason": "Timeout", "code": 504}),
        given=hooked("$silent", 5), then=UNHOOKED,
        source="apiserver, server/filters/timeout.go", needs=Needs.NEAR, fault="status=504 times=1"),
    Row("quota-race", "a create whose quota was written by somebody else in the same moment, more often than the server tries again", "change/fate.cpp",
        call=Call("POST", CONFIG_MAPS, config_map(), status=409, answer={"kind": "Status", "reason": "Conflict"}), then=(look(status=404),),
        source="admission plugin ResourceQuota, controller.go checkQuotas", seen=(), fault="status=409 times=1"),
    Row("sign-in-page", "any request, where the session of a proxy before the server has run out", "change/fate.cpp kube/status.cpp",
        call=Call("POST", CONFIG_MAPS, config_map(), status=200, header={"content-type": matches("^text/html")}, text=matches("^<!DOCTYPE html>")), then=(look(status=404),),
        source="any reverse proxy with a login; RFC 9110 lets it answer 200", seen=(), fault="html times=1"),
    Row("bad-gateway", "any request, where a load balancer has no server", "kube/retry.cpp change/fate.cpp", call=look(status=502), source=OTHERS, seen=(), fault="status=502 times=1"),
    Row("unavailable", "any request, where the server is about to end", "kube/retry.cpp kube/pace.cpp kube/status.cpp change/fate.cpp",
        call=look(status=503, header={"retry-after": "1"}), source=OTHERS, seen=(), fault="status=503 retry-after=1 times=1"),
)

ROWS = DISCOVERIES + IDENTITIES + TROUBLE
