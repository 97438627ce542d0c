"""`status` and `verify` after a real migration and a real `helm upgrade`: what is well is said to be well, and what is not is named."""
import base64
import json
import re
import sys
import time
import unittest

from case import HERE, LICENSE, ClusterCase, kubectl, run, tool

sys.path[:0] = [str(HERE.parent / "verify"), str(HERE.parent / "kubeconfig")]
import pki  # noqa: E402
from servers import DNSMASQ, NameServer, TlsServer  # noqa: E402

DOMAIN = "circleci.example.com"
BOTH = f"subjectAltName=DNS:{DOMAIN},DNS:app.{DOMAIN}\n"
RIGHT = [f"host-record={DOMAIN},127.0.0.1", f"host-record=app.{DOMAIN},127.0.0.1"]
AUTHORITY = "basicConstraints=critical,CA:TRUE\n"
HELM = tool("helm-3.17")


@unittest.skipUnless(DNSMASQ, "dnsmasq is not installed")
class Verify(ClusterCase):
    namespace = "circleci-verify"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.servers = []
        for name, subject, issuer, extensions in (
                ("ca", "/CN=web-ca", None, AUTHORITY), ("web", f"/CN={DOMAIN}", "ca", BOTH), ("nomad-ca", "/CN=nomad-ca", None, AUTHORITY),
                ("nomad", "/CN=server.global.nomad", "nomad-ca", "subjectAltName=DNS:server.global.nomad\n"),
                ("other-ca", "/CN=other-ca", None, AUTHORITY), ("other", "/CN=server.global.nomad", "other-ca", "subjectAltName=DNS:server.global.nomad\n")):
            pki.certificate(cls.folder, name, subject, issuer, extensions, days=90)
        pki.openssl(cls.folder, "x509", "-req", "-in", "web.csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-set_serial", "77", "-days", "-1",
                    "-extfile", "web.ext", "-out", "expired.crt")
        cls.web = cls.start(TlsServer(cls.folder / "web.crt", cls.folder / "web.key"))
        cls.nomad = cls.start(TlsServer(cls.folder / "nomad.crt", cls.folder / "nomad.key", answer=None, first=b"\x04", clients=cls.folder / "nomad-ca.crt"))
        cls.dns = cls.start(NameServer(cls.folder, *RIGHT))
        cls.install(cls.config_of("values-3.x-aws.yaml"))

    @classmethod
    def tearDownClass(cls):
        for server in cls.servers:
            server.end()
        super().tearDownClass()

    @classmethod
    def start(cls, server):
        cls.servers.append(server)
        return server

    @classmethod
    def upgrade(cls, *faults, **more):
        mtls = {"enabled": True, **{key: base64.b64encode((cls.folder / file).read_bytes()).decode()
                                    for key, file in (("CACertificate", "nomad-ca.crt"), ("certificate", "nomad.crt"), ("privateKey", "nomad.key"))}}
        values = {"verify": {"httpsPort": cls.web.port, "nomadPort": cls.nomad.port, "faults": list(faults), **more}, "nomad": {"server": {"rpc": {"mTLS": mtls}}}}
        (cls.folder / "verify.json").write_text(json.dumps(values))
        run(HELM, "upgrade", "circleci-server", HERE / "chart", "-n", cls.namespace, "-f", cls.folder / "output" / "helm-values.yaml", "-f", cls.folder / "verify.json")

    @classmethod
    def give_address(cls, address="127.0.0.1"):
        status = {"status": {"loadBalancer": {"ingress": [{"ip": address}] if address else []}}}
        kubectl("-n", cls.namespace, "patch", "service", "circleci-proxy", "--subresource=status", "--type=merge", "-p", json.dumps(status), version="1.31")

    def verify(self, *flags, dns=None, code=None):
        done = self.kots_export("verify", "--dns-server", (dns or self.dns).address, "-o", "json", *flags, env={"SSL_CERT_FILE": str(self.folder / "ca.crt")})
        self.assertTrue(done.stdout, done.stderr)
        self.checks = json.loads(done.stdout)["checks"]
        if code is not None:
            self.assertEqual(done.returncode, code, self.checks)
        return done

    def trouble(self):
        return [one for one in self.checks if one["status"] in ("failed", "todo", "warning")]

    def assert_found(self, check, status, *words):
        found = [f"{one['detail']} -> {one['remedy']}" for one in self.checks if one["id"] == check and one["status"] == status]
        for one in found:
            if all(word in one for word in words):
                return
        self.fail(f"{check} does not say {words}: {json.dumps(self.checks, indent=1)}")

    def status(self):
        return json.loads(self.kots_export("status", "-o", "json", check=True).stdout)["installation"]

    # --- the way there ---

    def test_1_status_on_the_way(self):
        self.assertEqual(self.status()["stage"], "untouched")
        self.verify(code=1)
        self.assert_found("release", "failed", "not upgraded to 4.x", "kots-export status")
        self.kots_export("annotate", "--yes", check=True)
        status = self.status()
        self.assertEqual((status["stage"], status["steps"][1]["state"]), ("halfMigrated", "done"))
        self.kots_export("-l", LICENSE, "--yes", check=True)
        status = self.status()
        self.assertEqual(status["stage"], "migrated", status)
        self.assertEqual(status["valuesFile"]["edited"], False)
        self.assertEqual(status["newestRun"]["state"], "complete")

    def test_2_waits_until_the_last_pod_is_ready(self):
        self.upgrade(readyAfter=60)
        self.give_address()
        began = time.monotonic()
        done = self.verify("--wait", "--strict", code=0)
        self.assertGreater(time.monotonic() - began, 45)
        self.assertIn("waiting: ", done.stderr)
        self.assertEqual(self.trouble(), [])
        ready = kubectl("-n", self.namespace, "get", "deployment", "nginx", "-o", "jsonpath={.status.readyReplicas}")
        self.assertEqual(ready, "1")
        self.assertEqual(self.status()["stage"], "upgraded")

    def test_3_all_is_well_is_said_in_words(self):
        shown = self.kots_export("verify", "--dns-server", self.dns.address, env={"SSL_CERT_FILE": str(self.folder / "ca.crt")})
        self.assertEqual(shown.returncode, 0, shown.stdout)
        self.assertIn("No check failed", shown.stdout)
        self.assertIn(f"CIRCLE_HOSTNAME        https://{DOMAIN}", shown.stdout)
        self.assertIn(f'server_endpoint = "{DOMAIN}:{self.nomad.port}"', shown.stdout)

    # --- faults of workloads and Services, made by the chart ---

    def test_4_workloads(self):
        faults = ("bad-image", "crash", "no-room", "no-secret", "probe", "no-claim", "no-mount", "refused", "job", "workflow-data", "kong-outside", "vm-service-outside")
        self.upgrade(*faults)
        expected = (("workloads", "failed", "Deployment bad-image", "cannot be pulled from 127.0.0.1:9", "Secret regcred", "nodes reach 127.0.0.1:9"),
                    ("workloads", "failed", "Deployment crash", "exit code 3", "cannot reach the database", "--previous"),
                    ("workloads", "failed", "Deployment no-room", "Insufficient cpu", "Add nodes"),
                    ("workloads", "failed", "Deployment no-secret", 'secret "not-there" not found'),
                    ("workloads", "failed", "Deployment probe", "Readiness probe failed", "kubectl"),
                    ("workloads", "failed", "Deployment no-claim", "PersistentVolumeClaim datadir gets no volume (StorageClass none)", "describe pvc datadir"),
                    ("workloads", "failed", "Deployment no-mount", 'configmap "not-there" not found'),
                    ("workloads", "failed", "Deployment refused", "serviceaccount", "describe deployment refused"),
                    ("workloads", "failed", "Job hook", "exit code 2", "no license", "logs hook-"),
                    ("workflow-data", "todo", "moved 41 of 97 workflows", "scale deployment/workflows-conductor-event-consumer"),
                    ("services", "failed", "Service kong is still a LoadBalancer", "patch service kong"),
                    ("services", "failed", "Service vm-service is still a LoadBalancer"))
        for _ in range(20):  # until each Pod has come as far as it will
            self.verify(code=1)
            said = [f"{one['id']} {one['status']} {one['detail']} -> {one['remedy']}" for one in self.checks]
            if all(any(all(word in one for word in words) for one in said) for words in expected):
                break
            time.sleep(2)
        for check, status, *words in expected:
            with self.subTest(words[0]):
                self.assert_found(check, status, *words)
        self.assertNotIn("workflows-conductor", " ".join(one["detail"] for one in self.checks if one["id"] == "workloads"))
        # Each remedy's first kubectl command is one that this cluster takes.
        for one in self.checks:
            for command in re.findall(r"`(kubectl [^`]*(?:describe|logs|get) [^`]*)`", one["remedy"]):
                words = [word.strip("'") for word in command.split()[1:] if word != "-f"]
                with self.subTest(command):
                    done = run(tool("kubectl-1.22"), *words, check=False)
                    self.assertTrue(done.returncode == 0 or "previous terminated container" in done.stderr, done.stderr)
        self.upgrade(round=2)

    # --- faults of objects ---

    def expect(self, check, *words, status="failed"):
        self.verify()
        self.assert_found(check, status, *words)

    def test_5_objects(self):
        name = self.namespace
        self.verify("--wait=1m")
        self.assertEqual(self.trouble(), [])
        kubectl("-n", name, "create", "secret", "generic", "kotsadm-sessions")
        kubectl("-n", name, "create", "service", "loadbalancer", "nomad-server-external", "--tcp=4647")
        kubectl("-n", name, "label", "deployment", "nginx", "app.kubernetes.io/managed-by-")
        kubectl("-n", name, "delete", "configmap", "frontend-config")
        kubectl("-n", name, "label", "service", "kong", "kots.io/backup=velero")
        kubectl("-n", name, "patch", "secret", "postgresql", "-p", json.dumps({"stringData": {"postgres-password": "other"}}))
        self.give_address(None)
        self.verify(code=1)
        for check, *words in (("leftovers", "Secret kotsadm-sessions", "kots-export kots_cleanup"), ("leftovers", "Service kong"),
                              ("services", "Service nomad-server-external of 3.x is still there", "delete service nomad-server-external"),
                              ("ownership", "Deployment nginx", "kots-export annotate"), ("ownership", "ConfigMap frontend-config is not there"),
                              ("postgresql", "another password"), ("load-balancer", "has no address yet", "describe service circleci-proxy")):
            with self.subTest(words[0]):
                self.assert_found(check, "failed", *words)
        self.assertNotIn("other", " ".join(one["detail"] for one in self.checks if one["id"] == "postgresql").replace("another", ""))
        # What the remedies say makes it well again.
        kubectl("-n", name, "delete", "service", "nomad-server-external")
        self.kots_export("kots_cleanup", "--yes", check=True)
        self.kots_export("annotate", "--yes", check=True)
        self.upgrade(round=3)
        self.give_address()
        self.verify("--wait=1m", code=0)

    def test_6_postgresql_that_nobody_adopted(self):
        name = self.namespace
        kubectl("-n", name, "delete", "statefulset", "postgresql", "--cascade=orphan")
        self.expect("postgresql", "StatefulSet postgresql is not there")
        kubectl("-n", name, "label", "pod", "postgresql-0", "app=orphan", "--overwrite")
        self.upgrade(round=4)
        self.expect("postgresql", "Pod postgresql-0 of 3.x is not adopted", "delete pod postgresql-0")
        kubectl("-n", name, "delete", "pod", "postgresql-0")
        self.verify("--wait=1m", code=0)

    def test_7_releases(self):
        name = self.namespace
        newest = max(json.loads(run(HELM, "history", "circleci-server", "-n", name, "-o", "json").stdout), key=lambda one: one["revision"])["revision"]
        secret = f"sh.helm.release.v1.circleci-server.v{newest}"
        kubectl("-n", name, "label", "secret", secret, "status=pending-upgrade", "--overwrite")
        self.expect("release", f"revision {newest} is pending-upgrade", f"helm rollback circleci-server {newest - 1}")
        self.assertEqual(self.status()["stage"], "upgrading")
        kubectl("-n", name, "label", "secret", secret, "status=deployed", "--overwrite")
        failed = run(HELM, "upgrade", "circleci-server", HERE / "chart", "-n", name, "--reuse-values", "--set", "verify.serviceName=another", check=False)
        self.assertNotEqual(failed.returncode, 0)
        self.expect("release", "is failed", "cannot patch \"postgresql\"", "helm history")
        self.assertEqual(self.status()["stage"], "upgradeFailed")
        self.upgrade(round=5)

    # --- what is asked beside the API server ---

    def test_8_names_and_certificates(self):
        self.verify("--wait=1m")
        self.assertEqual(self.trouble(), [])
        old = self.start(NameServer(self.folder, f"host-record={DOMAIN},10.9.9.9"))
        self.verify(dns=old, code=1)
        self.assert_found("dns", "todo", f"{DOMAIN} leads to 10.9.9.9", f"{DOMAIN}. A 127.0.0.1")
        self.assert_found("dns", "failed", f"app.{DOMAIN} has no address in DNS")
        both_old = self.start(NameServer(self.folder, f"host-record={DOMAIN},10.9.9.9", f"host-record=app.{DOMAIN},10.9.9.9"))
        self.verify(dns=both_old, code=0)
        self.verify("--strict", dns=both_old, code=1)
        right = self.web, self.nomad
        try:
            type(self).web = self.start(TlsServer(self.folder / "expired.crt", self.folder / "web.key", answer=b"HTTP/1.1 502 Bad Gateway\r\n\r\n"))
            type(self).nomad = self.start(TlsServer(self.folder / "other.crt", self.folder / "other.key", answer=None, first=b"\x04"))
            self.upgrade(round=5)
            self.give_address()
            self.verify(code=1)
            self.assert_found("tls", "failed", "expired on", "tls.certificate")
            self.assert_found("https", "failed", "answers with 502")
            self.assert_found("nomad", "failed", "another CA", "kots-export nomad")
            self.nomad.end()
            self.expect("nomad", "was not reached from here", status="warning")
        finally:
            type(self).web, type(self).nomad = right


if __name__ == "__main__":
    unittest.main()
