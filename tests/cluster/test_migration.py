"""The whole migration on a real Kubernetes, and a real helm upgrade after it."""
import json
import re
import unittest

import installation
from case import DATA, FOLDER, HERE, LICENSE, ClusterCase, kubectl, run, tool

OWNED = {"meta.helm.sh/release-name": "circleci-server"}


class Migration:
    values_file = None
    expected_file = None
    helm = None
    flags = ()

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.install(cls.config_of(cls.values_file))

    def test_1_dry_run_changes_nothing(self):
        before = self.versions()
        for kind in ("client", "server"):
            done = self.kots_export("--license", LICENSE, *self.flags, f"--dry-run={kind}", "--detailed-exitcode")
            self.assertEqual(done.returncode, 3, done.stderr)
            self.assertIn("nothing was changed", done.stdout)
            self.assertNotIn(installation.PASSWORD, done.stdout + done.stderr)
        self.assertEqual(before, self.versions())

    def test_2_whole_run(self):
        done = self.kots_export("--license", LICENSE, *self.flags, "--yes")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("Successfully applied 3 migrations", done.stderr)
        self.assertNotIn(installation.PASSWORD, done.stdout + done.stderr)
        # The password reached the migrator byte for byte: the migrator compared it, and PostgreSQL let it in.
        log = (self.folder / "logs" / "circle-migrator.log").read_text()
        self.assertIn("Migrating schema \"public\" to version \"3 - add owner\"", log)
        for path in ("output/helm-values.yaml", "output/helm-values-v3.yaml", "logs/circle-migrator.log"):
            self.assertEqual((self.folder / path).stat().st_mode & 0o777, 0o600, path)

    def test_3_values_are_what_the_rules_say(self):
        found = self.values_by_helm(self.folder / "output" / "helm-values.yaml", self.helm)
        expected = json.loads((DATA / self.expected_file).read_text())
        if expected["mongodb"]["auth"]["password"] == "<16 random>":
            self.assertRegex(found["mongodb"]["auth"]["password"], re.compile(r"^[A-Za-z0-9_]{16}$"))
            found["mongodb"]["auth"]["password"] = "<16 random>"
        self.assertEqual(found, expected)
        self.assertEqual(self.values_by_helm(self.folder / "output" / "helm-values-v3.yaml"), self.config_of(self.values_file))

    def test_4_objects_are_helms_and_not_kots(self):
        kinds = "serviceaccounts,configmaps,jobs,daemonsets,secrets,roles,rolebindings,services,cronjobs,deployments,statefulsets,networkpolicies,persistentvolumeclaims,poddisruptionbudgets,ingresses"
        for item in json.loads(kubectl("-n", self.namespace, "get", kinds, "-o", "json"))["items"]:
            name, metadata = f"{item['kind']}/{item['metadata']['name']}", item["metadata"]
            labels, annotations = metadata.get("labels", {}), metadata.get("annotations", {})
            if name == "ConfigMap/other-config":
                self.assertEqual(annotations["meta.helm.sh/release-name"], "other")
                continue
            if name == "Secret/sh.helm.release.v1.other.v1":
                continue
            with self.subTest(name):
                self.assertEqual(annotations.get("meta.helm.sh/release-name"), "circleci-server")
                self.assertEqual(annotations.get("meta.helm.sh/release-namespace"), self.namespace)
                self.assertEqual(labels.get("app.kubernetes.io/managed-by"), "Helm")
                if item["kind"] == "Ingress":
                    continue  # not one of the kinds that kots_cleanup looks at
                self.assertFalse([key for key in (*labels, *annotations) if key.startswith("kots.io/")])
                self.assertNotIn("kotsadm", metadata["name"])
                self.assertNotIn("inject", metadata["name"])
        role = json.loads(kubectl("get", "clusterrole", f"{self.namespace}-nodes", "-o", "json"))
        self.assertEqual(role["metadata"]["annotations"]["meta.helm.sh/release-name"], "circleci-server")
        volume = json.loads(kubectl("get", "pv", f"{self.namespace}-kotsadm", "-o", "json"))
        self.assertEqual(volume["spec"]["persistentVolumeReclaimPolicy"], "Retain")

    def test_5_second_run_writes_nothing(self):
        if not FOLDER:
            self.skipTest("the audit log of another cluster cannot be read")
        values = (self.folder / "output" / "helm-values.yaml").read_text()
        mark = self.audit_mark()
        done = self.kots_export("--license", LICENSE, *self.flags, "--yes")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("nothing to do", done.stderr)
        self.assertIn("has migrated the database", done.stderr)
        self.assertEqual(self.writes_since(mark), [])
        self.assertEqual(values, (self.folder / "output" / "helm-values.yaml").read_text())

    def test_6_helm_upgrade_adopts_everything(self):
        run(tool(self.helm), "upgrade", "circleci-server", HERE / "chart", "-n", self.namespace, "-f", self.folder / "output" / "helm-values.yaml", "--force")
        shown = json.loads(run(tool(self.helm), "list", "-n", self.namespace, "-o", "json").stdout)
        release = next(item for item in shown if item["name"] == "circleci-server")
        self.assertEqual((release["revision"], release["status"], release["chart"]), ("2", "deployed", "circleci-server-4.0.0"))


class AwsMigration(Migration, ClusterCase):
    namespace = "circleci-aws"
    values_file = "values-3.x-aws.yaml"
    expected_file = "values-4.x-aws.json"
    helm = "helm-3.17"

    def test_7_postgres_of_the_upgrade_is_left_alone(self):
        done = self.kots_export("postgres", "--yes")
        self.assertEqual(done.returncode, 4, done.stderr)
        self.assertIn("there is nothing to migrate", done.stderr)
        kubectl("-n", self.namespace, "get", "statefulset/postgresql", "secret/postgresql")


class GcpMigration(Migration, ClusterCase):
    namespace = "circleci-gcp"
    values_file = "values-3.x-gcp-external.yaml"
    expected_file = "values-4.x-gcp-external.json"
    helm = "helm-3.9"
    flags = ("--skip-check", "values")  # they hold only what the transformation is about

    def test_6_helm_upgrade_adopts_everything(self):
        # The database is outside: what stands in for it is not the chart's to change.
        kubectl("-n", self.namespace, "delete", "statefulset/postgresql", "secret/postgresql", "--cascade=orphan")
        super().test_6_helm_upgrade_adopts_everything()


class WithoutMigration(ClusterCase):
    namespace = "circleci-untouched"

    def test_helm_upgrade_refuses(self):
        self.apply(installation.objects(self.namespace, self.config_of("values-3.x-aws.yaml")))
        done = run(tool("helm-3.17"), "upgrade", "circleci-server", HERE / "chart", "-n", self.namespace, "--force",
                   "--set", "global.domainName=x,postgresql.auth.password=x", check=False)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("invalid ownership metadata", done.stderr)


if __name__ == "__main__":
    unittest.main()
