"""What the tests on a real Kubernetes share: the cluster, the programs, an installation in a namespace of its own."""
import json
import os
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

import installation

HERE = Path(__file__).resolve().parent
DATA = HERE.parent / "data"
CACHE = Path(os.environ.get("KOTS_EXPORT_CACHE") or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "kots-export")
PROGRAM = os.environ["KOTS_EXPORT_PROGRAM"]
KUBECONFIG = os.environ["KUBECONFIG"]
FOLDER = os.environ.get("KOTS_EXPORT_TEST_FOLDER")  # of the cluster that the tests started themselves
LICENSE = "4.x-license"


def tool(name):
    return str(CACHE / "tools" / name)


def run(*command, check=True, stdin=None, env=None, timeout=300):
    done = subprocess.run([str(word) for word in command], input=stdin, capture_output=True, text=True, timeout=timeout, env={**os.environ, **(env or {})})
    if check and done.returncode != 0:
        raise AssertionError(f"{command} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}")
    return done


def kubectl(*words, version="1.22", **options):
    return run(tool(f"kubectl-{version}"), *words, **options).stdout


class ClusterCase(unittest.TestCase):
    maxDiff = None
    namespace = None

    @classmethod
    def setUpClass(cls):
        cls.folder = Path(tempfile.mkdtemp(prefix="kots-export-test-"))
        if cls.namespace:
            kubectl("create", "namespace", cls.namespace)

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)
        if cls.namespace:
            kubectl("delete", "namespace", cls.namespace, "--wait=false")
            kubectl("delete", "--ignore-not-found", f"pv/{cls.namespace}-kotsadm", f"clusterrole/{cls.namespace}-nodes", "--wait=false")

    @classmethod
    def apply(cls, items):
        kubectl("-n", cls.namespace, "create", "-f", "-", stdin=json.dumps({"apiVersion": "v1", "kind": "List", "items": items}))

    @classmethod
    def config_of(cls, values_file):
        """The values as Helm reads them: the same real reader for input and output."""
        return cls.values_by_helm(DATA / values_file)

    @classmethod
    def values_by_helm(cls, file, helm="helm-3.17"):
        shown = run(tool(helm), "template", "x", HERE / "values-chart", "-f", file).stdout
        return json.loads(shown.split("values.yaml\n", 1)[1])

    @classmethod
    def install(cls, config):
        cls.apply(installation.objects(cls.namespace, config))
        cls.apply(installation.database())
        kubectl("-n", cls.namespace, "wait", "--for=jsonpath={.status.phase}=Running", "pod/postgresql-0", "--timeout=1s", version="1.31", check=False)
        # Until it is bound the controller still writes to it.
        kubectl("-n", cls.namespace, "wait", "--for=jsonpath={.status.phase}=Bound", "pvc/kotsadm-data", "--timeout=60s", version="1.31")
        kubectl("-n", cls.namespace, "rollout", "status", "statefulset/postgresql", "--timeout=90s")
        address = kubectl("-n", cls.namespace, "get", "pod", "postgresql-0", "-o", "jsonpath={.status.podIP}")
        cls.apply(installation.frontend(address))
        kubectl("-n", cls.namespace, "rollout", "status", "deployment/frontend", "--timeout=90s")

    def kots_export(self, *words, **options):
        options.setdefault("check", False)
        return run(PROGRAM, "-n", self.namespace, "--output-dir", self.folder, *words, **options)

    def versions(self):
        """kind/name: resourceVersion of all that the migration may touch."""
        kinds = "serviceaccounts,configmaps,jobs,daemonsets,secrets,roles,rolebindings,services,cronjobs,deployments,statefulsets,networkpolicies,persistentvolumeclaims,poddisruptionbudgets,ingresses"
        items = json.loads(kubectl("-n", self.namespace, "get", kinds, "-o", "json"))["items"]
        return {f"{item['kind']}/{item['metadata']['name']}": item["metadata"]["resourceVersion"] for item in items}

    def writes_since(self, mark):
        """Verbs and paths of what kots-export wrote, from the API server's audit log."""
        writes = []
        with open(Path(FOLDER) / "log" / "audit.log") as log:
            log.seek(mark)
            for line in log:
                event = json.loads(line)
                if event.get("userAgent", "").startswith("kots-export") and event["verb"] in ("create", "update", "patch", "delete", "deletecollection"):
                    is_question = event["objectRef"]["resource"].startswith("selfsubject") or (event["verb"] == "update" and "dryRun=All" in event["requestURI"])
                    if not is_question:
                        writes.append((event["verb"], event["objectRef"]["resource"], event["objectRef"].get("name")))
        return writes

    def audit_mark(self):
        return os.path.getsize(Path(FOLDER) / "log" / "audit.log")
