"""What a fault is, what it needs from the machine, and where it is met once it is started."""

from __future__ import annotations

import functools
import importlib.util
import os
import shutil
import socket
import ssl
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeVar

from ringback.failure.names import KindName

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ringback.testing.lab.lab import Lab
    from ringback.testing.lab.server import Handler


FaultKind = KindName | Literal["ok"]
"""What a client meets: a kind of failure, or ``ok``, what is well and easily taken for broken."""

Provocation = Literal["get", "upload", "twice", "json", "crl", "http2", "client_certificate"]
"""What the caller must do to meet a fault.

``get``: GET the URL and read the body. ``upload``: POST 16 MiB or more. ``twice``: two requests on
one kept connection. ``json``: read the body as JSON. ``crl``: check revocation with the list in
``Endpoint.verify``. ``http2``: speak HTTP/2. ``client_certificate``: present
``Endpoint.client_certificate``.
"""


@dataclass(slots=True)
class Seen:
    """What the server's side saw of one connection.

    Attributes:
        received: The bytes read from the client (after TLS where there is TLS), capped.
        requests: How many complete HTTP requests were read.
        ended: How the server ended it: ``rst``, ``fin``, ``open``, ``peer``.
    """

    received: bytearray = field(default_factory=bytearray)
    requests: int = 0
    ended: str = "open"


@dataclass(slots=True)
class Endpoint:
    """A started fault.

    Attributes:
        url: What to call to meet the fault.
        host: Address or name that listens.
        port: TCP port.
        verify: PEM file with the CA to trust, where the fault needs one to be reached.
        client_certificate: PEM file with a certificate and its key to present to the server.
        proxies: ``{"http": …, "https": …}`` as in requests, where the fault is a proxy.
        nameserver: ``(address, port)`` of the lab's DNS server where the fault is a name.
        namespace: Network namespace to call from, see ``namespace.run``; else the machine's own.
        moved_to: The port where the same service answers once it has moved.
        seen: One entry per accepted connection, in order.
    """

    url: str
    host: str
    port: int
    verify: str | None = None
    client_certificate: str | None = None
    proxies: dict[str, str] = field(default_factory=dict)
    nameserver: tuple[str, int] | None = None
    namespace: str | None = None
    moved_to: int | None = None
    seen: list[Seen] = field(default_factory=list)

    @property
    def requests(self) -> int:
        """How many complete requests reached the server, over all connections."""
        return sum(connection.requests for connection in self.seen)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One way a connection can fail, reproducible on this machine.

    Attributes:
        kind: What ringback calls it; ``ok`` for a healthy endpoint.
        when: The variant, ``""`` where there is only one (``mid_body``, ``on_accept``, …).
        summary: One line: what the server does.
        start: Starts it in a running lab.
        also: Other kinds that a client may honestly report, by race or for lack of evidence;
            ``ok`` where a lenient client notices nothing.
        needs: What this machine must have, by the names in ``NEEDS``.
        provoke: What the caller must do to meet it.
    """

    kind: FaultKind
    when: str = ""
    summary: str
    start: Callable[[Lab], Endpoint]
    also: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    provoke: Provocation = "get"

    @property
    def name(self) -> str:
        """``kind`` or ``kind:when``, unique in the registry."""
        return f"{self.kind}:{self.when}" if self.when else self.kind


def new_fault(
    kind: FaultKind,
    when: str = "",
    *,
    also: tuple[str, ...] = (),
    needs: tuple[str, ...] = (),
    provoke: Provocation = "get",
) -> Callable[[str, Callable[[Lab], Endpoint]], Fault]:
    """Return what makes this fault of its summary and of what starts it."""
    return lambda summary, start: Fault(
        kind=kind,
        when=when,
        summary=summary,
        start=start,
        also=also,
        needs=needs,
        provoke=provoke,
    )


def serving(handler: Handler, scheme: str = "http") -> Callable[[Lab], Endpoint]:
    """Return a ``Fault.start`` that listens on 127.0.0.1 and gives each connection to a handler."""
    return lambda lab: lab.listen(handler, scheme=scheme)


# Bits of capabilities(7).
_CAP_NET_ADMIN = 12
_CAP_SYS_ADMIN = 21


def _installed(module: str) -> Callable[[], bool]:
    return lambda: importlib.util.find_spec(module) is not None


def _root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0


def _program(name: str) -> Callable[[], bool]:
    # Root's programs may be missing from PATH.
    path = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/sbin"))
    return lambda: shutil.which(name, path=path) is not None


def _netns() -> bool:
    """Whether this process may make network namespaces: root in a container often may not."""
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:
        return False
    effective = int(status.partition("CapEff:")[2].split()[0], 16)
    return all(effective >> capability & 1 for capability in (_CAP_NET_ADMIN, _CAP_SYS_ADMIN))


def _ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


NEEDS: dict[str, Callable[[], bool]] = {
    "cryptography": _installed("cryptography"),
    "h2": _installed("h2"),
    "ip": _program("ip"),
    "ip6tables": _program("ip6tables"),
    "iptables": _program("iptables"),
    "ipv6": _ipv6,
    "netns": _netns,
    "root": _root,
    "tls1.1": lambda: ssl.HAS_TLSv1_1,
}
"""Name of a need to a function that tells whether this machine meets it."""


class NeedMissingError(RuntimeError):
    """Raised when a fault is started on a machine that lacks what it needs."""


def missing(needs: Iterable[str]) -> tuple[str, ...]:
    """Return those of ``needs`` that this machine does not meet."""
    return tuple(need for need in needs if not NEEDS[need]())


NO_LOOPBACK = (
    "this machine does not reach itself: its loopback interface is down (ip link set lo up)"
)


def has_loopback() -> bool:
    """Return whether this machine reaches itself; in a new network namespace it does not."""
    try:
        with (
            socket.create_server(("127.0.0.1", 0)) as server,
            socket.create_connection(server.getsockname(), timeout=5.0),
        ):
            return True
    except OSError:
        return False


def in_words(lacking: tuple[str, ...]) -> str:
    """Return what is lacking; where there are no namespaces, nothing else would help."""
    if "netns" in lacking and sys.platform != "linux":
        return "network namespaces, which only Linux has"
    return f"{', '.join(lacking)}, which this machine lacks"


T = TypeVar("T")


def shared(make: Callable[[Lab], T]) -> Callable[[Lab], T]:
    """Return a function that calls ``make`` once for each running lab.

    Further calls return the same thing; it is forgotten when the lab stops. The lab starts one
    fault at a time, so no lock is needed.
    """
    made: dict[Lab, T] = {}

    @functools.wraps(make)
    def get(lab: Lab) -> T:
        if lab not in made:
            made[lab] = make(lab)
            lab.on_stop(functools.partial(made.pop, lab))
        return made[lab]

    return get
