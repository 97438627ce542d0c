"""What `verify` asks beside the API server, as real programs: Debian's dnsmasq, TLS by Python's OpenSSL."""
import shutil
import socket
import ssl
import struct
import subprocess
import threading
import time

DNSMASQ = shutil.which("dnsmasq", path="/usr/sbin:/usr/bin:/sbin:/bin")
ZONE = "circleci.example.com"


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class NameServer:
    """dnsmasq, the authority of ZONE and of nothing else. `records` are lines of its configuration."""

    def __init__(self, folder, *records):
        self.port = free_port()
        file = folder / f"dnsmasq-{self.port}.conf"
        lines = [f"port={self.port}", "listen-address=127.0.0.1", "bind-interfaces", "no-resolv", "no-hosts", "user=", "auth-soa=1",
                 f"auth-server=ns.{ZONE},127.0.0.1", f"auth-zone={ZONE}", *records]
        file.write_text("\n".join(lines) + "\n")
        self.process = subprocess.Popen([DNSMASQ, "--keep-in-foreground", f"--conf-file={file}", "--pid-file=", "--log-facility=-"], stderr=subprocess.DEVNULL)
        self.wait()

    def wait(self):
        for _ in range(100):
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                time.sleep(0.05)
        raise AssertionError("dnsmasq does not listen")

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    def end(self):
        self.process.terminate()
        self.process.wait()


class CnameServer:
    """Answers every question about a name of `names` with its CNAME alone, of which dnsmasq takes no circle; REFUSED for others."""

    def __init__(self, names):
        self.names = names
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self.socket.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                question, client = self.socket.recvfrom(4096)
            except OSError:
                return
            labels, at = [], 12
            while question[at]:
                labels.append(question[at + 1:at + 1 + question[at]].decode())
                at += 1 + question[at]
            target = self.names.get(".".join(labels).lower())
            answer = question[:2] + struct.pack(">HHHHH", 0x8180 if target else 0x8185, 1, 1 if target else 0, 0, 0) + question[12:at + 5]
            if target:
                data = b"".join(bytes([len(label)]) + label.encode() for label in target.split(".")) + b"\0"
                answer += b"\xc0\x0c" + struct.pack(">HHIH", 5, 1, 300, len(data)) + data
            self.socket.sendto(answer, client)

    def end(self):
        self.socket.close()


class TlsServer:
    """Answers each connection in a thread of its own. `certificate` and `key` are files; `first` is what a client must send before
    TLS begins; with `clients`, a CA's file, it demands a certificate of that CA."""

    def __init__(self, certificate, key, answer=b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n", first=b"", clients=None, newest=None):
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificate, key)
        if newest:
            self.context.maximum_version = newest
        if clients:
            self.context.verify_mode = ssl.CERT_REQUIRED
            self.context.load_verify_locations(clients)
        self.names = []
        self.context.sni_callback = lambda _, name, __: self.names.append(name)
        self.answer, self.first = answer, first
        self.clients = []  # the certificate of each client that was let in
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.talk, args=(connection,), daemon=True).start()

    def talk(self, connection):
        connection.settimeout(5)
        with connection:
            try:
                if self.first and connection.recv(len(self.first)) != self.first:
                    return
                with self.context.wrap_socket(connection, server_side=True) as stream:
                    self.clients.append(stream.getpeercert())
                    stream.recv(4096)
                    if self.answer:
                        stream.sendall(self.answer)
            except OSError:
                pass

    def end(self):
        if self.listener.fileno() < 0:
            return  # a test ended it before
        self.listener.shutdown(socket.SHUT_RDWR)  # a close alone leaves it listening as long as accept() waits
        self.listener.close()
