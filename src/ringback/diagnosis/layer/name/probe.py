"""Questions about the nameserver itself: does it answer anything, does it invent answers."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import dns.name

from ringback.diagnosis.layer.name.answer import Answer, answer_of
from ringback.diagnosis.layer.name.candidates import plain
from ringback.diagnosis.layer.name.exchange import Patience, Reply, Server, ask

if TYPE_CHECKING:
    from ringback.diagnosis.scene import Scene

_NOWHERE: Final = dns.name.from_text("invalid.")
"""Below it there are no names (RFC 6761, section 6.4)."""

_OF_NETWORKS: Final = frozenset(
    {b"test", b"local", b"localhost", b"lan", b"internal", b"corp", b"home", b"arpa", b"intranet"}
)
"""Top levels of private networks, where all names may well have one address."""

_TWO_LABELS: Final = 3  # with the root
_TRIES: Final = (0.5, 0.5)


def random_sibling(name: dns.name.Name) -> dns.name.Name:
    """Return a name that should not exist, with the same parent as another."""
    return dns.name.Name((_label(), *name.labels[1:]))


def hijack(
    scene: Scene,
    server: Server,
    sibling: dns.name.Name,
    hopeless: Callable[[], bool] = bool,
) -> None:
    """Tell if a nameserver has addresses for a name that should not exist.

    It may be the zone that has them for all names below it, so names that are in no zone are asked
    for then.
    """
    begun = scene.now()
    patience = Patience(tries=_TRIES, left=scene.left, hopeless=hopeless)
    reply, answer = _asked(server, sibling, "A", patience)
    if not answer.addresses:
        return
    invented = [
        name for name in _nowhere(sibling) if _asked(server, name, "A", patience)[1].addresses
    ]
    hijacked = bool(invented)
    scene.tell(
        "name",
        "hijack",
        plain(invented[0] if hijacked else sibling),
        state="failed" if hijacked else "noted",
        result=_in_words(server, answer, hijacked=hijacked),
        kind="dns.bogus_address" if hijacked else None,
        since=begun,
        facts={
            "server": str(server),
            "rcode": reply.rcode,
            "answers": list(answer.addresses),
            "hijacked": hijacked,
            "wildcard": not hijacked,
        },
    )


def control(scene: Scene, server: Server) -> None:
    """Tell whether a nameserver answers a question that every resolver can answer."""
    begun = scene.now()
    patience = Patience(tries=_TRIES, left=scene.left)
    reply, _ = _asked(server, dns.name.root, "NS", patience)
    works = reply.rcode in {"NOERROR", "NXDOMAIN"}
    said = f"it answers for others ({reply.rcode})" if works else "it answers nothing else either"
    scene.tell(
        "name",
        "control",
        ".",
        state="ok" if works else "failed",
        result=f"{server}: {said}",
        since=begun,
        facts={
            "server": str(server),
            "rcode": reply.rcode,
            "works": works,
            "timed_out": reply.timed_out,
            "error": reply.error,
        },
    )


def _asked(
    server: Server, name: dns.name.Name, type_: str, patience: Patience
) -> tuple[Reply, Answer]:
    reply = ask(server, name, type_, patience, lambda _address, _port: False)
    message = reply.message
    return reply, Answer() if message is None else answer_of(message, name, type_)


def _nowhere(sibling: dns.name.Name) -> list[dns.name.Name]:
    """Names that no zone has: below ``.invalid``, and beside the domain of another."""
    names = [dns.name.Name((_label(), *_NOWHERE.labels))]
    if len(sibling.labels) > _TWO_LABELS and sibling.labels[-2].lower() not in _OF_NETWORKS:
        names.append(dns.name.Name((_label(), *sibling.labels[-2:])))
    return names


def _label() -> bytes:
    return b"x" + secrets.token_hex(8).encode("ascii")


def _in_words(server: Server, answer: Answer, *, hijacked: bool) -> str:
    addresses = " ".join(answer.addresses[:3])
    if hijacked:
        return f"{server} says {addresses} for a name that cannot exist"
    return f"every name of this domain resolves ({addresses})"
