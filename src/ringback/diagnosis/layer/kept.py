"""Connections that were made to see whether a port is open, kept for the stage after."""

from __future__ import annotations

import time
import weakref
from collections.abc import Hashable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import socket

    from ringback.diagnosis.scene import Route, Scene

FRESH = 1.0
"""Seconds for which an unused connection is as good as a new one."""

_Store = dict[Hashable, tuple[float, "socket.socket"]]

_kept: weakref.WeakKeyDictionary[Scene, _Store] = weakref.WeakKeyDictionary()


def keep(scene: Scene, route: Route, target: tuple[str, int] | None, sock: socket.socket) -> None:
    """Keep an unused connection for the next ``open_connection`` along its route."""
    if scene not in _kept:
        _kept[scene] = {}
        weakref.finalize(scene, _close_all, _kept[scene])
    key = _key(route, target)
    before = _kept[scene].pop(key, None)
    _kept[scene][key] = (time.monotonic(), sock)
    if before is not None:
        before[1].close()


def take(scene: Scene, route: Route, target: tuple[str, int] | None) -> socket.socket | None:
    """Return a connection that was kept less than a second ago, once."""
    since, sock = _kept.get(scene, {}).pop(_key(route, target), (0.0, None))
    if sock is not None and time.monotonic() - since > FRESH:
        sock.close()
        return None
    return sock


def release(scene: Scene) -> None:
    """Close the connections that were kept and not used."""
    _close_all(_kept.get(scene, {}))


def _key(route: Route, target: tuple[str, int] | None) -> Hashable:
    return route.address, route.port, route.proxy, target


def _close_all(store: _Store) -> None:
    while store:
        store.popitem()[1][1].close()
