"""Which channel has told of which incident: so that no alarm is left without its end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ringback.monitor.store import Batch

if TYPE_CHECKING:
    from ringback.monitor.store import Store

STATE = "notify:told"
"""Name of the state in the store."""

MOST = 10_000
"""Incidents that are remembered for one channel; the oldest are forgotten first."""


class Ledger:
    """Remembers what was told, over restarts.

    Args:
        store: Keeps it.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        kept: dict[str, Any] = store.state(STATE) or {}
        self._told = {channel: dict.fromkeys(ids) for channel, ids in kept.items()}

    def tellers(self, incident: str) -> list[str]:
        """Return the names of the channels that told that an incident began.

        Args:
            incident: Its id.
        """
        return [channel for channel, ids in self._told.items() if incident in ids]

    def told(self, channel: str) -> list[str]:
        """Return the ids of the incidents that a channel told of and that it has told no end of.

        Args:
            channel: Its name.
        """
        return list(self._told.get(channel, ()))

    def has(self, channel: str, incident: str) -> bool:
        """Return whether a channel told that an incident began.

        Args:
            channel: Its name.
            incident: Its id.
        """
        return incident in self._told.get(channel, ())

    def begin(self, channel: str, incidents: list[str]) -> list[str]:
        """Note that a channel is about to tell that incidents began; return which are new to it.

        Args:
            channel: Its name.
            incidents: Their ids.
        """
        known = self._told.setdefault(channel, {})
        new = [one for one in incidents if one not in known]
        if not new:
            return new
        known |= dict.fromkeys(new)
        while len(known) > MOST:
            del known[next(iter(known))]
        self._keep()
        return new

    def end(self, channel: str, incidents: list[str]) -> None:
        """Note that a channel has told that incidents are over, or never told that they began.

        Args:
            channel: Its name.
            incidents: Their ids.
        """
        known = self._told.get(channel, {})
        if not any(one in known for one in incidents):
            return
        for one in incidents:
            known.pop(one, None)
        self._keep()

    def _keep(self) -> None:
        states = {channel: list(ids) for channel, ids in self._told.items() if ids}
        self._store.keep(Batch(states={STATE: states}))
