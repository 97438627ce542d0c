"""Debian's docker-registry as cciserver.azurecr.io: what it stores, how it authenticates, and the tunnel that leads to it."""
import hashlib
import json
import re
import socket
import socketserver
import ssl
import subprocess
import threading
import urllib.request

import pki

HOST = "cciserver.azurecr.io"
TOKEN_HOST = "tokens.example.test"
OCI = "application/vnd.oci.image"
IMAGE = {"manifest": OCI + ".manifest.v1+json", "config": OCI + ".config.v1+json", "layer": OCI + ".layer.v1.tar+gzip"}
CHART = {"manifest": OCI + ".manifest.v1+json", "config": "application/vnd.cncf.helm.config.v1+json",
         "layer": "application/vnd.cncf.helm.chart.content.v1.tar+gzip"}


def certificates(folder):
    """authority.crt, and certificates for both hosts; tokens.crt signs the tokens."""
    pki.authority(folder, "authority")
    pki.server(folder, "registry", "authority", f"DNS:{HOST}")
    pki.server(folder, "token-server", "authority", f"DNS:{TOKEN_HOST}")
    pki.certificate(folder, "tokens", "/CN=tokens", kind="rsa")


class DockerRegistry:
    """The real one, on a port that it chooses. Ends with `with`."""

    def __init__(self, folder, auth=None, tls=True):
        config = {"version": 0.1, "storage": {"filesystem": {"rootdirectory": str(folder / "stored")}},
                  "http": {"addr": "127.0.0.1:0"}}
        if tls:
            config["http"]["tls"] = {"certificate": str(folder / "registry.crt"), "key": str(folder / "registry.key")}
        if auth:
            config["auth"] = auth
        (folder / "registry.yml").write_text(json.dumps(config))  # which is YAML
        self.process = subprocess.Popen(["docker-registry", "serve", folder / "registry.yml"], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        self.port = self.port_in_log()
        self.reader = threading.Thread(target=self.process.stderr.read)
        self.reader.start()

    def port_in_log(self):
        log = ""
        for line in self.process.stderr:
            log += line
            if found := re.search(r"listening on 127\.0\.0\.1:(\d+)", line):
                return int(found.group(1))
        raise RuntimeError("docker-registry did not start:\n" + log)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        self.reader.join()
        self.process.stderr.close()

    def push(self, repository, tag, kind):
        """A manifest with one layer. Needs a registry without TLS and authentication."""
        def blob(media_type, data):
            started = self.send("POST", f"/v2/{repository}/blobs/uploads/")
            digest = "sha256:" + hashlib.sha256(data).hexdigest()
            place = started.headers["Location"] + f"&digest={digest}"
            self.send("PUT", place.partition(f":{self.port}")[2], data, "application/octet-stream")
            return {"mediaType": media_type, "digest": digest, "size": len(data)}
        manifest = {"schemaVersion": 2, "mediaType": kind["manifest"], "config": blob(kind["config"], b"{}"),
                    "layers": [blob(kind["layer"], b"nothing")]}
        self.send("PUT", f"/v2/{repository}/manifests/{tag}", json.dumps(manifest).encode(), kind["manifest"])

    def send(self, method, path, body=b"", content_type="application/json"):
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", body, {"Content-Type": content_type}, method=method)
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=10) as answer:
            return answer


def htpasswd(folder, username, password):
    """Basic authentication, as docker-registry takes it: bcrypt alone."""
    subprocess.run(["htpasswd", "-B", "-i", "-c", folder / "htpasswd", username], input=password, text=True, check=True, capture_output=True)
    return {"htpasswd": {"realm": "registry", "path": str(folder / "htpasswd")}}


def tls(folder, name):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / f"{name}.crt", folder / f"{name}.key")
    return context


class Tunnel:
    """A proxy that knows where the hosts are: {"host:port": port of 127.0.0.1}. `asked` holds whom it was asked for."""

    def __init__(self, places):
        self.asked = []
        outer = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self):
                place = self.rfile.readline().split()[1].decode()
                while self.rfile.readline().strip():
                    pass
                outer.asked.append(place)
                if place not in places:
                    return self.wfile.write(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")
                with socket.create_connection(("127.0.0.1", places[place])) as to:
                    self.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
                    back = threading.Thread(target=pump, args=(to, self.connection))
                    back.start()
                    pump(self.connection, to)
                    back.join()

        self.server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


def pump(source, sink):
    try:
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:  # one of both is gone
        pass
