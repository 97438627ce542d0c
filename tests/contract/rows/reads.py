"""Reading one object, lists and their pages."""
from contract import ABSENT, METADATA, METADATA_LIST, PRESENT, Call, Login, Needs, Row, matches
from rows.common import CONFIG_MAP, CONFIG_MAPS, NS, config_map, look, make

JSON_ANSWER = {"content-type": matches("^application/json")}
PAGES = "?labelSelector=of%3D$name&limit=2"


def three(name="$name"):
    return tuple(make(config_map(f"{name}-{i}", labels={"of": name})) for i in "abc")


FIRST_PAGE = look(CONFIG_MAPS + PAGES, keep={"token": "metadata/continue"})

ROWS = (
    Row("get", "an object that is there", "kube/client.cpp change/live_objects.cpp",
        call=look(status=200, header=JSON_ANSWER, answer={"kind": "ConfigMap", "metadata/uid": "$uid", "metadata/resourceVersion": "$version", "data/a": "1"}),
        given=(make(),), source="API concepts, Retrieving a resource"),
    Row("get-missing", "an object that is not there", "kube/client.cpp change/live_objects.cpp change/fate.cpp change/lease_protocol.cpp kube/status.cpp",
        call=look(status=404, header=JSON_ANSWER, answer={"kind": "Status", "reason": "NotFound", "code": 404, "details/name": "$name", "details/kind": "configmaps"}),
        source="apimachinery, api/errors NewNotFound"),
    Row("get-in-missing-namespace", "an object of a namespace that is not there", "kube/client.cpp",
        call=look("/api/v1/namespaces/$name/configmaps/x", status=404, answer={"reason": "NotFound", "details/kind": "configmaps"}),
        source="apimachinery, api/errors NewNotFound: reads do not look at the namespace"),
    Row("get-metadata", "metadata of an object alone", "kube/client.cpp",
        call=look(accept=METADATA, status=200, answer={"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata/uid": "$uid", "data": ABSENT}),
        given=(make(),), source="API concepts, Metadata-only fetches"),
    Row("get-forbidden", "an object that the user may not read", "kube/status.cpp migration/verify/cause.cpp migration/kots_cleanup.cpp migration/saved_plan.cpp migration/context.cpp change/volumes.cpp",
        call=look(login=Login.NOBODY, status=403, header=JSON_ANSWER,
                  answer={"kind": "Status", "reason": "Forbidden", "code": 403, "message": matches('^configmaps "get-forbidden" is forbidden: User "contract-nobody" cannot get resource "configmaps"')}),
        given=(make(),), source="apiserver, endpoints/handlers/responsewriters Forbidden"),
    Row("get-with-wrong-token", "anything, with a token that nobody has", "kube/curl_transport.cpp kube/curl_websocket.cpp kube/status.cpp",
        call=look(login=Login.WRONG_TOKEN, status=401, header=JSON_ANSWER, answer={"kind": "Status", "reason": "Unauthorized", "code": 401}),
        source="apiserver, endpoints/filters/authentication.go"),
    Row("get-without-login", "anything, without credentials (anonymous requests are allowed by default)", "kube/status.cpp",
        call=look(login=Login.NONE, status=403, answer={"reason": "Forbidden", "message": matches('User "system:anonymous" cannot')}),
        source="apiserver, endpoints/filters/authentication.go; --anonymous-auth=false makes it 401"),
    Row("list-page", "the first page of a list", "kube/client_list.cpp kube/metadata_lists.cpp",
        call=look(CONFIG_MAPS + PAGES, status=200, keep={"token": "metadata/continue"},
                  answer={"kind": "ConfigMapList", "items/1/metadata/name": "$name-b", "items/2": ABSENT, "metadata/continue": PRESENT}),
        given=three(), then=(look(CONFIG_MAPS + PAGES + "&continue=$token", status=200, answer={"items/0/metadata/name": "$name-c", "items/1": ABSENT, "metadata/continue": ABSENT}),),
        source="API concepts, Retrieving large results sets in chunks") ,
    Row("list-page-remaining", "how many objects a list without selectors still holds", "kube/metadata_reader.cpp",
        call=look(CONFIG_MAPS + "?limit=1", accept=METADATA_LIST, status=200, answer={"items/1": ABSENT, "metadata/remainingItemCount": PRESENT}),
        given=three(), source="API reference, meta/v1 ListMeta", seen=()),
    Row("list-page-of-then", "the next page, when an object was deleted in between", "kube/client_list.cpp kube/metadata_lists.cpp",
        call=look(CONFIG_MAPS + PAGES + "&continue=$token", status=200, answer={"items/0/metadata/name": "$name-c", "items/1": ABSENT}),
        given=(*three(), FIRST_PAGE, Call("DELETE", f"{CONFIG_MAP}-c")), source="API concepts: the pages are of one resourceVersion"),
    Row("list-expired", "the next page of a list that is too old", "kube/client_list.cpp kube/metadata_lists.cpp kube/status.cpp kube/own_answer.cpp",
        call=look(CONFIG_MAPS + PAGES + "&continue=$token", status=410, keep={"rest": "metadata/continue"},
                  answer={"kind": "Status", "reason": "Expired", "code": 410, "metadata/continue": PRESENT}),
        given=(*three(), FIRST_PAGE, make(), Call("COMPACT", "")),
        then=(look(CONFIG_MAPS + PAGES + "&continue=$rest", status=200, answer={"items/0/metadata/name": "$name-c", "items/1": ABSENT}),),
        source="API concepts: 410 Gone; apiserver, storage/etcd3/errors.go handleCompactedErrorForPaging", needs=Needs.ETCD),
    Row("list-metadata", "metadata of a list alone", "kube/metadata_lists.cpp kube/metadata_reader.cpp",
        call=look(CONFIG_MAPS + PAGES, accept=METADATA_LIST, status=200,
                  answer={"kind": "PartialObjectMetadataList", "apiVersion": "meta.k8s.io/v1", "items/0/metadata/name": "$name-a", "items/0/data": ABSENT, "metadata/continue": PRESENT}),
        given=three(), source="API concepts, Metadata-only fetches"),
    Row("list-secrets-by-type", "Secrets of one type", "helm/storage.cpp",
        call=look(f"{NS}/secrets?fieldSelector=type%3Dcontract.example/v1", status=200, answer={"items/0/metadata/name": "$name", "items/1": ABSENT}),
        given=(make({"apiVersion": "v1", "kind": "Secret", "type": "contract.example/v1", "metadata": {"name": "$name"}}, f"{NS}/secrets"),
               make({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "$name-other"}}, f"{NS}/secrets")),
        source="API reference, field selectors: type of a Secret"),
    Row("list-in-missing-namespace", "a list of a namespace that is not there", "kube/metadata_lists.cpp",
        call=look("/api/v1/namespaces/$name/configmaps", status=200, answer={"items": []}), source="API concepts: a list is a prefix of keys"),
    Row("served-version", "which kinds a version has", "kube/served.cpp",
        call=look("/apis/apps/v1", status=200, answer={"kind": "APIResourceList", "resources/0/kind": PRESENT}), source="API reference, APIResourceList"),
    Row("unserved-version", "which kinds a version has that is not served: the one refusal that is no Status", "kube/served.cpp kube/own_answer.cpp",
        call=look("/apis/contract.example/v1", status=404, text="404 page not found\n"), source="apiserver, server/handler.go: 404 page not found"),
    Row("version", "the server's own version, and its clock", "migration/checks/cluster.cpp",
        call=look("/version", status=200, header={"date": matches("^[A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} [0-9]{4} [0-9:]{8} GMT$")}, answer={"major": "1", "minor": PRESENT}),
        source="apiserver, server/routes/version.go; Go's net/http sets Date"),
    Row("list-unserved-version", "a list of a version that is not served", "kube/metadata_lists.cpp kube/discovery.cpp kube/access.cpp kube/own_answer.cpp",
        call=look("/apis/contract.example/v1/namespaces/$ns/things", status=404, text="404 page not found\n"), source="apiserver, server/handler.go: 404 page not found"),
    Row("list-unserved-kind", "a list of a kind that the group does not have", "kube/metadata_lists.cpp",
        call=look("/apis/batch/v1/namespaces/$ns/things", status=404, answer={"kind": "Status", "reason": "NotFound"}), source="apiserver, apimachinery NewGenericServerResponse"),
    Row("list-forbidden", "a list that the user may not read", "kube/status.cpp kube/own_answer.cpp migration/checks/table.cpp migration/status.cpp migration/verify/pods_and_events.cpp migration/verify/table.cpp migration/verify/wait.cpp",
        call=look(CONFIG_MAPS, login=Login.NOBODY, status=403, answer={"kind": "Status", "reason": "Forbidden"}), source="apiserver, endpoints/handlers/responsewriters Forbidden"),
)
