"""One seed: an installation, kots-export between faults until it is through, rolled back until nothing is left, and judged."""
import asyncio
import json
import os
import random
import signal
import time
from collections import Counter
from typing import NamedTuple

import judge
from proxy import Proxy
from state import difference, in_common, read, state_of
from trouble import Decider

TRIES = 25  # of one step, and of one rollback
HANG = 120  # seconds
KILLS = 4  # of one seed at most
# How long a write that the client gave up may still arrive. A real API server's 34 s, scaled down; above what trouble.py makes of it.
SETTLE = "3s"
NOTHING_LEFT = "there is no run to roll back"
STEPS = {
    "steps": ["annotate", "kots_cleanup", "postgres"],
    "steps+flyway": ["annotate", "kots_cleanup", "flyway", "postgres"],
    "run": ["run"],
}


class Failure(Exception):
    """What this seed shows."""


class Finished(NamedTuple):
    """One run of kots-export that has ended."""
    number: int
    command: str
    code: int
    signals: list  # that we sent it
    journals: list  # that it made
    seconds: float


def plan_of(seed):
    """Which steps: the parts one by one, with the database's migration or without, or all in one run."""
    return ("steps", "steps+flyway", "run", "steps+flyway")[seed % 4]


class Scenario:
    def __init__(self, options, seed, wanted, folder):
        """`wanted`: the state after an undisturbed run, or nothing where this is it."""
        self.options, self.seed, self.wanted, self.folder = options, seed, wanted, folder
        self.dice = random.Random(f"{seed} driver")
        self.requests = []
        self.journals = set()
        self.runs = []
        self.killed = 0
        self.wrong = []  # what is not as it should be; the seed goes on, it may show more

    async def play(self, server):
        self.server = server
        self.upstream = await server.start()
        try:
            await self.play_between()
        finally:
            await self.proxy.stop()
            self.upstream.close()
            await server.stop()

    async def play_between(self):
        decider = Decider(self.seed, self.options.only, self.options.without) if self.wanted else None
        self.proxy = Proxy(self.upstream, decider, self.seed, self.requests, self.options.certificate, not self.options.http1)
        await self.proxy.start()
        self.write_kubeconfig()
        try:
            await self.migrate_and_go_back()
        except Failure as failure:
            self.wrong.insert(0, str(failure))
        self.judge()
        if self.wrong:
            raise Failure("; ".join(self.wrong))

    async def migrate_and_go_back(self):
        before = await state_of(self.upstream, self.server.namespace)
        for step in STEPS[self.options.plan or plan_of(self.seed)]:
            await self.until_it_ends_well(step)
        self.after = await self.expect(self.wanted, in_common, "the state after the migration is not that of an undisturbed one")
        await self.expect_no_lease()
        if not self.wanted:
            return
        await self.roll_everything_back()
        await self.expect(before, dict, "the state after the rollback is not that from before")
        await self.expect_no_lease()

    def write_kubeconfig(self):
        (self.folder / "proxy.kubeconfig").write_text(json.dumps({
            "apiVersion": "v1", "kind": "Config", "current-context": "faults",
            "contexts": [{"name": "faults", "context": {"cluster": "faults", "user": "faults"}}],
            "clusters": [{"name": "faults", "cluster": {"server": f"https://127.0.0.1:{self.proxy.port}", "certificate-authority": str(self.options.authority)}}],
            "users": [{"name": "faults", "user": {"token": "of-the-proxy"}}]}))

    async def until_it_ends_well(self, step):
        for _ in range(TRIES):
            license = ["--license", "4x-license"] if step == "run" else []  # no other step takes one
            run = await self.run(step, *license, "--yes")
            await self.proxy.settle()
            if run.code == 0:
                return
        raise Failure(f"{step} did not end well in {TRIES} runs; the last one says: {self.last_words}")

    async def roll_everything_back(self):
        for _ in range(TRIES + len(self.runs)):
            run = await self.run("rollback", "--yes", "--stop-migrator")
            await self.proxy.settle()
            if run.code == 1 and NOTHING_LEFT in self.last_words:
                return
        raise Failure(f"rollback did not end well in {TRIES + len(self.runs)} runs; the last one says: {self.last_words}")

    async def run(self, command, *flags):
        """One run of kots-export, killed in the middle where the dice say so."""
        number = self.proxy.run = len(self.runs) + 1
        words = [self.options.program, command, "-n", self.server.namespace, "--output-dir", self.folder / "out", "--settle-time", SETTLE, *flags]
        environment = {"PATH": "/usr/bin:/bin", "HOME": str(self.folder), "KUBECONFIG": str(self.folder / "proxy.kubeconfig"), "HTTPS_PROXY": "http://127.0.0.1:9"}
        began = time.monotonic()
        with open(self.folder / f"run-{number}.txt", "w") as screen:
            process = await asyncio.create_subprocess_exec(*map(str, words), cwd=self.folder, env=environment, stdin=asyncio.subprocess.DEVNULL,
                                                           stdout=screen, stderr=screen, start_new_session=True)
            sent = self.prepare_kill(process)
            try:
                code = await asyncio.wait_for(process.wait(), HANG)
            except asyncio.TimeoutError:
                process.kill()
                await process.wait()
                raise Failure(f"run {number} ({command}) hung for {HANG} s") from None
        self.proxy.on_request = lambda: None
        text = (self.folder / f"run-{number}.txt").read_text()
        self.last_words = text.strip()[-600:]
        journals = set((self.folder / "out" / "backup").glob("*/journal.jsonl"))
        run = Finished(number, command, code, sent, sorted(journals - self.journals), round(time.monotonic() - began, 2))
        self.runs.append(run)
        self.journals = journals
        # 4: a check had no answer, after all its tries.
        if code not in (0, 1, 4, 130) and not (sent and code == -sent[0]):
            raise Failure(f"run {number} ({command}) ended with {code}: {self.last_words}")
        return run

    def prepare_kill(self, process):
        """At the n-th request that the run sends, or a moment later. Returns a list that holds the signal once it was sent."""
        sent = []
        if not self.wanted or self.killed >= KILLS or self.dice.random() > 0.25 or self.options.only:
            return sent
        self.killed += 1
        left = int(400 ** self.dice.random())
        moment = self.dice.choice((0, self.dice.uniform(0, 0.02)))
        number = self.dice.choice((signal.SIGKILL, signal.SIGKILL, signal.SIGKILL, signal.SIGINT))

        def kill():
            if process.returncode is None:
                sent.append(number)
                # Not asyncio's send_signal: it reaps a process that has just ended, and its exit code is lost.
                os.kill(process.pid, number)

        def on_request():
            nonlocal left
            left -= 1
            if left == 0:
                asyncio.get_running_loop().call_later(moment, kill)

        self.proxy.on_request = on_request
        return sent

    async def expect(self, wanted, view, what):
        """Waits a moment for the garbage collector. Returns what `view` leaves of the state."""
        for _ in range(100):
            found = view(await state_of(self.upstream, self.server.namespace))
            if wanted is None or found == wanted:
                return found
            await asyncio.sleep(0.05)
        self.wrong.append(what + ": " + "; ".join(difference(wanted, found)[:12]))
        return found

    async def expect_no_lease(self):
        leases = (await read(self.upstream, f"/apis/coordination.k8s.io/v1/namespaces/{self.server.namespace}/leases"))["items"]
        writes = [entry for entry in self.requests if "/leases" in entry["target"] and entry["method"] != "GET" and entry["server"] in (200, 201)]
        if not leases or not writes:
            return
        last = writes[-1]
        came_late = last["method"] == "POST" and last["trouble"] in ("late", "late-cut")  # when the run was over
        was_killed = signal.SIGKILL in self.runs[last["run"] - 1].signals  # and no run after it had anything to write
        if not came_late and not was_killed:
            self.wrong.append("the Lease was left behind")

    def judge(self):
        server = self.server.log(self.seed)
        found = []
        for one in self.runs:
            run = judge.Run(one.number, one.command, one.code, bool(one.signals), self.requests, server, one.journals)
            found += judge.judge_run(run, self.proxy.lost_at)
        defects = [entry["defect"] for entry in self.requests if "defect" in entry]
        if defects:
            raise Failure("the proxy has a defect: " + defects[0])
        if found:
            self.wrong.append("the journal is not true: " + "; ".join(found[:8]))

    def counts(self):
        return dict(sorted(Counter(entry["trouble"] for entry in self.requests if entry["trouble"]).items()))

