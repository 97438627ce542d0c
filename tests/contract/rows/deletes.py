"""Deletes: preconditions, propagation, and what is not gone at once."""
from contract import ABSENT, PRESENT, Call, Login, Needs, Row, has
from rows.common import ANOTHER_UID, CONFIG_MAP, GONE, HELD, JOBS, LEASE, LEASE_BODY, LEASES, NS, UNCHANGED, config_map, job, look, make, options

CONFLICT = {"kind": "Status", "reason": "Conflict", "code": 409}
OWNER = {"apiVersion": "v1", "kind": "ConfigMap", "name": "$name", "uid": "$uid"}
OWNED = (make(), Call("POST", f"{NS}/configmaps", config_map("$name-owned", ownerReferences=[OWNER])))
GARBAGE = "API concepts, Garbage collection"


def delete(path=CONFIG_MAP, **more):
    return Call("DELETE", path, more.pop("body", options()), **more)


ROWS = (
    Row("delete", "an object, by its UID", "change/fate.cpp kube/requests.cpp",
        call=delete(body=options(preconditions={"uid": "$uid"}), status=200, answer={"kind": "Status", "status": "Success", "details/name": "$name", "details/uid": "$uid"}),
        given=(make(),), then=(GONE,), source="API concepts"),
    Row("delete-other-uid", "an object, by another UID", "change/fate.cpp change/lease_protocol.cpp",
        call=delete(body=options(preconditions={"uid": ANOTHER_UID}), status=409, answer=CONFLICT), given=(make(),), then=(UNCHANGED,),
        source="API reference, Preconditions"),
    Row("delete-old-version", "an object, by an old resourceVersion", "change/fate.cpp change/lease_protocol.cpp",
        call=delete(body=options(preconditions={"uid": "$uid", "resourceVersion": "1"}), status=409, answer=CONFLICT), given=(make(),), then=(UNCHANGED,),
        source="API reference, Preconditions"),
    Row("delete-missing", "an object that is not there", "change/fate.cpp change/lease_protocol.cpp",
        call=delete(body=options(preconditions={"uid": ANOTHER_UID}), status=404, answer={"kind": "Status", "reason": "NotFound", "details/name": "$name"}),
        source="apimachinery, api/errors NewNotFound"),
    Row("delete-forbidden", "an object that the user may not delete", "change/fate.cpp",
        call=delete(login=Login.NOBODY, status=403, answer={"reason": "Forbidden"}), given=(make(),), then=(UNCHANGED,),
        source="apiserver, endpoints/handlers/responsewriters Forbidden"),
    Row("delete-held", "an object with a finalizer", "change/fate.cpp migration/kots_cleanup.cpp",
        call=delete(status=200, answer={"kind": "ConfigMap", "metadata/uid": "$uid", "metadata/deletionTimestamp": PRESENT}),
        given=(make(config_map(**HELD)),), then=(look(status=200, answer={"metadata/uid": "$uid", "metadata/deletionTimestamp": PRESENT}),), source="API concepts, finalizers"),
    Row("delete-what-goes", "an object that is being deleted already", "change/fate.cpp",
        call=delete(body=options(preconditions={"uid": "$uid"}), status=200, answer={"metadata/uid": "$uid", "metadata/deletionTimestamp": "$since"}),
        given=(make(config_map(**HELD)), delete(keep={"since": "metadata/deletionTimestamp"})), source="API concepts, finalizers"),
    Row("delete-dry-run", "an object, with dryRun in the body", "kube/requests.cpp",
        call=delete(body=options(dryRun=["All"]), status=200), given=(make(),), then=(UNCHANGED,), source="API concepts, Dry-run"),
    Row("delete-dry-run-in-query", "an object, with dryRun in the query beside a body: it is not looked at", "kube/requests.cpp",
        call=delete(f"{CONFIG_MAP}?dryRun=All", status=200), given=(make(),), then=(GONE,), source="apiserver, endpoints/handlers/delete.go: query or body"),
    Row("delete-lease", "one's own Lease", "change/lease_protocol.cpp",
        call=delete(LEASE, body=options(preconditions={"uid": "$uid"}), status=200, answer={"status": "Success"}), given=(make(LEASE_BODY, LEASES),), then=(look(LEASE, status=404),),
        source="API reference, Lease"),
    Row("delete-lease-renewed", "a Lease that was renewed since it was read", "change/lease_protocol.cpp",
        call=delete(LEASE, body=options(preconditions={"uid": "$uid", "resourceVersion": "$version"}), status=409, answer=CONFLICT),
        given=(make(LEASE_BODY, LEASES), Call("PATCH", LEASE, {"spec": {"renewTime": "2026-01-02T03:05:05.000006Z"}}, type="application/merge-patch+json")),
        then=(look(LEASE, status=200),), source="API reference, Preconditions"),
    Row("delete-lease-of-another", "a Lease that is another's by now", "change/lease_protocol.cpp",
        call=delete(LEASE, body=options(preconditions={"uid": ANOTHER_UID}), status=409, answer=CONFLICT), given=(make(LEASE_BODY, LEASES),), then=(look(LEASE, status=200),),
        source="API reference, Preconditions"),
    Row("delete-orphan", "an object with a dependent, to be left: the answer is the object, which waits for the garbage collector", "migration/postgres.cpp kube/requests.cpp",
        call=delete(body=options(propagationPolicy="Orphan"), status=200, answer={"kind": "ConfigMap", "metadata/finalizers": has("orphan"), "metadata/deletionTimestamp": PRESENT}),
        given=OWNED, source=GARBAGE),
    Row("delete-orphan-dependent", "the dependent of an object that is deleted with Orphan", "migration/postgres.cpp",
        call=look(f"{CONFIG_MAP}-owned", status=200, answer={"metadata/ownerReferences": ABSENT}, until=True),
        given=(*OWNED, delete(body=options(propagationPolicy="Orphan"))), then=(look(status=404, until=True),), source=GARBAGE, needs=Needs.CONTROLLERS),
    Row("delete-background-dependent", "the dependent of an object that is deleted with Background", "migration/flyway.cpp",
        call=look(f"{CONFIG_MAP}-owned", status=404, until=True), given=(*OWNED, delete()), then=(GONE,), source=GARBAGE, needs=Needs.CONTROLLERS),
    Row("delete-foreground", "an object with Foreground: the answer is the object, which waits for its dependents", "kube/requests.cpp",
        call=delete(body=options(propagationPolicy="Foreground"), status=200, answer={"metadata/finalizers": has("foregroundDeletion"), "metadata/deletionTimestamp": PRESENT}),
        given=(make(),), source=GARBAGE),
    Row("delete-job-by-default", "a Job, without a policy: its Pods are left (batch/v1's default is Orphan)", "kube/requests.cpp",
        call=Call("DELETE", f"{JOBS}/$name", {"apiVersion": "v1", "kind": "DeleteOptions"}, status=200, answer={"metadata/finalizers": has("orphan")}),
        given=(make(job(parallelism=0), JOBS),), source="batch registry, job strategy DefaultGarbageCollectionPolicy"),
    Row("delete-job", "a Job, with Background", "migration/flyway.cpp kube/requests.cpp",
        call=delete(f"{JOBS}/$name", status=200, answer={"kind": "Status", "status": "Success"}), given=(make(job(parallelism=0), JOBS),), then=(look(f"{JOBS}/$name", status=404),),
        source=GARBAGE),
    Row("delete-claim", "a PersistentVolumeClaim: it goes when no Pod uses it", "change/fate.cpp migration/kots_cleanup.cpp",
        call=delete(f"{NS}/persistentvolumeclaims/$name", status=200,
                    answer={"kind": "PersistentVolumeClaim", "metadata/deletionTimestamp": PRESENT, "metadata/finalizers": has("kubernetes.io/pvc-protection")}),
        given=(make({"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "$name"},
                     "spec": {"accessModes": ["ReadWriteOnce"], "storageClassName": "", "resources": {"requests": {"storage": "1Gi"}}}}, f"{NS}/persistentvolumeclaims"),),
        source="admission plugin StorageObjectInUseProtection"),
)
