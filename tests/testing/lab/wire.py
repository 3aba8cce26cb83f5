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


class TlsClient:
    """TLS in memory over a bare socket, so that TLS hides nothing of how TCP ended."""

    def __init__(self, endpoint, context, *, patience=WAIT_TIMEOUT):
        self.socket = connect(endpoint, patience=patience)
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        name = endpoint.url.split("/")[2].rpartition(":")[0]
        self.tls = context.wrap_bio(self._in, self._out, server_hostname=name)
        self.outcome = Exchange()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def shake_hands(self):
        """Do the handshake; return whether it succeeded."""
        return self._until_done(self.tls.do_handshake)

    def send(self, data):
        """Send application data."""
        self.tls.write(data)
        self._flush()

    def read_some(self):
        """Return the next application data; it must come."""
        already = len(self.outcome.received)
        assert self._until_done(self._read), self.outcome
        return self.outcome.received[already:]

    def read_to_end(self):
        """Read application data until the connection ends."""
        while self._until_done(self._read):
            pass
        return self.outcome

    def _read(self):
        data = self.tls.read(65536)
        if not data:
            raise ssl.SSLZeroReturnError
        self.outcome.received += data

    def _until_done(self, step):
        while True:
            try:
                step()
            except ssl.SSLWantReadError:
                self._flush()
                if not self._fill():
                    return False
            except ssl.SSLZeroReturnError:
                self.outcome.close_notify = True
                self.outcome.end = read_to_end(self.socket).end
                return False
            except ssl.SSLError as error:
                self.outcome.error = error
                self._flush()
                return False
            else:
                self._flush()
                return True

    def _fill(self):
        try:
            data = self.socket.recv(65536)
        except (ConnectionResetError, TimeoutError) as error:
            self.outcome.end = "rst" if isinstance(error, ConnectionResetError) else "silence"
            return False
        if not data:
            self.outcome.end = self.outcome.end or "fin"
            return False
        self._in.write(data)
        return True

    def _flush(self):
        if not self._out.pending:
            return  # A send of nothing would take the RST from the next receive.
        try:
            self.socket.sendall(self._out.read())
        except ConnectionResetError:
            self.outcome.end = "rst"
        except BrokenPipeError:
            return


def trusting(endpoint):
    """Return a client's context that trusts what the endpoint says to trust."""
    context = ssl.create_default_context(cafile=endpoint.verify)
    # A distribution's Python may leave this to the system, and then offer TLS 1.0.
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def tls_exchange(endpoint, context=None, sent=GET, *, patience=WAIT_TIMEOUT):
    """Do a TLS handshake, send bytes, and return what came back."""
    with TlsClient(endpoint, context or trusting(endpoint), patience=patience) as client:
        if not client.shake_hands():
            return client.outcome
        client.send(sent)
        return client.read_to_end()
