"""What -o json prints is one document that docs/schema/report.json describes, whatever happens."""
import json
import unittest

import jsonschema
from server import ROOT, Server, issue_certificates

SCHEMA = json.loads((ROOT / "docs" / "schema" / "report.json").read_text())
LICENSE = ("--license", "4x-license")


class Report(unittest.TestCase):
    def report(self, server, *words, code=0):
        done = server.run(*words, "-o", "json")
        self.assertEqual(done.returncode, code, done.stderr)
        report = json.loads(done.stdout)
        jsonschema.validate(report, SCHEMA)
        self.assertEqual(report["exitCode"], code)
        return report

    def test_schema_is_one(self):
        jsonschema.Draft7Validator.check_schema(SCHEMA)

    def test_plans_and_dry_runs(self):
        with Server() as server:
            for words in (("plan", *LICENSE), ("plan", *LICENSE, "--dry-run=server"), ("plan", "annotate"), ("plan", "kots_cleanup"), ("plan", "flyway"), ("plan", "postgres"),
                          ("run", *LICENSE, "--dry-run=client"), ("annotate", "--dry-run=server"),
                          ("secret", "--docker-username", "u", "--docker-password", "p", "--force", "--dry-run=client")):
                with self.subTest(words):
                    report = self.report(server, *words, "--detailed-exitcode", code=3)
                    self.assertIsNone(report["journal"])
                    self.assertEqual(len(report["changes"]), sum(report["summary"][verb] for verb in ("patch", "delete", "create")))
            self.report(server, "plan", *LICENSE, "--out", "migration.plan")
            shown = self.report(server, "plan", "show", "migration.plan")
            effects = self.report(server, "plan", *LICENSE)["effects"]
            self.assertIn({"kind": "StatefulSet", "name": "postgresql"}, effects["pods"]["orphanedBy"])
            self.assertEqual((effects["data"]["databaseMigration"], effects["time"]["migrationSeconds"]), (True, 600))
            self.assertEqual(shown["effects"], effects)
            self.assertEqual((shown["target"]["context"], shown["savedPlan"]["appliedAt"]), ("test", None))
            self.report(server, "apply", "migration.plan", "--dry-run=client")
            self.assertIn("nobody can be asked", self.report(server, "apply", "migration.plan", code=2)["error"]["what"])
            self.report(server, "apply", "migration.plan", "--yes")
            self.report(server, "apply", "migration.plan")

    def test_status_and_verify(self):
        with Server() as server:
            self.assertEqual(self.report(server, "status")["installation"]["stage"], "untouched")
            self.report(server, "run", *LICENSE, "--yes")
            installation = self.report(server, "status")["installation"]
            self.assertEqual((installation["stage"], installation["newestRun"]["state"]), ("migrated", "complete"))
            self.assertEqual(self.report(server, "verify", code=1)["verification"]["failed"], ["release"])
            self.assertEqual(self.report(server, "status", "-n", "elsewhere")["installation"]["stage"], "noNamespace")
        with Server(seed="installation-4.x.yaml") as server:
            self.assertEqual(self.report(server, "status")["installation"]["stage"], "upgraded")
            report = self.report(server, "verify", code=1)
            self.assertEqual(report["verification"]["failed"], ["load-balancer"])
            self.assertEqual(report["verification"]["domain"], "server.circleci.example.com")

    def test_whole_run_and_what_needs_no_cluster(self):
        with Server() as server:
            report = self.report(server, "run", *LICENSE, "--yes")
            # gone: the garbage collector was faster with what an object owned
            self.assertLessEqual({item["outcome"]["status"] for item in report["changes"]}, {"done", "gone"})
            self.assertEqual(report["summary"]["done"] + report["summary"]["gone"], len(report["changes"]))
            self.assertTrue((server.folder / report["journal"]).exists())
            self.assertEqual({item["role"] for item in report["files"]}, {"values", "values-3.x", "migrator-log"})
            self.assertIn("helm upgrade circleci-server", report["nextSteps"]["upgrade"])
            self.assertEqual([step["name"] for step in report["steps"]][:3], ["checks", "export", "transform"])
            self.report(server, "message")
            self.assertIn("libcurl", self.report(server, "version")["build"]["libraries"])
            issue_certificates(server.folder)
            nomad = self.report(server, "nomad", "--terraform-output", "terraform.json")
            self.assertEqual({item["path"] for item in nomad["differences"]}, {f"nomad.server.rpc.mTLS.{key}" for key in ("certificate", "privateKey", "CACertificate")})
            self.assertTrue(nomad["nextSteps"]["upgrade"].endswith("--version 4.0.1"))
            self.assertEqual(self.report(server, "runs")["runs"][0]["state"], "complete")
            self.report(server, "rollback", "--dry-run=client")
            self.report(server, "export")
            self.report(server, "transform", "output/helm-values-v3.yaml", "4.yaml", *LICENSE)
            self.assertEqual(self.report(server, "diff", "4.yaml", "4.yaml")["differences"], [])
            self.assertTrue(self.report(server, "diff", "output/helm-values-v3.yaml", "4.yaml", code=1)["differences"])
            self.report(server, "diff", "4.yaml", "/no/such/file", code=2)
            (server.folder / "wrong.yaml").write_text("sessionCookieKey: short\n")
            self.assertGreater(self.report(server, "validate", "wrong.yaml", code=1)["validation"]["errors"], 0)

    def test_standard_output_that_is_full_or_closed_is_a_failure_and_stops_no_run(self):
        with Server() as server:
            for line in ("plan --license x", "--help", "--version", "runs -o json", "check"):
                for where in (">/dev/full", ">&-"):
                    with self.subTest(line + where):
                        done = server.shell(f"kots-export {line} {where}")
                        self.assertEqual(done.returncode, 1, done.stderr)
                        self.assertIn("cannot write to standard output", done.stderr)
            done = server.shell("kots-export --license x --yes >/dev/full")
            self.assertEqual(done.returncode, 1, done.stderr)
            self.assertEqual(self.report(server, "runs")["runs"][0]["state"], "complete")

    def test_failures(self):
        with Server("--token", "jane-token=jane", "--deny", "jane patch deployments", "--deny", "jane delete secrets") as server:
            jane = ("--token", "jane-token")
            refused = self.report(server, "plan", "kots_cleanup", *jane, "--dry-run=server", code=1)
            self.assertGreater(refused["summary"]["refused"], 1)
            self.assertIn("forbidden", next(item for item in refused["changes"] if item["outcome"]["status"] == "refused")["outcome"]["message"])
            self.assertIn("refuses", refused["error"]["what"])
            self.assertEqual(self.report(server, "annotate", *jane, "--yes", code=4)["checks"][-2]["status"], "failed")
            cut = self.report(server, "annotate", *jane, "--yes", "--skip-check", "permissions", code=1)
            self.assertIsNotNone(cut["journal"])
            self.assertEqual(cut["steps"][-1]["status"], "failed")
            self.report(server, "annotate", "-n", "nowhere", code=4)
            self.report(server, "run", code=2)
            self.assertIsNone(self.report(server, "annotate", "--kubeconfig", "/no/such/file", code=1)["target"])
            self.report(server, "apply", "/no/such/plan", code=1)


if __name__ == "__main__":
    unittest.main()
