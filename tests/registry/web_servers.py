"""Servers beside the registry: one that gives tokens, and one that answers in a registry's place."""
import base64
import http.server
import json
import subprocess
import threading
import time
import urllib.parse

from registry import tls


class WebServer:
    """Answers GET over TLS with what `answer(path, headers)` returns: status, content type, body. Ends with `with`."""

    def __init__(self, folder, certificate, answer):
        self.requests = []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                outer.requests.append((self.path, dict(self.headers)))
                status, content_type, body = answer(self.path, self.headers)
                self.send_response(status)
                self.send_header("Content-Type", content_type)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.socket = tls(folder, certificate).wrap_socket(self.server.socket, server_side=True)
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()
        self.port = self.server.server_address[1]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def signed_token(folder, service, access):
    """A token as Docker's specification has it, signed with tokens.key; its header carries the certificate."""
    pem = (folder / "tokens.crt").read_text()
    header = {"typ": "JWT", "alg": "RS256", "x5c": ["".join(line for line in pem.splitlines() if "-----" not in line)]}
    now = int(time.time())
    claims = {"iss": "tokens", "sub": "server-user", "aud": service, "exp": now + 300, "nbf": now - 10, "iat": now, "jti": "1", "access": access}
    text = ".".join(base64url(json.dumps(part).encode()) for part in (header, claims))
    signature = subprocess.run(["openssl", "dgst", "-sha256", "-sign", folder / "tokens.key"], input=text.encode(), check=True, capture_output=True)
    return text + "." + base64url(signature.stdout)


def token_server(folder, username, password, may_pull):
    """Gives tokens for what is asked of the repositories `may_pull`, and nothing for the others, as the specification has it."""
    right = "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()

    def answer(path, headers):
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(path).query)
        if headers.get("Authorization") != right:
            return 401, "application/json", b'{"errors":[{"code":"UNAUTHORIZED","message":"wrong user name or password"}]}'
        access = []
        for scope in query.get("scope", []):
            kind, name, actions = scope.split(":")
            if name in may_pull:
                access.append({"type": kind, "name": name, "actions": actions.split(",")})
        return 200, "application/json", json.dumps({"token": signed_token(folder, query["service"][0], access)}).encode()

    return WebServer(folder, "token-server", answer)
