"""Measures kots-export beside kubectl loops and h2load on one API server, in one run; scripts/bench starts it."""
import argparse
import json
import pathlib
import platform
import re
import subprocess
import tempfile
import threading
import time

import report
from migratable import JobController, add_installation
from relay import Relay
from server import Server, run

# The patch that a whole run sends: what annotate adds and kots_cleanup removes.
PATCH = {"metadata": {"annotations": {"meta.helm.sh/release-name": "circleci-server", "kots.io/app-slug": None},
                      "labels": {"app.kubernetes.io/managed-by": "Helm", "kots.io/app-slug": None, "kots.io/backup": None}}}
# How a whole run sends it: its name in managedFields, which the server keeps for each writer, and an answer without the object's content.
PATCH_QUERY = "?fieldManager=kots-export"
PATCH_ANSWER = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json"
LISTED = ["serviceaccount", "configmap", "job", "daemonset", "secret", "role", "rolebinding", "service", "cronjob", "deployment", "statefulset",
          "networkpolicy", "persistentvolumeclaim", "poddisruptionbudget"]
LIST_PATHS = ["api/v1/{}/serviceaccounts", "api/v1/{}/configmaps", "apis/batch/v1/{}/jobs", "apis/apps/v1/{}/daemonsets", "api/v1/{}/secrets",
              "apis/rbac.authorization.k8s.io/v1/{}/roles", "apis/rbac.authorization.k8s.io/v1/{}/rolebindings", "api/v1/{}/services",
              "apis/batch/v1beta1/{}/cronjobs", "apis/apps/v1/{}/deployments", "apis/apps/v1/{}/statefulsets",
              "apis/networking.k8s.io/v1/{}/networkpolicies", "api/v1/{}/persistentvolumeclaims", "apis/policy/v1beta1/{}/poddisruptionbudgets"]
METADATA_ONLY = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json"


