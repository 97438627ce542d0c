"""An installation of 4.x on the in-memory API server, with real servers behind its load balancer."""
import json
import ssl
import urllib.request

import pki
from server import Server

DOMAIN = "server.circleci.example.com"
RIGHT = [f"host-record={DOMAIN},127.0.0.1", f"host-record=app.{DOMAIN},127.0.0.1"]
PASSWORD = "p@ss w0rd'\"&%+#"  # of PostgreSQL, in the seed


def make_certificates(folder):
    """NAME.crt and NAME.key: what a browser is shown, and what Nomad and its clients show."""
    both = f"subjectAltName=DNS:{DOMAIN},DNS:app.{DOMAIN}\n"
    nomad = "subjectAltName=DNS:server.global.nomad\n"
    authority = "basicConstraints=critical,CA:TRUE\n"
    for name, subject, issuer, extensions in (
            ("ca", "/CN=web-ca", None, authority), ("between", "/CN=between", "ca", authority), ("web", f"/CN={DOMAIN}", "ca", both),
            ("behind", f"/CN={DOMAIN}", "between", both), ("other-name", "/CN=x", "ca", "subjectAltName=DNS:x.example.com\n"),
            ("own", f"/CN={DOMAIN}", None, both), ("nomad-ca", "/CN=nomad-ca", None, authority), ("nomad", "/CN=server.global.nomad", "nomad-ca", nomad),
            ("nomad-cli", "/CN=cli.global.nomad", "nomad-ca", ""), ("nomad-other-ca", "/CN=nomad-ca-2", None, authority),
            ("nomad-other", "/CN=server.global.nomad", "nomad-other-ca", nomad)):
        pki.certificate(folder, name, subject, issuer, extensions, days=90)


class Upgraded(Server):
    def __init__(self):
        super().__init__(seed="installation-4.x.yaml")

    def seed(self, *documents):
        request = urllib.request.Request(self.url + "/testing/seeds", "\n---\n".join(map(json.dumps, documents)).encode(), method="POST")
        urllib.request.urlopen(request, context=ssl._create_unverified_context()).close()

    def expose(self, web, nomad_port=9, address=None):
        """The load balancer has the servers of this test behind it."""
        marks = {"app.kubernetes.io/managed-by": "Helm"}
        release = {"meta.helm.sh/release-name": "circleci-server", "meta.helm.sh/release-namespace": "circleci-server"}
        self.seed({"apiVersion": "v1", "kind": "Service",
                   "metadata": {"name": "circleci-proxy", "namespace": "circleci-server", "labels": marks, "annotations": release},
                   "spec": {"type": "LoadBalancer", "ports": [{"name": "https", "port": web.port}, {"name": "nomad", "port": nomad_port}]},
                   "status": {"loadBalancer": {"ingress": [address or {"ip": "127.0.0.1"}]}}})

    def release(self, **values):
        config = {"global": {"domainName": DOMAIN}, "postgresql": {"internal": True, "auth": {"postgresPassword": PASSWORD}}, **values}
        self.seed({"apiVersion": "testing/v1", "kind": "HelmRelease", "name": "circleci-server", "namespace": "circleci-server", "revision": 2,
                   "status": "deployed", "chartName": "circleci-server", "chartVersion": "4.0.1", "config": config})

