"""The HTTP/2 side towards the client, on python3-h2."""
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from h2.events import ConnectionTerminated, DataReceived, RequestReceived, SettingsAcknowledged, StreamEnded, StreamReset, WindowUpdated
from h2.exceptions import ProtocolError
from h2.settings import SettingCodes
from hyperframe.frame import GoAwayFrame

from wire import abort, reset

CONNECTION_HEADERS = ("connection", "keep-alive", "transfer-encoding", "upgrade")


class Http2Connection:
    def __init__(self, transport, serve):
        self.transport = transport
        self.serve = serve
        self.streams = {}
        self.silent = False  # stalled: nothing is read or written any more
        self.last_stream = None  # after GOAWAY: streams above it are not worked on
        self.newest = 0
        self.h2 = H2Connection(H2Configuration(client_side=False, header_encoding="utf-8", validate_inbound_headers=False, normalize_inbound_headers=False,
                                               validate_outbound_headers=False, normalize_outbound_headers=False))
        self.h2.initiate_connection()
        self.h2.update_settings({SettingCodes.INITIAL_WINDOW_SIZE: 1 << 20, SettingCodes.MAX_CONCURRENT_STREAMS: 250})
        self.h2.increment_flow_control_window(1 << 26)
        self.flush()

    def data_received(self, data):
        if self.silent:
            return
        try:
            events = self.h2.receive_data(data)
        except ProtocolError:
            self.flush()
            self.transport.close()
            return
        for event in events:
            self.on_event(event)
        self.flush()

    def on_event(self, event):
        if isinstance(event, RequestReceived):
            self.newest = max(self.newest, event.stream_id)
            if self.last_stream is None or event.stream_id <= self.last_stream:
                self.streams[event.stream_id] = Http2Exchange(self, event.stream_id, event.headers)
        elif isinstance(event, DataReceived):
            if event.flow_controlled_length:
                self.h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
            if event.stream_id in self.streams:
                self.streams[event.stream_id].body += event.data
        elif isinstance(event, StreamEnded):
            if event.stream_id in self.streams:
                self.serve(self.streams[event.stream_id])
        elif isinstance(event, StreamReset):
            exchange = self.streams.pop(event.stream_id, None)
            if exchange:
                exchange.gone = True
        elif isinstance(event, (WindowUpdated, SettingsAcknowledged)):
            for exchange in list(self.streams.values()):
                exchange.pump()
        elif isinstance(event, ConnectionTerminated):
            self.transport.close()

    def flush(self):
        data = self.h2.data_to_send()
        if data and not self.silent:
            self.transport.write(data)

    def lost(self):
        for exchange in self.streams.values():
            exchange.gone = True
        self.streams.clear()

    def finished(self, exchange):
        self.streams.pop(exchange.stream_id, None)
        if self.last_stream is not None and not self.streams:
            self.transport.close()


class Http2Exchange:
    """One request and the ways to answer it. All of them do nothing where the client is gone."""

    def __init__(self, connection, stream_id, headers):
        self.connection = connection
        self.stream_id = stream_id
        plain = {name: value for name, value in headers if name.startswith(":")}
        self.method, self.target = plain[":method"], plain[":path"]
        self.headers = [(name, value) for name, value in headers if not name.startswith(":")]
        self.body = b""
        self.gone = False
        self.waiting = b""  # for the window
        self.ends = False

    def answer(self, status, headers, body, share=None):
        """`share`: only that much of the body, and then the end of the stream."""
        self.start(status, [*headers, ("content-length", str(len(body)))], flush=False)
        self.waiting = body if share is None else body[:int(len(body) * share)]
        self.end()

    def start(self, status, headers, flush=True):
        if self.gone:
            return
        kept = [(name.lower(), value) for name, value in headers if name.lower() not in CONNECTION_HEADERS]
        self.connection.h2.send_headers(self.stream_id, [(":status", str(status)), *kept])
        if flush:
            self.connection.flush()

    def data(self, data):
        self.waiting += data
        self.pump()

    def end(self):
        self.ends = True
        self.pump()

    def pump(self):
        h2 = self.connection.h2
        while not self.gone and self.waiting:
            size = min(h2.local_flow_control_window(self.stream_id), h2.max_outbound_frame_size, len(self.waiting))
            if size <= 0:
                break
            h2.send_data(self.stream_id, self.waiting[:size])
            self.waiting = self.waiting[size:]
        if not self.gone and self.ends and not self.waiting:
            h2.end_stream(self.stream_id)
            self.gone = True
            self.connection.flush()
            self.connection.finished(self)
        self.connection.flush()

    def reset_stream(self):
        if self.gone:
            return
        self.connection.h2.reset_stream(self.stream_id, ErrorCodes.INTERNAL_ERROR)
        self.gone = True
        self.connection.flush()
        self.connection.finished(self)

    def go_away(self):
        """As kube-apiserver with --goaway-chance does: what was sent is answered, what comes then is not worked on."""
        if not self.gone and self.connection.last_stream is None:
            self.connection.last_stream = self.connection.newest
            frame = GoAwayFrame(0, last_stream_id=self.connection.newest, error_code=0)
            self.connection.flush()
            self.connection.transport.write(frame.serialize())

    def cut(self):
        self.connection.silent = True
        abort(self.connection.transport)

    def reset_connection(self):
        self.connection.silent = True
        reset(self.connection.transport)

    def go_silent(self):
        self.connection.silent = True
