"""The message that each channel was given last: it may have been taken, whatever was noted since.

A receiver knows a message again by its key alone. What may have been taken is therefore given again
as it was, with the same key and the same notices, before anything that came later: also by the
process that follows one that was killed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ringback.monitor.store import Batch

if TYPE_CHECKING:
    from ringback.monitor.store import Queued, Store

STATE = "notify:given:"
"""What the names of the states in the store begin with; the channel's name follows."""


@dataclass(frozen=True, slots=True)
class _Message:
    key: str
    notices: frozenset[str]


class Given:
    """Remembers the last message of each channel, over restarts; one at a time is on its way.

    Args:
        store: Keeps it.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._last = {
            name.removeprefix(STATE): _Message(kept["key"], frozenset(kept["notices"]))
            for name, kept in store.states(STATE).items()
            if kept
        }

    def key(self, channel: str) -> str:
        """Return the key of the message that a channel was given last; ``""``: there is none.

        Args:
            channel: Its name.
        """
        last = self._last.get(channel)
        return last.key if last else ""

    def of(self, channel: str, queued: Iterable[Queued]) -> list[Queued]:
        """Return what a channel was given and may have taken.

        Args:
            channel: Its name.
            queued: What waits for it; what was noted as sent waits no more.
        """
        last = self._last.get(channel)
        return [one for one in queued if last and one.notice.id in last.notices]

    def note(self, channel: str, key: str, notices: Iterable[str]) -> None:
        """Note what a channel is about to be given, so that it survives the loss of power.

        Args:
            channel: Its name.
            key: Of the message.
            notices: Their ids.
        """
        ids = list(notices)
        self._last[channel] = _Message(key, frozenset(ids))
        state = {STATE + channel: {"key": key, "notices": ids}}
        self._store.keep(Batch(states=state, durable=True))

    def forget(self, channel: str) -> None:
        """Note that a channel did not take what it was given last.

        Args:
            channel: Its name.
        """
        if self._last.pop(channel, None) is not None:
            self._store.keep(Batch(states={STATE + channel: None}))
