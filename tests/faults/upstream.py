"""The API server behind the proxy: HTTP/1.1 with connections that are kept. It is never cut off: what is sent to it arrives."""
import asyncio
import base64
import re
import ssl
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

OURS = ("authorization", "host", "connection", "content-length", "expect")


class Upstream:
    def __init__(self, kubeconfig):
        """Reads what the two servers of our tests write; a kubeconfig with one cluster and one user."""
        text = Path(kubeconfig).read_text()

        def value(key):
            found = re.search(rf"\b{key}: *\"?([^\s,\"}}]+)", text)
            return found and found.group(1)

        address = urlsplit(value("server"))
        self.host, self.port = address.hostname, address.port
        self.token = value("token")
        self.tls = None
        if address.scheme == "https":
            self.tls = ssl.create_default_context(cadata=base64.b64decode(value("certificate-authority-data")).decode())
            if value("client-certificate-data"):
                with tempfile.NamedTemporaryFile() as pair:
                    pair.write(base64.b64decode(value("client-certificate-data")) + b"\n" + base64.b64decode(value("client-key-data")))
                    pair.flush()
                    self.tls.load_cert_chain(pair.name)
        self.idle = []

    async def connect(self):
        while self.idle:
            reader, writer = self.idle.pop()
            if not reader.at_eof():
                return reader, writer
            writer.close()
        return await asyncio.open_connection(self.host, self.port, ssl=self.tls, limit=1 << 24)

    def head_of(self, method, target, headers, body):
        lines = [f"{method} {target} HTTP/1.1", f"host: {self.host}:{self.port}"]
        lines += [f"{name}: {value}" for name, value in headers if name.lower() not in OURS]
        if self.token:
            lines.append(f"authorization: Bearer {self.token}")
        if body or method != "GET":
            lines.append(f"content-length: {len(body)}")
        return "\r\n".join([*lines, "", ""]).encode("latin-1")

    async def send(self, method, target, headers, body):
        """Returns status, headers and the connection on which the body comes."""
        reader, writer = await self.connect()
        writer.write(self.head_of(method, target, headers, body) + body)
        status, answered = await read_head(reader)
        return status, answered, reader, writer

    async def fetch(self, method, target, headers=(), body=b""):
        status, answered, reader, writer = await self.send(method, target, headers, body)
        content = b"".join([chunk async for chunk in chunks(reader, answered)])
        if dict(answered).get("connection") == "close":
            writer.close()
        else:
            self.idle.append((reader, writer))
        kept = [(name, value) for name, value in answered if name not in ("content-length", "transfer-encoding", "connection")]
        return status, kept, content

    def close(self):
        for _, writer in self.idle:
            writer.close()
        self.idle.clear()


async def read_head(reader):
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head[:-4].split("\r\n")
    pairs = (line.partition(":") for line in lines)
    return int(first.split(" ")[1]), [(name.lower(), value.strip()) for name, _, value in pairs]


async def chunks(reader, headers):
    """The body, as it comes."""
    headers = dict(headers)
    if headers.get("transfer-encoding") == "chunked":
        while size := int(await reader.readline() or b"0", 16):  # nothing: the server has ended
            yield (await reader.readexactly(size + 2))[:-2]
        await reader.readline()
    elif int(headers.get("content-length", 0)):
        yield await reader.readexactly(int(headers["content-length"]))
