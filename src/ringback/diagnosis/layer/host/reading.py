"""Tells what this host is like, in the order in which it matters to a call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringback.diagnosis.layer.host import (
    descriptors,
    environment,
    hosts,
    interfaces,
    proxies,
    resolver,
    routes,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from ringback.diagnosis.scene import Scene

_READERS: tuple[Callable[[Scene], None], ...] = (
    environment.read,
    interfaces.read,
    routes.read,
    resolver.read,
    hosts.read,
    proxies.read,
    descriptors.read,
)


def read(scene: Scene) -> None:
    """Tell what this host is like; nothing is sent, and nothing waits."""
    for reader in _READERS:
        try:
            reader(scene)
        except OSError as error:  # out of descriptors, or forbidden by a sandbox
            what = reader.__module__.rpartition(".")[2]
            scene.tell("host", what, state="skipped", result=f"it cannot be read here: {error}")
