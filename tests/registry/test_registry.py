"""The checks of the registry and `secret --verify` against Debian's docker-registry, with Basic and with Bearer authentication."""
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

from registry import CHART, HOST, IMAGE, TOKEN_HOST, DockerRegistry, Tunnel, certificates, htpasswd
from server import PROGRAM, ROOT, Server
from web_servers import WebServer, token_server

USER = "server-user"
PASSWORD = "registry-pass"  # as Secret regcred of the sample has them
WRONG = "hunter2hunter2"


def can_mount():
    return os.geteuid() == 0 and subprocess.run(["unshare", "-m", "true"], capture_output=True).returncode == 0


def constant(name):
    header = (ROOT / "include/kots_export/migration/names.h").read_text()
    return header.partition(f"std::string_view {name} = \"")[2].partition('"')[0]


VERSION, CHART_VERSION = constant("kMigratorVersion"), constant("kTargetVersion")


class OfARegistry(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = Path(tempfile.mkdtemp(prefix="kots-export-registry-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        certificates(cls.folder)
        with DockerRegistry(cls.folder, tls=False) as registry:
            registry.push("circle-migrator", VERSION, IMAGE)
            registry.push("circleci-server", CHART_VERSION, CHART)

    def setUp(self):
        self.server = self.enterContext(Server())

    def reach(self, places):
        """The network: a tunnel to `places`, whose authority is trusted."""
        tunnel = self.enterContext(Tunnel(places))
        self.server.network = {"HTTPS_PROXY": tunnel.url, "SSL_CERT_FILE": str(self.folder / "authority.crt")}
        return tunnel

    def basic(self):
        registry = self.enterContext(DockerRegistry(self.folder, htpasswd(self.folder, USER, PASSWORD)))
        self.reach({f"{HOST}:443": registry.port})

    def bearer(self, may_pull=("circle-migrator", "circleci-server")):
        tokens = self.enterContext(token_server(self.folder, USER, PASSWORD, may_pull))
        auth = {"token": {"realm": f"https://{TOKEN_HOST}/token", "service": "the registry", "issuer": "tokens",
                          "rootcertbundle": str(self.folder / "tokens.crt")}}
        registry = self.enterContext(DockerRegistry(self.folder, auth))
        self.reach({f"{HOST}:443": registry.port, f"{TOKEN_HOST}:443": tokens.port})
        return tokens

    def check(self, *words):
        """What `check` says of the registry, {id: (status, detail, remedy)}, and its exit code."""
        done = self.server.run("check", *words, "--license", "4x", "-o", "json")
        for secret in (PASSWORD, WRONG):
            self.assertNotIn(secret, done.stdout + done.stderr)
        found = {one["id"]: (one["status"], one["detail"], one.get("remedy", "")) for one in json.loads(done.stdout)["checks"] if one["id"].startswith("registry-")}
        return found, done.returncode

    def use_password(self, password, *more):
        (self.server.folder / "password").write_text(password)
        return self.server.run("secret", "--docker-username", USER, "--docker-password-file", "password", "--force", "--yes", *more)

    def assert_accepted(self):
        found, code = self.check()
        self.assertEqual(code, 0, found)
        self.assertEqual((found["registry-image"][0], found["registry-chart"][0]), ("ok", "ok"), found)
        self.assertIn(f"{HOST} gives image circle-migrator:{VERSION} to Secret regcred", found["registry-image"][1])
        self.assertIn(f"chart circleci-server {CHART_VERSION}", found["registry-chart"][1])

    def assert_refused(self):
        found, code = self.check()
        self.assertEqual(code, 4)
        status, detail, remedy = found["registry-image"]
        self.assertEqual(status, "failed", found)
        self.assertIn("does not give", detail)
        self.assertIn("--force --docker-username USER", remedy)
        self.assertEqual(found["registry-chart"][0], "skipped")

    def assert_unknown(self, words):
        found, code = self.check()
        self.assertEqual(code, 0, found)
        self.assertEqual(found["registry-image"][0], "warning", found)
        self.assertIn(words, found["registry-image"][1])
        self.assertEqual(found["registry-chart"][0], "skipped")


class Basic(OfARegistry):
    def test_right_credentials_are_accepted(self):
        self.basic()
        self.assert_accepted()

    def test_a_wrong_password_is_refused_before_anything_is_changed(self):
        self.assertEqual(self.use_password(WRONG).returncode, 0)
        self.basic()
        self.assert_refused()

    def test_a_version_that_is_not_there_is_named(self):
        self.basic()
        found, code = self.check("--target-version", "4.9.9")
        self.assertEqual(code, 4)
        self.assertEqual(found["registry-image"][0], "ok")
        self.assertEqual(found["registry-chart"][0], "failed")
        self.assertIn("has no chart circleci-server 4.9.9", found["registry-chart"][1])
        self.assertIn("--target-version", found["registry-chart"][2])

    def test_flyway_alone_asks_for_the_image_alone(self):
        self.basic()
        found, code = self.check("flyway")
        self.assertEqual((code, list(found)), (0, ["registry-image"]), found)

    def test_verify_accepts_the_right_password_and_stores_the_guides_address(self):
        self.basic()
        done = self.use_password(PASSWORD, "--verify")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(f"https://{HOST} accepts the credentials", done.stderr)
        self.assert_accepted()

    def test_verify_refuses_a_wrong_password(self):
        self.basic()
        done = self.use_password(WRONG, "--verify")
        self.assertEqual(done.returncode, 1)
        self.assertIn(f"does not accept the credentials of {USER}", done.stderr)
        self.assertNotIn(WRONG, done.stderr)


class Bearer(OfARegistry):
    def test_right_credentials_are_accepted(self):
        tokens = self.bearer()
        self.assert_accepted()
        self.assertEqual([path.partition("scope=")[2] for path, _ in tokens.requests],
                         ["repository%3Acircle-migrator%3Apull", "repository%3Acircleci-server%3Apull"])

    def test_a_wrong_password_is_refused_by_the_token_server(self):
        self.assertEqual(self.use_password(WRONG).returncode, 0)
        self.bearer()
        self.assert_refused()
        self.assertIn("wrong user name or password", self.check()[0]["registry-image"][1])

    def test_a_user_who_may_not_pull_the_image_is_refused_by_the_registry(self):
        self.bearer(may_pull=())
        self.assert_refused()

    def test_a_user_who_may_pull_the_image_alone_gets_no_chart(self):
        self.bearer(may_pull=("circle-migrator",))
        found, code = self.check()
        self.assertEqual((code, found["registry-image"][0], found["registry-chart"][0]), (4, "ok", "failed"), found)

    def test_verify_accepts_the_right_password_alone(self):
        self.bearer()
        self.assertEqual(self.use_password(PASSWORD, "--verify").returncode, 0)
        done = self.use_password(WRONG, "--verify")
        self.assertEqual(done.returncode, 1)
        self.assertIn("wrong user name or password", done.stderr)


class Unknown(OfARegistry):
    def test_a_registry_that_is_not_reached_is_a_warning(self):
        self.assert_unknown("no connection")

    def test_a_page_of_something_on_the_way_is_a_warning_and_gets_no_credentials(self):
        page = self.enterContext(WebServer(self.folder, "registry", lambda *_: (200, "text/html", b"<html>Please log in</html>")))
        self.reach({f"{HOST}:443": page.port})
        self.assert_unknown("not a registry (200, text/html)")
        self.assertFalse([headers for _, headers in page.requests if "Authorization" in headers])

    def test_a_registry_of_an_unknown_authority_is_a_warning(self):
        self.basic()
        del self.server.network["SSL_CERT_FILE"]
        self.assert_unknown("signed by an unknown authority")

    def test_a_proxy_that_lets_nobody_through_is_a_warning(self):
        self.reach({})
        self.assert_unknown("proxy")

    def assert_stops_when_asked(self, *before):
        """A signal is heard while the answer is out: `check` has told of Secret regcred, and waits."""
        with subprocess.Popen([*before, PROGRAM, "check", "--license", "4x"], cwd=self.server.folder, env=self.server.environment(),
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
            for line in process.stdout:
                if "pull-secret" in line:
                    break
            time.sleep(0.5)
            began = time.monotonic()
            process.send_signal(signal.SIGTERM)
            said = process.stdout.read()
        self.assertEqual(process.returncode, 130, said)
        self.assertLess(time.monotonic() - began, 3)
        self.assertIn("interrupted", said)

    def test_a_signal_is_heard_while_the_registry_is_silent(self):
        with socket.create_server(("127.0.0.1", 0)) as silent:
            self.reach({f"{HOST}:443": silent.getsockname()[1]})
            self.assert_stops_when_asked()

    @unittest.skipUnless(can_mount(), "needs root, for a name server of its own")
    def test_a_signal_is_heard_while_the_name_server_is_silent(self):
        self.server.network = {}
        (self.server.folder / "resolv.conf").write_text("nameserver 127.0.0.99\n")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
            silent.bind(("127.0.0.99", 53))
            self.assert_stops_when_asked("unshare", "-m", "sh", "-c", 'mount --bind resolv.conf /etc/resolv.conf && exec "$@"', "sh")

    def test_verify_names_no_kubeconfig(self):
        done = self.use_password(PASSWORD, "--verify")
        self.assertEqual(done.returncode, 1)
        self.assertIn("HTTPS_PROXY", done.stderr)
        self.assertNotIn("kubeconfig,", done.stderr)


if __name__ == "__main__":
    unittest.main()
