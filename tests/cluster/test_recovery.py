"""Killed at random points, run again, rolled back: on a real Kubernetes, with its real controllers."""
import json
import os
import random
import re
import signal
import subprocess
import time
import unittest

from case import LICENSE, PROGRAM, ClusterCase, kubectl

KINDS = "serviceaccounts,configmaps,jobs,daemonsets,secrets,roles,rolebindings,services,cronjobs,deployments,statefulsets,networkpolicies,persistentvolumeclaims,poddisruptionbudgets,ingresses"
SET_BY_THE_SERVER = ("uid", "resourceVersion", "creationTimestamp", "managedFields", "generation", "selfLink")


def comparable(item):
    for key in SET_BY_THE_SERVER:
        item["metadata"].pop(key, None)
    item.pop("status", None)
    if item["kind"] == "ServiceAccount":
        item.pop("secrets", None)  # the token controller's
    if item["kind"] == "PersistentVolume":
        for key in ("uid", "resourceVersion"):
            item["spec"].get("claimRef", {}).pop(key, None)
    if item["kind"] == "Job":
        item["spec"].pop("selector", None)
        item["spec"]["template"]["metadata"].get("labels", {}).pop("controller-uid", None)
    return item


class Recovery(ClusterCase):
    namespace = "circleci-recovery"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.install(cls.config_of("values-3.x-aws.yaml"))
        # The controller's marks of the binding are part of what is to come back.
        kubectl("-n", cls.namespace, "wait", "--for=jsonpath={.status.phase}=Bound", "pvc/kotsadm-data", "--timeout=60s", version="1.31")
        cls.before = cls.settled()

    @classmethod
    def state(cls):
        items = json.loads(kubectl("-n", cls.namespace, "get", KINDS, "-o", "json"))["items"]
        items.append(json.loads(kubectl("get", f"pv/{cls.namespace}-kotsadm", "-o", "json")))
        items.append(json.loads(kubectl("get", f"clusterrole/{cls.namespace}-nodes", "-o", "json")))
        return {f"{item['kind']}/{item['metadata']['name']}": comparable(item) for item in items
                if item.get("type") != "kubernetes.io/service-account-token"}

    @classmethod
    def settled(cls):
        """The state once the controllers are done: nothing is being deleted, and nothing changes any more."""
        last = None
        until = time.time() + 90
        while time.time() < until:
            now = cls.state()
            if now == last and not any("deletionTimestamp" in item["metadata"] for item in now.values()):
                return now
            last = now
            time.sleep(2)
        raise AssertionError("the controllers do not come to rest")

    def assert_state(self, wanted, what):
        """Controllers take a moment: bind a claim, collect garbage."""
        until = time.time() + 60
        while (now := self.state()) != wanted and time.time() < until:
            time.sleep(1)
        self.assertEqual(sorted(wanted), sorted(now), what)
        for name in wanted:
            self.assertEqual(wanted[name], now[name], f"{what}: {name}")

    def expect_new_addresses(self, said):
        """An API server whose client of a deletion is killed forgets to free the Service's address, for ten minutes or so. The
        rollback then says that it asked for another one: that one is expected from here on."""
        for name in re.findall(r"Service (\S+) gets a new address", said):
            service = json.loads(kubectl("-n", self.namespace, "get", f"service/{name}", "-o", "json"))
            for field in ("clusterIP", "clusterIPs"):
                self.before[f"Service/{name}"]["spec"][field] = service["spec"][field]

    def done(self, *words):
        finished = self.kots_export(*words, "--yes")
        self.assertEqual(finished.returncode, 0, finished.stderr)
        return finished

    def roll_back_all(self):
        for _ in range(5):
            finished = self.kots_export("rollback", "--yes", "--stop-migrator")
            if "there is no run to roll back" in finished.stderr:
                return
            self.assertEqual(finished.returncode, 0, finished.stderr)
            self.expect_new_addresses(finished.stderr)
        self.fail("there is always one more run to roll back")

    def kill_after(self, changes):
        """Kills a whole run once its journal names that many changes (they are then about to be sent)."""
        known = set((self.folder / "backup").glob("*")) if (self.folder / "backup").exists() else set()
        run = subprocess.Popen([PROGRAM, "-n", self.namespace, "--output-dir", str(self.folder), "--license", LICENSE, "--yes", "--concurrency", "4"],
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while run.poll() is None:
            new = [path / "journal.jsonl" for path in (self.folder / "backup").glob("*") if path not in known]
            if new and new[0].exists() and new[0].read_text().count('"event":"outcome"') >= changes:
                os.kill(run.pid, signal.SIGKILL)
                break
        run.wait()
        return run.returncode

    def pod_of_postgresql(self):
        return json.loads(kubectl("-n", self.namespace, "get", "pod", "postgresql-0", "-o", "json"))["metadata"]

    def test_1_rollback_after_a_complete_run(self):
        pod = self.pod_of_postgresql()
        self.done("--license", LICENSE)
        type(self).migrated = self.settled()
        self.assertNotEqual(self.before, self.migrated)
        self.done("rollback")
        self.assert_state(self.before, "rolled back")
        stateful_set = json.loads(kubectl("-n", self.namespace, "get", "statefulset", "postgresql", "-o", "json"))
        until = time.time() + 30
        while not self.pod_of_postgresql().get("ownerReferences") and time.time() < until:
            time.sleep(1)
        adopted = self.pod_of_postgresql()
        self.assertEqual(pod["uid"], adopted["uid"], "the Pod went on running")
        self.assertEqual(stateful_set["metadata"]["uid"], adopted["ownerReferences"][0]["uid"], "and was adopted again")
        claim = json.loads(kubectl("-n", self.namespace, "get", "pvc", "kotsadm-data", "-o", "json"))
        self.assertEqual(claim["status"]["phase"], "Bound")

    def test_2_a_rollback_is_rolled_back(self):
        newest = json.loads(self.kots_export("runs", "-o", "json").stdout)["runs"][0]
        self.assertTrue(newest["rollsBack"])
        self.done("rollback", newest["run"])
        self.assert_state(self.migrated, "rolled forward")
        self.roll_back_all()
        self.assert_state(self.before, "and back")

    def test_3_killed_at_random_points(self):
        seed = random.randrange(1 << 30)
        points = random.Random(seed)
        for i in range(int(os.environ.get("KOTS_EXPORT_TEST_KILLS", "10"))):
            changes = points.randrange(0, 45)
            with self.subTest(point=i, changes=changes, seed=seed):
                code = self.kill_after(changes)
                if i % 2:
                    self.done("--license", LICENSE)
                    self.assert_state(self.migrated, "run again")
                self.roll_back_all()
                self.assert_state(self.before, f"rolled back, the run ended with {code}")


if __name__ == "__main__":
    unittest.main()
