"""Prints docs/verify.md: `status` and `verify` as they look, on the in-memory API server. To make it anew, from the top folder:

    cd tests/verify && PYTHONPATH=../cli:../kubeconfig KOTS_EXPORT_PROGRAM=../../build/dev/src/kots-export \\
      KOTS_EXPORT_APISERVER=../../build/dev/tests/apiserver/kots-export-apiserver python3 -B page.py > ../../docs/verify.md
"""
import os
import re
import shutil
import tempfile
from pathlib import Path

for name in ("KOTS_EXPORT_PROGRAM", "KOTS_EXPORT_APISERVER"):
    os.environ[name] = str(Path(os.environ[name]).resolve())

from server import Server  # noqa: E402
from servers import NameServer, TlsServer  # noqa: E402
from upgraded import DOMAIN, RIGHT, Upgraded, make_certificates  # noqa: E402

HEAD = """# What `status` and `verify` show

Sessions on the test suite's in-memory API server, with a real name server and real TLS servers beside it (`tests/verify/page.py`
makes this page). [checks.md](checks.md#after-helm-upgrade) lists all that `verify` looks at.
"""
WEB, NOMAD = 443, 4647


def session(server, line, ports=()):
    """What a person sees of both streams, with nothing in it that changes from run to run."""
    done = server.shell(f"{line} 2>&1")
    text = done.stdout
    for real, shown in ((server.url, "https://10.0.0.1:6443"), *((f":{port}", f":{shown}") for port, shown in ports)):
        text = text.replace(str(real), str(shown))
    text = re.sub(r" --dns-server \S+", "", text)
    text = re.sub(r"(--kubeconfig|KUBECONFIG=)\s*/\S+", r"\1 ~/.kube/config", text)
    shown = "\n".join(f"    {line}".rstrip() for line in text.splitlines())
    return f"\n    $ {line.split(' --dns-server')[0]}\n{shown}\n"


def on_the_way():
    license = "--license 4x-license --yes"
    with Server() as server:
        page = "\n## `status`\nBefore the migration:\n" + session(server, "kots-export status")
        server.shell("kots-export annotate --yes")
        page += "\nHalf-way:\n" + session(server, "kots-export status")
        server.shell(f"kots-export {license}")
        return page + "\nAfter it:\n" + session(server, "kots-export status")


def after_the_upgrade(certificates):
    with Upgraded() as server:
        web = TlsServer(certificates / "web.crt", certificates / "web.key")
        nomad = TlsServer(certificates / "nomad.crt", certificates / "nomad.key", answer=None, first=b"\x04")
        names = NameServer(server.folder, *RIGHT)
        old = NameServer(server.folder, f"host-record={DOMAIN},203.0.113.7", *RIGHT[1:])
        ports = ((web.port, WEB), (nomad.port, NOMAD))
        server.network["SSL_CERT_FILE"] = str(certificates / "ca.crt")
        server.expose(web, nomad_port=nomad.port)
        page = "\n## `verify`\nEverything is as it should be:\n" + session(server, f"kots-export verify --dns-server {names.address}", ports)
        server.seed({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "kotsadm-sessions", "namespace": "circleci-server"}},
                    *broken("frontend"), *broken("nginx"))
        page += "\nTwo images that cannot be pulled, DNS that has the old address, a Secret of KOTS:\n"
        page += session(server, f"kots-export verify --dns-server {old.address}", ports)
        for one in (web, nomad, names, old):
            one.end()
        return page


def broken(name):
    """A Deployment whose Pod waits for its image."""
    image = f"cciserver.azurecr.io/{name}:4.0.1"
    message = f'failed to authorize: failed to fetch anonymous token for "{image}": 401 Unauthorized'
    metadata = {"name": name, "namespace": "circleci-server", "labels": {"app": name, "app.kubernetes.io/managed-by": "Helm"},
                "annotations": {"meta.helm.sh/release-name": "circleci-server", "meta.helm.sh/release-namespace": "circleci-server"}}
    template = {"metadata": {"labels": {"app": name}}, "spec": {"containers": [{"name": name, "image": image}]}}
    yield {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata,
           "spec": {"replicas": 1, "selector": {"matchLabels": {"app": name}}, "template": template}, "status": {"replicas": 1, "updatedReplicas": 1, "observedGeneration": 1}}
    yield {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": f"{name}-6f7", "namespace": "circleci-server", "labels": {"app": name}},
           "spec": {**template["spec"], "imagePullSecrets": [{"name": "regcred"}]},
           "status": {"phase": "Pending", "containerStatuses": [{"name": name, "image": image, "ready": False, "state": {"waiting": {"reason": "ErrImagePull", "message": message}}}]}}


if __name__ == "__main__":
    folder = Path(tempfile.mkdtemp())
    try:
        make_certificates(folder)
        print(HEAD + on_the_way() + after_the_upgrade(folder), end="")
    finally:
        shutil.rmtree(folder)
