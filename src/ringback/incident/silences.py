"""Silences and maintenance: when people are not to be notified of what begins."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from fnmatch import fnmatchcase
from typing import Any

MAINTENANCE_PREFIX = "maintenance:"
"""Begins the id of a silence that is a maintenance window of the configuration."""

_WILD = frozenset("*?[")  # What only patterns have


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """A time in which nobody is notified of what begins; ends are, to those who know of it."""

    id: str  # Its name
    endpoints: tuple[str, ...]  # Ids, or patterns with `*`, of the endpoints it is for
    begins: float  # In seconds since 1970 UTC
    ends: float  # In seconds since 1970 UTC
    by: str = ""  # Who asked for it
    reason: str = ""  # Why; `maintenance` for a window of the configuration

    def covers(self, endpoint: str, now: float) -> bool:
        return self.begins <= now < self.ends and any(
            fnmatchcase(endpoint, pattern) for pattern in self.endpoints
        )


class Silences:
    """All silences, those that are over forgotten."""

    def __init__(self) -> None:
        self._silences: dict[str, Silence] = {}
        # What each covers: ids, and patterns. One may be of thousands, and each view asks.
        self._covered: dict[str, tuple[frozenset[str], tuple[str, ...]]] = {}

    def add(self, silence: Silence) -> None:
        """Add a silence, or replace the one of its name."""
        self._silences[silence.id] = silence
        patterns = tuple(name for name in silence.endpoints if _WILD.intersection(name))
        self._covered[silence.id] = frozenset(silence.endpoints).difference(patterns), patterns

    def remove(self, id_: str) -> bool:
        """End a silence; return whether there was one."""
        self._covered.pop(id_, None)
        return self._silences.pop(id_, None) is not None

    def all(self, now: float) -> list[Silence]:
        """Return those that are not over."""
        for id_ in [id_ for id_, silence in self._silences.items() if silence.ends <= now]:
            self.remove(id_)
        return list(self._silences.values())

    def covers(self, endpoints: Iterable[str], now: float) -> bool:
        """Return whether all of these are silenced; no endpoint: only by a silence of all."""
        return all(
            any(self._covers(silence, endpoint, now) for silence in self._silences.values())
            for endpoint in tuple(endpoints) or ("",)
        )

    def _covers(self, silence: Silence, endpoint: str, now: float) -> bool:
        ids, patterns = self._covered[silence.id]
        return silence.begins <= now < silence.ends and (
            endpoint in ids or any(fnmatchcase(endpoint, pattern) for pattern in patterns)
        )

    def dump(self) -> Any:
        return [asdict(silence) for silence in self._silences.values()]

    def load(self, kept: Any) -> None:
        self._silences, self._covered = {}, {}
        for fields in kept:
            self.add(Silence(**{**fields, "endpoints": tuple(fields["endpoints"])}))
