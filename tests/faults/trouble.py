"""What may befall a request, and who decides it: the seed, the run, the request and how often it came, nothing else."""
import random
from collections import Counter
from typing import NamedTuple

CHANCE = 0.15  # of a request
CHANCE_OF_STREAM = 0.05  # of a watch or a log


class Kind(NamedTuple):
    name: str
    weight: float
    of: str  # "all", "writes"
    slowest: int = 1000  # how many of it one seed gets at most: for those that cost seconds


# Those that end a connection hit every stream on it: they weigh less.
KINDS = [
    Kind("delay", 1, "all"),
    Kind("reset-before", 0.4, "all"),  # TCP RST; the server never got it
    Kind("cut-fin", 0.6, "all"),  # applied; the connection is closed before the answer
    Kind("cut-rst", 0.6, "all"),  # applied; TCP RST before the answer
    Kind("stream-reset-before", 1, "all"),  # RST_STREAM; over HTTP/1.1 the connection
    Kind("stream-reset-after", 1, "all"),
    Kind("short", 1, "all"),  # applied; the answer ends early
    Kind("stall", 0.5, "all", 4),  # applied; the connection is silent, then it dies
    Kind("late", 1, "writes"),  # the stream is reset, and the write arrives afterwards
    Kind("late-cut", 0.4, "writes"),  # the connection is closed, and the write arrives afterwards
    Kind("429", 1, "all"),
    Kind("429-retry-after", 1, "all"),
    Kind("503", 1, "all"),
    Kind("503-retry-after", 1, "all"),
    Kind("500", 1, "all"),
    Kind("500-applied", 1, "all"),  # as when etcd answers the API server too late
    Kind("504", 1, "all"),
    Kind("504-applied", 1, "all"),
    Kind("409", 1, "writes"),
    Kind("html", 1, "all"),  # 200 with a sign-in page
    Kind("html-applied", 1, "all"),
    Kind("goaway", 0.6, "all"),  # GOAWAY, then the answer; over HTTP/1.1 `Connection: close`
    Kind("drop-syn", 0.2, "all", 2),  # all connections die, and SYNs are dropped for a while
]
NAMES = [kind.name for kind in KINDS]


class Trouble(NamedTuple):
    kind: str
    seconds: float  # to wait, where the kind waits
    share: float  # 0 to 1: how much of the answer, or how soon


class Decider:
    """The same seed decides the same about the n-th time that a run sends a request. Requests that overtake each other do not
    change what befalls them."""

    def __init__(self, seed, only=None, without=()):
        self.seed = seed
        dice = random.Random(f"{seed} mix")
        # Every second seed leaves out kinds by chance: trouble that comes often hides what the rarer would show.
        self.kinds = [kind for kind in KINDS if seed % 2 == 0 or dice.random() < 0.5] or KINDS
        if only:
            self.kinds = [kind for kind in KINDS if kind.name in only]
        self.kinds = [kind for kind in self.kinds if kind.name not in without]
        self.times = Counter()
        self.used = Counter()

    def decide(self, run, method, path, is_stream):
        key = (run, method, path)
        self.times[key] += 1
        dice = random.Random(f"{self.seed} {run} {method} {path} {self.times[key]}")
        if dice.random() >= (CHANCE_OF_STREAM if is_stream else CHANCE):
            return None
        # A review is a POST that nothing stores: no server answers it with a conflict.
        is_write = method != "GET" and "authorization.k8s.io" not in path
        kinds = [kind for kind in self.kinds if kind.of == "all" or is_write]
        if not kinds:
            return None
        kind = dice.choices(kinds, [kind.weight for kind in kinds])[0]
        if self.used[kind.name] >= kind.slowest:
            return None
        self.used[kind.name] += 1
        return Trouble(kind.name, self.seconds(kind.name, method, dice), dice.random())

    @staticmethod
    def seconds(kind, method, dice):
        if kind in ("late", "late-cut"):
            # A late create must not come after the run is through with what it created: see objects.yaml.
            return dice.uniform(0.05, 0.3 if method == "POST" else 1.5)
        return {"delay": dice.uniform(0.02, 0.1), "stall": dice.uniform(0.3, 1), "drop-syn": dice.uniform(0.1, 0.3),
                "429-retry-after": dice.choice((0, 1)), "503-retry-after": dice.choice((0, 0, 1))}.get(kind, 0)
