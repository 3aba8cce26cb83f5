"""How available an endpoint was in a time; what nobody saw does not count."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

from ringback.monitor.export.outage import outages
from ringback.monitor.store.tally import Tally

if TYPE_CHECKING:
    from collections.abc import Callable

    from ringback.incident.model import Transition
    from ringback.monitor.export.span import Span

_HOUR = 3600.0
_FIVE = 300.0
_SPARSE = 0.8
"""An hour with fewer checks than this share of the usual number may have been seen in part only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Availability:
    """An endpoint in a time.

    Attributes:
        endpoint: Its id.
        known: Seconds of which it is known how it was.
        unknown: Seconds of which it is not: nobody looked, or the monitor itself was not well.
        down: Seconds of the known ones in which it was down.
        outages: How many times it went down, those included that were under way at the beginning.
        incidents: How many incidents opened that it was part of.
        repair: Mean seconds of the outages that ended; ``None``: none did.
        checks: How many told something.
        failed: How many of them failed.
        p50: Median of the seconds that good ones took; ``None``: there were none.
        p95: 95th percentile.
    """

    endpoint: str
    known: float
    unknown: float
    down: float
    outages: int
    incidents: int
    repair: float | None
    checks: int
    failed: int
    p50: float | None
    p95: float | None

    @property
    def available(self) -> float | None:
        """Percent of the known time in which it was not down; ``None``: nothing is known."""
        return None if not self.known else 100 * (1 - self.down / self.known)


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What is kept of an endpoint.

    Attributes:
        endpoint: Its id.
        transitions: All changes of its state, oldest first.
        hours: Beginning of an hour to what was counted in it.
        fives: Gives the beginnings of the five minutes of an hour in which it was seen.
        incidents: How many opened in the time.
    """

    endpoint: str
    transitions: Iterable[Transition]
    hours: Mapping[float, Tally]
    fives: Callable[[float], set[float]] = lambda _: set()
    incidents: int = 0


def availability(record: Record, span: Span, now: float) -> Availability | None:
    """Return how an endpoint was in a time; ``None``: it was not watched then.

    Args:
        record: What is kept of it.
        span: The time; it begins with an hour.
        now: Seconds since 1970 UTC; what comes after counts for nothing.
    """
    transitions = list(record.transitions)
    first = next((one.at for one in transitions if one.before == "unknown"), None)
    begins = max(span.since, first) if first is not None else span.since
    if first is None and record.hours:
        begins = max(begins, min(record.hours))
    until = min(span.until, now)
    if until <= begins or not record.hours:
        return None
    down = [(one.begins, until if one.ends is None else one.ends) for one in outages(transitions)]
    within = [one for one in down if one[0] < until and one[1] > begins]
    ended = [end - begin for begin, end in within if end < until]
    seen = _Seen(record, begins, until)
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


class _Seen:
    """What share of each hour is known."""

    def __init__(self, record: Record, begins: float, until: float) -> None:
        self._begins, self._until = begins, until
        counts = [one.count + one.unknown for one in record.hours.values()]
        usual = median(counts) if counts else 0
        self._shares: dict[float, float] = {}
        for at, one in record.hours.items():
            told = one.count + one.unknown
            share = one.count / told if told else 0.0
            if _FIVE * usual >= _HOUR and told < _SPARSE * usual:
                share *= self._looked(at, record.fives(at))
            self._shares[at] = share

    def _looked(self, at: float, fives: set[float]) -> float:
        """The share of an hour in which anybody looked, as far as the five minutes are kept."""
        begin, end = max(at, self._begins), min(at + _HOUR, self._until)
        if not fives or end <= begin:
            return 1.0
        looked = sum(max(0.0, min(one + _FIVE, end) - max(one, begin)) for one in fives)
        return min(1.0, looked / (end - begin))

    def known(self, begins: float, until: float) -> float:
        """Return the seconds of a time that are known.

        Args:
            begins: Seconds since 1970 UTC.
            until: Seconds since 1970 UTC.
        """
        at, known = begins // _HOUR * _HOUR, 0.0
        while at < until:
            overlap = min(at + _HOUR, until) - max(at, begins)
            known += max(0.0, overlap) * self._shares.get(at, 0.0)
            at += _HOUR
        return known


def _merged(tallies: Iterable[Tally]) -> Tally:
    whole = Tally()
    for one in tallies:
        whole.merge(one)
    return whole
