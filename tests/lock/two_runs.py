"""Two runs on one namespace, the first one stopped in the middle: no write of one arrives under the lock of the other.

At each moment run A of `annotate` is stopped (SIGSTOP) at a random point for a random time. Run B begins meanwhile: it waits for A's
Lease to run out and takes the lock over, or ends because A has renewed it. Then A goes on. What the API server logged is the judge:
whoever writes must be the holder of the Lease that is there when the write arrives. Last, a third run brings everything to its end.

    two_runs.py --moments 10 --parallel 10 --lock-duration 3   # as in the gate, a tenth of the real times
    two_runs.py --moments 100 --parallel 10 --lock-duration 30 # SIGSTOP of 5 to 60 s
"""
import argparse
import collections
import concurrent.futures
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PROGRAM = os.environ["KOTS_EXPORT_PROGRAM"]
APISERVER = os.environ["KOTS_EXPORT_APISERVER"]
DATA = Path(__file__).resolve().parents[1] / "data"
NAMESPACE = "circleci-server"
OBJECTS = 240
LEASE = f"/apis/coordination.k8s.io/v1/namespaces/{NAMESPACE}/leases"
# What a run may say when it ends with 1.
LOST = re.compile(r"has taken over the lock|the lock of namespace \S+ is lost|could not be renewed")
BUSY = "another run holds the lock on namespace"

SEED = json.dumps({"apiVersion": "testing/v1", "kind": "Repeat", "count": OBJECTS, "object": {
    "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c-%d", "namespace": NAMESPACE}}})


