"""What a port speaks that does not speak TLS."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

from ringback.diagnosis.layer.opening import open_connection
from ringback.diagnosis.layer.tls.channel import Channel
from ringback.diagnosis.layer.tls.spoken import printable, says_tls, speaks
from ringback.diagnosis.layer.tls.telling import subject_of
from ringback.diagnosis.protocols import protocol_of

if TYPE_CHECKING:
    from ringback.diagnosis.model import Asked
    from ringback.diagnosis.scene import Route, Scene

_STATUS = re.compile(rb"HTTP/\d\.\d (\d{3})")
_ENOUGH = 2048


def tell_plain(
    scene: Scene, route: Route, data: bytes, *, since: float | None = None, how: str
) -> None:
    """Tell what a port speaks, by its first bytes; without any it was silent, or hung up."""
    spoken = speaks(data) if data else "nothing"
    status = _STATUS.match(data)
    if data and says_tls(data):
        spoken = "tls"
    shown = printable(data, 100)
    scene.tell(
        "tls",
        "plain",
        subject_of(route),
        result=f"without TLS the port says {shown!r}" if data else "nothing without TLS either",
        since=since,
        facts={
            "speaks": spoken,
            "first_bytes": shown or None,
            "status": int(status[1]) if status else None,
            "plain_to_tls": spoken == "tls",
            "asked_with": how,
        },
    )


def ask_plainly(scene: Scene, route: Route, listen: float, wait: float) -> tuple[bytes, str] | None:
    """Return what a port says by itself, or to the first words of what is asked, and to which.

    ``None``: no connection could be made.
    """
    asked = scene.asked
    try:
        raw = open_connection(scene, route, asked.host, asked.port, scene.left(listen + wait))
    except OSError:
        return None
    with Channel(raw) as channel:
        said = _heard(channel, scene.left(listen))
        if said:
            return said, "greeting"
        words, how = _first_words(asked)
        try:
            channel.send(words, scene.left(wait))
        except OSError:
            return b"", how
        return _heard(channel, scene.left(wait)), how


def _first_words(asked: Asked) -> tuple[bytes, str]:
    protocol = protocol_of(asked.scheme)
    if protocol is not None and protocol.opening:
        return protocol.opening, "opening"
    return b"GET / HTTP/1.1\r\nHost: %s\r\n\r\n" % asked.host.encode("ascii", "replace"), "http"


def _heard(channel: Channel, within: float) -> bytes:
    """What comes, waiting for the first piece; for what follows only a moment."""
    ends = time.monotonic() + within
    data = b""
    try:
        while len(data) < _ENOUGH and (piece := channel.receive(ends - time.monotonic())):
            data += piece
            ends = min(ends, time.monotonic() + 0.05)
    except OSError:
        pass  # what came until then is looked at
    return data
