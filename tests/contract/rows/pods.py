"""Logs, exec, and the ends of Jobs: what needs a node."""
from contract import ABSENT, PRESENT, Call, Expected, Login, Needs, Row, matches, MISSING
from rows.common import JOBS, NS, PODS, job, look, make, pod

POD = f"{PODS}/$name"
EXEC = f"{POD}/exec?container=main&stdout=true&stderr=true"
REFUSED = "kubelet, kuberuntime, and core pod strategy LogLocation"


def runs(**more):
    """A Pod, until its container runs. A namespace that was just made has no ServiceAccount for it yet."""
    return (make(pod(**more), PODS, until=True), look(POD, answer={"status/phase": "Running"}, until=True))


def condition(kind):
    return Expected(f"with {kind}=True", lambda found: found is not MISSING and any(one["type"] == kind and one["status"] == "True" for one in found))


ROWS = (
    Row("log-not-started", "the log of a container that does not run yet", "kube/client_follow.cpp kube/log_follower.cpp kube/status.cpp",
        call=look(f"{POD}/log?follow=true&container=main", status=400, answer={"kind": "Status", "reason": "BadRequest", "message": matches("is waiting to start")}),
        given=(make(pod(image="docker.io/library/none:1"), PODS, until=True), look(POD, answer={"status/containerStatuses/0/state/waiting/reason": matches("Err|BackOff")}, until=True)),
        source=REFUSED, needs=Needs.NODE),
    Row("log-of-wrong-container", "the log of a container that the Pod does not have", "kube/client_follow.cpp kube/log_follower.cpp",
        call=look(f"{POD}/log?container=other", status=400, answer={"reason": "BadRequest", "message": matches("container other is not valid for pod")}),
        given=runs(), source=REFUSED, needs=Needs.NODE),
    Row("log-of-missing", "the log of a Pod that is not there", "kube/client.cpp kube/client_follow.cpp kube/log_follower.cpp",
        call=look(f"{POD}/log?container=main", status=404, answer={"reason": "NotFound", "details/kind": "pods"}), source="apimachinery, api/errors NewNotFound"),
    Row("log-ended", "the whole log of a container that has ended, followed to its end", "kube/client.cpp kube/client_follow.cpp kube/log_follower.cpp migration/job_watch.cpp",
        call=look(f"{PODS}/$pod/log?follow=true&container=main", status=200, header={"content-type": matches("^text/plain")}, text="one\ntwo\n"),
        given=(make(job(command=("sh", "-c", "echo one; echo two")), JOBS, until=True), look(f"{JOBS}/$name", answer={"status/conditions": condition("Complete")}, until=True),
               look(f"{PODS}?labelSelector=job-name%3D$name", keep={"pod": "items/0/metadata/name"})),
        source="API reference, Pod log", needs=Needs.NODE),
    Row("exec", "a command that ends with 0", "kube/client_exec.cpp migration/database_access.cpp",
        call=Call("EXEC", f"{EXEC}&command=printenv&command=WORD", answer={"1": "hello\n", "3/status": "Success"}), given=runs(),
        source="k8s.io/kubelet, remotecommand/websocket.go", needs=Needs.NODE),
    Row("exec-fails", "a command that ends with 1", "kube/client_exec.cpp migration/database_access.cpp",
        call=Call("EXEC", f"{EXEC}&command=printenv&command=NOT_SET",
                  answer={"3/status": "Failure", "3/reason": "NonZeroExitCode", "3/details/causes/0/reason": "ExitCode", "3/details/causes/0/message": "1"}), given=runs(),
        source="apiserver, remotecommand V4; kubelet, cri/streaming/remotecommand/exec.go", needs=Needs.NODE),
    Row("exec-no-such-command", "a command that the container does not have: a failure without an exit code", "kube/client_exec.cpp",
        call=Call("EXEC", f"{EXEC}&command=/no/such/command", answer={"3/status": "Failure", "3/reason": "InternalError", "3/message": PRESENT}), given=runs(),
        source="kubelet, cri/streaming/remotecommand/exec.go", needs=Needs.NODE),
    Row("exec-not-running", "a command in a container that does not run: an answer that is no Status", "kube/client_exec.cpp kube/curl_websocket.cpp",
        call=Call("EXEC", f"{EXEC}&command=true", status=500, header={"content-type": matches("^text/plain")}, text=matches("^container not found")),
        given=(make(pod(image="docker.io/library/none:1"), PODS, until=True), look(POD, answer={"status/containerStatuses/0/state/waiting/reason": matches("Err|BackOff")}, until=True)),
        source="kubelet, server.go getExec", needs=Needs.NODE),
    Row("exec-in-missing", "a command in a Pod that is not there", "kube/client_exec.cpp kube/curl_websocket.cpp",
        call=Call("EXEC", f"{EXEC}&command=true", status=404, answer={"kind": "Status", "reason": "NotFound"}), source="apimachinery, api/errors NewNotFound"),
    Row("exec-forbidden", "a command that the user may not run", "kube/client_exec.cpp kube/curl_websocket.cpp",
        call=Call("EXEC", f"{EXEC}&command=true", login=Login.NOBODY, status=403, answer={"kind": "Status", "reason": "Forbidden"}),
        source="apiserver, endpoints/handlers/responsewriters Forbidden"),
    Row("exec-with-wrong-token", "a command, with a token that nobody has", "kube/curl_websocket.cpp",
        call=Call("EXEC", f"{EXEC}&command=true", login=Login.WRONG_TOKEN, status=401, answer={"kind": "Status", "reason": "Unauthorized"}),
        source="apiserver, endpoints/filters/authentication.go"),
    Row("exec-in-ended", "a command in a Pod that has ended: the same", "kube/client_exec.cpp",
        call=Call("EXEC", f"{PODS}/$pod/exec?container=main&stdout=true&stderr=true&command=true", status=500, text=matches("^container not found")),
        given=(make(job(), JOBS, until=True), look(f"{JOBS}/$name", answer={"status/conditions": condition("Complete")}, until=True),
               look(f"{PODS}?labelSelector=job-name%3D$name", keep={"pod": "items/0/metadata/name"})),
        source="kubelet, server.go getExec", needs=Needs.NODE),
    Row("job-complete", "a Job whose Pod ends with 0", "migration/job_watch.cpp",
        call=look(f"{JOBS}/$name", answer={"status/conditions": condition("Complete")}, until=True), given=(make(job(), JOBS, until=True),), source="API reference, JobStatus", needs=Needs.NODE),
    Row("job-failed", "a Job whose Pod ends with 1, and that may not try again", "migration/flyway.cpp migration/job_watch.cpp",
        call=look(f"{JOBS}/$name", answer={"status/conditions": condition("Failed"), "status/conditions/0/reason": "BackoffLimitExceeded"}, until=True),
        given=(make(job(command=("sh", "-c", "exit 1")), JOBS, until=True),), source="API reference, JobStatus", needs=Needs.NODE),
    Row("claim-binds", "a claim that names its volume, where the volume's claimRef names the claim without a UID", "change/volumes.cpp change/restore.cpp",
        call=look(f"{NS}/persistentvolumeclaims/$name", answer={"status/phase": "Bound"}, until=True),
        given=(Call("POST", "/api/v1/persistentvolumes", {"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": "$ns-$name"},
                    "spec": {"capacity": {"storage": "1Gi"}, "accessModes": ["ReadWriteOnce"], "hostPath": {"path": "/tmp/$name"}, "persistentVolumeReclaimPolicy": "Retain",
                             "claimRef": {"namespace": "$ns", "name": "$name"}}}),
               make({"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "$name"},
                     "spec": {"accessModes": ["ReadWriteOnce"], "storageClassName": "", "volumeName": "$ns-$name", "resources": {"requests": {"storage": "1Gi"}}}}, f"{NS}/persistentvolumeclaims")),
        then=(look("/api/v1/persistentvolumes/$ns-$name", answer={"spec/claimRef/uid": "$uid", "status/phase": "Bound"}, until=True), Call("DELETE", "/api/v1/persistentvolumes/$ns-$name")),
        source="kube-controller-manager, volume/persistentvolume syncBoundClaim", needs=Needs.CONTROLLERS),
)
