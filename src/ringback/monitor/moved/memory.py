"""What services were known by while they were well."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from ringback.monitor.moved.identity import Identity
from ringback.monitor.moved.look import Seen
from ringback.monitor.moved.place import Place

EVERY = 3600.0
"""Seconds between two looks at a service that is well."""

_MOST = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known of one endpoint.

    Attributes:
        at: When it was looked at last, in seconds since 1970 UTC.
        seen: What was seen.
    """

    at: float
    seen: Seen


class Memory:
    """What endpoints were known by: bounded, and to be kept by a store as JSON."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, Known] = OrderedDict()

    def is_due(self, endpoint: str, now: float) -> bool:
        """Return whether an endpoint that is well is to be looked at.

        Args:
            endpoint: Its id.
            now: Seconds since 1970 UTC.
        """
        known = self._known.get(endpoint)
        return known is None or not known.at <= now < known.at + EVERY

    def note(self, endpoint: str, now: float, seen: Seen) -> None:
        """Remember what an endpoint is known by.

        Args:
            endpoint: Its id.
            now: Seconds since 1970 UTC.
            seen: What was seen.
        """
        self._known[endpoint] = Known(at=now, seen=seen)
        self._known.move_to_end(endpoint)
        if len(self._known) > _MOST:
            self._known.popitem(last=False)

    def get(self, endpoint: str) -> Seen | None:
        """Return what an endpoint was known by; ``None``: it was never looked at.

        Args:
            endpoint: Its id.
        """
        known = self._known.get(endpoint)
        return None if known is None else known.seen

    def keep(self, endpoints: Iterable[str]) -> None:
        """Forget all but these.

        Args:
            endpoints: Ids of those that are watched.
        """
        wanted = set(endpoints)
        for gone in [one for one in self._known if one not in wanted]:
            del self._known[gone]

    def dump(self, endpoint: str) -> dict[str, Any]:
        """Return what ``load`` takes, as JSON has it.

        Args:
            endpoint: Id of one that was noted.

        Raises:
            KeyError: It was not.
        """
        return asdict(self._known[endpoint])

    def load(self, endpoint: str, kept: Mapping[str, Any]) -> None:
        """Know what an earlier process knew.

        Args:
            endpoint: Its id.
            kept: As ``dump`` gave it.
        """
        seen = kept["seen"]
        self.note(
            endpoint,
            kept["at"],
            Seen(
                identity=Identity(**seen["identity"]),
                elsewhere=tuple(Place(**place) for place in seen["elsewhere"]),
            ),
        )
