"""Which proxies have failed lately, and until when they come last."""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from threading import Lock

from ringback.client.proxies.choice import name_of

FIRST_REST = 5.0
"""Seconds for which a proxy comes last after its first failure; each further one doubles them."""

LONGEST_REST = 300.0
"""Seconds for which a proxy comes last at the most."""

TRIAL = 10.0
"""Seconds that one call has to try a proxy after its rest, before another call does."""

_MOST = 256
_MOST_DOUBLINGS = 10


@dataclass(frozen=True, slots=True)
class ProxyState:
    """What is known of a proxy that has failed.

    Attributes:
        proxy: ``host:port``.
        failures: How many times in a row.
        kind: What went wrong last.
        rests: Seconds for which it still comes last; 0: the next call tries it.
    """

    proxy: str
    failures: int
    kind: str
    rests: float


@dataclass(slots=True)
class _Record:
    failures: int
    kind: str
    until: float
    on_trial: bool = False


class Health:
    """Which proxies have failed lately; may be used from several threads."""

    def __init__(self) -> None:
        self._records: OrderedDict[str, _Record] = OrderedDict()
        self._lock = Lock()

    def best(self, candidates: Sequence[str], now: float) -> tuple[str, bool]:
        """Return the first proxy that may be used now, or the one whose rest ends first.

        A proxy whose rest is over is given to one call, on trial; the others pass it by until
        that call has told how it went.

        Args:
            candidates: URLs of proxies, at least one.
            now: Seconds on a clock that never goes back.

        Returns:
            The URL, and whether it rests: all of them have failed.
        """
        if not self._records:
            return candidates[0], False
        with self._lock:
            for url in candidates:
                record = self._records.get(url)
                if record is None:
                    return url, False
                if now >= record.until:
                    record.until, record.on_trial = now + TRIAL, True
                    return url, False
            return min(candidates, key=lambda url: self._records[url].until), True

    def failed(self, url: str, kind: str, now: float) -> None:
        """Let a proxy rest.

        Args:
            url: Of the proxy.
            kind: What went wrong.
            now: Seconds on a clock that never goes back.
        """
        with self._lock:
            record = self._records.get(url)
            if record is None:
                record = self._records[url] = _Record(0, kind, now)
                while len(self._records) > _MOST:
                    self._records.popitem(last=False)
            elif now < record.until and not record.on_trial:
                return  # of many calls in flight that fail together, one counts
            rest = FIRST_REST * 2.0 ** min(record.failures, _MOST_DOUBLINGS)
            record.failures += 1
            record.kind, record.on_trial = kind, False
            record.until = now + min(rest, LONGEST_REST)

    def succeeded(self, url: str) -> None:
        """Forget the failures of a proxy.

        Args:
            url: Of the proxy.
        """
        if url in self._records:
            with self._lock:
                self._records.pop(url, None)

    def state(self, now: float) -> tuple[ProxyState, ...]:
        """Return what is known of the proxies that have failed.

        Args:
            now: Seconds on a clock that never goes back.
        """
        with self._lock:
            return tuple(
                ProxyState(
                    name_of(url),
                    one.failures,
                    one.kind,
                    0.0 if one.on_trial else max(0.0, one.until - now),
                )
                for url, one in self._records.items()
            )
