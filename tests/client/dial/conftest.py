import signal
import socket
import threading

import pytest

from ringback.client.dial.avoided import avoided
from ringback.client.dial.resolver import names
from tests.requires import requires


@pytest.fixture(autouse=True)
def _nothing_remembered():
    names.clear()
    avoided.reset()
    yield
    names.clear()
    avoided.reset()
    for thread in threading.enumerate():
        if thread.name == "ringback-lookup":
            thread.join(30)


class Resolving:
    """Stands in for the C library's getaddrinfo, or for the whole of Python's.

    Attributes:
        answers: Name → addresses, an exception, or an event to wait for.
        asked: Names in the order they were asked for.
    """

    def __init__(self, system):
        self.system = system
        self.answers = {}
        self.asked = []

    def __call__(self, host, port, family=0, kind=0, proto=0, flags=0):
        name = host.decode() if isinstance(host, bytes) else host
        answer = self.answers.get(name)
        if answer is None:
            return self.system(host, port, family, kind, proto, flags)
        self.asked.append(name)
        if isinstance(answer, threading.Event):
            answer.wait(30)
            answer = ["127.0.0.1"]
        if isinstance(answer, BaseException):
            raise answer
        numeric = socket.AI_NUMERICHOST
        return [
            info
            for address in answer
            for info in self.system(address, port, family, kind, proto, numeric)
        ]


@pytest.fixture
def c_library(monkeypatch):
    """What the C library answers; Python's own function above it stays."""
    stand_in = Resolving(socket.getaddrinfo.__globals__["_socket"].getaddrinfo)
    monkeypatch.setattr("_socket.getaddrinfo", stand_in)
    return stand_in


@pytest.fixture
def replaced(monkeypatch):
    """A program that put a function of its own in the place of ``socket.getaddrinfo``."""
    stand_in = Resolving(socket.getaddrinfo)
    monkeypatch.setattr(socket, "getaddrinfo", stand_in)
    return stand_in


class Place:
    """Loopback addresses that share a port: each accepts, refuses, or does not answer."""

    def __init__(self):
        self.port = 0
        self._sockets = []

    def accepting(self, address):
        return self._listen(address, 16)

    def refusing(self, address):
        return self._keep(self._bound(address))

    def silent(self, address):
        """A backlog that is full: Linux drops what comes after."""
        listener = self._listen(address, 0)
        for _ in range(2):
            waiting = self._keep(socket.socket(listener.family))
            waiting.setblocking(False)
            waiting.connect_ex(listener.getsockname())
        return listener

    def close(self):
        for sock in self._sockets:
            sock.close()

    def _listen(self, address, backlog):
        listener = self._keep(self._bound(address))
        listener.listen(backlog)
        return listener

    def _bound(self, address):
        if ":" in address:
            requires("ipv6")
        bound = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
        bound.bind((address, self.port))
        self.port = bound.getsockname()[1]
        return bound

    def _keep(self, sock):
        self._sockets.append(sock)
        return sock


@pytest.fixture
def place():
    there = Place()
    yield there
    there.close()


@pytest.fixture
def signals():
    """Signals that come every 50 ms, in a list; a class of exception in it is raised."""
    arrived = []

    def handle(number, _frame):
        if arrived and arrived[0] is not number:
            raise arrived[0]
        arrived.append(number)

    before = signal.signal(signal.SIGALRM, handle)
    signal.setitimer(signal.ITIMER_REAL, 0.05, 0.05)
    yield arrived
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)
