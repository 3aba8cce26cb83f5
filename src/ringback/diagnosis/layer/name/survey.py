"""Every nameserver, asked side by side."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Final

from ringback.diagnosis.layer.name.exchange import Patience, Server
from ringback.diagnosis.layer.name.nameserver import Asking
from ringback.diagnosis.layer.name.probe import control, hijack, random_sibling
from ringback.diagnosis.scene import together

if TYPE_CHECKING:
    import dns.name

    from ringback.diagnosis.layer.name.system import SystemLookup
    from ringback.diagnosis.scene import Scene

_FURTHER: Final = 0.9
"""Seconds to listen on for the kernel's word that nobody is there (server or gateway)."""

_BRIEF: Final = (0.5, 0.5)

_SEEN_TO_FAIL: Final = frozenset({"SERVFAIL", "REFUSED", "NOTIMP", "FORMERR"})


def ask_all(
    scene: Scene,
    servers: Sequence[Server],
    names: Sequence[dns.name.Name],
    lookup: SystemLookup,
    *,
    brief: bool = False,
) -> list[Asking]:
    """Ask nameservers for a name and, where it decides something, for other names."""
    asking: list[Asking] = []
    patience = Patience(
        left=scene.left,
        further=_FURTHER,
        settled=lambda: bool(lookup.addresses) and any(one.resolved for one in asking),
    )
    if brief:
        patience = Patience(tries=_BRIEF, left=scene.left)
    asking += [Asking(scene, server, names, patience) for server in servers]
    tasks = [task for one in asking for task in one.tasks()]
    if not brief:
        sibling = random_sibling(min(names, key=len))
        tasks += [partial(hijack, scene, one.server, sibling, one.is_unreachable) for one in asking]
    together(scene, tasks)
    if not brief and not any(one.resolved for one in asking):
        doubtful = [one.server for one in asking if _in_doubt(one)]
        together(scene, [partial(control, scene, server) for server in doubtful])
    return asking


def _in_doubt(asking: Asking) -> bool:
    """Whether it is to be asked if the server answers anything."""
    return not asking.is_unreachable() and any(
        one.reply.rcode in _SEEN_TO_FAIL or one.reply.timed_out or one.reply.malformed
        for one in asking.findings.values()
    )
