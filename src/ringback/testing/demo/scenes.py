"""The scenes: each a failure made for real, what is promised of it, and the calls."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ringback.testing.lab.resolver import resolving
from ringback.testing.lab.response import serve
from ringback.testing.lab.schedule import failing
from ringback.testing.lab.tcp import reset_mid_body

if TYPE_CHECKING:
    from ringback.testing.demo.stage import Stage


@dataclass(frozen=True, slots=True)
class Scene:
    """One scene.

    Attributes:
        name: For programs.
        title: For people.
        play: Makes the failure and the calls.
        promised: The steps that must be seen, and no others.
    """

    name: str
    title: str
    play: Callable[[Stage], None]
    promised: tuple[str, ...]


def comes_back(stage: Stage) -> None:
    """Call a closed port that opens after the second attempt."""
    listener = stage.lab.reserve(serve)
    stage.on_attempt = lambda attempts: listener.open() if attempts == 2 else None
    with stage.session(attempts=4) as session:
        stage.call(session, "GET", listener.endpoint.url)


def no_such_name(stage: Stage) -> None:
    """Call a name that the lab's DNS server does not know."""
    endpoint = stage.lab.start("dns.name_not_resolved")
    assert endpoint.nameserver is not None
    with resolving(endpoint.nameserver), stage.session() as session:
        stage.call(session, "GET", endpoint.url)


def expired_certificate(stage: Stage) -> None:
    """Call a server whose certificate expired yesterday."""
    endpoint = stage.lab.start("tls.cert.date_invalid.expired")
    with stage.session() as session:
        stage.call(session, "GET", endpoint.url, verify=endpoint.verify)


def reset_in_body(stage: Stage) -> None:
    """Read a body that breaks off: it may be asked for again, but not ordered again."""
    with stage.session() as session:
        once = stage.lab.listen(failing(1, reset_mid_body))
        stage.call(session, "GET", once.url)
        stage.call(session, "POST", stage.lab.listen(reset_mid_body).url, data=b"one order")


def outage(stage: Stage) -> None:
    """Call a service that is down three times, and twice when it is back."""
    listener = stage.lab.reserve(serve)
    with stage.session(attempts=2) as session:
        for _ in range(3):
            stage.call(session, "GET", listener.endpoint.url)
        listener.open()
        for _ in range(2):
            stage.call(session, "GET", listener.endpoint.url)


_DOWN = ("tcp.refused retry", "tcp.refused give_up", "raised, explained as tcp.refused")

SCENES = (
    Scene(
        "comes_back",
        "A refused port that comes back during the retries",
        comes_back,
        ("tcp.refused retry", "tcp.refused retry", "ok done"),
    ),
    Scene(
        "no_such_name",
        "A DNS name that does not exist",
        no_such_name,
        ("dns.name_not_resolved give_up", "raised, explained as dns.name_not_resolved"),
    ),
    Scene(
        "expired_certificate",
        "An expired certificate",
        expired_certificate,
        (
            "tls.cert.date_invalid.expired give_up",
            "raised, explained as tls.cert.date_invalid.expired",
        ),
    ),
    Scene(
        "reset_in_body",
        "A reset in mid-body: a GET is repeated, a POST is not",
        reset_in_body,
        (
            "tcp.reset retry",
            "ok done",
            "tcp.reset give_up",
            "raised, explained as tcp.reset",
        ),
    ),
    Scene(
        "outage",
        "A service that stays down: one alert, and its recovery",
        outage,
        (*_DOWN, *_DOWN, *_DOWN[:2], "alert", _DOWN[2], "ok done", "ok done", "recovery"),
    ),
)
"""In the order they are played."""
