"""Measures `annotate` and its way back, `rollback`, on many large ConfigMaps of one in-memory API server, in one run.

  tests/bench/rollback.py --program build/release/src/kots-export --apiserver build/dev/tests/apiserver/kots-export-apiserver

Fails where a rollback takes more than 1.5 times as long as annotate, or more than 40 MB. --smoke: few objects, no bounds.
"""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

from server import run

DATA = pathlib.Path(__file__).resolve().parents[1] / "data"
NAMESPACE = "circleci-server"
MOST_TIMES = 1.5
MOST_KIB = 40_000


def seed(folder, count, kib):
    """Large ConfigMaps with KOTS's marks: what a rollback that reads whole objects would have to hold."""
    item = {"apiVersion": "v1", "kind": "ConfigMap", "data": {"content": "x" * (kib * 1024)},
            "metadata": {"name": "large-%d", "namespace": NAMESPACE, "labels": {"kots.io/app-slug": "circleci-server"}}}
    file = folder / "seed.yaml"
    file.write_text(json.dumps({"apiVersion": "testing/v1", "kind": "Repeat", "count": count, "object": item}))
    return file


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", required=True)
    parser.add_argument("--apiserver", required=True)
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--kib", type=int, default=40)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--smoke", action="store_true")
    options = parser.parse_args()
    if options.smoke:
        options.count, options.rounds = 50, 1
    used = {"annotate": [], "rollback": []}
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        kubeconfig = folder / "kubeconfig"
        words = [options.apiserver, "--until-stdin-closes", "--kubeconfig-out", kubeconfig, "--seed", DATA / "installation-3.x.yaml",
                 "--seed", seed(folder, options.count, options.kib)]
        with subprocess.Popen([str(word) for word in words], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as server:
            server.stdout.readline()
            for turn in range(options.rounds):
                for command in used:
                    used[command].append(run([options.program, command, "--kubeconfig", kubeconfig, "-n", NAMESPACE, "--output-dir", folder / f"out-{turn}", "--yes"]))
            server.stdin.close()
    seconds = {command: statistics.median(one.seconds for one in uses) for command, uses in used.items()}
    peak = {command: max(one.peak_kib for one in uses) for command, uses in used.items()}
    for command in used:
        print(f"{command}: {seconds[command]:.2f} s, {peak[command]} KiB at most, CPU {statistics.median(one.cpu for one in used[command]):.2f} s")
    times = seconds["rollback"] / seconds["annotate"]
    print(f"{options.count} ConfigMaps of {options.kib} KiB: rollback takes {times:.2f} times as long as annotate; load {os.getloadavg()[0]:.1f}")
    if not options.smoke and (times > MOST_TIMES or peak["rollback"] > MOST_KIB):
        sys.exit(f"more than {MOST_TIMES} times, or more than {MOST_KIB} KiB")


if __name__ == "__main__":
    main()
