"""A client of bare sockets that tells what came over the wire, and how it ended."""

from __future__ import annotations

import contextlib
import re
import socket
import ssl
from dataclasses import dataclass

HOST = b"Host: lab.test\r\n"
GET = b"GET / HTTP/1.1\r\n" + HOST + b"\r\n"
GET_CLOSE = b"GET / HTTP/1.1\r\nConnection: close\r\n" + HOST + b"\r\n"
UPLOAD = b"POST / HTTP/1.1\r\nContent-Length: 16777216\r\n" + HOST + b"\r\n" + b"x" * 10

WAIT_TIMEOUT = 30.0
"""Seconds to wait for what must come."""

SILENCE = 0.1
"""Seconds without a byte that count as silence."""


@dataclass
class Exchange:
    """What came (inside TLS where there is TLS), how it ended (rst, fin, silence), what failed."""

    received: bytes = b""
    end: str = ""
    error: ssl.SSLError | None = None
    close_notify: bool = False

    @property
    def reason(self):
        """OpenSSL's name of the failure."""
        return self.error and self.error.reason

    @property
    def verify_code(self):
        """Why the certificate was refused."""
        return getattr(self.error, "verify_code", None)


def connect(endpoint, *, patience=WAIT_TIMEOUT):
    """Return a TCP connection to an endpoint."""
    return socket.create_connection((endpoint.host, endpoint.port), timeout=patience)


def read_to_end(connected, until=None):
    """Read until the peer ends it, falls silent, or ``until`` (a pattern) has come."""
    received = bytearray()
    while until is None or not re.search(until, received, re.DOTALL):
        try:
            data = connected.recv(65536)
        except ConnectionResetError:
            return Exchange(bytes(received), "rst")
        except TimeoutError:
            return Exchange(bytes(received), "silence")
        if not data:
            return Exchange(bytes(received), "fin")
        received += data
    return Exchange(bytes(received), "open")


def exchange(endpoint, sent=GET, *, patience=WAIT_TIMEOUT, until=None):
    """Send bytes to an endpoint and return what came back.

    ``patience`` is for what comes back: the server may take its time to read.
    """
    try:
        with connect(endpoint) as connected:
            if sent:  # A send of nothing would take the RST from the receive.
                with contextlib.suppress(BrokenPipeError):
                    connected.sendall(sent)
            connected.settimeout(patience)
            return read_to_end(connected, until)
    except ConnectionResetError:
        # Before the first receive: under load a RST can be there when connect looks.
        return Exchange(b"", "rst")


def trusting(endpoint):
    """Return a client's context that trusts what the endpoint says to trust."""
    context = ssl.create_default_context(cafile=endpoint.verify)
    # A distribution's Python may leave this to the system, and then offer TLS 1.0.
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def tls_exchange(endpoint, context=None, sent=GET, *, patience=WAIT_TIMEOUT):
    """Do a TLS handshake, send bytes, and return what came back."""
    seen, name = Exchange(), endpoint.url.split("/")[2].rpartition(":")[0]
    told = {"server_hostname": name, "suppress_ragged_eofs": False}
    context = context or trusting(endpoint)
    context.options &= ~ssl.OP_IGNORE_UNEXPECTED_EOF  # which Python 3.11.2 sets
    try:
        with context.wrap_socket(connect(endpoint, patience=patience), **told) as secured:
            with contextlib.suppress(BrokenPipeError):
                secured.sendall(sent)
            while data := secured.recv(65536):
                seen.received += data
            seen.close_notify = True
    except ConnectionResetError:
        seen.end = "rst"
    except TimeoutError:
        seen.end = "silence"
    except ssl.SSLError as error:
        unannounced = error.reason == "UNEXPECTED_EOF_WHILE_READING"
        if unannounced or isinstance(error, ssl.SSLEOFError):
            seen.end = "fin"
        else:
            seen.error = error
    return seen
