"""The proxy: TLS towards kots-export, trouble in the middle, the API server behind it."""
import asyncio
import json
import socket
import ssl
import time
from urllib.parse import parse_qs, urlsplit

from http1 import Http1Connection
from http2 import Http2Connection
from upstream import chunks, read_head
from wire import reset

SIGN_IN = b"<!doctype html><html><head><title>Sign in</title></head><body><form action=/login></form></body></html>"
BEFORE = {"stream-reset-before", "429", "429-retry-after", "503", "503-retry-after", "500", "504", "409", "html"}


def status_body(code, reason, message):
    return json.dumps({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": message, "reason": reason, "code": code}).encode()


ANSWERS = {
    "429": (429, status_body(429, "TooManyRequests", "Too many requests, please try again later.")),
    "503": (503, status_body(503, "ServiceUnavailable", "the server is currently unable to handle the request")),
    "500": (500, status_body(500, "InternalError", "Internal error occurred: etcdserver: request timed out")),
    "504": (504, status_body(504, "Timeout", "Timeout: request did not complete within requested timeout")),
    "409": (409, status_body(409, "Conflict", "Operation cannot be fulfilled: the object has been modified; please apply your changes to the latest version and try again")),
}


def name_in(body):
    try:
        return json.loads(body)["metadata"]["name"]
    except (ValueError, KeyError, TypeError):
        return None


class Front(asyncio.Protocol):
    """One connection of the client: HTTP/2 or HTTP/1.1, as it agreed with TLS."""

    def __init__(self, proxy):
        self.proxy = proxy

    def connection_made(self, transport):
        self.transport = transport
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.proxy.connections.add(self)
        protocol = transport.get_extra_info("ssl_object").selected_alpn_protocol()
        self.inner = (Http2Connection if protocol == "h2" else Http1Connection)(transport, self.proxy.serve)

    def data_received(self, data):
        self.inner.data_received(data)

    def connection_lost(self, error):
        self.proxy.connections.discard(self)
        self.proxy.lost_at[id(self.inner)] = self.proxy.now()
        self.inner.lost()


class Proxy:
    def __init__(self, upstream, decider, seed, log, certificate, http2):
        self.upstream = upstream
        self.seed = seed
        self.decider = decider  # None: no trouble
        self.log = log
        self.run = 0  # which run of kots-export is going on
        self.on_request = lambda: None
        self.count = 0
        self.dropping = False
        self.connections = set()
        self.working = set()
        self.lost_at = {}  # connection: when it ended
        self.began = time.monotonic()
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificate)
        self.context.set_alpn_protocols(["h2", "http/1.1"] if http2 else ["http/1.1"])

    def now(self):
        return round(time.monotonic() - self.began, 3)

    async def start(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.server = await self.listen(self.listener)
        self.dropping = False

    def listen(self, listener):
        return asyncio.get_running_loop().create_server(lambda: Front(self), sock=listener, ssl=self.context)

    async def settle(self):
        """Until nothing is on its way to the API server any more."""
        while self.working:
            await asyncio.wait(self.working)

    async def stop(self):
        self.server.close()
        for front in list(self.connections):
            front.inner.silent = True
            front.transport.abort()
        await self.settle()

    def serve(self, exchange):
        self.count += 1
        task = asyncio.get_running_loop().create_task(self.work(exchange, self.count, self.run))
        self.working.add(task)
        task.add_done_callback(self.working.discard)
        self.on_request()

    async def work(self, exchange, number, run):
        """Does what is to be done with one request, and writes it down."""
        url = urlsplit(exchange.target)
        query = parse_qs(url.query)
        is_upgrade = any(name == "upgrade" for name, _ in exchange.headers)
        is_stream = is_upgrade or "watch" in query or "follow" in query
        trouble = self.decider and self.decider.decide(run, exchange.method, url.path, is_stream)
        entry = {"request": number, "run": run, "at": self.now(), "method": exchange.method, "target": exchange.target,
                 "connection": id(exchange.connection), "trouble": trouble and trouble.kind, "server": None, "answered": None}
        if exchange.method == "POST":
            entry["name"] = name_in(exchange.body)
        # So that the line of the API server's log can be found again.
        exchange.headers = [(name, f"{value} seed/{self.seed} run/{run} request/{number}" if name == "user-agent" else value) for name, value in exchange.headers]
        try:
            if is_upgrade:
                await self.tunnel(exchange, entry, trouble)
            elif is_stream:
                await self.stream(exchange, entry, trouble)
            else:
                await self.request(exchange, entry, trouble)
        except Exception as error:  # a defect of ours: it must be seen, and not look like the network's
            entry["defect"] = repr(error)
            exchange.reset_connection()
            raise
        finally:
            entry["until"] = self.now()
            self.log.append(entry)

    async def forward(self, exchange, entry):
        status, headers, body = await self.upstream.fetch(exchange.method, exchange.target, exchange.headers, exchange.body)
        entry["server"] = status
        return status, headers, body

    def answer(self, exchange, entry, status, headers, body):
        entry["answered"] = "nobody" if exchange.gone or exchange.connection.silent else status
        exchange.answer(status, headers, body)

    def invented(self, exchange, entry, kind):
        code = kind.split("-")[0]
        if code == "html":
            return self.answer(exchange, entry, 200, [("content-type", "text/html; charset=utf-8")], SIGN_IN)
        headers = [("content-type", "application/json")]
        if "retry-after" in kind:
            headers.append(("retry-after", str(entry["retryAfter"])))
        self.answer(exchange, entry, ANSWERS[code][0], headers, ANSWERS[code][1])

    async def request(self, exchange, entry, trouble):
        kind = trouble.kind if trouble else ""
        if "retry-after" in kind:
            entry["retryAfter"] = trouble.seconds
        if kind in BEFORE:
            return exchange.reset_stream() if kind == "stream-reset-before" else self.invented(exchange, entry, kind)
        if kind == "reset-before":
            return exchange.reset_connection()
        if kind == "drop-syn":
            return await self.drop_syn(trouble.seconds)
        if kind in ("late", "late-cut"):
            exchange.reset_stream() if kind == "late" else exchange.cut()
            await asyncio.sleep(trouble.seconds)
            return await self.forward(exchange, entry)
        if kind == "delay":
            await asyncio.sleep(trouble.seconds)
        status, headers, body = await self.forward(exchange, entry)
        if kind == "cut-fin":
            exchange.cut()
        elif kind == "cut-rst":
            exchange.reset_connection()
        elif kind == "stream-reset-after":
            exchange.reset_stream()
        elif kind == "short":
            exchange.answer(status, headers, body, trouble.share)
        elif kind == "stall":
            exchange.go_silent()
            await asyncio.sleep(trouble.seconds)
            exchange.reset_connection()
        elif kind.endswith("-applied"):
            self.invented(exchange, entry, kind)
        else:
            if kind == "goaway":
                exchange.go_away()
            self.answer(exchange, entry, status, headers, body)

    async def stream(self, exchange, entry, trouble):
        kind = trouble.kind if trouble else ""
        if "retry-after" in kind:
            entry["retryAfter"] = trouble.seconds
        if kind in BEFORE:
            return exchange.reset_stream() if kind == "stream-reset-before" else self.invented(exchange, entry, kind)
        status, headers, reader, writer = await self.upstream.send(exchange.method, exchange.target, exchange.headers, exchange.body)
        entry["server"] = status
        try:
            kept = [(name, value) for name, value in headers if name not in ("content-length", "transfer-encoding", "connection")]
            exchange.start(status, kept)
            await asyncio.wait_for(self.pump(exchange, chunks(reader, headers)), trouble.share if trouble else None)
            entry["answered"] = status
            exchange.end()
        except asyncio.TimeoutError:
            exchange.reset_stream() if "stream" in kind else exchange.cut() if "fin" in kind else exchange.reset_connection()
        finally:
            writer.close()

    @staticmethod
    async def pump(exchange, body):
        """Ends with the body, or when the client is gone."""
        piece = None
        while not exchange.gone:
            piece = piece or asyncio.ensure_future(anext(body, None))
            await asyncio.wait([piece], timeout=0.1)
            if piece.done():
                if piece.result() is None:
                    return
                exchange.data(piece.result())
                piece = None
        if piece:
            piece.cancel()

    async def tunnel(self, exchange, entry, trouble):
        kind = trouble.kind if trouble else ""
        if "retry-after" in kind:
            entry["retryAfter"] = trouble.seconds
        if kind in BEFORE:
            return exchange.reset_stream() if kind == "stream-reset-before" else self.invented(exchange, entry, kind)
        reader, writer = await asyncio.open_connection(self.upstream.host, self.upstream.port, ssl=self.upstream.tls)
        head = self.upstream.head_of(exchange.method, exchange.target, exchange.headers, b"").replace(b"\r\n", b"\r\nconnection: Upgrade\r\n", 1)
        writer.write(head)
        status, headers = await read_head(reader)
        entry["server"] = status
        if status != 101:
            body = b"".join([chunk async for chunk in chunks(reader, headers)])
            return self.answer(exchange, entry, status, [pair for pair in headers if pair[0] == "content-type"], body)
        lines = ["HTTP/1.1 101 Switching Protocols", *(f"{name}: {value}" for name, value in headers), "", ""]
        exchange.upgrade("\r\n".join(lines).encode("latin-1"), writer)
        try:
            while data := await asyncio.wait_for(reader.read(65536), trouble.share if trouble else None):
                exchange.write(data)
            entry["answered"] = 101
            exchange.cut()
        except asyncio.TimeoutError:
            exchange.cut()
        writer.close()

    async def drop_syn(self, seconds):
        """Every connection dies, and no new one gets through: the queue of those to be accepted is full, so the kernel drops
        SYNs; the client's kernel sends its own again after a second."""
        for front in list(self.connections):
            front.inner.silent = True
            reset(front.transport)
        if self.dropping:
            return
        self.dropping = True
        loop = asyncio.get_running_loop()
        loop.remove_reader(self.listener.fileno())
        self.listener.listen(0)
        fill = [socket.socket() for _ in range(2)]
        for one in fill:
            one.setblocking(False)
            one.connect_ex(("127.0.0.1", self.port))
        await asyncio.sleep(seconds)
        for one in fill:
            one.close()
        self.listener.listen(128)
        self.server = await self.listen(self.listener)
        self.dropping = False
