"""An outbox in memory, for a simulation: as the store's, with nothing kept at its end."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ringback.monitor.store.interface import Queued, StoreBatch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ringback.incident.model import Incident


class MemoryNoticeStore:
    """Holds incidents, states and the notices that wait; to be used by one thread."""

    def __init__(self) -> None:
        self._incidents: dict[str, Incident] = {}
        self._states: dict[str, Any] = {}
        self._waiting: dict[str, Queued] = {}  # by the notice's id
        self._ended: set[str] = set()  # ids of notices that were sent or given up

    def keep(self, batch: StoreBatch) -> None:
        self._incidents |= {incident.id: incident for incident in batch.incidents}
        self._states |= batch.states
        for notice in batch.notices:
            if notice.id not in self._ended:
                queued = Queued(notice=notice, attempts=0, due=notice.at)
                self._waiting.setdefault(notice.id, queued)

    def state(self, name: str) -> Any:
        return self._states.get(name)

    def states(self, prefix: str) -> dict[str, Any]:
        return {name: kept for name, kept in self._states.items() if name.startswith(prefix)}

    def incident(self, id_: str) -> Incident | None:
        return self._incidents.get(id_)

    def next_due(self) -> float | None:
        """Return when the next notice is to be sent; ``None``: none waits."""
        return min((queued.due for queued in self._waiting.values()), default=None)

    def due(self, now: float, limit: int = 100) -> list[Queued]:
        found = [queued for queued in self._waiting.values() if queued.due <= now]
        return sorted(found, key=lambda queued: (queued.due, queued.notice.at))[:limit]

    def sent(self, id_: str, now: float) -> None:  # noqa: ARG002 - as every outbox has it
        self._waiting.pop(id_, None)
        self._ended.add(id_)

    def postpone(self, id_: str, due: float, error: str) -> None:
        queued = self._waiting.get(id_)
        if queued is not None:
            attempts = queued.attempts + 1
            self._waiting[id_] = replace(queued, attempts=attempts, due=due, error=error)

    def defer(self, ids: Sequence[str], due: float) -> None:
        for id_ in self._waiting.keys() & set(ids):
            self._waiting[id_] = replace(self._waiting[id_], due=due)

    def give_up(self, id_: str, now: float, error: str) -> None:  # noqa: ARG002 - as above
        self.sent(id_, now)
