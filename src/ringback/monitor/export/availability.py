"""How available an endpoint was in a time, such as a month; what nobody saw does not count."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import TYPE_CHECKING, Any, NamedTuple

from ringback.monitor.store.aggregate import Aggregate

if TYPE_CHECKING:
    from collections.abc import Callable

    from ringback.incident.model import Transition
    from ringback.monitor.store.reader import StoreReader

_AGO = re.compile(r"(\d{1,6})\s*([smhdw])")
_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0, "w": 604_800.0}
_MONTH = re.compile(r"(\d{4})-(\d{2})")


class Span(NamedTuple):
    """From ``since`` to before ``until``, in seconds since 1970 UTC."""

    since: float
    until: float


def parse_month(text: str) -> Span:
    match = _MONTH.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{text!r} is not a month such as 2026-11")
    begin = datetime(int(match[1]), int(match[2]), 1, tzinfo=UTC)
    following = (begin + timedelta(days=31)).replace(day=1)
    return Span(begin.timestamp(), following.timestamp())


def months_until(at: float, count: int) -> list[str]:
    """Return the names of so many months, the last of which holds a time; the oldest first."""
    found: list[str] = []
    begin = datetime.fromtimestamp(at, UTC)
    for _ in range(count):
        begin = begin.replace(day=1)
        found.append(begin.strftime("%Y-%m"))
        begin -= timedelta(days=1)
    return found[::-1]


def parse_time(text: str, now: float) -> float:
    """Return a time in seconds since 1970 UTC: of RFC 3339, a date, or how long ago (``7d``)."""
    match = _AGO.fullmatch(text.strip())
    if match is not None:
        return now - int(match[1]) * _UNITS[match[2]]
    try:
        read = datetime.fromisoformat(text.strip())
    except ValueError:
        raise ValueError(f"{text!r} is not a time such as 2026-11-21T12:00Z, or 7d") from None
    return (read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp()


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """A time in which an endpoint was down."""

    begins: float  # When the first check failed, in seconds since 1970 UTC
    ends: float | None  # When the first one succeeded again; `None`: it goes on
    kind: str | None = None  # Kind of the failure that made it down


def outages(transitions: Iterable[Transition]) -> list[Outage]:
    """Return the outages that changes of state tell of, oldest first.

    An endpoint counts as down from the first of the failures that made it so, and up from the
    first of the successes that confirmed it. A suspicion that was not confirmed is no outage.
    """
    found: list[Outage] = []
    suspect = begins = ends = kind = None
    for transition in transitions:
        if transition.after == "suspect":
            suspect = transition.at
        elif transition.after == "down":
            if begins is None:
                begins = (
                    suspect
                    if transition.before == "suspect" and suspect is not None
                    else transition.at
                )
                kind = transition.kind
            ends = None
        elif transition.after == "recovering":
            ends = transition.at
        elif begins is not None:
            found.append(
                Outage(begins=begins, ends=transition.at if ends is None else ends, kind=kind)
            )
            begins = ends = None
    if begins is not None:
        found.append(Outage(begins=begins, ends=None, kind=kind))
    return found


_HOUR = 3600.0
_FIVE_MINUTES = 300.0
_SPARSE_SHARE = 0.8
"""An hour with fewer checks than this share of the usual number may have been seen in part only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Availability:
    """An endpoint in a time."""

    endpoint: str  # Its id
    known: float  # Seconds of which it is known how it was
    unknown: float  # Seconds of which it is not: nobody looked, or the monitor itself was not well
    down: float  # Seconds of the known ones in which it was down
    outages: int  # How many times it went down, those included that were under way at the beginning
    incidents: int  # How many incidents opened that it was part of
    repair: float | None  # Mean seconds of the outages that ended; `None`: none did
    checks: int  # How many had a result
    failed: int  # How many of them failed
    p50: float | None  # Median of the seconds that good ones took; `None`: there were none
    p95: float | None  # 95th percentile

    @property
    def available(self) -> float | None:
        """Percent of the known time in which it was not down; ``None``: nothing is known."""
        return None if not self.known else 100 * (1 - self.down / self.known)


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointHistory:
    """What is kept of an endpoint."""

    endpoint: str  # Its id
    transitions: Iterable[Transition]  # All changes of its state, oldest first
    hours: Mapping[float, Aggregate]  # Beginning of an hour to what was counted in it
    # Gives the beginnings of the five minutes of an hour in which it was seen
    fives: Callable[[float], set[float]] = lambda _: set()
    incidents: int = 0  # How many opened in the time


