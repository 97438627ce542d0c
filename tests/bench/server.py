"""The API server under measurement: seeding, requests of the bench's own, counting by the audit log."""
import base64
import collections
import http.client
import json
import os
import pathlib
import re
import ssl
import subprocess
import tempfile
import time

MARKS = {"kots.io/app-slug": "circleci-server", "kots.io/backup": "velero"}
# What the large namespaces are made of: plain objects that no controller touches.
KINDS = {"configmaps": 0.5, "secrets": 0.3, "serviceaccounts": 0.2}


class Server:
    def __init__(self, folder):
        folder = pathlib.Path(folder)
        self.folder = folder
        admin = (folder / "config/admin.kubeconfig").read_text()
        self.url = re.search(r'server: "([^"]*)"', admin).group(1)
        self.host, self.port = self.url.removeprefix("https://").split(":")
        self.token = (folder / "config/tokens.csv").read_text().split(",")[0]
        # Every contestant logs in with the token, the only way that h2load has: the API server verifies a client certificate anew
        # for each request, which costs it about a quarter of what a PATCH does.
        self.kubeconfig = folder / "config/bench.kubeconfig"
        users = json.dumps([{"name": "admin", "user": {"token": self.token}}])
        self.kubeconfig.write_text(re.sub("^users: .*", f"users: {users}", admin, flags=re.M))
        self.audit = folder / "log/audit.log"
        self.tls = ssl.create_default_context(cafile=folder / "pki/ca.crt")

    def connection(self):
        return http.client.HTTPSConnection(self.host, int(self.port), context=self.tls)

    def call(self, method, path, body=None, content_type="application/json", connection=None, accept="application/json"):
        connection = connection or self.connection()
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": content_type, "Accept": accept}
        connection.request(method, path, body if body is None else json.dumps(body), headers)
        answer = connection.getresponse()
        content = answer.read()
        if answer.status >= 300 and answer.status not in (404, 409):
            raise RuntimeError(f"{method} {path}: {answer.status} {content[:300]}")
        return answer.status, content

    def wait_for(self, path):
        """Returns when something that `path`, a list with a query, selects is there."""
        connection = self.connection()
        connection.request("GET", f"{path}&watch=1", headers={"Authorization": f"Bearer {self.token}"})
        connection.getresponse().readline()

    def h2load(self, method, uris, body, streams, url=None, least=1.0, accept="application/json"):
        """Sends `body` to each of `uris` once, on one connection; `least` of them must succeed. Returns seconds, CPU seconds and peak KiB."""
        url = url or self.url
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            (folder / "uris").write_text("".join(f"{url}{uri}\n" for uri in uris))
            (folder / "body").write_text(json.dumps(body))
            kind = "application/merge-patch+json" if method == "PATCH" else "application/json"
            usage = run(["/usr/bin/h2load", "-n", str(len(uris)), "-c", "1", "-t", "1", "-m", str(streams), "-i", str(folder / "uris"), "-d", str(folder / "body"),
                         "-H", f":method: {method}", "-H", f"content-type: {kind}", "-H", f"accept: {accept}", "-H", f"authorization: Bearer {self.token}"])
        succeeded = int(re.search(r"(\d+) succeeded", usage.output).group(1))
        if succeeded < len(uris) * least:
            raise RuntimeError(usage.output)
        usage.succeeded = succeeded
        return usage

    def post_many(self, uri, count, body):
        """How many of them were made."""
        return self.h2load("POST", [uri] * count, body, 32, least=0.5).succeeded

    def seed(self, namespace, count):
        """A namespace with `count` objects that carry KOTS's marks."""
        self.call("POST", "/api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}})
        metadata = {"generateName": "object-", "labels": MARKS, "annotations": {"kots.io/app-slug": "circleci-server"}}
        for resource, share in KINDS.items():
            body = {"metadata": metadata}
            if resource != "serviceaccounts":
                body["data"] = {"key": base64.b64encode(b"x" * 200).decode()}
            missing = round(count * share)
            while missing:  # the server may answer 500 where a generated name is taken
                missing -= self.post_many(f"/api/v1/namespaces/{namespace}/{resource}", missing, body)

    def paths(self, namespace):
        """The path of every object of the namespace."""
        paths = []
        for resource in KINDS:
            token, base = "", f"/api/v1/namespaces/{namespace}/{resource}"
            while True:
                listed = json.loads(self.call("GET", f"{base}?limit=500&continue={token}")[1])
                paths += [f"{base}/{item['metadata']['name']}" for item in listed["items"]]
                token = listed["metadata"].get("continue", "")
                if not token:
                    break
        return paths

    def requests(self, since, agent):
        """Requests by verb that a user agent sent after `since` (an offset of the audit log)."""
        time.sleep(0.3)
        counts = collections.Counter()
        with open(self.audit, "rb") as log:
            log.seek(since)
            for line in log:
                event = json.loads(line)
                if event.get("userAgent", "").startswith(agent):
                    counts[event["verb"]] += 1
        return counts

    def mark(self):
        return self.audit.stat().st_size


class Usage:
    """What a program needed: seconds, CPU seconds, largest resident set in KiB, and what it printed."""

    def __init__(self, seconds, cpu, peak_kib, output):
        self.seconds, self.cpu, self.peak_kib, self.output = seconds, cpu, peak_kib, output
        self.succeeded = None  # h2load: how many requests

    def __add__(self, other):
        return Usage(self.seconds + other.seconds, self.cpu + other.cpu, max(self.peak_kib, other.peak_kib), self.output + other.output)


def run(command, check=True):
    """Runs a program to its end. GNU time tells what it used, whatever it started."""
    with tempfile.NamedTemporaryFile("r") as used:
        began = time.monotonic()
        done = subprocess.run(["/usr/bin/time", "-f", "%U %S %M", "-o", used.name, *map(str, command)], capture_output=True, text=True, check=False,
                              env={**os.environ, "HTTPS_PROXY": "http://127.0.0.1:9"})  # the image registry is not part of it
        seconds = time.monotonic() - began
        user, system, peak = used.read().splitlines()[-1].split()
    output = done.stdout + done.stderr
    if check and done.returncode != 0:
        raise RuntimeError(f"{command}: {output}")
    return Usage(seconds, float(user) + float(system), int(peak), output)
