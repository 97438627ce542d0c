"""Watches, and what the server says when it forgot."""
from contract import ABSENT, MISSING, PRESENT, Call, Expected, Login, Needs, Row
from rows.common import CONFIG_MAP, CONFIG_MAPS, JOBS, NS, config_map, job, look, make, patch

FROM = "?watch=true&allowWatchBookmarks=true&resourceVersion=$version&fieldSelector=metadata.name%3D$name"
EVENT = {"apiVersion": "v1", "kind": "Event", "metadata": {"name": "$name"}, "reason": "FailedCreate", "message": "no room", "type": "Warning",
         "involvedObject": {"kind": "Job", "name": "$name", "namespace": "$ns"}}
OF_JOB = "fieldSelector=involvedObject.kind%3DJob,involvedObject.name%3D$name,reason%3DFailedCreate"


def one_event(kind, **fields):
    """Some event of that type whose object has those fields."""
    def holds(events):
        if events is MISSING:
            return False
        for event in events:
            metadata = event["object"].get("metadata", {})
            if event["type"] == kind and all((name in metadata) == there for name, there in fields.items()) and (kind != "BOOKMARK" or "data" not in event["object"]):
                return True
        return False

    return Expected(f"with an event {kind}", holds)


ROWS = (
    Row("watch", "what happened since a resourceVersion; timeoutSeconds ends the stream cleanly", "kube/client_follow.cpp",
        call=look(CONFIG_MAPS + FROM + "&timeoutSeconds=1", status=200,
                  answer={"events/0/type": "MODIFIED", "events/0/object/data/a": "2", "events/0/object/kind": "ConfigMap", "events/1/type": "DELETED", "events/1/object/metadata/name": "$name"}),
        given=(make(), make(config_map("$name-other")), patch({"data": {"a": "2"}}), Call("DELETE", CONFIG_MAP)),
        source="API concepts, Efficient detection of changes"),
    Row("watch-from-list", "what happened since a list, by the list's resourceVersion", "kube/client_follow.cpp",
        call=look(CONFIG_MAPS + FROM + "&timeoutSeconds=1", status=200, answer={"events/0/type": "ADDED", "events/0/object/metadata/name": "$name"}),
        given=(Call("GET", f"{CONFIG_MAPS}?watch=false", keep={"version": "metadata/resourceVersion"}), Call("POST", CONFIG_MAPS, config_map())),
        source="API concepts, Efficient detection of changes"),
    Row("watch-bookmark", "bookmarks (about one a minute, and one before the end)", "kube/client_follow.cpp",
        call=look(CONFIG_MAPS + FROM + "&timeoutSeconds=4", status=200, answer={"events": one_event("BOOKMARK", resourceVersion=True, name=False)}),
        given=(make(), Call("POST", CONFIG_MAPS, config_map("$name-other"), beside=True, late=0.5)), source="API concepts, Watch bookmarks"),
    Row("watch-forgotten", "what happened since a version that the server forgot: an event ERROR with a Status of 410, in a stream of 200", "kube/client_follow.cpp",
        call=look(f"{NS}/events?watch=true&allowWatchBookmarks=true&resourceVersion=$version&timeoutSeconds=5", status=200,
                  answer={"events/0/type": "ERROR", "events/0/object/kind": "Status", "events/0/object/code": 410, "events/0/object/reason": "Expired", "events/1": ABSENT}),
        given=(make(EVENT, f"{NS}/events"), Call("POST", CONFIG_MAPS, config_map()), patch({"data": {"a": "2"}}), Call("COMPACT", "")),
        source="API concepts: 410 Gone; apiserver, storage/etcd3/watcher.go", needs=Needs.ETCD),
    Row("watch-forgotten-by-status", "the same, as the status of the answer (the API's document allows both)", "kube/client_follow.cpp",
        call=look(CONFIG_MAPS + FROM, status=410, answer={"kind": "Status", "code": 410}),
        given=(make(),), source="API concepts, 410 Gone responses", seen=(), fault="status=410 times=1 path=watch=true"),
    Row("watch-forbidden", "a watch that the user may not have", "kube/client_follow.cpp",
        call=look(f"{NS}/events?watch=true", login=Login.NOBODY, status=403, answer={"kind": "Status", "reason": "Forbidden"}),
        source="apiserver, endpoints/handlers/responsewriters Forbidden"),
    Row("watch-events-of-a-job", "the Events of a Job, by field selectors", "migration/job_watch.cpp",
        call=look(f"{NS}/events?watch=true&resourceVersion=$version&timeoutSeconds=1&{OF_JOB}", status=200,
                  answer={"events/0/type": "ADDED", "events/0/object/message": "no room", "events/1": ABSENT}),
        given=(Call("GET", f"{NS}/events", keep={"version": "metadata/resourceVersion"}), Call("POST", f"{NS}/events", {**EVENT, "metadata": {"name": "$name-2"}, "reason": "Other"}),
               Call("POST", f"{NS}/events", EVENT)),
        source="API reference, field selectors of Event"),
    Row("list-one-job", "a list of one Job, by its name", "migration/job_watch.cpp",
        call=look(f"{JOBS}?watch=false&fieldSelector=metadata.name%3D$name", status=200, answer={"kind": "JobList", "items/0/metadata/name": "$name", "items/1": ABSENT, "metadata/resourceVersion": PRESENT}),
        given=(make(job(parallelism=0), JOBS),), source="API concepts, field selectors"),
)
