"""The HTTP/1.1 side towards the client."""
from wire import abort, reset

STATUS_TEXT = {200: "OK", 201: "Created", 404: "Not Found", 409: "Conflict", 429: "Too Many Requests", 500: "Internal Server Error"}


class Http1Connection:
    """curl sends no request before the last one's answer is whole: there is one exchange at a time."""

    def __init__(self, transport, serve):
        self.transport = transport
        self.serve = serve
        self.buffer = b""
        self.exchange = None
        self.silent = False
        self.tunnel = None  # where to hand what comes after an upgrade

    def data_received(self, data):
        if self.silent:
            return
        if self.tunnel:
            self.tunnel.write(data)
            return
        self.buffer += data
        if self.exchange is None:
            self.take_head()
        self.take_body()

    def take_head(self):
        head, found, rest = self.buffer.partition(b"\r\n\r\n")
        if not found:
            return
        self.buffer = rest
        first, *lines = head.decode("latin-1").split("\r\n")
        method, target, _ = first.split(" ")
        headers = [(name.lower(), value.strip()) for name, _, value in (line.partition(":") for line in lines)]
        self.exchange = Http1Exchange(self, method, target, headers)
        if any(name == "transfer-encoding" for name, _ in headers):
            raise NotImplementedError("a request with a body in chunks")
        if any(name == "expect" for name, _ in headers):
            self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def take_body(self):
        exchange = self.exchange
        if exchange is None or exchange.is_whole or len(self.buffer) < exchange.length:
            return
        exchange.body, self.buffer = self.buffer[:exchange.length], self.buffer[exchange.length:]
        exchange.is_whole = True
        self.serve(exchange)

    def lost(self):
        if self.exchange:
            self.exchange.gone = True
        if self.tunnel:
            self.tunnel.close()

    def finished(self, exchange):
        self.exchange = None
        if exchange.closes:
            self.transport.close()
        elif self.buffer:
            self.data_received(b"")


class Http1Exchange:
    def __init__(self, connection, method, target, headers):
        self.connection = connection
        self.method, self.target, self.headers = method, target, headers
        self.length = int(dict(headers).get("content-length", 0))
        self.body = b""
        self.is_whole = False
        self.gone = False
        self.closes = False

    def head(self, status, headers):
        lines = [f"HTTP/1.1 {status} {STATUS_TEXT.get(status, 'Status')}"]
        lines += [f"{name}: {value}" for name, value in headers if name.lower() not in ("connection", "transfer-encoding", "keep-alive")]
        if self.closes:
            lines.append("connection: close")
        return lines

    def write(self, data):
        if not self.gone and not self.connection.silent:
            self.connection.transport.write(data)

    def answer(self, status, headers, body, share=None):
        head = "\r\n".join([*self.head(status, headers), f"content-length: {len(body)}", "", ""]).encode("latin-1")
        if share is not None:
            self.write(head + body[:int(len(body) * share)])
            self.connection.transport.close()
            self.gone = True
            return
        self.write(head + body)
        if not self.gone:
            self.gone = True
            self.connection.finished(self)

    def start(self, status, headers):
        self.write("\r\n".join([*self.head(status, headers), "transfer-encoding: chunked", "", ""]).encode("latin-1"))

    def data(self, data):
        if data:
            self.write(b"%x\r\n%s\r\n" % (len(data), data))

    def end(self):
        self.write(b"0\r\n\r\n")
        if not self.gone:
            self.gone = True
            self.connection.finished(self)

    def upgrade(self, head, tunnel):
        self.write(head)
        self.connection.tunnel = tunnel

    def reset_stream(self):
        self.reset_connection()

    def go_away(self):
        self.closes = True

    def cut(self):
        self.connection.silent = True
        abort(self.connection.transport)

    def reset_connection(self):
        self.connection.silent = True
        reset(self.connection.transport)

    def go_silent(self):
        self.connection.silent = True
