"""Further readings after a handshake has failed: whatever can tell why.

Among them are this host's clock against the server's, and what a port speaks without TLS.
"""

from __future__ import annotations

import email.utils
import re
import threading
import time
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from ringback.diagnosis.context import together
from ringback.diagnosis.facts import (
    OldVersionsFacts,
    OtherNameFacts,
    PlainFacts,
    SystemStoreFacts,
    TlsSmallSegmentsFacts,
)
from ringback.diagnosis.host_facts import ClockFacts
from ringback.diagnosis.layer.kernel import confirmed
from ringback.diagnosis.layer.opening import open_connection, subject_of
from ringback.diagnosis.layer.spoken import printable, says_tls, speaks
from ringback.diagnosis.layer.tls_handshake import TlsChannel, attempted, sni_of
from ringback.diagnosis.layer.tls_readings import ISSUER_CODES
from ringback.diagnosis.layer.tls_trust import (
    is_offered,
    load_trust,
    other_store,
    tolerant,
    unverifying,
    verifying,
)
from ringback.diagnosis.protocols import protocol_of

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from ringback.diagnosis.context import DiagnosisContext, OpenRoute
    from ringback.diagnosis.layer.tls_handshake import Handshake
    from ringback.diagnosis.layer.tls_trust import TrustStore
    from ringback.diagnosis.model import Asked, Stage


_MIN_OFFSET = 2.0
_DATE_TIMEOUT = 1.5


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
    """Ask a server whose certificate is out of date for the time, and record it.

    The connection is not verified: a ``HEAD /`` without credentials is sent over it, and nothing
    but ``Date`` is taken from the answer.
    """
    from ringback.diagnosis.layer.http_exchange import (  # noqa: PLC0415 - most handshakes need none
        ResponseTimeouts,
        exchange_http1,
    )

    made = attempted(context, route, unverifying(), within=_DATE_TIMEOUT)
    if made is None or made.error is not None:
        return
    host, left = context.asked.host, context.left(_DATE_TIMEOUT)
    text = f"HEAD / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
    with made.channel as channel:
        began = time.monotonic()
        timeouts = ResponseTimeouts(left, left, left, left)
        answer = exchange_http1(channel, text.encode("ascii", "replace"), "HEAD", timeouts)
    if answer.head is not None:
        offset = offset_from_date(answer.head.get("date"), time.monotonic() - began)
        record_clock(context, host, offset, least=0.0)


_STATUS = re.compile(rb"HTTP/\d\.\d (\d{3})")
_MAX_BYTES = 2048


def record_plain(
    context: DiagnosisContext,
    route: OpenRoute,
    data: bytes,
    *,
    since: float | None = None,
    how: str,
) -> None:
    """Record what a port speaks, by its first bytes; without any it was silent, or hung up."""
    spoken = speaks(data) if data else "nothing"
    status = _STATUS.match(data)
    if data and says_tls(data):
        spoken = "tls"
    shown = printable(data, 100)
    context.record(
        PlainFacts,
        subject_of(route),
        result=f"without TLS the port says {shown!r}" if data else "nothing without TLS either",
        since=since,
        facts=PlainFacts(
            speaks=spoken,
            first_bytes=shown or None,
            status=int(status[1]) if status else None,
            plain_to_tls=spoken == "tls",
            asked_with=how,
        ),
    )


def ask_plainly(
    context: DiagnosisContext, route: OpenRoute, listen: float, wait: float
) -> tuple[bytes, str] | None:
    """Return what a port says by itself, or to the first words of what is asked, and to which.

    ``None``: no connection could be made.
    """
    asked = context.asked
    try:
        raw = open_connection(context, route, asked.host, asked.port, context.left(listen + wait))
    except OSError:
        return None
    with TlsChannel(raw) as channel:
        said = _heard(channel, context.left(listen))
        if said:
            return said, "greeting"
        words, how = _first_words(asked)
        try:
            channel.send(words, context.left(wait))
        except OSError:
            return b"", how
        return _heard(channel, context.left(wait)), how


def _first_words(asked: Asked) -> tuple[bytes, str]:
    protocol = protocol_of(asked.scheme)
    if protocol is not None and protocol.opening:
        return protocol.opening, "opening"
    return b"GET / HTTP/1.1\r\nHost: %s\r\n\r\n" % asked.host.encode("ascii", "replace"), "http"


def _heard(channel: TlsChannel, within: float) -> bytes:
    """What comes, waiting for the first piece; for what follows only a moment."""
    try:
        return channel.receive_some(within, lambda _: 0.05, _MAX_BYTES)
    except OSError:
        return b""


SMALL = 536
"""Bytes of a segment that every path carries (RFC 9293, section 3.7.1)."""
STALL_SECONDS = 1.2
"""Seconds of silence after which it is asked why, beside the handshake that still waits."""
_ANSWERED_TIMEOUT = 0.6
"""Seconds that a further reading may take where the first one was answered at once."""
_UNANSWERED_TIMEOUT = 1.5
"""The same where the first one was not answered."""

_DATES = frozenset({9, 10})
_WITH_DATE = frozenset({"http", "none"})
"""What may be HTTP, whose answers carry the date; others would only wait for a proper question."""
_OLD_ALERTS = frozenset({40, 70, 71, 86})
_NAME_ALERTS = frozenset({40, 49, 80, 112})


def explain_handshake(
    context: DiagnosisContext, route: OpenRoute, made: Handshake, store: TrustStore
) -> None:
    """Take the readings that tell why a handshake failed, at once."""
    if made.error == "not_tls":
        record_plain(context, route, made.channel.first, how="tls")
        return
    together(context, list(_readings(context, route, made, store)))


