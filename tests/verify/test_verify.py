"""`verify` as a process: DNS by a real name server, TLS by real servers, Nomad's port with its byte."""
import base64
import json
import shutil
import signal
import ssl
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

import pki
from server import PROGRAM
from servers import DNSMASQ, CnameServer, NameServer, TlsServer
from upgraded import DOMAIN, RIGHT, Upgraded, make_certificates


def text64(file):
    return base64.b64encode(file.read_bytes()).decode()


class Verify(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.certificates = Path(tempfile.mkdtemp(prefix="kots-export-verify-"))
        make_certificates(cls.certificates)

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.certificates)

    def setUp(self):
        self.server = Upgraded()
        self.addCleanup(self.server.__exit__)
        self.web = self.start(TlsServer(self.file("web.crt"), self.file("web.key")))
        self.dns = None
        self.server.network["SSL_CERT_FILE"] = str(self.file("ca.crt"))
        self.server.expose(self.web)

    def file(self, name):
        return self.certificates / name

    def start(self, server):
        self.addCleanup(server.end)
        return server

    def name_server(self, *records):
        if self.dns is None:
            self.dns = self.start(NameServer(self.server.folder, *records))
        return self.dns

    def verify(self, *flags, records=RIGHT):
        server = self.name_server(*records)
        done = self.server.run("verify", "--dns-server", server.address, "-o", "json", *flags)
        self.assertTrue(done.stdout, done.stderr)
        self.document = json.loads(done.stdout)
        return done.returncode

    def found(self, check):
        return [(one["status"], one["detail"], one["remedy"]) for one in self.document["checks"] if one["id"] == check]

    def assert_found(self, check, status, *words):
        found = [" ".join(one) for one in self.found(check) if one[0] == status]
        for word in words:
            self.assertTrue(any(word in one for one in found), f"{word!r} is not said by {check}: {self.found(check)}")
        self.assertTrue(found, self.found(check))


