"""Values that come again and again, each kept once under a number."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from sqlalchemy import Connection, Row, Table, func, insert, select

from ringback.incident.model import CertificateSeen
from ringback.monitor.store.sqlite import schema

if TYPE_CHECKING:
    from ringback.monitor.store.sqlite.database import Database

K = TypeVar("K", bound=Hashable)

CACHED = 65_536
"""Values that are remembered; when there are more, all are forgotten and read again."""

_KNOWN = CACHED // 4
"""Values that are read at the start."""


class Numbered(dict[K | None, int | None], Generic[K]):
    """Value to its number; one that is new gets a number when it is asked for.

    The new ones must be written (``write``) in the transaction that uses them. Only who writes asks
    for numbers, one at a time; any thread may ask for values.

    Args:
        database: Where they are.
        table: With a column ``number``, and one for each part of a value.
        parts: Value to its parts, by column.
        value: A row of the table to the value.
    """

    def __init__(
        self,
        database: Database,
        table: Table,
        parts: Callable[[K], Mapping[str, Any]],
        value: Callable[[Row[Any]], K],
    ) -> None:
        super().__init__({None: None})
        self._database = database
        self._table = table
        self._parts = parts
        self._value = value
        self._fresh: list[tuple[int, K]] = []
        self._values: dict[int, K] = {}
        with database.read() as connection:
            self._top = connection.scalar(select(func.max(table.c.number))) or 0
            # At once, and not one by one as a start with thousands of endpoints would ask for them.
            for row in connection.execute(select(table).limit(_KNOWN)):
                self._values[row.number] = value(row)
        self.update((one, number) for number, one in self._values.items())

    def __missing__(self, key: K) -> int:
        found = self.find(key)
        if found is None:
            self._top += 1
            found = self._top
            self._fresh.append((found, key))
        if len(self) >= CACHED and not self._fresh:
            self.clear()
            self[None] = None
        self[key] = found
        return found

    def find(self, key: K) -> int | None:
        """Return the number of a value; ``None``: it has none.

        Args:
            key: The value.
        """
        held = self.get(key)
        if held is not None:
            return held
        conditions = [self._table.c[name] == part for name, part in self._parts(key).items()]
        with self._database.read() as connection:
            return connection.scalar(select(self._table.c.number).where(*conditions))

    def value(self, number: int, connection: Connection) -> K:
        """Return the value of a number.

        Args:
            number: One that a row holds.
            connection: Where that row was read.
        """
        known = self._values.get(number)
        if known is None:
            found = select(self._table).where(self._table.c.number == number)
            if len(self._values) >= CACHED:
                self._values = {}
            known = self._values[number] = self._value(connection.execute(found).one())
        return known

    def write(self, connection: Connection) -> None:
        """Write those that are new.

        Args:
            connection: In the transaction that uses them.
        """
        if self._fresh:
            rows = [{"number": number, **self._parts(key)} for number, key in self._fresh]
            connection.execute(insert(self._table), rows)

    def settle(self, *, kept: bool) -> None:
        """Note whether the transaction was kept; where not, its new numbers are free again.

        Args:
            kept: Whether it was.
        """
        if not kept and self._fresh:
            for _, key in self._fresh:
                self.pop(key, None)
            self._top = self._fresh[0][0] - 1
        self._fresh = []


def words(database: Database) -> Numbered[str]:
    """Return the numbers of words.

    Args:
        database: Where they are.
    """
    return Numbered(database, schema.word, lambda key: {"text": key}, lambda row: str(row.text))


def certificates(database: Database) -> Numbered[CertificateSeen]:
    """Return the numbers of certificates.

    Args:
        database: Where they are.
    """

    def parts(seen: CertificateSeen) -> dict[str, Any]:
        not_after = schema.microseconds(seen.not_after)
        return {"not_after": not_after, "issuer": seen.issuer, "key": seen.key}

    def value(row: Row[Any]) -> CertificateSeen:
        return CertificateSeen(not_after=row.not_after / 1e6, issuer=row.issuer, key=row.key)

    return Numbered(database, schema.certificate, parts, value)