class Bench:
    def __init__(self, options):
        self.options = options
        self.server = Server(options.cluster)
        self.round = 0

    def namespace(self, count, with_installation=False):
        self.round += 1
        name = f"bench-{self.round}"
        self.server.seed(name, count)
        if with_installation:
            add_installation(self.server, name)
        return name

    def whole_run(self, namespace, folder, *flags):
        """As an operator starts it; the Job succeeds as soon as it is seen. Returns the command, what it used, and the Job's seconds."""
        job = JobController(self.server, namespace)
        command = [self.options.program, "--kubeconfig", self.server.kubeconfig, "-n", namespace, "--output-dir", folder, "--yes", *flags]
        used = run([*command, "--license", "x"])
        return command, used, job.seconds

    def ours(self, count):
        """A whole run: the objects' patches, and the checks, the export and the migrator's Job around them."""
        namespace = self.namespace(count, with_installation=True)
        with tempfile.TemporaryDirectory() as folder:
            since = self.server.mark()
            command, used, job_seconds = self.whole_run(namespace, folder)
            requests = self.server.requests(since, "kots-export")
            noop = run([self.options.program, "annotate", *command[1:]])
            since = self.server.mark()
            again = run([self.options.program, "annotate", *command[1:]])
            pages = self.server.requests(since, "kots-export")
        if "nothing to do" not in again.output:
            raise RuntimeError(again.output)
        return {"seconds": used.seconds - job_seconds, "cpu": used.cpu, "peak_kib": used.peak_kib, "requests": sum(requests.values()), "patches": requests["patch"],
                "noop_seconds": min(noop.seconds, again.seconds), "noop_requests": sum(pages.values()), "lists_seconds": self.lists_alone(namespace)}

    def annotate(self, count):
        """annotate and kots_cleanup as commands of their own, for their requests."""
        namespace = self.namespace(count, with_installation=True)
        results = {}
        for step in ("annotate", "kots_cleanup"):
            with tempfile.TemporaryDirectory() as folder:
                since = self.server.mark()
                used = run([self.options.program, step, "--kubeconfig", self.server.kubeconfig, "-n", namespace, "--output-dir", folder, "--yes"])
                requests = self.server.requests(since, "kots-export")
            results[step] = {"seconds": used.seconds, "patches": requests["patch"], "lists": requests["list"], "others": sum(requests.values()) - requests["patch"] - requests["list"]}
        return results

    def concurrency(self, count):
        """Seconds of `annotate` by the most requests in flight: the median of three, side by side."""
        seconds = {most: [] for most in (8, 16, 32, 64, 128)}
        for _ in range(1 if self.options.smoke else 3):
            for most, times in seconds.items():
                namespace = self.namespace(count, with_installation=True)
                with tempfile.TemporaryDirectory() as folder:
                    times.append(run([self.options.program, "annotate", "--kubeconfig", self.server.kubeconfig, "-n", namespace, "--output-dir", folder, "--yes",
                                      "--concurrency", most]).seconds)
        return {"objects": count, "seconds": {most: sorted(times)[len(times) // 2] for most, times in seconds.items()}}

    def patch_by_h2load(self, count, url=None):
        namespace = self.namespace(count)
        paths = self.server.paths(namespace)
        patch = json.loads(json.dumps(PATCH))
        patch["metadata"]["annotations"]["meta.helm.sh/release-namespace"] = namespace
        return self.server.h2load("PATCH", [path + PATCH_QUERY for path in paths], patch, self.options.streams, url, accept=PATCH_ANSWER), paths

    def h2load(self, count):
        used, paths = self.patch_by_h2load(count)
        return {"seconds": used.seconds, "cpu": used.cpu, "peak_kib": used.peak_kib, "requests": len(paths)}

    def patch_by_kubectl(self, count, flags=""):
        """The script's four loops over its kinds."""
        namespace = self.namespace(count)
        kubectl = f"{self.options.kubectl} --kubeconfig {self.server.kubeconfig} -n {namespace} {flags}"
        loops = [f"annotate $kind --all --overwrite meta.helm.sh/release-name=circleci-server meta.helm.sh/release-namespace={namespace}",
                 "label $kind --all --overwrite app.kubernetes.io/managed-by=Helm",
                 "annotate $kind --all kots.io/app-slug-", "label $kind --all kots.io/app-slug- kots.io/backup-"]
        script = "".join(f"for kind in {' '.join(LISTED)}; do {kubectl} {loop} >/dev/null; done\n" for loop in loops)
        return run(["/bin/bash", "-c", script])

    def kubectl(self, count):
        since = self.server.mark()
        used = self.patch_by_kubectl(count)
        requests = self.server.requests(since, "kubectl")
        return {"seconds": used.seconds, "cpu": used.cpu, "peak_kib": used.peak_kib, "requests": sum(requests.values())}

    def bytes(self, count):
        """What goes over the wire, TLS and all, for each contestant: to the server and back. A pass of its own, since counting takes time."""
        result = {"objects": count}
        for contestant in ("ours", "h2load", "kubectl"):
            relay = Relay(self.server.host, int(self.server.port))
            if contestant == "ours":
                namespace = self.namespace(count, with_installation=True)
                with tempfile.TemporaryDirectory() as folder:
                    self.whole_run(namespace, folder, "--server", relay.url)
            elif contestant == "h2load":
                self.patch_by_h2load(count, relay.url)
            else:
                self.patch_by_kubectl(count, f"--server {relay.url}")
            relay.close()
            result[contestant] = {"sent": relay.sent, "received": relay.received}
        return result

    def lists_alone(self, namespace):
        """Every page of the fourteen kinds, metadata only, each kind on a connection of its own; the bodies are thrown away."""

        def read(path):
            connection, token = self.server.connection(), ""
            while True:
                body = self.server.call("GET", f"{path}?limit=500&continue={token}", connection=connection, accept=METADATA_ONLY)[1]
                found = re.search(rb'"continue":"([^"]+)"', body[:2000])
                if not found:
                    return
                token = found.group(1).decode()

        began = time.monotonic()
        threads = [threading.Thread(target=read, args=("/" + path.format(f"namespaces/{namespace}"),)) for path in LIST_PATHS]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return time.monotonic() - began

    def measure(self, count):
        result = {"objects": count}
        runs = 1 if self.options.smoke or count > 10000 else 3
        tries = {"ours": [], "h2load": [], "kubectl": []}
        for round_ in range(runs):  # in turns: the server gets slower as it fills
            for contestant, results in tries.items():
                if contestant != "kubectl" or (round_ == 0 and count <= self.options.kubectl_up_to):
                    results.append(getattr(self, contestant)(count))
        for contestant, results in tries.items():
            if results:
                result[contestant] = sorted(results, key=lambda one: one["seconds"])[len(results) // 2]
                print(f"{count} objects, {contestant}: {[round(one['seconds'], 2) for one in results]}, {result[contestant]}", flush=True)
        return result


def machine():
    model = re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text())
    return {"cpus": len(re.findall(r"^processor", pathlib.Path("/proc/cpuinfo").read_text(), re.M)), "cpu": model.group(1) if model else platform.machine(),
            "load": pathlib.Path("/proc/loadavg").read_text().split()[0], "kernel": platform.release()}


def main():
    parser = argparse.ArgumentParser()
    for name in ("cluster", "kubectl", "program", "bench", "docs"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--sizes", default="150,500,5000,20000")
    parser.add_argument("--kubectl-up-to", type=int, default=5000)
    parser.add_argument("--streams", type=int, default=64)
    parser.add_argument("--smoke", action="store_true")
    options = parser.parse_args()
    sizes = [60] if options.smoke else [int(size) for size in options.sizes.split(",")]
    bench = Bench(options)
    results = {"machine": machine(), "local": json.loads(subprocess.check_output([options.bench, options.program, *(["--smoke"] if options.smoke else [])]))}
    bench.ours(20)  # the server's caches are warm for everyone
    results["steps"] = bench.annotate(60 if options.smoke else 500)
    results["concurrency"] = bench.concurrency(60 if options.smoke else 1000)
    results["bytes"] = bench.bytes(60 if options.smoke else 500)
    results["sizes"] = [bench.measure(size) for size in sizes]
    results["machine"]["load_after"] = pathlib.Path("/proc/loadavg").read_text().split()[0]
    print(report.table(results))
    if not options.smoke:
        report.write(results, pathlib.Path(options.docs))


if __name__ == "__main__":
    main()
