"""Services that fail as they are told to, in front of nothing or of the real one."""

from __future__ import annotations

import contextlib
import json
import random
import socket
import threading

from ringback.testing.lab.message import response


def reset(connection):
    connection.reset()


def silent(connection):
    connection.stall()


def status(number, /, *headers, **document):
    """What answers with a status, headers and JSON."""
    body = json.dumps(document or {"status": number}).encode()
    return lambda connection: connection.send(response(number, body, *headers))


class Backend:
    """A service of HTTP: what it does with its next requests, and with all after them.

    ``requests`` are those that came whole.
    """

    def __init__(self, lab):
        self.requests = []
        self._next, self._then = [], status(200)
        self.url = lab.listen(self._serve).url

    def will(self, *first, then=None):
        """Do these, then ``then`` for ever; count anew."""
        self._next, self._then = list(first), then or status(200)
        self.requests.clear()

    def _serve(self, connection):
        while request := connection.read_request():
            self.requests.append(request)
            act = self._next.pop(0) if self._next else self._then
            act(connection)
            if connection.seen.ended != "open":
                return


class Front:
    """A way to a real server that breaks: its next connections are dealt with so, others pass.

    An act gets the connection, once the client's first bytes are there, and what they were.
    """

    def __init__(self, lab, port):
        self.acts = []
        self.connections = 0
        self.behind = port
        self._passing = []
        self.endpoint = lab.listen(self._serve)
        self.port = self.endpoint.port

    def cut(self):
        """End all connections that pass."""
        while self._passing:
            self._passing.pop().abort()

    def _serve(self, connection):
        self.connections += 1
        first = connection.read()
        if self.acts:
            self.acts.pop(0)(connection)
            if connection.seen.ended != "open":
                return
        self._passing.append(connection)
        there = ("127.0.0.1", self.behind)
        with socket.create_connection(there) as server, contextlib.suppress(OSError):
            server.sendall(first)
            back = threading.Thread(target=self._back, args=(server, connection), daemon=True)
            back.start()
            while data := connection.read():
                server.sendall(data)
            server.shutdown(socket.SHUT_WR)
            back.join()

    def _back(self, server, connection):
        with contextlib.suppress(OSError):
            while data := server.recv(65536):
                connection.send(data)
            connection.socket.shutdown(socket.SHUT_WR)


def free_port():
    """A port that is free, and not among those that connections take for themselves."""
    for port in random.sample(range(20000, 30000), 100):
        with contextlib.suppress(OSError), socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
            return port
    raise AssertionError("no port is free")


def answers(port):
    """Whether something listens there."""
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0
