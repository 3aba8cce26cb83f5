"""Named states: those there is one of each in a row of their own, those of many packed together."""

# What is kept of each endpoint changes often and is small; a row for each would be most of what is
# written. So the states of one batch whose names have a prefix (`case:shop`) are one row, packed,
# with the next number, and nothing is written in place: of a name the highest number counts. Where
# each name stands is known in memory. A row that nothing stands in any more is deleted by the next
# batch; of the others there are some, as the monitor keeps every state once in ten minutes, and
# `compact` writes the oldest together when they are many.

from __future__ import annotations

import json
import sys
import zlib
from collections import Counter
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, insert, or_, select

from ringback.monitor.store.postgres.schema import pack
from ringback.monitor.store.tables import of_shard

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from sqlalchemy import Connection

    from ringback.monitor.store.records import Records

MAX_PACKS = 2_000  # Rows from which on the oldest are written together
_COMPACTED = 64  # Rows that are written together at once
_MANY = ("case:", "seen:")  # Begin the names of what is kept of each endpoint
_MAX_PACKED = 1_000  # States in a row that was written together


class PackedStates:
    """The states; ``settle`` is to be called after a transaction in which some were kept."""

    def __init__(self, records: Records) -> None:
        self._records = records
        self._places: dict[str, int] = {}  # name to the number of the row
        self._counts: Counter[int] = Counter()  # number to how many names stand there
        self._new: dict[str, int] = {}
        self._deleted: list[int] = []
        # What is not of each endpoint, while another process writes: it is asked for again and
        # again when the lead is taken
        self._few: dict[str, Any] | None = None

    def recall(self, connection: Connection, *, follows: bool = False) -> None:
        """Find out where everything stands; ``follows``: another process writes."""
        self._new, self._deleted, self._places = {}, [], {}
        self._few = {} if follows else None
        for number, body in _packs(connection, behind=0):
            self._places |= dict.fromkeys(body, number)
            self._note_few(body)
        self._counts = Counter(self._places.values())
        # What nothing stands in any more is deleted with the next batch.
        for number in connection.scalars(select(pack.c.number).where(*of_shard(pack))):
            self._counts.setdefault(number, 0)

    def _note_few(self, states: Mapping[str, Any]) -> None:
        if self._few is not None:
            few = {name: at for name, at in states.items() if not name.startswith(_MANY)}
            self._few |= few

    def follow(self, connection: Connection) -> dict[str, Any]:
        """Return what another process has packed since the last call."""
        numbers = list(connection.scalars(select(pack.c.number).where(*of_shard(pack))))
        known = max(self._counts, default=0)
        if max(numbers, default=0) < known:  # a server took over that lacks the last ones
            self.recall(connection, follows=True)
            return dict(self._packed(connection, ""))
        found: dict[str, Any] = {}
        for number, body in _packs(connection, behind=known):
            self._new = dict.fromkeys(body, number)
            self._deleted = []
            self.settle(kept=True)
            found |= body
        for gone in self._counts.keys() - set(numbers):
            del self._counts[gone]
        self._note_few(found)
        return found

    def keep_states(self, connection: Connection, states: Mapping[str, Any]) -> None:
        self._few = None
        single = {name: value for name, value in states.items() if ":" not in name}
        self._records.keep_states(connection, single)
        packed = {name: value for name, value in states.items() if ":" in name}
        if packed:
            self._append(connection, packed)
            self._delete(connection, [number for number, left in self._left().items() if not left])

    def _append(self, connection: Connection, packed: Mapping[str, Any]) -> None:
        number = max(self._counts, default=0) + 1 + len(set(self._new.values()))
        body = zlib.compress(json.dumps(packed, separators=(",", ":")).encode(), 1)
        connection.execute(insert(pack), {"number": number, "body": body})
        self._new |= dict.fromkeys(packed, number)

    def _left(self) -> Counter[int]:
        """How many names stand in each row once those that are new do elsewhere."""
        left = self._counts.copy()
        left.subtract(Counter(self._places[name] for name in self._new if name in self._places))
        return left

    def _delete(self, connection: Connection, numbers: list[int]) -> None:
        if numbers:
            connection.execute(delete(pack).where(*of_shard(pack), pack.c.number.in_(numbers)))
            self._deleted += numbers

    def settle(self, *, kept: bool) -> None:
        """Note whether the transaction was kept."""
        if kept:
            for name, number in self._new.items():
                before = self._places.get(name)
                if before is not None:
                    self._counts[before] -= 1
                self._counts[number] += 1
                self._places[name] = number
            for number in self._deleted:
                del self._counts[number]
        self._new, self._deleted = {}, []

    def is_large(self) -> bool:
        return len(self._counts) > MAX_PACKS

    def compact(self, connection: Connection) -> None:
        """Write the oldest rows together."""
        oldest = sorted(self._counts)[:_COMPACTED]
        standing = {
            name: value
            for number, body in _packs(connection, oldest, behind=sys.maxsize)
            for name, value in body.items()
            if self._places.get(name) == number
        }
        names = list(standing)
        for first in range(0, len(names), _MAX_PACKED):
            some = {name: standing[name] for name in names[first : first + _MAX_PACKED]}
            self._append(connection, some)
        self._delete(connection, oldest)

    def read_state(self, connection: Connection, name: str) -> Any:
        if ":" not in name:
            return self._records.read_state(connection, name)
        return dict(self.read_states(connection, name)).get(name)

    def read_states(self, connection: Connection, prefix: str) -> Iterator[tuple[str, Any]]:
        yield from self._records.read_states(connection, prefix)
        if self._few is not None and not prefix.startswith(_MANY):
            yield from (item for item in self._few.items() if item[0].startswith(prefix))
        else:
            yield from self._packed(connection, prefix)

    def _packed(self, connection: Connection, prefix: str) -> Iterator[tuple[str, Any]]:
        """Yield what stands in rows that are known to have such names, and in those behind.

        To decode all there is takes seconds and a gigabyte, where there is much.
        """
        places = self._places.copy()
        numbers = {number for name, number in places.items() if name.startswith(prefix)}
        for number, body in _packs(connection, numbers, behind=max(self._counts, default=0)):
            for name, value in body.items():
                if name.startswith(prefix) and number >= places.get(name, 0):
                    yield name, value


def _packs(
    connection: Connection, numbers: Collection[int] = (), *, behind: int
) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield these rows, and all with a higher number than ``behind``."""
    query = select(pack.c.number, pack.c.body).where(*of_shard(pack)).order_by(pack.c.number)
    query = query.where(or_(pack.c.number.in_(numbers), pack.c.number > behind))
    for row in connection.execute(query):
        yield row.number, json.loads(zlib.decompress(row.body))
