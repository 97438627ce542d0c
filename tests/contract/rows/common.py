"""Calls that many rows share."""
from contract import MERGE_PATCH, Call

NS = "/api/v1/namespaces/$ns"
CONFIG_MAPS = f"{NS}/configmaps"
CONFIG_MAP = f"{CONFIG_MAPS}/$name"
LEASES = "/apis/coordination.k8s.io/v1/namespaces/$ns/leases"
LEASE = f"{LEASES}/$name"
JOBS = "/apis/batch/v1/namespaces/$ns/jobs"
PODS = f"{NS}/pods"
AS_US = "?fieldManager=kots-export"
ANOTHER_UID = "11111111-2222-3333-4444-555555555555"


def config_map(name="$name", **metadata):
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, **metadata}, "data": {"a": "1"}}


def make(body=None, path=CONFIG_MAPS, **more):
    """Makes an object and keeps its UID and resourceVersion."""
    return Call("POST", path, body or config_map(), keep={"uid": "metadata/uid", "version": "metadata/resourceVersion"}, **more)


def patch(body, path=CONFIG_MAP, **more):
    return Call("PATCH", path + AS_US, body, type=MERGE_PATCH, **more)


def options(**more):
    return {"apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": "Background", **more}


def look(path=CONFIG_MAP, **more):
    return Call("GET", path, **more)


GONE = look(status=404)
UNCHANGED = look(status=200, answer={"metadata/uid": "$uid", "metadata/resourceVersion": "$version"})
HELD = {"finalizers": ["contract.example/held"]}  # it is not gone when it is deleted
LEASE_BODY = {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": "$name"},
              "spec": {"holderIdentity": "one", "leaseDurationSeconds": 60, "acquireTime": "2026-01-02T03:04:05.000006Z", "renewTime": "2026-01-02T03:04:05.000006Z"}}


def job(name="$name", image="docker.io/library/bb:1", command=("sh", "-c", "exit 0"), policy="Never", **spec):
    container = {"name": "main", "image": image, "imagePullPolicy": "Never", "command": list(command)}
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": name},
            "spec": {"backoffLimit": 0, **spec, "template": {"spec": {"restartPolicy": policy, "containers": [container]}}}}


def pod(name="$name", image="docker.io/library/bb:1", command=("sleep", "600")):
    container = {"name": "main", "image": image, "imagePullPolicy": "Never", "command": list(command), "env": [{"name": "WORD", "value": "hello"}]}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name},
            "spec": {"restartPolicy": "Never", "terminationGracePeriodSeconds": 0, "containers": [container]}}