@unittest.skipUnless(DNSMASQ, "dnsmasq is not installed")
class Web(Verify):
    def test_all_is_well(self):
        self.assertEqual(self.verify("--strict"), 0, self.document["checks"])
        self.assertEqual([one for one in self.document["checks"] if one["status"] in ("failed", "todo")], [])
        self.assert_found("dns", "ok", f"app.{DOMAIN} leads to 127.0.0.1")
        self.assert_found("tls", "ok", DOMAIN)
        self.assert_found("https", "ok", "(302)")
        self.assertEqual(set(self.web.names), {DOMAIN, f"app.{DOMAIN}"})

    def test_dns_that_has_the_old_address_is_to_do(self):
        records = [f"host-record={DOMAIN},10.9.9.9", f"host-record=app.{DOMAIN},127.0.0.1"]
        self.assertEqual(self.verify(records=records), 0)
        self.assert_found("dns", "todo", f"{DOMAIN} leads to 10.9.9.9", f"`{DOMAIN}. A 127.0.0.1`")
        self.assertEqual(self.verify("--strict"), 1)

    def test_a_record_that_is_missing(self):
        self.assertEqual(self.verify(records=RIGHT[:1]), 1)
        self.assert_found("dns", "failed", f"app.{DOMAIN} has no address in DNS")

    def test_a_load_balancer_with_a_name_is_found_by_cname_or_by_its_addresses(self):
        self.server.expose(self.web, address={"hostname": "lb.circleci.example.com"})
        records = ["host-record=lb.circleci.example.com,10.1.1.1", "host-record=lb.circleci.example.com,10.1.1.2", f"cname=app.{DOMAIN},lb.circleci.example.com", f"host-record={DOMAIN},10.1.1.1"]
        self.verify(records=records)
        self.assertEqual([one[0] for one in self.found("dns")], ["ok", "ok"], self.found("dns"))

    def test_a_load_balancer_of_a_zone_that_the_domains_server_refuses(self):
        balancer = "lb-1.elb.example.net"
        self.server.expose(self.web, address={"hostname": balancer})
        self.verify(records=[f"cname=app.{DOMAIN},{balancer}", f"host-record={DOMAIN},10.9.9.9"])
        own, app = self.found("dns")
        self.assertEqual(app[0], "ok", app)
        self.assertEqual(own[0], "warning", own)  # it may be an ALIAS
        self.assertIn("10.9.9.9; whether that is the load balancer", own[1])
        self.assertIn("REFUSED", own[1])
        self.assert_found("old-names", "ok")

    def test_no_cname_is_asked_for_at_the_apex_of_a_zone(self):
        self.server.release(**{"global": {"domainName": "circleci.example.com"}})
        self.server.expose(self.web, address={"hostname": "lb.circleci.example.com"})
        records = ["host-record=lb.circleci.example.com,10.1.1.1", "host-record=circleci.example.com,10.9.9.9", "host-record=app.circleci.example.com,10.9.9.9"]
        self.verify(records=records)
        apex, app = self.found("dns")
        self.assertIn("ALIAS", apex[2])
        self.assertIn("no CNAME may stand", apex[2])
        self.assertIn("`app.circleci.example.com. CNAME lb.circleci.example.com.`", app[2])

    def test_an_answer_too_long_for_udp(self):
        many = [f"host-record={DOMAIN},10.0.{i}.1" for i in range(60)]
        self.verify(records=[*many, *RIGHT])
        self.assert_found("dns", "ok", f"{DOMAIN} leads to")

    def test_names_of_3x_that_can_go(self):
        self.verify(records=[*RIGHT, f"host-record=nomad.{DOMAIN},10.9.9.9"])
        self.assert_found("old-names", "note", f"only 3.x needs nomad.{DOMAIN}")

    def test_a_wildcard_to_a_load_balancer_with_a_name_holds_for_old_names_too(self):
        self.server.expose(self.web, address={"hostname": "lb.circleci.example.com"})
        self.verify(records=["host-record=lb.circleci.example.com,127.0.0.1", f"cname=*.{DOMAIN},lb.circleci.example.com", f"cname={DOMAIN},lb.circleci.example.com"])
        self.assert_found("dns", "ok")
        self.assert_found("old-names", "ok")

    def test_a_cname_to_a_name_that_is_gone(self):
        self.server.expose(self.web, address={"hostname": "lb.circleci.example.com"})
        records = ["host-record=lb.circleci.example.com,127.0.0.1", f"cname=app.{DOMAIN},gone.circleci.example.com", f"cname={DOMAIN},lb.circleci.example.com"]
        self.assertEqual(self.verify(records=records), 1)
        self.assert_found("dns", "failed", "gone.circleci.example.com, which has no address", "CNAME lb.circleci.example.com")

    def test_names_that_lead_in_a_circle(self):
        self.dns = self.start(CnameServer({DOMAIN: f"app.{DOMAIN}", f"app.{DOMAIN}": DOMAIN}))
        self.assertEqual(self.verify(), 1)
        self.assert_found("dns", "failed", f"app.{DOMAIN} leads in a circle: app.{DOMAIN}, {DOMAIN}, app.{DOMAIN}", f"`app.{DOMAIN}. A 127.0.0.1`")

    def test_a_cname_to_the_load_balancer_before_that_has_an_address(self):
        self.server.expose(self.web, address={"hostname": "lb.circleci.example.com"})
        self.assertEqual(self.verify(records=[f"cname=app.{DOMAIN},lb.circleci.example.com", f"cname={DOMAIN},lb.circleci.example.com"]), 1)
        self.assert_found("dns", "failed", "the load balancer's name")

    def test_an_expired_certificate_that_is_not_on_the_path(self):
        pki.openssl(self.certificates, "x509", "-req", "-in", "web.csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-set_serial", "78", "-days", "-1",
                    "-extfile", "web.ext", "-out", "old.crt")
        self.file("more.crt").write_text(self.file("web.crt").read_text() + self.file("old.crt").read_text())
        shutil.copy(self.file("web.key"), self.file("more.key"))
        self.assertEqual(self.expect_tls("more", "ok", "trusted"), 0)

    def test_a_name_server_that_refuses(self):
        self.server.release(**{"global": {"domainName": "elsewhere.example.org"}})
        self.verify()
        self.assert_found("dns", "warning", "--dns-server")

    def expect_tls(self, certificate, status, *words):
        self.server.expose(self.start(TlsServer(self.file(certificate + ".crt"), self.file(certificate + ".key"))))
        code = self.verify()
        self.assert_found("tls", status, *words)
        return code

    def test_a_certificate_for_other_names(self):
        self.assertEqual(self.expect_tls("other-name", "failed", "for other names", "tls.certificate"), 1)

    def test_a_certificate_of_its_own_is_a_warning(self):
        self.assertEqual(self.expect_tls("own", "warning", "self-signed"), 0)

    def test_a_chain_that_lacks_its_middle(self):
        self.assertEqual(self.expect_tls("behind", "failed", "does not trust", "SSL_CERT_FILE"), 1)

    def test_an_expired_certificate(self):
        pki.openssl(self.certificates, "x509", "-req", "-in", "web.csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-set_serial", "77", "-days", "-1",
                    "-extfile", "web.ext", "-out", "expired.crt")
        shutil.copy(self.file("web.key"), self.file("expired.key"))
        self.assertEqual(self.expect_tls("expired", "failed", "expired on"), 1)

    def test_a_certificate_that_is_for_clients(self):
        pki.certificate(self.certificates, "client", f"/CN={DOMAIN}", "ca", f"subjectAltName=DNS:{DOMAIN},DNS:app.{DOMAIN}\nextendedKeyUsage=clientAuth\n", days=90)
        self.assertEqual(self.expect_tls("client", "failed", "not made for servers", "Put a certificate for the domain"), 1)

    def test_a_server_of_old_tls_alone_is_one_of_tls(self):
        server = self.start(TlsServer(self.file("web.crt"), self.file("web.key")))
        server.context.set_ciphers("DEFAULT:@SECLEVEL=0")
        server.context.minimum_version = ssl.TLSVersion.TLSv1
        server.context.maximum_version = ssl.TLSVersion.TLSv1
        self.server.expose(server)
        self.assertEqual(self.verify(), 1)
        self.assert_found("tls", "failed", "TLS at 127.0.0.1", "TLS 1.2 or later")

    def test_https_that_answers_with_an_error(self):
        self.server.expose(self.start(TlsServer(self.file("web.crt"), self.file("web.key"), answer=b"HTTP/1.1 503 Service Unavailable\r\n\r\n")))
        self.assertEqual(self.verify(), 1)
        self.assert_found("https", "failed", "answers with 503")

    def test_https_that_does_not_come_to_an_answer(self):
        self.server.expose(self.start(TlsServer(self.file("web.crt"), self.file("web.key"), answer=b"HTTP/1.1 100 Continue\r\n\r\n")))
        self.assertEqual(self.verify(), 1)
        self.assert_found("https", "failed", "no answer to GET /, only 100")

    def test_https_that_says_something_before_its_answer(self):
        hints = b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n"
        self.server.expose(self.start(TlsServer(self.file("web.crt"), self.file("web.key"), answer=b"HTTP/1.1 100 Continue\r\n\r\n" + hints + b"HTTP/1.1 200 OK\r\n\r\n")))
        self.assertEqual(self.verify(), 0, self.document["checks"])
        self.assert_found("https", "ok", "(200)")
        self.server.expose(self.start(TlsServer(self.file("web.crt"), self.file("web.key"), answer=hints + b"HTTP/1.1 503 Service Unavailable\r\n\r\n")))
        self.assertEqual(self.verify(), 1)
        self.assert_found("https", "failed", "answers with 503")

    def test_a_load_balancer_that_nobody_reaches(self):
        self.web.end()
        self.assertEqual(self.verify(), 1)
        self.assert_found("tls", "failed", "refused", "firewall")


