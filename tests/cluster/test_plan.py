"""Looking before, on a real Kubernetes: a saved plan and what forbids it, and what real admission refuses."""
import json
import time
import unittest

from case import LICENSE, ClusterCase, kubectl


class SavedPlan(ClusterCase):
    namespace = "circleci-plan"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.install(cls.config_of("values-3.x-aws.yaml"))
        cls.plan = cls.folder / "migration.plan"

    def save(self):
        done = self.kots_export("plan", "--license", LICENSE, "--out", self.plan)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.plan.stat().st_mode & 0o777, 0o600)

    def test_1_a_changed_object_forbids_the_whole_plan(self):
        self.save()
        kubectl("-n", self.namespace, "label", "configmap/frontend-config", "team=blue")
        before = self.versions()
        done = self.kots_export("apply", self.plan, "--yes")
        self.assertEqual(done.returncode, 4, done.stderr)
        self.assertIn("ConfigMap frontend-config was changed: label team (by kubectl-label at ", done.stderr)
        self.assertEqual(before, self.versions())
        self.assertFalse((self.folder / "output" / "helm-values.yaml").exists())

    def test_2_server_dry_run_shows_what_admission_refuses(self):
        # A quota that is used up: only the quota admission of a real server refuses for it.
        kubectl("-n", self.namespace, "create", "quota", "full", "--hard=count/jobs.batch=1")
        before = self.versions()
        try:
            until = time.time() + 30  # the controller counts what is there before the quota holds
            while not json.loads(kubectl("-n", self.namespace, "get", "quota", "full", "-o", "json")).get("status", {}).get("used"):
                self.assertLess(time.time(), until, "the quota is never counted")
                time.sleep(0.5)
            done = self.kots_export("plan", "--license", LICENSE, "--dry-run=server", "-o", "json")
        finally:
            kubectl("-n", self.namespace, "delete", "quota", "full")
        self.assertEqual(done.returncode, 1, done.stderr)
        report = json.loads(done.stdout)
        refused = [item for item in report["changes"] if item["outcome"]["status"] == "refused"]
        self.assertEqual([(item["verb"], item["object"]["kind"], item["object"]["name"]) for item in refused], [("create", "Job", "circle-migrator")])
        self.assertIn("exceeded quota", refused[0]["outcome"]["message"])
        self.assertGreater(report["summary"]["done"], 20)
        self.assertEqual(before, self.versions())

    def test_3_apply_does_what_was_planned(self):
        self.save()
        planned = json.loads(self.plan.read_text())
        done = self.kots_export("apply", self.plan, "--yes")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("Successfully applied 3 migrations", done.stderr)
        self.assertEqual(planned["values"]["v4"], (self.folder / "output" / "helm-values.yaml").read_text())
        frontend = json.loads(kubectl("-n", self.namespace, "get", "deployment/frontend", "-o", "json"))["metadata"]
        self.assertEqual(frontend["annotations"]["meta.helm.sh/release-name"], "circleci-server")
        self.assertNotIn("kots.io/app-slug", frontend["labels"])
        for gone in ("deployment/kotsadm", "statefulset/postgresql", "secret/postgresql", "job/circle-migrator"):
            self.assertEqual(kubectl("-n", self.namespace, "get", gone, "--ignore-not-found"), "", gone)

    def test_4_apply_again_does_nothing(self):
        before = self.versions()
        done = self.kots_export("apply", self.plan, "--yes")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("was carried out", done.stderr)
        self.assertEqual(before, self.versions())


if __name__ == "__main__":
    unittest.main()
