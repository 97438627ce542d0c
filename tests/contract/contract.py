"""What a row of the contract is: an answer of the API server that the program relies on."""
import json
import re
from dataclasses import dataclass, field
from enum import Enum
from string import Template

JSON = "application/json"
MERGE_PATCH = "application/merge-patch+json"
METADATA = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json"
METADATA_LIST = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json"


class Login(Enum):
    ADMIN = "the administrator"
    NOBODY = "a user without rights"
    FLOOD = "a user at a level of priority with little room"
    WRONG_TOKEN = "a wrong token"
    NONE = "nobody"


class Needs(Enum):
    """What the real cluster has to have."""

    SERVER = "an API server"
    CONTROLLERS = "controllers"
    NODE = "a node"
    ETCD = "an etcd that the suite may compact"
    NEAR = "an API server on this machine: it calls the suite"


class Expected:
    """What a value may be, other than one value."""

    def __init__(self, words, holds):
        self.words = words
        self.holds = holds


MISSING = object()
ABSENT = Expected("absent", lambda value: value is MISSING)
PRESENT = Expected("present", lambda value: value is not MISSING and value not in (None, ""))


def matches(pattern):
    return Expected(f"like `{pattern}`", lambda value: isinstance(value, str) and re.search(pattern, value) is not None)


def has(item):
    return Expected(f"with {json.dumps(item)}", lambda value: isinstance(value, list) and item in value)


@dataclass(frozen=True)
class Call:
    """One request and what is expected of its answer. $NAMEs are filled in: $ns and $name, and what calls before it kept.

    Methods that are no HTTP: EXEC opens a WebSocket and gives {"1": stdout, "2": stderr, "3": Status}; COMPACT makes the
    server forget its history. The answer to a watch is {"events": [...]}.
    """

    method: str
    path: str
    body: object = None
    type: str = JSON
    accept: str = JSON
    login: Login = Login.ADMIN
    status: int | None = None  # None: any 2xx
    header: dict = field(default_factory=dict)
    answer: dict = field(default_factory=dict)  # "details/causes/0/field": value or Expected
    text: Expected | str | None = None  # of an answer that is not JSON
    keep: dict = field(default_factory=dict)  # {"uid": "metadata/uid"}: as $uid for the calls after it
    until: bool = False  # asked again until it is so: controllers take their time
    beside: bool = False  # not waited for
    late: float = 0  # seconds that it waits first
    only: str = ""  # "real" or "memory": the other server is set up in another way


@dataclass(frozen=True)
class Row:
    id: str
    says: str  # what is asked, in words
    code: str  # the files below src/ that rely on it
    call: Call
    source: str  # the API's document, or the server's code
    given: tuple = ()
    then: tuple = ()  # calls that show the effect
    seen: tuple = ("1.20.2",)  # real servers that answered so; none: nobody could see it here
    since: int = 16  # minor versions
    until: int = 99
    needs: Needs = Needs.SERVER
    fault: str = ""  # the in-memory server answers so by this fault: what real servers do under conditions it has not
    not_in_memory: str = ""  # why the in-memory server cannot show it


def filled(value, names):
    """`value` with its $NAMEs; a string that is one $NAME alone keeps the type of what it stands for."""
    if isinstance(value, str):
        if value.startswith("$") and value[1:] in names:
            return names[value[1:]]
        return Template(value).safe_substitute(names)
    if isinstance(value, dict):
        return {filled(key, names): filled(item, names) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [filled(item, names) for item in value]
    return value


def at(value, path):
    for part in path.split("/"):
        part = part.replace("~1", "/")
        if isinstance(value, list) and part.isdigit() and int(part) < len(value):
            value = value[int(part)]
        elif isinstance(value, dict) and part in value:
            value = value[part]
        else:
            return MISSING
    return value


def fits(expected, value, names):
    if isinstance(expected, Expected):
        return expected.holds(value)
    return value is not MISSING and filled(expected, names) == value


def differences(call, answer, names):
    """What of `answer` is not as `call` expects, in words."""
    found = []
    right = 200 <= answer.status < 300 if call.status is None else answer.status == call.status
    if not right and not (call.method == "EXEC" and call.status is None and answer.status == 101):
        found.append(f"status is {answer.status}, not {call.status or '2xx'}")
    for name, expected in call.header.items():
        value = answer.headers.get(name, MISSING)
        if not fits(expected, value, names):
            found.append(f"header {name} is {'absent' if value is MISSING else value}, not {words(expected)}")
    for path, expected in call.answer.items():
        value = at(answer.json, path)
        if not fits(expected, value, names):
            found.append(f"{path} is {'absent' if value is MISSING else json.dumps(value)}, not {words(filled(expected, names))}")
    if call.text is not None and not fits(call.text, answer.text, names):
        found.append(f"text is not {words(call.text)}")
    return found


def words(expected):
    return expected.words if isinstance(expected, Expected) else json.dumps(expected)