@unittest.skipUnless(DNSMASQ, "dnsmasq is not installed")
class Nomad(Verify):
    def nomad(self, name="nomad", newest=None, first=b"\x04", clients="nomad-ca"):
        return self.start(TlsServer(self.file(name + ".crt"), self.file(name + ".key"), answer=None, first=first, clients=self.file(clients + ".crt"), newest=newest))

    def look(self, server, pair="nomad", **changed):
        mtls = {"enabled": True, "CACertificate": text64(self.file("nomad-ca.crt")), "certificate": text64(self.file(pair + ".crt")), "privateKey": text64(self.file(pair + ".key"))}
        mtls.update(changed)
        self.server.release(nomad={"server": {"rpc": {"mTLS": mtls}}})
        self.server.expose(self.web, nomad_port=server.port)
        return self.verify()

    def test_is_asked_with_its_byte_and_the_pair_of_the_values(self):
        for newest in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            with self.subTest(newest):
                server = self.nomad(newest=newest)
                self.assertEqual(self.look(server), 0, self.document["checks"])
                self.assert_found("nomad", "ok", f'server_endpoint = "{DOMAIN}:{server.port}"')
                self.assertEqual(server.names, ["server.global.nomad"])
                self.assertEqual(server.clients[0]["subject"][0][0][1], "server.global.nomad")

    def test_a_certificate_of_another_ca(self):
        self.assertEqual(self.look(self.nomad("nomad-other")), 1)
        self.assert_found("nomad", "failed", "another CA", "kots-export nomad")

    def text_of(self, *names):
        return base64.b64encode("".join(self.file(name + ".crt").read_text() for name in names).encode()).decode()

    def test_a_ca_that_expired_beside_one_that_is_valid(self):
        pki.certificate(self.certificates, "nomad-late-ca", "/CN=late-ca", None, "basicConstraints=critical,CA:TRUE\n", days=-1)
        pki.certificate(self.certificates, "nomad-late", "/CN=server.global.nomad", "nomad-late-ca", "subjectAltName=DNS:server.global.nomad\n", days=90)
        for bundle in (self.text_of("nomad-late-ca", "nomad-ca"), self.text_of("nomad-ca", "nomad-late-ca")):
            self.assertEqual(self.look(self.nomad(), CACertificate=bundle), 0)
            self.assert_found("nomad", "ok")
            self.assertEqual(self.look(self.nomad(), pair="nomad-late", CACertificate=bundle), 1)
            self.assert_found("nomad", "failed", "its certificate in the values to its CACertificate is not valid: certificate has expired")
            self.assertEqual(self.look(self.nomad("nomad-late"), CACertificate=bundle), 1)
            self.assert_found("nomad", "failed", "shows a certificate, and the way from it", "certificate has expired")

    def test_a_certificate_that_is_not_valid_yet_or_any_more(self):
        pki.dated(self.certificates, "nomad-early", "nomad-ca", "20990101000000Z", "20990201000000Z")
        self.assertEqual(self.look(self.nomad("nomad-early")), 1)
        self.assert_found("nomad", "failed", "shows a certificate that is valid only from 2099-01-01")
        self.assertEqual(self.look(self.nomad(), pair="nomad-early"), 1)
        self.assert_found("nomad", "failed", "its certificate in the values is valid only from 2099-01-01")
        pki.certificate(self.certificates, "nomad-was", "/CN=server.global.nomad", "nomad-ca", "subjectAltName=DNS:server.global.nomad\n", days=-1)
        self.assertEqual(self.look(self.nomad(), pair="nomad-was"), 1)
        self.assert_found("nomad", "failed", "its certificate in the values expired on")

    def test_a_pair_of_the_values_for_a_client(self):
        self.assertEqual(self.look(self.nomad(), pair="nomad-cli"), 0)
        self.assert_found("nomad", "warning", "the certificate of the values", "is not for server.global.nomad")

    def test_an_alert_after_its_certificate_is_no_failure(self):
        for newest in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            with self.subTest(newest):
                server = self.nomad(newest=newest, clients="nomad-other-ca")
                self.assertEqual(self.look(server), 0, self.document["checks"])
                self.assertEqual(server.clients, [])  # it was not let in
                self.assert_found("nomad", "ok")

    def test_a_port_without_tls(self):
        self.assertEqual(self.look(self.nomad(first=b"GET ")), 1)
        self.assert_found("nomad", "failed", "does not speak Nomad's TLS")

    def test_not_to_be_reached_is_a_warning(self):
        server = self.nomad()
        server.end()
        self.assertEqual(self.look(server), 0)
        self.assert_found("nomad", "warning", "was not reached from here")

    def test_a_pair_that_is_none(self):
        server = self.nomad()
        shutil.copy(self.file("web.crt"), self.file("mixed.crt"))
        shutil.copy(self.file("nomad-cli.key"), self.file("mixed.key"))
        self.assertEqual(self.look(server, pair="mixed"), 1)
        self.assert_found("nomad", "failed", "are no pair")

    def test_a_ca_of_the_values_that_cannot_be_used(self):
        server = self.nomad()
        pki.certificate(self.certificates, "nomad-old-ca", "/CN=nomad-ca", None, "basicConstraints=critical,CA:TRUE\n", days=-1)
        for authority, said in (("", "holds no certificate"), ("AAAA", "holds no certificate"), (text64(self.file("nomad.crt")), "may not issue certificates"),
                                (text64(self.file("nomad-old-ca.crt")), "CACertificate in the values expired on"), (text64(self.file("nomad-other-ca.crt")), "of another CA")):
            with self.subTest(said):
                self.assertEqual(self.look(server, CACertificate=authority), 1)
                self.assert_found("nomad", "failed", said, "kots-export nomad")
        self.assertEqual(self.look(server, pair="nomad-other"), 1)  # the server's own is right, the next start takes this one
        self.assert_found("nomad", "failed", "of another CA")

    def test_without_mtls_a_connection_will_do(self):
        server = self.nomad()
        self.server.release()
        self.server.expose(self.web, nomad_port=server.port)
        self.assertEqual(self.verify(), 0)
        self.assert_found("nomad", "ok", "without TLS")


class Words(Verify):
    def test_a_name_server_that_is_none(self):
        for server in ("ns.example.com", "10.0.0.1:x", ""):
            done = self.server.run("verify", "--dns-server", server)
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertIn("--dns-server", done.stderr)

    def test_a_wait_that_is_empty(self):
        for words in (("--wait=",), ("--wait", "")):
            done = self.server.run("verify", *words)
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertIn("--wait: is empty", done.stderr)

    def test_ctrl_c_ends_waiting(self):
        self.server.seed({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "late", "namespace": "circleci-server"},
                   "spec": {"replicas": 1, "selector": {"matchLabels": {"app": "late"}}, "template": {"metadata": {"labels": {"app": "late"}}, "spec": {"containers": [{"name": "late", "image": "x"}]}}}})
        process = subprocess.Popen([PROGRAM, "verify", "--wait"], env=self.server.environment(), cwd=self.server.folder, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
        for line in process.stderr:
            if "waiting:" in line:
                break
        began = time.monotonic()
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=20)
        self.assertEqual(process.returncode, 130)
        self.assertLess(time.monotonic() - began, 5)


if __name__ == "__main__":
    unittest.main()