class Moment:
    """One server, and the runs A, B and C on it."""

    def __init__(self, number, duration):
        dice = random.Random(number)
        # How A's requests are under way: all at once as streams of one connection, or most of them waiting for one of 24.
        self.protocol, self.concurrency, busy = dice.choice([("h2", 8, 8), ("h2", 64, 30), ("http/1.1", 64, 24)])
        seconds = duration * 1.3  # that A takes if nobody stops it, about
        self.delay = int(1000 * seconds * busy / OBJECTS)
        self.stop_after = dice.uniform(0, seconds)
        self.stop_for = dice.uniform(duration / 6, duration * 2)
        self.number, self.duration = number, duration
        self.folder = Path(tempfile.mkdtemp(prefix="kots-export-lock-"))
        self.log = self.folder / "requests.jsonl"

    def __str__(self):
        return f"moment {self.number}: {self.protocol}, {self.concurrency} in flight, SIGSTOP after {self.stop_after:.2f} s for {self.stop_for:.2f} s"

    def serve(self):
        (self.folder / "seed.yaml").write_text(SEED)
        words = [APISERVER, "--until-stdin-closes", "--seed", DATA / "installation-3.x.yaml", "--seed", self.folder / "seed.yaml",
                 "--kubeconfig-out", self.folder / "admin", "--request-log", self.log, "--fault", f"delay={self.delay} method=PATCH path=/configmaps"]
        for run in "abc":
            words += ["--token", f"token-{run}=run-{run}:system:masters"]
        if self.protocol != "h2":
            words.append("--http1")
        server = subprocess.Popen([str(word) for word in words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        url = server.stdout.readline().split()[-1]
        authority = re.search(r"certificate-authority-data: *(\S+)", (self.folder / "admin").read_text()).group(1).strip('"')
        for run in "abc":
            (self.folder / run).mkdir()
            (self.folder / run / "kubeconfig").write_text(json.dumps({
                "apiVersion": "v1", "kind": "Config", "current-context": "x",
                "clusters": [{"name": "x", "cluster": {"server": url, "certificate-authority-data": authority}}],
                "users": [{"name": "x", "user": {"token": f"token-{run}"}}],
                "contexts": [{"name": "x", "context": {"cluster": "x", "user": "x"}}]}))
        return server

    def start(self, run):
        words = [PROGRAM, "annotate", "--yes", "-n", NAMESPACE, "-a", NAMESPACE, "--lock-duration", f"{self.duration}s", "--concurrency", str(self.concurrency)]
        folder = self.folder / run
        out = (folder / "out").open("w")
        return subprocess.Popen(words, cwd=folder, env={"PATH": "/usr/bin:/bin", "HOME": str(folder), "KUBECONFIG": str(folder / "kubeconfig"), "HTTPS_PROXY": "http://127.0.0.1:9"},
                                stdin=subprocess.DEVNULL, stdout=out, stderr=out)

    def end(self, run, process, wrong):
        code = process.wait(timeout=20 * self.duration)
        said = (self.folder / run / "out").read_text(errors="replace")
        if code == 0:
            return "ended well"
        if code == 1 and LOST.search(said):
            return "lost the lock"
        if code in (1, 4) and BUSY in said:  # at the first write, or by the checks
            return "found the other at work"
        wrong.append(f"run {run.upper()} ended with {code}:\n{said}")
        return "ended badly"

    def play(self):
        """Returns how A and B ended, and what is wrong."""
        server = self.serve()
        runs = {}
        try:
            runs["a"] = self.start("a")
            time.sleep(self.stop_after)
            if runs["a"].poll() is None:
                runs["a"].send_signal(signal.SIGSTOP)
            runs["b"] = self.start("b")
            time.sleep(self.stop_for)
            runs["a"].send_signal(signal.SIGCONT)
            ends, wrong = {}, []
            for run in "abc":
                if run == "c":
                    runs["c"] = self.start("c")
                ends[run] = self.end(run, runs[run], wrong)
            wrong += judge(self.log.read_text().splitlines())
            if ends["c"] != "ended well":
                wrong.append(f"run C {ends['c']}")
        finally:
            for process in runs.values():
                if process.poll() is None:
                    process.kill()
                    process.wait()
            server.stdin.close()
            server.wait()
        if wrong:
            wrong = [f"{self} (kept: {self.folder})", *wrong]
        else:
            shutil.rmtree(self.folder)
        return f"A {ends['a']}, B {ends['b']}", wrong


def writes(lines):
    """What was to change something, as it arrived. Reviews of what one may do are no writes."""
    for line in lines:
        request = json.loads(line)
        if request["method"] != "GET" and "/selfsubject" not in request["path"]:
            yield request


def judge(lines):
    """Every write that arrived under a Lease that was not its own."""
    wrong, holder = [], None
    for request in writes(lines):
        user = request["user"]
        if request["path"].startswith(LEASE):
            if request["status"] == 201:
                holder = user
            elif request["method"] == "DELETE" and request["status"] == 200:
                holder = None
        elif user != holder:
            wrong.append(f"{request['time']} {request['method']} {request['path']} of {user} arrived ({request['status']}) while {holder or 'nobody'} held the lock")
    return wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--moments", type=int, default=10)
    parser.add_argument("--first", type=int, default=1, help="the number of the first moment: its seed")
    parser.add_argument("--parallel", type=int, default=10)
    parser.add_argument("--lock-duration", type=int, default=3, help="seconds")
    flags = parser.parse_args()
    ends, wrong = collections.Counter(), []
    began = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(flags.parallel) as pool:
        moments = [Moment(flags.first + number, flags.lock_duration) for number in range(flags.moments)]
        for result in concurrent.futures.as_completed([pool.submit(moment.play) for moment in moments]):
            end, faults = result.result()
            ends[end] += 1
            wrong += faults
    for end, count in sorted(ends.items()):
        print(f"{count:4} {end}")
    print(f"{flags.moments} moments in {time.monotonic() - began:.0f} s; {len(wrong)} lines of what is wrong")
    print("\n".join(wrong))
    if not any("lost the lock" in end for end in ends):
        sys.exit("no moment in which the lock was taken over: nothing was tried")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
