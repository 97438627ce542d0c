"""Servers that record who came: an API server with TLS, proxies (HTTP CONNECT, HTTPS, SOCKS5)."""
import base64
import os
import select
import socket
import ssl
import struct
import threading

STATUS = b'{"kind":"Status","apiVersion":"v1","status":"Failure","reason":"NotFound","message":"recorded","code":404}'


class Listener:
    """A port on the loopback, each connection in a thread of its own. Ends with close()."""

    def __init__(self, records, family=socket.AF_INET):
        self.records = records
        self.socket = socket.socket(family)
        self.socket.bind(("::1" if family == socket.AF_INET6 else "127.0.0.1", 0))
        self.socket.listen(16)
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            connection.settimeout(10)
            threading.Thread(target=self.serve_safely, args=(connection,), daemon=True).start()

    def serve_safely(self, connection):
        try:
            self.serve(connection)
        except (OSError, ValueError, IndexError):
            pass  # what the client cut short, it does not want recorded
        finally:
            connection.close()

    def close(self):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()


def read_head(connection):
    head = b""
    while b"\r\n\r\n" not in head:
        chunk = connection.recv(4096)
        if not chunk:
            raise OSError("cut")
        head += chunk
        if head[0] == 0x16:  # a TLS handshake: answered as servers without TLS do
            connection.sendall(b"HTTP/1.0 400 Bad Request\r\n\r\n")
            raise OSError("not HTTP")
    lines = head.split(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")
    return lines[0], [tuple(line.split(": ", 1)) if ": " in line else (line.rstrip(":"), "") for line in lines[1:]]


class ApiServer(Listener):
    """Answers every request with 404 after recording it. `tls`: name of the certificate, None for plain HTTP."""

    def __init__(self, records, pki, tls="good", clients=ssl.CERT_OPTIONAL, newest=None, family=socket.AF_INET):
        self.context = None
        if tls:
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(os.path.join(pki, tls + ".crt"), os.path.join(pki, tls + ".key"))
            self.context.load_verify_locations(os.path.join(pki, "client-ca.crt"))
            self.context.verify_mode = clients
            self.context.sni_callback = lambda connection, name, _: setattr(connection, "wanted_name", name)
            if newest:
                self.context.minimum_version = ssl.TLSVersion.TLSv1
                self.context.maximum_version = newest
                self.context.set_ciphers("ALL:@SECLEVEL=0")
        super().__init__(records, family)

    def serve(self, connection):
        subject = sni = None
        if self.context:
            connection = self.context.wrap_socket(connection, server_side=True)
            sni = getattr(connection, "wanted_name", None)
            parts = dict(pair[0] for pair in (connection.getpeercert() or {}).get("subject", ()))
            subject = parts.get("commonName")
        while True:
            first, headers = read_head(connection)
            method, path, _ = first.split(" ")
            lower = [(name.lower(), value) for name, value in headers]
            self.records.append({
                "method": method, "path": path, "sni": sni, "subject": subject,
                "host": dict(lower).get("host"), "authorization": dict(lower).get("authorization"),
                "impersonation": sorted(pair for pair in lower if pair[0].startswith("impersonate-"))})
            connection.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Type: application/json\r\nContent-Length: "
                               + str(len(STATUS)).encode() + b"\r\n\r\n" + STATUS)


class Proxy(Listener):
    """Sends every connection to the one `target`, whatever name was asked for, and records what was."""

    def __init__(self, records, target, pki=None, tls=None):
        self.target = target
        self.context = None
        if tls:
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(os.path.join(pki, tls + ".crt"), os.path.join(pki, tls + ".key"))
        super().__init__(records)

    def serve(self, connection):
        if self.context:
            connection = self.context.wrap_socket(connection, server_side=True)
        self.agree(connection)
        pump(connection, socket.create_connection(("127.0.0.1", self.target)))


class HttpProxy(Proxy):
    def agree(self, connection):
        first, headers = read_head(connection)
        login = {name.lower(): value for name, value in headers}.get("proxy-authorization")
        user = base64.b64decode(login.split(" ")[1]).decode() if login else None
        self.records.append({"proxy": first.rsplit(" ", 1)[0], "login": user})
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")


class SocksProxy(Proxy):
    def agree(self, connection):
        _, count = connection.recv(2)
        methods = connection.recv(count)
        user = None
        if 2 in methods:
            connection.sendall(b"\x05\x02")
            length = connection.recv(2)[1]
            user = connection.recv(length).decode() + ":" + connection.recv(connection.recv(1)[0]).decode()
            connection.sendall(b"\x01\x00")
        else:
            connection.sendall(b"\x05\x00")
        kind = connection.recv(4)[3]
        if kind == 3:
            name = connection.recv(connection.recv(1)[0]).decode()
        else:
            name = socket.inet_ntop(*((socket.AF_INET, connection.recv(4)) if kind == 1
                                      else (socket.AF_INET6, connection.recv(16))))
        port = struct.unpack("!H", connection.recv(2))[0]
        self.records.append({"proxy": f"SOCKS {name}:{port}", "login": user})
        connection.sendall(b"\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00")


def pump(near, far):
    """Until one side closes. TLS buffers are drained before waiting: select does not see them."""
    try:
        while True:
            ready = [near] if getattr(near, "pending", int)() else select.select([near, far], [], [], 10)[0]
            if not ready:
                return
            for one in ready:
                data = one.recv(65536)
                if not data:
                    return
                (far if one is near else near).sendall(data)
    finally:
        far.close()
