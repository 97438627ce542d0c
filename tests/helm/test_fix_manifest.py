"""fix-manifest, judged by real Helm: what refused to upgrade and to go back does both, and the revisions keep their numbers."""
import base64
import gzip
import json
import os
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
TOOLS = Path(os.environ["KOTS_EXPORT_TOOLS"])

# The release as a 3.x chart wrote it before the cluster was upgraded.
OLD_MANIFEST = """---
# Source: circleci-server/templates/objects.yaml
apiVersion: extensions/v1beta1
kind: NetworkPolicy
metadata:
  name: web
spec:
  podSelector:
    matchLabels:
      app: old
---
# Source: circleci-server/templates/objects.yaml
apiVersion: rbac.authorization.k8s.io/v1beta1
kind: Role
metadata:
  name: web
rules:
  - apiGroups: [""]
    resources: [old]
    verbs: [get]
---
# Source: circleci-server/templates/objects.yaml
apiVersion: batch/v1beta1
kind: CronJob
metadata:
  name: web
spec:
  schedule: "0 3 * * *"
  suspend: true
  jobTemplate:
    spec:
      template:
        spec:
          restartPolicy: Never
          containers:
            - name: web
              image: old
---
# Source: circleci-server/templates/objects.yaml
apiVersion: policy/v1beta1
kind: PodDisruptionBudget
metadata:
  name: web
spec:
  minAvailable: 0
  selector:
    matchLabels:
      app: old
---
# Source: circleci-server/templates/objects.yaml
apiVersion: policy/v1beta1
kind: PodSecurityPolicy
metadata:
  name: {policy}
spec:
  runAsUser:
    rule: RunAsAny
  seLinux:
    rule: RunAsAny
  supplementalGroups:
    rule: RunAsAny
  fsGroup:
    rule: RunAsAny
---
# Source: circleci-server/templates/objects.yaml
apiVersion: extensions/v1beta1
kind: Ingress
metadata:
  name: web
spec:
  backend:
    serviceName: fallback
    servicePort: http
  rules:
    - host: old.example.com
      http:
        paths:
          - path: /
            backend:
              serviceName: old
              servicePort: 80
"""
OLD_INGRESS = {
    "defaultBackend": {"service": {"name": "fallback", "port": {"name": "http"}}},
    "rules": [{"host": "old.example.com", "http": {"paths": [
        {"path": "/", "pathType": "ImplementationSpecific", "backend": {"service": {"name": "old", "port": {"number": 80}}}}]}}]}


class FixManifest(unittest.TestCase):
    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="kots-export-helm-"))
        self.addCleanup(shutil.rmtree, self.folder)

    def run_tool(self, *words, code=0, stdin=None):
        done = subprocess.run([str(word) for word in words], input=stdin, capture_output=True, text=True, timeout=120)
        self.assertEqual(done.returncode, code, f"{words}:\n{done.stdout}\n{done.stderr}")
        return done

    def helm(self, *words, code=0):
        return self.run_tool(self.helm_program, *words, "-n", self.namespace, code=code)

    def chart(self, word, *, code=0):
        return self.helm(word, "circleci-server", HERE / "fix-manifest", "--set", f"host={word}.example.com,service={word}", code=code)

    def kubectl(self, *words, **options):
        return self.run_tool(TOOLS / "kubectl-1.22", "-n", self.namespace, *words, **options).stdout

    def live(self, kind):
        return json.loads(self.kubectl("get", kind, "web", "-o", "json"))

    def revisions(self):
        return [(item["revision"], item["status"]) for item in json.loads(self.helm("history", "circleci-server", "-o", "json").stdout)]

    def make_old(self, manifest):
        """Turns revision 1, as Helm has just recorded it, into one of a 3.x chart."""
        secret = json.loads(self.kubectl("get", "secret", "sh.helm.release.v1.circleci-server.v1", "-o", "json"))
        release = json.loads(gzip.decompress(base64.b64decode(base64.b64decode(secret["data"]["release"]))))
        release["manifest"] = manifest
        release["chart"]["metadata"]["version"] = "3.4.6"
        secret["data"]["release"] = base64.b64encode(base64.b64encode(gzip.compress(json.dumps(release).encode()))).decode()
        self.kubectl("replace", "-f", "-", stdin=json.dumps(secret))

    def kots_export(self, *words):
        return self.run_tool(os.environ["KOTS_EXPORT_PROGRAM"], "-n", self.namespace, "--output-dir", self.folder, *words)

    def upgrade_and_go_back(self, version):
        self.helm_program, self.namespace = TOOLS / version, "fix-" + version.replace(".", "-")
        self.kubectl("create", "namespace", self.namespace)
        self.chart("install")
        self.make_old(OLD_MANIFEST.format(policy=self.namespace))
        record = self.kubectl("get", "secret", "sh.helm.release.v1.circleci-server.v1", "-o", "jsonpath={.data.release}")

        refused = self.chart("upgrade", code=1)
        self.assertIn("no matches for kind \"Ingress\" in version \"extensions/v1beta1\"", refused.stderr)

        # There and back: Helm refuses again.
        self.kots_export("fix-manifest", "--yes")
        self.kots_export("rollback", "--yes")
        self.assertEqual(self.kubectl("get", "secret", "sh.helm.release.v1.circleci-server.v1", "-o", "jsonpath={.data.release}"), record)
        self.chart("upgrade", code=1)

        self.kots_export("fix-manifest", "--yes")
        self.assertEqual(self.revisions(), [(1, "deployed")])
        self.chart("upgrade")
        self.assertEqual(self.revisions(), [(1, "superseded"), (2, "deployed")])
        upgraded = self.live("ingress")["spec"]
        self.assertEqual(upgraded["rules"][0]["host"], "upgrade.example.com")
        self.assertNotIn("defaultBackend", upgraded)

        # What is gone is made again from the old manifest alone: the server takes it as it is.
        self.kubectl("delete", "ingress,networkpolicy", "web")
        self.helm("rollback", "circleci-server", "1")
        self.assertEqual(self.revisions(), [(1, "superseded"), (2, "superseded"), (3, "deployed")])
        self.assertEqual(self.live("ingress")["spec"], OLD_INGRESS)
        self.assertEqual(self.live("networkpolicy")["spec"]["podSelector"], {"matchLabels": {"app": "old"}})
        self.assertEqual(self.live("role")["rules"][0]["resources"], ["old"])
        self.assertEqual(self.live("poddisruptionbudget")["spec"]["selector"], {"matchLabels": {"app": "old"}})
        self.assertEqual(self.live("cronjob")["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"][0]["image"], "old")

        # Helm has written revision 1 since: a rollback of the run leaves it as it is, and all is well.
        done = self.kots_export("rollback", "--yes")
        self.assertIn("sh.helm.release.v1.circleci-server.v1 has since been written by somebody else", done.stderr)

        # And forward again, from objects that a server without the old versions made.
        self.chart("upgrade")
        self.assertEqual(self.live("ingress")["spec"], upgraded)

    def test_helm_3_9(self):
        self.upgrade_and_go_back("helm-3.9")

    def test_helm_3_17(self):
        self.upgrade_and_go_back("helm-3.17")


if __name__ == "__main__":
    unittest.main()
