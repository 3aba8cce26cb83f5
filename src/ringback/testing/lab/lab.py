"""The lab: every fault there is, started and taken down again."""

from __future__ import annotations

import contextlib
import difflib
import functools
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Self

from ringback.testing.lab import dns, healthy, http, network, proxy, socks, tcp, timing, tls
from ringback.testing.lab.fault import NeedMissingError, in_words, missing
from ringback.testing.lab.server import Connection, Crew, Handler, Listener, Loop

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from ringback.testing.lab.certificates import Certificates
    from ringback.testing.lab.fault import Endpoint, Fault


GROUPS: tuple[tuple[Fault, ...], ...] = (
    healthy.FAULTS,
    tcp.FAULTS,
    timing.SLOW,
    http.RESPONSES,
    http.STATUSES,
    tls.REFUSED_CERTIFICATES,
    tls.HANDSHAKES,
    tls.OTHER_PROTOCOLS,
    http.HTTP2,
    timing.SCHEDULED,
    dns.FAULTS,
    proxy.FAULTS,
    socks.FAULTS,
    network.FAULTS,
)

FAULTS: dict[str, Fault] = {fault.name: fault for group in GROUPS for fault in group}
"""Faults by name, ``kind`` or ``kind:when``."""


def find(text: str) -> Fault:
    """Return the fault called ``kind`` or ``kind:when``.

    A kind that only has variants gives its first one.

    Raises:
        LookupError: There is none; the message names the nearest.
    """
    if text in FAULTS:
        return FAULTS[text]
    variants = [fault for fault in FAULTS.values() if fault.kind == text]
    if variants:
        return variants[0]
    raise LookupError(f"no fault called {text!r}; nearest: {', '.join(_nearest(text))}")


def _nearest(text: str) -> list[str]:
    kind = text.partition(":")[0]
    variants = [fault.name for fault in FAULTS.values() if fault.kind == kind]
    return variants or difflib.get_close_matches(text, FAULTS, n=3, cutoff=0) or list(FAULTS)[:3]


_SWEEP_INTERVAL = 1.0
"""Seconds between two looks for connections whose time is over."""


class Lab:
    """Runs faults on loopback, each on a port of its own, until it is stopped.

    Use it as a context manager, or call ``stop``. It may be used from several threads.

    Args:
        limit: Seconds after which any connection is ended.
        most: Connections served at the same time; one more ends the oldest.
    """

    def __init__(self, *, limit: float = 60.0, most: int = 256) -> None:
        self._crew = Crew(most, limit)
        self._loop: Loop | None = None
        self._closing = contextlib.ExitStack()
        self._lock = threading.RLock()
        self._started: dict[str, Endpoint] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self, kind: str, when: str = "") -> Endpoint:
        """Start one fault, once; a second call returns the same endpoint.

        Args:
            kind: A kind, or ``kind:when``.
            when: The variant.

        Raises:
            LookupError: There is no such fault; the message names the nearest.
            NeedMissingError: This machine lacks something the fault needs.
        """
        fault = find(f"{kind}:{when}" if when else kind)
        if lacking := missing(fault.needs):
            raise NeedMissingError(f"{fault.name} needs {in_words(lacking)}")
        return self._start(fault)

    def start_all(self) -> dict[str, Endpoint]:
        """Start every fault this machine can produce; return the endpoints by fault name."""
        return {
            name: self._start(fault) for name, fault in FAULTS.items() if not missing(fault.needs)
        }

    def stop(self) -> None:
        """End every connection, close every port, remove the files; harmless when called again."""
        with self._lock:
            closing = self._closing.pop_all()
            self._started.clear()
            self.__dict__.pop("directory", None)
            self.__dict__.pop("certificates", None)
        closing.close()

    def listen(
        self, handler: Handler, *, scheme: str = "http", host: str = "127.0.0.1"
    ) -> Endpoint:
        """Open a free port and give each connection to ``handler``, in a thread of its own."""
        listener = self.reserve(handler, scheme=scheme, host=host)
        listener.open()
        return listener.endpoint

    def reserve(
        self, handler: Handler | None = None, *, scheme: str = "http", host: str = "127.0.0.1"
    ) -> Listener:
        """Reserve a free port that refuses connections until ``Listener.open`` is called."""
        loop = self._run()
        listener = Listener(handler or Connection.finish, host, scheme, loop, self._crew)
        self.on_stop(listener.release)
        return listener

    def later(self, seconds: float, call: Callable[[], None]) -> None:
        """Run ``call`` after some seconds in the lab's own thread; it must not block."""
        self._run().later(seconds, call)

    def on_stop(self, call: Callable[[], object]) -> None:
        """Run ``call`` when the lab stops; the last added runs first."""
        self._closing.callback(call)

    @functools.cached_property
    def directory(self) -> Path:
        """A temporary directory that goes when the lab stops."""
        return Path(self._closing.enter_context(tempfile.TemporaryDirectory(prefix="ringback-")))

    @functools.cached_property
    def certificates(self) -> Certificates:
        """The lab's own certificate authority and what it issued; made on first use."""
        from ringback.testing.lab.certificates import (  # noqa: PLC0415 - plain faults do without
            Certificates,
        )

        return Certificates(self.directory)

    def _start(self, fault: Fault) -> Endpoint:
        with self._lock:
            if fault.name not in self._started:
                self._started[fault.name] = fault.start(self)
            return self._started[fault.name]

    def _run(self) -> Loop:
        with self._lock:
            if self._loop is None:
                self._loop = Loop()
                self._loop.start()
                self.on_stop(functools.partial(self._halt, self._loop))
                self._sweep(self._loop)
            return self._loop

    def _sweep(self, loop: Loop) -> None:
        self._crew.expire()
        loop.later(_SWEEP_INTERVAL, functools.partial(self._sweep, loop))

    def _halt(self, loop: Loop) -> None:
        loop.stop()
        self._crew.stop()
        self._loop = None
