"""How a connection ends badly."""
import socket
import struct


def abort(transport):
    """FIN, without a close_notify of TLS."""
    if not transport.is_closing():
        transport.abort()


def reset(transport):
    """TCP RST: what is in the buffers of the client's kernel is lost, too."""
    end = transport.get_extra_info("socket")
    if end is not None and end.fileno() >= 0:
        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()
