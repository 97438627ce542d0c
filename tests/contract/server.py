"""A real API server, or the in-memory one: how it is started, reached and asked."""
import base64
import http.client
import json
import os
import re
import shutil
import socket
import ssl
import struct
import subprocess
import tempfile
import threading
import urllib.parse
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

from contract import JSON, Login

NOBODY = "contract-nobody"
FLOOD = "contract-flood"
AGENT = "contract"


@dataclass
class Answer:
    status: int
    headers: dict = field(default_factory=dict)  # by lower-case name
    text: str = ""
    json: object = None


class Server:
    """Reached by a kubeconfig of one cluster and one user, with its certificates or a token in it."""

    def __init__(self, kubeconfig, etcd=None, is_memory=False):
        text = Path(kubeconfig).read_text()
        self.folder = Path(tempfile.mkdtemp(prefix="kots-export-contract-"))
        self.address = urllib.parse.urlsplit(self.one(text, "server"))
        self.token = self.one(text, "token")
        self.etcd = etcd
        self.is_memory = is_memory
        self.with_certificate = self.tls(text, certificate=True)
        self.without = self.tls(text, certificate=False)
        version = self.ask("GET", "/version").json
        self.version = version["gitVersion"].removeprefix("v")
        self.minor = int(re.match(r"\d+", version["minor"])[0])

    def close(self):
        shutil.rmtree(self.folder)

    @staticmethod
    def one(text, name):
        found = re.findall(rf'(?:^|[\s{{]){name}: *"?([^"\s,}}]+)', text)
        if len(set(found)) > 1:
            raise SystemExit(f"the kubeconfig names more than one {name}: give one of a single cluster and user (kubectl config view --minify --raw --flatten)")
        return found[0] if found else ""

    def tls(self, text, certificate):
        context = ssl.create_default_context(cadata=base64.b64decode(self.one(text, "certificate-authority-data")).decode())
        if certificate and self.one(text, "client-certificate-data"):
            for name in ("client-certificate-data", "client-key-data"):
                (self.folder / name).touch(0o600)
                (self.folder / name).write_bytes(base64.b64decode(self.one(text, name)))
            context.load_cert_chain(self.folder / "client-certificate-data", self.folder / "client-key-data")
        return context

    def login(self, login):
        """The TLS context and the headers of a user."""
        if login is Login.NONE:
            return self.without, {}
        if login is Login.WRONG_TOKEN:
            return self.without, {"Authorization": "Bearer of-nobody"}
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        if login in (Login.NOBODY, Login.FLOOD):
            headers |= {"Impersonate-User": NOBODY if login is Login.NOBODY else FLOOD}
        return self.with_certificate, headers

    def ask(self, method, path, body=None, type=JSON, accept=JSON, login=Login.ADMIN):
        tls, headers = self.login(login)
        connection = http.client.HTTPSConnection(self.address.hostname, self.address.port, context=tls, timeout=60)
        headers |= {"Accept": accept, "User-Agent": AGENT}
        if body is not None:
            headers["Content-Type"] = type
            body = body if isinstance(body, str) else json.dumps(body)
        try:
            connection.request(method, urllib.parse.quote(path, safe="/?&=%,:.~+!"), body, headers)
            reply = connection.getresponse()
            text = reply.read().decode()
        finally:
            connection.close()
        answer = Answer(reply.status, {name.lower(): value for name, value in reply.getheaders()}, text)
        is_watch = "watch=true" in path and reply.status == 200
        try:
            answer.json = {"events": [json.loads(line) for line in text.splitlines()]} if is_watch else json.loads(text)
        except ValueError:
            pass
        return answer

    def execute(self, path, login=Login.ADMIN):
        """One WebSocket of v4.channel.k8s.io, read to its end (RFC 6455; k8s.io/kubelet, remotecommand/websocket.go)."""
        tls, headers = self.login(login)
        lines = [f"GET {urllib.parse.quote(path, safe='/?&=%')} HTTP/1.1", f"Host: {self.address.netloc}", "Connection: Upgrade", "Upgrade: websocket",
                 "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: " + base64.b64encode(os.urandom(16)).decode(), "Sec-WebSocket-Protocol: v4.channel.k8s.io"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        with socket.create_connection((self.address.hostname, self.address.port), timeout=30) as plain, tls.wrap_socket(plain, server_hostname=self.address.hostname) as stream:
            stream.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
            head = b""
            while not head.endswith(b"\r\n\r\n"):
                head += (byte := stream.read(1))
                if not byte:
                    return Answer(0)
            reply = head.decode().split("\r\n")
            answer = Answer(int(reply[0].split()[1]), {line.split(":", 1)[0].lower(): line.split(":", 1)[1].strip() for line in reply[1:] if ":" in line})
            if answer.status != 101:
                answer.text = stream.read(int(answer.headers.get("content-length", 0) or 4096)).decode()
                try:
                    answer.json = json.loads(answer.text)
                except ValueError:
                    pass
                return answer
            answer.json = channels(stream)
            return answer

    def compact(self):
        """Makes the server forget its history, so that old tokens and versions are too old."""
        if self.is_memory:
            return self.ask("POST", "/testing/compact", "", login=Login.NONE)

        def etcd(what, body):
            with urllib.request.urlopen(f"http://{self.etcd}/v3/kv/{what}", json.dumps(body).encode(), timeout=10) as reply:
                return json.load(reply)

        revision = etcd("range", {"key": base64.b64encode(b"/").decode()})["header"]["revision"]
        etcd("compaction", {"revision": revision, "physical": True})
        return Answer(200)

    def set_fault(self, fault):
        self.ask("POST", "/testing/faults", json.dumps(fault), login=Login.NONE)

    def clear_faults(self):
        self.ask("DELETE", "/testing/faults", login=Login.NONE)


def channels(stream):
    """What came on each channel until the server closed; channel 3 is a Status."""
    def read(count):
        data = b""
        while len(data) < count:
            more = stream.recv(count - len(data))
            if not more:
                raise EOFError
            data += more
        return data

    found = {}
    try:
        while True:
            first, length = read(2)
            length = struct.unpack(">H", read(2))[0] if length == 126 else struct.unpack(">Q", read(8))[0] if length == 127 else length
            data = read(length)
            if first & 15 == 8:
                break
            if data:
                found[str(data[0])] = found.get(str(data[0]), "") + data[1:].decode()
    except EOFError:
        pass
    if "3" in found:
        found["3"] = json.loads(found["3"])
    return found


class Silent:
    """An address on this machine that accepts connections and says nothing: a webhook that hangs."""

    def __init__(self):
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.open = []
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        try:
            while True:
                self.open.append(self.socket.accept()[0])
        except OSError:
            pass

    def close(self):
        self.socket.close()
        for connection in self.open:
            connection.close()


class Memory:
    """The in-memory server as a program that ends with this one."""

    def __init__(self, program, version, behaviours):
        self.folder = Path(tempfile.mkdtemp(prefix="kots-export-contract-"))
        (self.folder / "behaviours").write_text(behaviours)
        self.process = subprocess.Popen(
            [program, "--kubernetes", version, "--kubeconfig-out", self.folder / "kubeconfig", "--job-behaviour", self.folder / "behaviours",
             "--deny", f"{NOBODY} * *", "--stale-group", "stale.contract.example/v1", "--until-stdin-closes"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.process.stdout.readline()
        self.server = Server(self.folder / "kubeconfig", is_memory=True)

    def close(self):
        self.server.close()
        self.process.stdin.close()
        self.process.wait(10)
        self.process.stdout.close()
        shutil.rmtree(self.folder)