def compute_availability(record: EndpointHistory, span: Span, now: float) -> Availability | None:
    """Return how an endpoint was in a time; ``None``: it was not watched then."""
    transitions = list(record.transitions)
    first = next(
        (transition.at for transition in transitions if transition.before == "unknown"), None
    )
    begins = max(span.since, first) if first is not None else span.since
    if first is None and record.hours:
        begins = max(begins, min(record.hours))
    until = min(span.until, now)
    if until <= begins or not record.hours:
        return None
    down = [
        (outage.begins, until if outage.ends is None else outage.ends)
        for outage in outages(transitions)
    ]
    within = [outage for outage in down if outage[0] < until and outage[1] > begins]
    ended = [end - begin for begin, end in within if end < until]
    seen = _KnownShares(record, begins, until)
    whole = _merged(record.hours.values())
    p50, p95 = whole.seconds.quantiles(0.5, 0.95)
    return Availability(
        endpoint=record.endpoint,
        known=seen.known(begins, until),
        unknown=max(0.0, until - begins - seen.known(begins, until)),
        down=sum(seen.known(max(a, begins), min(b, until)) for a, b in within),
        outages=len(within),
        incidents=record.incidents,
        repair=sum(ended) / len(ended) if ended else None,
        checks=whole.count,
        failed=whole.bad,
        p50=p50,
        p95=p95,
    )


class _KnownShares:
    """What share of each hour is known."""

    def __init__(self, record: EndpointHistory, begins: float, until: float) -> None:
        self._begins, self._until = begins, until
        counts = [aggregate.count + aggregate.unknown for aggregate in record.hours.values()]
        usual = median(counts) if counts else 0
        self._shares: dict[float, float] = {}
        for at, aggregate in record.hours.items():
            checks = aggregate.count + aggregate.unknown
            share = aggregate.count / checks if checks else 0.0
            if _FIVE_MINUTES * usual >= _HOUR and checks < _SPARSE_SHARE * usual:
                share *= self._looked(at, record.fives(at))
            self._shares[at] = share

    def _looked(self, at: float, fives: set[float]) -> float:
        """The share of an hour in which anybody looked, as far as the five minutes are kept."""
        begin, end = max(at, self._begins), min(at + _HOUR, self._until)
        if not fives or end <= begin:
            return 1.0
        seen = sum(max(0.0, min(five + _FIVE_MINUTES, end) - max(five, begin)) for five in fives)
        return min(1.0, seen / (end - begin))

    def known(self, begins: float, until: float) -> float:
        at, known = begins // _HOUR * _HOUR, 0.0
        while at < until:
            overlap = min(at + _HOUR, until) - max(at, begins)
            known += max(0.0, overlap) * self._shares.get(at, 0.0)
            at += _HOUR
        return known


def _merged(aggregates: Iterable[Aggregate]) -> Aggregate:
    whole = Aggregate()
    for aggregate in aggregates:
        whole.merge(aggregate)
    return whole


AVAILABILITY_COLUMNS = (
    "month", "endpoint", "availability", "down", "outages", "incidents", "repair",
    "known", "unknown", "checks", "failed", "p50", "p95",
)  # fmt: skip
"""Of a row; times in seconds, the availability in percent."""


def availability_rows(
    reader: StoreReader, months: Iterable[str], endpoints: Iterable[str], now: float
) -> Iterator[dict[str, Any]]:
    wanted = list(endpoints)
    for month in months:
        span = parse_month(month)
        for endpoint in wanted:
            found = endpoint_availability(reader, endpoint, span, now)
            if found is not None:
                yield _row(month, found)


VANTAGE_COLUMNS = (
    "month", "endpoint", "vantage", "succeeded", "checks", "failed", "p50", "p95",
)  # fmt: skip
"""Of a row; times in seconds, what succeeded in percent of the checks."""


def vantage_rows(
    reader: StoreReader, months: Iterable[str], endpoints: Iterable[str], now: float
) -> Iterator[dict[str, Any]]:
    """Yield what each vantage saw of each endpoint, by the month."""
    wanted = list(endpoints)
    for month in months:
        span = parse_month(month)
        for endpoint in wanted:
            found = reader.vantages(endpoint, span.since, min(span.until, now))
            for vantage, seen in found.items():
                p50, p95 = seen.seconds.quantiles(0.5, 0.95)
                good = 100.0 * (seen.count - seen.bad) / seen.count if seen.count else None
                values = (month, endpoint, vantage, good, seen.count, seen.bad, p50, p95)
                yield dict(zip(VANTAGE_COLUMNS, values, strict=True))


def endpoint_availability(
    reader: StoreReader, endpoint: str, span: Span, now: float
) -> Availability | None:
    """Return how an endpoint was in a time; ``None``: it was not watched then."""
    record = EndpointHistory(
        endpoint=endpoint,
        transitions=reader.transitions(endpoint, 0.0, span.until),
        hours=reader.hours(endpoint, span.since, min(span.until, now)),
        fives=lambda at: reader.fives(endpoint, at, at + 3600.0),
        incidents=len(reader.incidents(span.since, span.until, endpoint)),
    )
    return compute_availability(record, span, now)


def _row(month: str, found: Availability) -> dict[str, Any]:
    known = {"month": month, "availability": found.available, **asdict(found)}
    return {name: known[name] for name in AVAILABILITY_COLUMNS}
