"""Each command that a message names does what the message says, as it was printed, where the current context is another cluster."""
import json
import os
import re
import unittest

import installation
from case import LICENSE, PROGRAM, ClusterCase, kubectl, run, tool

READS = re.compile(r"^(KUBECONFIG=\S+ )?(kubectl|helm) .*\b(get|describe|logs|auth can-i|history|status)\b")


class PrintedCommands(ClusterCase):
    namespace = "circleci-printed"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.install(cls.config_of("values-3.x-aws.yaml"))
        config = json.loads(kubectl("config", "view", "--raw", "--minify", "--flatten", "-o", "json"))
        config["clusters"][0]["name"], config["users"][0]["name"] = "production", "me"
        config["contexts"] = [{"name": "production", "context": {"cluster": "production", "user": "me"}}, {"name": "staging", "context": {"cluster": "staging", "user": "me"}}]
        config["clusters"].append({"name": "staging", "cluster": {"server": "https://127.0.0.1:9"}})
        config["current-context"] = "staging"
        cls.config_file = cls.folder / "kube config"
        cls.config_file.write_text(json.dumps(config))
        cls.config_file.chmod(0o600)
        programs = cls.folder / "bin"
        programs.mkdir()
        for name, target in (("kubectl", tool("kubectl-1.22")), ("helm", tool("helm-3.17")), ("kots-export", PROGRAM)):
            (programs / name).symlink_to(target)
        cls.environment = {"PATH": f"{programs}:{os.environ['PATH']}", "KUBECONFIG": str(cls.config_file)}

    def production(self, *words):
        return run("kots-export", "-n", self.namespace, "--output-dir", self.folder, "--context", "production", *words, env=self.environment, check=False, timeout=120)

    def shell(self, command, check=True):
        return run("sh", "-c", command, env=self.environment, check=check, timeout=120)

    def printed(self, done):
        """The commands in backticks and those on a line of their own in a hint, each with the cluster that it is about."""
        command = r"(?:KUBECONFIG=\S+ )?(?:kubectl|helm|kots-export) "
        commands = re.findall(rf"`({command}[^`]+)`", done.stdout + done.stderr) + re.findall(rf"^    ({command}.+)$", done.stderr, re.MULTILINE)
        for command in commands:
            if command.startswith("kots-export validate") or command == "helm upgrade":
                continue  # of a file; the guide's step, named and not printed
            flag = "--kube-context production" if " helm " in f" {command}" else "--context production"
            self.assertIn(flag, command)
        return commands

    def one(self, done, beginning):
        found = [command for command in self.printed(done) if command.startswith(beginning)]
        self.assertTrue(found, f"{beginning} is not in\n{done.stdout}{done.stderr}")
        return found[0]

    def test_1_of_checks_that_failed(self):
        regcred = kubectl("-n", self.namespace, "get", "secret", "regcred", "-o", "json")
        kubectl("-n", self.namespace, "delete", "secret", "regcred")
        pending = installation.release_secret("circleci-server", self.namespace, {}, "", 2)
        pending["metadata"]["labels"]["status"] = "pending-upgrade"
        self.apply([pending])
        self.addCleanup(kubectl, "-n", self.namespace, "delete", "--ignore-not-found", "secret", pending["metadata"]["name"])
        done = self.production("check", "--license", LICENSE)
        self.assertEqual(done.returncode, 4, done.stderr)
        helm = self.one(done, "helm rollback circleci-server 1")
        self.assertIn("Rollback was a success", self.shell(helm + " --dry-run").stdout)
        secret = self.one(done, "kots-export secret")
        self.shell(f"echo hush | {secret.replace('USER', 'me')} --docker-password-stdin --yes")
        kubectl("-n", self.namespace, "get", "secret", "regcred")
        for command in self.printed(done):
            if READS.match(command):
                self.shell(f"cd {self.folder} && {command}")
        # The other way out of a pending upgrade: its record is saved and deleted.
        self.assertTrue((self.folder / f"{pending['metadata']['name']}.yaml").exists())
        kubectl("-n", self.namespace, "delete", "secret", "regcred")
        data = json.loads(regcred)
        data["metadata"] = {"name": "regcred"}
        self.apply([data])

    def test_2_of_a_migration_that_outlasts_its_time(self):
        # No node takes the migrator's Pod, so that it outlasts any time.
        node = kubectl("get", "nodes", "-o", "name").strip()
        kubectl("cordon", node)
        try:
            done = self.production("flyway", "--yes", "--timeout", "2")
        finally:
            kubectl("uncordon", node)
        self.assertEqual(done.returncode, 1, done.stderr)
        again = self.one(done, "kots-export flyway")
        for _ in range(30):
            done = self.shell(again, check=False)
            if done.returncode == 0:
                break
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("Successfully applied 3 migrations", (self.folder / "logs" / "circle-migrator.log").read_text())
        self.assertTrue(self.one(done, "kots-export message"))

    def test_3_of_a_run_that_stopped_half_way(self):
        webhook = {"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingWebhookConfiguration", "metadata": {"name": self.namespace}, "webhooks": [{
            "name": "no.printed.example", "sideEffects": "None", "admissionReviewVersions": ["v1"], "failurePolicy": "Fail", "timeoutSeconds": 1,
            "clientConfig": {"url": "https://127.0.0.1:9/"}, "namespaceSelector": {"matchLabels": {"printed": "yes"}},
            "rules": [{"apiGroups": ["apps"], "apiVersions": ["v1"], "operations": ["UPDATE"], "resources": ["statefulsets"]}]}]}
        kubectl("label", "namespace", self.namespace, "printed=yes")
        kubectl("create", "-f", "-", stdin=json.dumps(webhook))
        try:
            done = self.production("annotate", "--yes")
        finally:
            kubectl("delete", "validatingwebhookconfiguration", self.namespace)
        self.assertEqual(done.returncode, 1, done.stderr)
        back = self.one(done, "kots-export rollback")
        undone = self.shell(back + " --yes --settle-time 0")
        self.assertIn("rolling back run", undone.stderr)
        frontend = json.loads(kubectl("-n", self.namespace, "get", "deployment/frontend", "-o", "json"))["metadata"]
        self.assertNotIn("meta.helm.sh/release-name", frontend.get("annotations", {}))

    def test_4_of_the_next_steps(self):
        done = self.production("--license", LICENSE, "--yes")
        self.assertEqual(done.returncode, 0, done.stderr)
        steps = [line.strip() for line in done.stdout.splitlines() if line.strip().startswith(("helm ", "kubectl ")) and "helm registry" not in line]
        self.assertTrue(any(line.startswith("helm upgrade") for line in steps), done.stdout)
        for line in steps:
            self.assertIn("--kube-context production" if line.startswith("helm") else "--context production", line)
            self.assertIn(f"--kubeconfig '{self.config_file}'", line)


if __name__ == "__main__":
    unittest.main()