@dataclass(slots=True)
class PendingHandshake:
    """A handshake under way."""

    stage: Stage = "tls"  # Whose connection it is
    over: threading.Event = field(default_factory=threading.Event)  # Set when it has come to an end
    raw: socket.socket | None = None  # Its connection, once there is one

    @property
    def lost(self) -> bool:
        """Whether what was sent over it was not confirmed by the peer's kernel."""
        return self.raw is not None and bool(confirmed(self.raw)["unacked"])


def explain_silence(context: DiagnosisContext, route: OpenRoute, pending: PendingHandshake) -> None:
    """Wait for a handshake; where it stays unanswered, ask what else the port takes."""
    if pending.over.wait(context.left(max(STALL_SECONDS, 4 * (route.rtt or 0.0)))):
        return
    # One after the other: only so many connections are polite, and the first says the most.
    if route.proxy is None and _small_segments(context, route):
        return
    if pending.lost and sni_of(context.asked.host):  # perhaps dropped for the name in it
        _other_name(context, route, _UNANSWERED_TIMEOUT)
    else:
        _plain(context, route, _UNANSWERED_TIMEOUT / 2)


def _readings(
    context: DiagnosisContext, route: OpenRoute, made: Handshake, store: TrustStore
) -> list[Callable[[], None]]:
    tasks: list[Callable[[], None]] = []
    if made.verify_code in _DATES and context.asked.protocol in _WITH_DATE:
        tasks.append(partial(ask_clock, context, route))
    if made.verify_code in ISSUER_CODES:
        tasks.append(partial(_other_store, context, route, store))
    if _may_be_old(made):
        tasks.append(partial(_old_versions, context, route))
    cut = made.error in {"closed", "reset"} and not made.channel.received
    if cut:
        tasks.append(partial(_plain, context, route, _ANSWERED_TIMEOUT / 2))
    if (cut or made.alert in _NAME_ALERTS) and sni_of(context.asked.host):
        tasks.append(partial(_other_name, context, route, _ANSWERED_TIMEOUT))
    return tasks


def _may_be_old(made: Handshake) -> bool:
    if made.error == "alert":
        return made.alert in _OLD_ALERTS and not made.client_certificate_asked
    return made.error in {"unsupported", "protocol"}


def _plain(context: DiagnosisContext, route: OpenRoute, each: float) -> None:
    since = context.now()
    said = ask_plainly(context, route, each, each)
    if said is not None:
        record_plain(context, route, said[0], since=since, how=said[1])


def _small_segments(context: DiagnosisContext, route: OpenRoute) -> bool:
    """Shake hands with small segments; return whether that is answered."""
    since = context.now()
    made = attempted(context, route, unverifying(), within=_UNANSWERED_TIMEOUT, segment_size=SMALL)
    if made is None:
        return False
    made.channel.close()
    works = made.error is None or made.error == "alert"
    context.record(
        TlsSmallSegmentsFacts,
        subject_of(route),
        result=f"with segments of {SMALL} bytes the handshake "
        + ("is answered" if works else "fails too"),
        since=since,
        facts=TlsSmallSegmentsFacts(works=works, outcome=made.error or "open"),
    )
    return works


def _old_versions(context: DiagnosisContext, route: OpenRoute) -> None:
    since = context.now()
    made = attempted(context, route, tolerant(), within=_ANSWERED_TIMEOUT)
    if made is None:
        return
    tls = made.channel.tls
    works = made.error is None and tls is not None
    version = tls.version() if tls is not None and works else None
    agreed = tls.cipher() if tls is not None and works else None
    cipher = agreed[0] if agreed else None
    made.channel.close()
    context.record(
        OldVersionsFacts,
        subject_of(route),
        result=f"with old versions and ciphers allowed: {version}, {cipher}"
        if works
        else "old versions and ciphers do not help",
        since=since,
        facts=OldVersionsFacts(
            works=works,
            version=version,
            cipher=cipher,
            offered=version is not None and cipher is not None and is_offered(version, cipher),
            error=made.error,
            alert=made.alert,
        ),
    )


def _other_name(context: DiagnosisContext, route: OpenRoute, within: float) -> None:
    since = context.now()
    made = attempted(context, route, unverifying(), within=within, named=False)
    if made is None:
        return
    made.channel.close()
    works = made.error is None
    context.record(
        OtherNameFacts,
        subject_of(route),
        result="without the server's name (SNI) the handshake "
        + ("works" if works else "fails too"),
        since=since,
        facts=OtherNameFacts(sni=None, works=works, error=made.error, alert=made.alert),
    )


def _other_store(context: DiagnosisContext, route: OpenRoute, store: TrustStore) -> None:
    other = other_store(store)
    if other is None:
        return
    since = context.now()
    ssl_context = verifying()
    try:
        load_trust(ssl_context, other.trust)
    except (OSError, ImportError):
        return
    made = attempted(context, route, ssl_context, within=_ANSWERED_TIMEOUT)
    if made is None:
        return
    made.channel.close()
    verified = made.error is None or made.verify_code in {62, 64}
    context.record(
        SystemStoreFacts,
        subject_of(route),
        result=f"{other.source}'s authorities "
        + ("vouch for the certificate" if verified else "do not vouch for it either"),
        since=since,
        facts=SystemStoreFacts(
            verified=verified,
            store=other.source,
            verify_code=made.verify_code,
            error=made.error,
        ),
    )
