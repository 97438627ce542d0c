"""The API servers behind the proxy: the in-memory one, a new one for each seed, or a real one, with a namespace for each."""
import asyncio
import json
import os
import sys
from pathlib import Path

import judge
from state import read, state_of
from upstream import Upstream

HERE = Path(__file__).resolve().parent
DATA = HERE.parent / "data"
sys.path.append(str(HERE.parent / "cluster"))
import installation  # noqa: E402


async def until_bound(upstream, namespace):
    claims = f"/api/v1/namespaces/{namespace}/persistentvolumeclaims"
    while not all(claim.get("status", {}).get("phase") == "Bound" or claim["spec"].get("storageClassName") == "none"
                  for claim in (await read(upstream, claims))["items"]):
        await asyncio.sleep(0.02)


class MemoryServer:
    namespace = "circleci-server"

    def __init__(self, program, folder):
        self.program, self.folder = program, folder

    async def start(self):
        kubeconfig = self.folder / "kubeconfig"
        words = [self.program, "--http", "--until-stdin-closes", "--seed", DATA / "installation-3.x.yaml", "--seed", HERE / "objects.yaml",
                 "--kubeconfig-out", kubeconfig, "--request-log", self.folder / "server.jsonl"]
        self.process = await asyncio.create_subprocess_exec(*map(str, words), stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE)
        await self.process.stdout.readline()
        upstream = Upstream(kubeconfig)
        await until_bound(upstream, self.namespace)
        return upstream

    async def stop(self):
        self.process.stdin.close()
        await self.process.wait()

    def log(self, seed):
        return judge.statuses((self.folder / "server.jsonl").read_text().splitlines(), seed)


class RealServer:
    """One that tests/cluster/cluster started: its log of audit is beside its kubeconfig."""

    def __init__(self, kubeconfig, seed):
        self.kubeconfig = kubeconfig
        self.audit = kubeconfig.parent.parent / "log" / "audit.log"
        self.namespace = f"faults-{seed}-{os.getpid()}"

    async def start(self):
        self.upstream = upstream = Upstream(self.kubeconfig)
        self.mark = self.audit.stat().st_size
        await self.create("/api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": self.namespace}})
        for item in self.objects():
            await self.create(self.path_of(item), item)
        await until_bound(upstream, self.namespace)
        before, now = None, await state_of(upstream, self.namespace)
        while before != now:  # the controllers are at work
            await asyncio.sleep(2)
            before, now = now, await state_of(upstream, self.namespace)
        return upstream

    def objects(self):
        """The installation of tests/cluster, without Pods, since there is no node, and more of what is patched and deleted."""
        items = installation.objects(self.namespace, {})
        items += [item for item in installation.database() + installation.frontend("postgresql")]
        for item in items:
            if item["kind"] in ("StatefulSet", "Deployment"):
                item["spec"]["replicas"] = 0
        for number in range(120):
            items.append(installation.made_by_kots("ConfigMap", f"many-{number}", data={"key": f"value {number}"}))
        for number in range(60):
            items.append(installation.made_by_kots("Secret", f"many-{number}", data={"key": "dmFsdWU="}))
        for number in range(20):
            items.append(installation.made_by_kots("Service", f"many-{number}", spec={"clusterIP": "None", "ports": [{"port": 80}]}))
            items.append(installation.workload("Deployment", f"many-{number}", replicas=0))
            items.append(installation.kotsadm("ConfigMap", f"kotsadm-many-{number}", data={"key": "value"}))
            items.append(installation.kotsadm("Secret", f"kotsadm-many-{number}", data={"key": "dmFsdWU="}))
        return items

    def path_of(self, item):
        kind = item["kind"].lower()
        plural = {"networkpolicy": "networkpolicies", "ingress": "ingresses"}.get(kind, kind + "s")
        version = item["apiVersion"]
        root = "/api/v1" if version == "v1" else f"/apis/{version}"
        return f"{root}/{plural}" if kind in ("persistentvolume", "clusterrole") else f"{root}/namespaces/{self.namespace}/{plural}"

    async def create(self, path, item):
        status, _, body = await self.upstream.fetch("POST", path, [("content-type", "application/json")], json.dumps(item).encode())
        if status != 201:
            raise RuntimeError(f"POST {path}: {status} {body[:300]}")

    async def stop(self):
        for path in (f"/api/v1/namespaces/{self.namespace}", f"/api/v1/persistentvolumes/{self.namespace}-kotsadm",
                     f"/apis/rbac.authorization.k8s.io/v1/clusterroles/{self.namespace}-nodes"):
            await self.upstream.fetch("DELETE", path)
        self.upstream.close()

    def log(self, seed):
        with open(self.audit) as file:
            file.seek(self.mark)
            return judge.statuses((line for line in file if self.namespace in line), seed)
