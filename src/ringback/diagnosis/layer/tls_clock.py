"""This host's clock against the server's."""

from __future__ import annotations

import email.utils
import time
from typing import TYPE_CHECKING

from ringback.diagnosis.facts import ClockFacts
from ringback.diagnosis.layer.tls_handshake import attempted
from ringback.diagnosis.layer.tls_trust import unverifying

if TYPE_CHECKING:
    from ringback.diagnosis.context import DiagnosisContext, OpenRoute


_MIN_OFFSET = 2.0
_TIMEOUT = 1.5


def offset_from_date(date: str | None, took: float) -> float | None:
    """Return how many seconds this host's clock is ahead of the server's."""
    try:
        theirs = email.utils.parsedate_to_datetime(date or "").timestamp()
    except (ValueError, OverflowError):
        return None
    # It is cut to whole seconds, and half of the way there and back is over.
    return round(time.time() - theirs - 0.5 - took / 2, 1)


def record_clock(
    context: DiagnosisContext, server: str, offset: float | None, *, least: float
) -> None:
    """Record how far the clocks are apart, where that is known."""
    if offset is None or abs(offset) < least:
        return
    where = "ahead of" if offset > 0 else "behind"
    apart = f"{abs(offset):,.0f} s {where} the server's"
    context.record(
        ClockFacts,
        server,
        result="this host's clock agrees with the server's"
        if abs(offset) < _MIN_OFFSET
        else f"this host's clock is {apart}",
        facts=ClockFacts(offset=offset, source=f"Date of {server}"),
    )


def ask_clock(context: DiagnosisContext, route: OpenRoute) -> None:
    """Ask a server whose certificate is out of date for the time, and tell it.

    The connection is not verified: a ``HEAD /`` without credentials is sent over it, and nothing
    but ``Date`` is taken from the answer.
    """
    from ringback.diagnosis.layer.http_exchange import (  # noqa: PLC0415 - most handshakes need none
        ResponseTimeouts,
        exchange_http1,
    )

    made = attempted(context, route, unverifying(), within=_TIMEOUT)
    if made is None or made.error is not None:
        return
    host, left = context.asked.host, context.left(_TIMEOUT)
    text = f"HEAD / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
    with made.channel as channel:
        began = time.monotonic()
        timeouts = ResponseTimeouts(left, left, left, left)
        answer = exchange_http1(channel, text.encode("ascii", "replace"), "HEAD", timeouts)
    if answer.head is not None:
        offset = offset_from_date(answer.head.get("date"), time.monotonic() - began)
        record_clock(context, host, offset, least=0.0)
