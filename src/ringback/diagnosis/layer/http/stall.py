"""Further readings beside a request whose answer does not come, or does not go on."""

from __future__ import annotations

import threading
import time
from functools import partial
from typing import TYPE_CHECKING

from ringback.diagnosis.layer.http.exchange import Patience, exchange
from ringback.diagnosis.layer.opening import open_connection
from ringback.diagnosis.layer.tls.attempt import attempted
from ringback.diagnosis.layer.tls.channel import Channel
from ringback.diagnosis.layer.tls.extras import SMALL
from ringback.diagnosis.layer.tls.telling import subject_of
from ringback.diagnosis.layer.tls.trust import unverifying
from ringback.diagnosis.scene import together

if TYPE_CHECKING:
    import ssl

    from ringback.diagnosis.layer.http.request import Request
    from ringback.diagnosis.scene import Route, Scene

SILENCE = 1.2
"""Seconds without a byte after which it is tried with small segments."""
_GLANCE = 0.1
_LONGEST = 2.0
_LARGE = 1000
"""Bytes that are too many for a small packet: less would also have come through a path that loses
large ones."""


def watch(
    scene: Scene,
    route: Route,
    request: Request,
    channel: Channel,
    context: ssl.SSLContext | None,
    over: threading.Event,
) -> None:
    """Wait for an answer; where it stalls, ask again with small segments, or for TLS."""
    silence = max(SILENCE, 4 * (route.rtt or 0.0))
    seen, since = channel.received, time.monotonic()
    while not over.wait(_GLANCE) and scene.left(1.0):
        if channel.received != seen:
            seen, since = channel.received, time.monotonic()
        elif time.monotonic() - since >= silence:
            tasks = [partial(_small_segments, scene, route, request, context)]
            if context is None and not seen:
                tasks.append(partial(tls_here, scene, route))
            together(scene, tasks)
            return


def _small_segments(
    scene: Scene, route: Route, request: Request, context: ssl.SSLContext | None
) -> None:
    since = scene.now()
    channel = _opened(scene, route, context)
    if channel is None:
        return
    with channel:
        text = request.text(route, tunnelled=context is not None)
        left = scene.left(_LONGEST)
        answer = exchange(channel, text, request.method, Patience(left, left, left, left))
        came = channel.received
    works = answer.outcome == "answered" and came >= _LARGE
    scene.tell(
        "http",
        "small_segments",
        request.url,
        result=f"with segments of {SMALL} bytes "
        + ("the answer comes" if works else f"{came} bytes come"),
        since=since,
        facts={
            "works": works,
            "outcome": answer.outcome,
            "first_byte": answer.first_byte,
            "bytes": came,
        },
    )


def _opened(scene: Scene, route: Route, context: ssl.SSLContext | None) -> Channel | None:
    if context is not None:
        made = attempted(scene, route, context, within=_LONGEST, segment_size=SMALL)
        return made.channel if made is not None and made.error is None else None
    asked = scene.asked
    try:
        return Channel(
            open_connection(
                scene, route, asked.host, asked.port, scene.left(_LONGEST), segment_size=SMALL
            )
        )
    except OSError:
        return None


def tls_here(scene: Scene, route: Route) -> None:
    """Tell whether a port that did not answer plain HTTP speaks TLS."""
    since = scene.now()
    made = attempted(scene, route, unverifying(), within=_LONGEST / 3, named=True)
    if made is None:
        return
    tls = made.channel.tls
    works = (made.error is None or made.error == "alert") and made.channel.received > 0
    version = tls.version() if tls is not None and made.error is None else None
    made.channel.close()
    scene.tell(
        "http",
        "tls_here",
        subject_of(route),
        result=f"the port speaks TLS ({version or 'it answers with an alert'})"
        if works
        else "the port does not speak TLS either",
        since=since,
        facts={"works": works, "version": version, "error": made.error, "alert": made.alert},
    )
