"""What programs call and nobody configured."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import asdict, replace
from typing import Any

from ringback.monitor.config.slug import slug
from ringback.monitor.model import Discovered, PassiveCheck

MOST = 1000
"""Origins that are remembered; of more, those seen last."""


class Discoveries:
    """Origins that were called, with counts: bounded, and to be kept by a store as JSON."""

    def __init__(self) -> None:
        self._seen: OrderedDict[str, Discovered] = OrderedDict()

    def see(self, passive: PassiveCheck) -> None:
        """Note calls of an origin that is not configured.

        Args:
            passive: The calls.
        """
        at, failures = passive.check.at, passive.calls if passive.check.up is False else 0
        known = self._seen.pop(passive.origin, None) or Discovered(
            id=self._new_id(passive.origin),
            url=passive.origin,
            first_seen=at,
            last_seen=at,
            calls=0,
            failures=0,
        )
        self._seen[passive.origin] = replace(
            known,
            last_seen=max(known.last_seen, at),
            calls=known.calls + passive.calls,
            failures=known.failures + failures,
        )
        while len(self._seen) > MOST:
            self._seen.popitem(last=False)

    def all(self) -> list[Discovered]:
        """Return them, those first that were called last."""
        return list(reversed(self._seen.values()))

    def get(self, id_: str) -> Discovered | None:
        """Return one.

        Args:
            id_: Its id.
        """
        return next((one for one in self._seen.values() if one.id == id_), None)

    def forget(self, origins: Iterable[str]) -> None:
        """Forget origins, because they are watched now.

        Args:
            origins: ``scheme://host:port`` of each.
        """
        for origin in origins:
            self._seen.pop(origin, None)

    def dump(self) -> list[dict[str, Any]]:
        """Return what ``load`` takes, as JSON has it."""
        return [asdict(one) for one in self._seen.values()]

    def load(self, kept: Iterable[dict[str, Any]]) -> None:
        """Go on from what was kept.

        Args:
            kept: As ``dump`` gave it.
        """
        self._seen = OrderedDict((one["url"], Discovered(**one)) for one in kept)

    def _new_id(self, origin: str) -> str:
        id_ = slug(origin)
        return id_ if self.get(id_) is None else slug(f"{origin} {len(self._seen)}")
