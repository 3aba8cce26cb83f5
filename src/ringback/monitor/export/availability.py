"""How available an endpoint was in a time, such as a month; what nobody saw does not count."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from statistics import median
from typing import TYPE_CHECKING, Any, NamedTuple

from ringback.monitor.store.aggregate import merged_seconds

if TYPE_CHECKING:
    from ringback.incident.model import Transition
    from ringback.monitor.store.interface import SpanCounts
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


_DAY, _HOUR, _FIVE_MINUTES = 86_400.0, 3600.0, 300.0
_WHOLE_SHARE = 0.99
"""A day with as many checks, of the usual number, was seen as a whole: nine minutes are missing."""
_SPARSE_SHARE = 0.8
"""An hour with fewer checks than this share of the usual number may have been seen in part only;
and so may a day of which no hours are kept."""


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


@dataclass(slots=True, kw_only=True)
class EndpointHistory:
    """What is kept of an endpoint."""

    endpoint: str  # Its id
    transitions: Iterable[Transition]  # All changes of its state, oldest first
    # What was counted, in order: of days, and of shorter spans where a day is not over
    days: Sequence[SpanCounts]
    # Gives the hours of a day, while they are kept
    hours: Callable[[float], Sequence[SpanCounts]] = lambda _: ()
    # Gives the beginnings of the five minutes of an hour in which it was seen
    fives: Callable[[float], set[float]] = lambda _: set()
    incidents: Sequence[float] = ()  # When those opened that it was part of
    # What the changes tell, once for all months: when it was seen first, and its outages
    first: float | None = field(init=False)
    outages: Sequence[Outage] = field(init=False)

    def __post_init__(self) -> None:
        changes = list(self.transitions)
        self.first = next((change.at for change in changes if change.before == "unknown"), None)
        self.outages = outages(changes)


def compute_availability(record: EndpointHistory, span: Span, now: float) -> Availability | None:
    """Return how an endpoint was in a time; ``None``: it was not watched then."""
    first, until = record.first, min(span.until, now)
    first_part, end = (bisect_left(record.days, at, key=_beginning) for at in (span.since, until))
    days = record.days[first_part:end]
    begins = max(span.since, first) if first is not None else span.since
    if first is None and days:
        begins = max(begins, _hours_of(record, days[:1])[0].at)
    if until <= begins or not days:
        return None
    down = [
        (outage.begins, until if outage.ends is None else outage.ends) for outage in record.outages
    ]
    within = [outage for outage in down if outage[0] < until and outage[1] > begins]
    ended = [end - begin for begin, end in within if end < until]
    seen = _KnownShares(record, days, begins, until)
    known = seen.known(begins, until)
    p50, p95 = merged_seconds(part.histograms for part in days).quantiles(0.5, 0.95)
    return Availability(
        endpoint=record.endpoint,
        known=known,
        unknown=max(0.0, until - begins - known),
        down=sum(seen.known(max(a, begins), min(b, until)) for a, b in within),
        outages=len(within),
        incidents=sum(span.since <= at < span.until for at in record.incidents),
        repair=sum(ended) / len(ended) if ended else None,
        checks=sum(part.known for part in days),
        failed=sum(part.bad for part in days),
        p50=p50,
        p95=p95,
    )


def _beginning(part: SpanCounts) -> float:
    return part.at


def _hours_of(record: EndpointHistory, parts: Sequence[SpanCounts]) -> Sequence[SpanCounts]:
    """Return the hours of a day, or the day where they are not kept."""
    if parts[0].width < _DAY:
        return parts
    return record.hours(parts[0].at) or parts


class _KnownShares:
    """What share of each day is known; of each hour, where it was not seen as a whole."""

    def __init__(
        self, record: EndpointHistory, parts: Sequence[SpanCounts], begins: float, until: float
    ) -> None:
        self._record, self._begins, self._until = record, begins, until
        days = _together(parts, _DAY)
        whole = sorted(
            count + unknown
            for day, (count, unknown) in days.items()
            if begins <= day and day + _DAY <= until
        )
        # What three days in four do not exceed: on many it may have been seen in part.
        self._usual = float(whole[len(whole) * 3 // 4]) if whole else 0.0
        self._days: dict[float, float] = {}
        self._hours: dict[float, float] = {}
        for day, (count, unknown) in days.items():
            whole_day = begins <= day and day + _DAY <= until
            if whole_day and not unknown and count >= _WHOLE_SHARE * self._usual:
                self._days[day] = 1.0
            else:
                own = [part for part in parts if part.at // _DAY * _DAY == day]
                self._look(day, _hours_of(record, own))

    def _look(self, day: float, parts: Sequence[SpanCounts]) -> None:
        counts = _together(parts, _HOUR)
        if parts[0].width < _DAY:
            usual = self._usual / 24 or median(map(sum, counts.values()))
            for at, (count, unknown) in counts.items():
                share = count / (count + unknown) if count else 0.0
                window = min(at + _HOUR, self._until) - max(at, self._begins)
                sparse = count + unknown < _SPARSE_SHARE * usual * window / _HOUR
                if sparse and _FIVE_MINUTES * usual >= _HOUR:
                    share *= self._looked(at, self._record.fives(at))
                self._hours[at] = share
            return
        # No hours are kept: checks that are missing stand for the time that is.
        count, unknown = _together(parts, _DAY)[day]
        window = min(day + _DAY, self._until) - max(day, self._begins)
        usual = self._usual * window / _DAY
        share = count / (count + unknown) if count else 0.0
        sparse = count + unknown < _SPARSE_SHARE * usual
        self._days[day] = share * (count + unknown) / usual if sparse else share

    def _looked(self, at: float, fives: set[float]) -> float:
        """The share of an hour in which anybody looked, as far as the five minutes are kept."""
        begin, end = max(at, self._begins), min(at + _HOUR, self._until)
        if not fives or end <= begin:
            return 1.0
        seen = sum(max(0.0, min(five + _FIVE_MINUTES, end) - max(five, begin)) for five in fives)
        return min(1.0, seen / (end - begin))

    def known(self, begins: float, until: float) -> float:
        day, known = begins // _DAY * _DAY, 0.0
        while day < until:
            if day in self._days:
                known += max(0.0, min(day + _DAY, until) - max(day, begins)) * self._days[day]
            else:
                known += self._known_hours(max(day, begins), min(day + _DAY, until))
            day += _DAY
        return known

    def _known_hours(self, begins: float, until: float) -> float:
        at, known = begins // _HOUR * _HOUR, 0.0
        while at < until:
            overlap = min(at + _HOUR, until) - max(at, begins)
            known += max(0.0, overlap) * self._hours.get(at, 0.0)
            at += _HOUR
        return known


def _together(parts: Iterable[SpanCounts], width: float) -> dict[float, tuple[int, int]]:
    """Return the known and the unknown checks of each span that is so wide."""
    found: dict[float, tuple[int, int]] = {}
    for part in parts:
        at = part.at // width * width
        count, unknown = found.get(at, (0, 0))
        found[at] = count + part.known, unknown + part.unknown
    return found


class MonthlyReport(NamedTuple):
    """A table of endpoints by the month."""

    columns: tuple[str, ...]  # Of each row
    shown: tuple[str, ...]  # Those of them that people are shown
    # Gives the rows of endpoints in months, in the order of the endpoints
    rows: Callable[
        [StoreReader, Sequence[str], Mapping[str, Span], float], Iterator[dict[str, Any]]
    ]

    def of(
        self, reader: StoreReader, months: Iterable[str], endpoints: Sequence[str], now: float
    ) -> list[dict[str, Any]]:
        """Return the rows, a month after the other."""
        spans = {month: parse_month(month) for month in months}
        order = {month: place for place, month in enumerate(spans)}
        found = self.rows(reader, endpoints, spans, now)
        return sorted(found, key=lambda row: order[row["month"]])


def with_budget(report: MonthlyReport, target: float) -> MonthlyReport:
    """Return a report that also says which share of each month's error budget is left.

    ``target``: share of the time in which an endpoint is to be well; below 0: more was used.
    """

    def rows(
        reader: StoreReader, endpoints: Sequence[str], months: Mapping[str, Span], now: float
    ) -> Iterator[dict[str, Any]]:
        for row in report.rows(reader, endpoints, months, now):
            span = months[row["month"]]
            allowed = (span.until - span.since) * (1.0 - target)
            yield {**row, "budget_left": 100 * (1.0 - row["down"] / allowed)}

    shown = (*report.shown[:4], "budget_left", *report.shown[4:])
    return MonthlyReport((*report.columns, "budget_left"), shown, rows)


AVAILABILITY_COLUMNS = (
    "month", "endpoint", "availability", "down", "outages", "incidents", "repair",
    "known", "unknown", "checks", "failed", "p50", "p95",
)  # fmt: skip
"""Of a row; times in seconds, the availability in percent."""


def _availability_rows(
    reader: StoreReader, endpoints: Sequence[str], months: Mapping[str, Span], now: float
) -> Iterator[dict[str, Any]]:
    since = min(span.since for span in months.values())
    until = max(span.until for span in months.values())
    for endpoint, days in reader.days(endpoints, since, min(until, now)):
        record = EndpointHistory(
            endpoint=endpoint,
            transitions=reader.transitions(endpoint, 0.0, until),
            days=days,
            hours=partial(_hours_from, reader, endpoint),
            fives=partial(_fives_from, reader, endpoint),
            incidents=reader.incident_times(endpoint, since, until),
        )
        for month, span in months.items():
            found = compute_availability(record, span, now)
            if found is not None:
                known = {"month": month, "availability": found.available}
                names = AVAILABILITY_COLUMNS
                yield {
                    name: known[name] if name in known else getattr(found, name) for name in names
                }


def _hours_from(reader: StoreReader, endpoint: str, day: float) -> Sequence[SpanCounts]:
    return reader.hours(endpoint, day, day + _DAY)


def _fives_from(reader: StoreReader, endpoint: str, hour: float) -> set[float]:
    return reader.fives(endpoint, hour, hour + _HOUR)


AVAILABILITY = MonthlyReport(
    columns=AVAILABILITY_COLUMNS,
    shown=(
        "month", "endpoint", "availability", "down", "outages", "repair", "unknown", "p50", "p95",
    ),
    rows=_availability_rows,
)  # fmt: skip
"""How available each endpoint was."""

VANTAGE_COLUMNS = (
    "month", "endpoint", "vantage", "succeeded", "checks", "failed", "p50", "p95",
)  # fmt: skip
"""Of a row; times in seconds, what succeeded in percent of the checks."""


def _vantage_rows(
    reader: StoreReader, endpoints: Sequence[str], months: Mapping[str, Span], now: float
) -> Iterator[dict[str, Any]]:
    for endpoint in endpoints:
        for month, span in months.items():
            found = reader.vantages(endpoint, span.since, min(span.until, now))
            for vantage, seen in found.items():
                p50, p95 = seen.seconds.quantiles(0.5, 0.95)
                good = 100.0 * (seen.count - seen.bad) / seen.count if seen.count else None
                values = (month, endpoint, vantage, good, seen.count, seen.bad, p50, p95)
                yield dict(zip(VANTAGE_COLUMNS, values, strict=True))


BY_VANTAGE = MonthlyReport(columns=VANTAGE_COLUMNS, shown=VANTAGE_COLUMNS, rows=_vantage_rows)
"""What each vantage saw of each endpoint."""
