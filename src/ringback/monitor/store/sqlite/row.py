"""A check as a row of integers, and back."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ringback.incident.model import CertificateSeen, Check, Origin
from ringback.monitor.store.tally import PHASES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from ringback.monitor.store.sqlite.number import Numbered

ORIGINS: tuple[Origin, ...] = ("probe", "call", "heartbeat")
"""An origin is kept as its place here."""

LONGEST_DETAIL = 500
"""Characters of a detail that are kept."""

_NUMBER: dict[str, int] = {origin: number for number, origin in enumerate(ORIGINS)}
_PHASES = frozenset(PHASES)
_LONGEST = 1e9

Values = tuple[Any, ...]
"""The values of a check in the order of ``schema.LOOK``."""


class Rows:
    """Turns checks into rows, and rows into checks.

    Args:
        words: The numbers of words.
        certificates: The numbers of certificates.
    """

    def __init__(self, words: Numbered[str], certificates: Numbered[CertificateSeen]) -> None:
        self._words = words
        self._certificates = certificates

    def of(self, checks: Sequence[Check]) -> list[Values]:
        """Return the rows of checks.

        Args:
            checks: A duration that is no number, or negative, is kept as not known.

        Raises:
            ValueError: The time of a check is no number.
        """
        try:
            return [self._of(check) for check in checks]
        except (ValueError, OverflowError):
            return [self._of(_sane(check)) for check in checks]

    def _of(self, check: Check) -> Values:
        words = self._words
        seconds, timings = check.seconds, check.timings
        phase = timings.get
        dns, connect, tls = phase("dns"), phase("connect"), phase("tls")
        first, transfer = phase("first_byte"), phase("transfer")
        seen = check.certificate
        return (
            words[check.endpoint],
            int(check.at * 1e6 + 0.5),
            check.up,
            words[check.kind],
            None if seconds is None else int(seconds * 1e6 + 0.5),
            None if dns is None else int(dns * 1e6 + 0.5),
            None if connect is None else int(connect * 1e6 + 0.5),
            None if tls is None else int(tls * 1e6 + 0.5),
            None if first is None else int(first * 1e6 + 0.5),
            None if transfer is None else int(transfer * 1e6 + 0.5),
            check.status,
            words[check.address],
            None if seen is None else self._certificates[seen],
            _NUMBER[check.origin],
            words[check.vantage or None],
            _cut(check.detail) if check.detail else None,
            None if timings.keys() <= _PHASES else _more(check),
        )

    def check(self, row: Sequence[Any], connection: Connection) -> Check:
        """Return the check of a row.

        Args:
            row: Its first values are those of ``schema.LOOK``.
            connection: Where it was read.
        """
        endpoint, at, up, kind, seconds = row[:5]
        status, address, certificate, origin, vantage, detail, more = row[10:17]
        timings = {
            name: value / 1e6
            for name, value in zip(PHASES, row[5:10], strict=True)
            if value is not None
        }
        return Check(
            at=at / 1e6,
            endpoint=self._words.value(endpoint, connection),
            up=None if up is None else bool(up),
            kind=self._word(kind, connection),
            seconds=None if seconds is None else seconds / 1e6,
            timings={**timings, **json.loads(more)} if more else timings,
            origin=ORIGINS[origin],
            vantage=self._word(vantage, connection) or "",
            status=status,
            address=self._word(address, connection),
            certificate=self._certificates.value(certificate, connection) if certificate else None,
            detail=detail or "",
        )

    def _word(self, number: int | None, connection: Connection) -> str | None:
        return None if number is None else self._words.value(number, connection)


def _more(check: Check) -> str:
    return json.dumps({name: s for name, s in check.timings.items() if name not in _PHASES})


def _cut(detail: str) -> str:
    return detail[:LONGEST_DETAIL].encode("utf-8", "replace").decode("utf-8")


def _sane(check: Check) -> Check:
    timings = {
        name: sane for name, s in check.timings.items() if (sane := _duration(s)) is not None
    }
    return replace(check, seconds=_duration(check.seconds), timings=timings)


def _duration(seconds: float | None) -> float | None:
    if seconds is None or not math.isfinite(seconds) or seconds < 0:
        return None
    return min(seconds, _LONGEST)
