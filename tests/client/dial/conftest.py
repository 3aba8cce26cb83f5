import contextlib
import signal
import socket
import threading
import time
from types import SimpleNamespace

import pytest

from ringback.client.dial import tcp
from ringback.client.dial.address import avoided
from ringback.client.dial.resolver import names
from tests.requires import requires

DELAY = 0.05
"""Seconds that a silent address costs here: less than what ``test_dead_family`` waits for."""


@pytest.fixture(autouse=True)
def _nothing_remembered(monkeypatch):
    monkeypatch.setattr(tcp, "ATTEMPT_DELAY", DELAY)
    before = set(threading.enumerate())
    names.clear()
    avoided.reset()
    yield
    names.clear()
    avoided.reset()
    for thread in set(threading.enumerate()) - before:
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


@pytest.fixture
def unhurried(monkeypatch):
    """The clock of a race, which moves while it waits for an answer: a busy machine takes none."""
    clock = SimpleNamespace(now=time.monotonic())

    class Waiting(tcp._Selector):
        def select(self, timeout=None):
            ready = super().select(min(timeout, 0.05))
            clock.now += 0.0 if ready else timeout
            return ready

    monkeypatch.setattr(tcp, "time", SimpleNamespace(monotonic=lambda: clock.now))
    monkeypatch.setattr(tcp, "_Selector", Waiting)
    return clock


class Place:
    """Loopback addresses that share a port: each accepts, refuses, or does not answer."""

    def __init__(self):
        self._sockets = []
        self.port = self._reserved()

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
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((address, self.port))
        return bound

    def _reserved(self):
        """A port that nobody has at any address, nor gets before we are closed."""
        both = socket.has_dualstack_ipv6()
        holder = self._keep(socket.socket(socket.AF_INET6 if both else socket.AF_INET))
        if both:
            holder.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        holder.bind(("", 0))
        # Only now: a port that others may share is one that somebody has already.
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        return holder.getsockname()[1]

    def _keep(self, sock):
        self._sockets.append(sock)
        return sock


@pytest.fixture
def place():
    there = Place()
    yield there
    there.close()


class Signals:
    """Signals that come every 50 ms; the first of them may raise."""

    def __init__(self):
        self.arrived, self._raised = 0, None

    def __call__(self, *_):
        self.arrived += 1
        raised, self._raised = self._raised, None
        if raised is not None:
            raise raised

    @contextlib.contextmanager
    def coming(self, raised=None):
        self._raised = raised
        signal.setitimer(signal.ITIMER_REAL, 0.05, 0.05)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)


@pytest.fixture
def signals():
    handler = Signals()
    before = signal.signal(signal.SIGALRM, handler)
    yield handler
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)
