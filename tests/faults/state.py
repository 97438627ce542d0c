"""What is in the cluster, as far as a migration and its rollback answer for it."""
import json

KINDS = ["v1/serviceaccounts", "v1/configmaps", "v1/secrets", "v1/services", "v1/persistentvolumeclaims", "apps/v1/deployments", "apps/v1/statefulsets",
         "apps/v1/daemonsets", "batch/v1/jobs", "batch/v1beta1/cronjobs", "rbac.authorization.k8s.io/v1/roles", "rbac.authorization.k8s.io/v1/rolebindings",
         "networking.k8s.io/v1/networkpolicies", "networking.k8s.io/v1/ingresses", "policy/v1beta1/poddisruptionbudgets"]
OF_THE_CLUSTER = ["v1/persistentvolumes", "rbac.authorization.k8s.io/v1/clusterroles"]
# What docs/recovery.md leaves to the server.
METADATA = ("uid", "resourceVersion", "creationTimestamp", "managedFields", "generation", "selfLink")


def comparable(item, namespace):
    item = json.loads(json.dumps(item).replace(namespace, "NAMESPACE"))
    item.pop("status", None)
    metadata = item["metadata"]
    for key in METADATA:
        metadata.pop(key, None)
    for owner in metadata.get("ownerReferences", []):
        owner.pop("uid", None)
    spec = item.get("spec", {})
    # of a Job: its own UID
    spec.get("selector", {}).get("matchLabels", {}).pop("controller-uid", None)
    if isinstance(spec.get("template"), dict):
        spec["template"].get("metadata", {}).get("labels", {}).pop("controller-uid", None)
    # of a volume: which incarnation of its claim
    for key in ("uid", "resourceVersion"):
        spec.get("claimRef", {}).pop(key, None)
    return item


def path_of(kind, namespace):
    version, _, resource = kind.rpartition("/")
    root = f"/api/{version}" if version == "v1" else f"/apis/{version}"
    return f"{root}/namespaces/{namespace}/{resource}" if namespace else f"{root}/{resource}"


async def read(upstream, path):
    status, _, body = await upstream.fetch("GET", path, [("accept", "application/json")])
    if status != 200:
        raise RuntimeError(f"GET {path}: {status} {body[:200]}")
    return json.loads(body)


async def state_of(upstream, namespace):
    """By resource/name, everything that can be compared. On a server that others use too, volumes and roles of the cluster are
    those that name the namespace. A volume goes by its claim: its own name is made of a UID."""
    state = {}
    for kind in KINDS + OF_THE_CLUSTER:
        resource = kind.rpartition("/")[2]
        of_cluster = kind in OF_THE_CLUSTER
        for item in (await read(upstream, path_of(kind, None if of_cluster else namespace)))["items"]:
            if not of_cluster or namespace in json.dumps(item):
                name = item["metadata"]["name"].replace(namespace, "NAMESPACE")
                state[f"{resource}/{name}"] = comparable(item, namespace)
                if resource == "serviceaccounts":
                    state[f"{resource}/{name}"].pop("secrets", None)  # the token controller's
    state.pop("configmaps/kube-root-ca.crt", None)  # each server's own
    state = {key: item for key, item in state.items() if item.get("type") != "kubernetes.io/service-account-token"}
    return with_volumes_by_claim(state)


def in_common(state):
    """What two installations have in common: not the addresses, and not the release's record, which is packed with its time."""
    state = json.loads(json.dumps(state))
    for key, item in state.items():
        if item.get("type") == "helm.sh/release.v1":
            item.pop("data")
        if key.startswith("services/") and item["spec"].get("clusterIP") != "None":
            item["spec"].pop("clusterIP", None)
            item["spec"].pop("clusterIPs", None)
    return state


def with_volumes_by_claim(state):
    text = json.dumps(state)
    for key, item in state.items():
        if key.startswith("persistentvolumes/") and "claimRef" in item["spec"]:
            text = text.replace(item["metadata"]["name"], "volume-of-" + item["spec"]["claimRef"]["name"])
    return json.loads(text)


def difference(wanted, found):
    """Lines that say what is not as it should be; a Secret's data is only said to differ."""
    lines = [f"{key} is missing" for key in wanted if key not in found]
    lines += [f"{key} should not be there" for key in found if key not in wanted]
    for key in wanted.keys() & found.keys():
        lines += [f"{key} differs at {where}" for where in places(wanted[key], found[key], "")]
    return sorted(lines)


def places(one, other, where):
    if isinstance(one, dict) and isinstance(other, dict):
        for key in sorted(one.keys() | other.keys()):
            yield from places(one.get(key), other.get(key), f"{where}/{key}")
    elif one != other:
        yield where if where.startswith(("/data", "/stringData")) else f"{where}: {json.dumps(other)} for {json.dumps(one)}"
