"""A TCP relay before the API server that counts what goes through. It costs time: what is timed does not go through it."""
import socket
import threading


class Relay:
    """Listens on a port of its own from construction to `close`."""

    def __init__(self, host, port):
        self.target, self.sent, self.received = (host, port), 0, 0
        self.lock = threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"https://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            server = socket.create_connection(self.target)
            for source, sink, counter in ((client, server, "sent"), (server, client, "received")):
                threading.Thread(target=self.copy, args=(source, sink, counter), daemon=True).start()

    def copy(self, source, sink, counter):
        try:
            while data := source.recv(1 << 16):
                sink.sendall(data)
                with self.lock:
                    setattr(self, counter, getattr(self, counter) + len(data))
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # the other side has gone

    def close(self):
        self.listener.close()
