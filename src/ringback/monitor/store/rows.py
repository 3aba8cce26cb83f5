"""A check as a row of integers, and back; values that recur are kept once, under a number."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from sqlalchemy import Connection, Row, Table, func, insert, select

from ringback.failure.kind import kind_from
from ringback.incident.model import CertificateSeen, Check, Origin
from ringback.monitor.store.aggregate import PHASES
from ringback.monitor.store.tables import microseconds, of_shard

if TYPE_CHECKING:
    from ringback.monitor.store.tables import ReadsDatabase, Schema

ORIGINS: tuple[Origin, ...] = ("probe", "call", "heartbeat", "report")
"""An origin is kept as its place here: a new one is the last."""

MAX_DETAIL_LENGTH = 500  # Characters of a detail that are kept

_NUMBER_OF_ORIGIN: dict[str, int] = {origin: number for number, origin in enumerate(ORIGINS)}
_PHASES = frozenset(PHASES)
_MAX_SECONDS = 1e9

CheckRow = tuple[Any, ...]  # The values of a check in the order of `tables.CHECK_COLUMNS`.


class RowCodec:
    """Turns checks into rows, and rows into checks."""

    def __init__(self, strings: Interned[str], certificates: Interned[CertificateSeen]) -> None:
        self._strings, self._certificates = strings, certificates

    def of(self, checks: Sequence[Check]) -> list[CheckRow]:
        """Return the rows of checks; a duration that is no number, or negative, is not known."""
        strings: set[str | None] = set()
        for check in checks:
            strings |= {check.endpoint, check.kind, check.address, check.vantage or None}
        self._strings.learn(strings)
        self._certificates.learn({check.certificate for check in checks})
        try:
            return [self._of(check) for check in checks]
        except (ValueError, OverflowError):
            return [self._of(_sane(check)) for check in checks]

    def _of(self, check: Check) -> CheckRow:
        strings = self._strings
        seconds, timings = check.seconds, check.timings
        phase = timings.get
        dns, connect, tls = phase("dns"), phase("connect"), phase("tls")
        first, transfer = phase("first_byte"), phase("transfer")
        seen = check.certificate
        return (
            strings[check.endpoint],
            int(check.at * 1e6 + 0.5),
            check.up,
            strings[check.kind],
            None if seconds is None else int(seconds * 1e6 + 0.5),
            None if dns is None else int(dns * 1e6 + 0.5),
            None if connect is None else int(connect * 1e6 + 0.5),
            None if tls is None else int(tls * 1e6 + 0.5),
            None if first is None else int(first * 1e6 + 0.5),
            None if transfer is None else int(transfer * 1e6 + 0.5),
            check.status,
            strings[check.address],
            None if seen is None else self._certificates[seen],
            _NUMBER_OF_ORIGIN[check.origin],
            strings[check.vantage or None],
            _cut(check.detail) if check.detail else None,
            None if timings.keys() <= _PHASES else _other_timings(check),
        )

    def check(self, row: Sequence[Any], connection: Connection) -> Check:
        endpoint, at, up, kind, seconds = row[:5]
        status, address, certificate, origin, vantage, detail, more = row[10:17]
        timings = {
            name: value / 1e6
            for name, value in zip(PHASES, row[5:10], strict=True)
            if value is not None
        }
        return Check(
            at=at / 1e6,
            endpoint=self._strings.value(endpoint, connection),
            up=None if up is None else bool(up),
            kind=None if kind is None else kind_from(self._strings.value(kind, connection)),
            seconds=None if seconds is None else seconds / 1e6,
            timings={**timings, **json.loads(more)} if more else timings,
            origin=ORIGINS[origin],
            vantage=self._string(vantage, connection) or "",
            status=status,
            address=self._string(address, connection),
            certificate=self._certificates.value(certificate, connection) if certificate else None,
            detail=detail or "",
        )

    def _string(self, number: int | None, connection: Connection) -> str | None:
        return None if number is None else self._strings.value(number, connection)


def _other_timings(check: Check) -> str:
    return json.dumps({name: s for name, s in check.timings.items() if name not in _PHASES})


def _cut(detail: str) -> str:
    return detail[:MAX_DETAIL_LENGTH].encode("utf-8", "replace").decode("utf-8")


def _sane(check: Check) -> Check:
    timings = {
        name: sane for name, s in check.timings.items() if (sane := _duration(s)) is not None
    }
    return replace(check, seconds=_duration(check.seconds), timings=timings)


def _duration(seconds: float | None) -> float | None:
    if seconds is None or not math.isfinite(seconds) or seconds < 0:
        return None
    return min(seconds, _MAX_SECONDS)


K = TypeVar("K", bound=Hashable)

MAX_CACHED = 1_000_000
"""Values that are remembered; when there are more, all are forgotten and read again. An endpoint
has several: its id, the addresses and the certificates that it had."""

_PRELOADED = 16_384  # Values that are read at the start
_FOUND_AT_ONCE = 500  # Values that one query looks for


class Interned(dict[K | None, int | None], Generic[K]):
    """Value to its number; one that is new gets a number when it is asked for.

    The new ones must be written (``write``) in the transaction that uses them. Only who writes asks
    for numbers, one at a time; any thread may ask for values.
    """

    def __init__(
        self,
        database: ReadsDatabase,
        table: Table,
        parts: Callable[[K], Mapping[str, Any]],
        value: Callable[[Row[Any]], K],
    ) -> None:
        super().__init__({None: None})
        self._database, self._table, self._parts, self._value = database, table, parts, value
        self._fresh: list[tuple[int, K]] = []
        self._values: dict[int, K] = {}
        with database.read() as connection:
            self._top = (
                connection.scalar(select(func.max(table.c.number)).where(*of_shard(table))) or 0
            )
            # At once, and not one by one as a start with thousands of endpoints would ask for them.
            for row in connection.execute(select(table).where(*of_shard(table)).limit(_PRELOADED)):
                self._values[row.number] = value(row)
        self.update((value, number) for number, value in self._values.items())

    def __missing__(self, key: K) -> int:
        self.learn((key,))
        found = self[key]
        assert found is not None
        return found

    def learn(self, keys: Collection[K | None]) -> None:
        """Find out the numbers of values: of all that are not known, together."""
        new = [key for key in keys if key is not None and key not in self]
        if new and len(self) >= MAX_CACHED and not self._fresh:
            self.clear()
            self[None] = None
            new = [key for key in keys if key is not None]
        numbers: dict[tuple[Any, ...], int] = {}
        for first in range(0, len(new), _FOUND_AT_ONCE):
            some = {key: tuple(self._parts(key).values()) for key in new[first:][:_FOUND_AT_ONCE]}
            numbers |= self._numbers(list(some.values()), list(self._parts(new[0])))
            for key, parts in some.items():
                if parts not in numbers:
                    self._top += 1
                    numbers[parts] = self._top
                    self._fresh.append((self._top, key))
                self[key] = numbers[parts]

    def _numbers(
        self, values: Sequence[tuple[Any, ...]], names: Sequence[str]
    ) -> dict[tuple[Any, ...], int]:
        columns = [self._table.c[name] for name in names]
        # By the last part, which nearly always tells them apart: of many parts a list is dear.
        some = columns[-1].in_([parts[-1] for parts in values])
        query = select(self._table.c.number, *columns).where(*of_shard(self._table), some)
        with self._database.read() as connection:
            return {tuple(parts): number for number, *parts in connection.execute(query)}

    def find(self, key: K) -> int | None:
        known = self.get(key)
        if known is not None:
            return known
        conditions = [*of_shard(self._table)]
        conditions += [self._table.c[name] == part for name, part in self._parts(key).items()]
        with self._database.read() as connection:
            return connection.scalar(select(self._table.c.number).where(*conditions))

    def value(self, number: int, connection: Connection) -> K:
        known = self._values.get(number)
        if known is None:
            found = select(self._table).where(
                *of_shard(self._table), self._table.c.number == number
            )
            if len(self._values) >= MAX_CACHED:
                self._values = {}
            known = self._values[number] = self._value(connection.execute(found).one())
        return known

    def write(self, connection: Connection) -> None:
        if self._fresh:
            rows = [{"number": number, **self._parts(key)} for number, key in self._fresh]
            connection.execute(insert(self._table), rows)

    def settle(self, *, kept: bool) -> None:
        """Note whether the transaction was kept; where not, its new numbers are free again."""
        if not kept and self._fresh:
            for _, key in self._fresh:
                self.pop(key, None)
            self._top = self._fresh[0][0] - 1
        self._fresh = []


def interned_strings(database: ReadsDatabase, schema: Schema) -> Interned[str]:

    def parts(key: str) -> dict[str, Any]:  # as every engine can hold it
        return {"text": key.replace("\0", "\ufffd").encode("utf-8", "replace").decode("utf-8")}

    return Interned(database, schema.strings, parts, lambda row: str(row.text))


def interned_certificates(database: ReadsDatabase, schema: Schema) -> Interned[CertificateSeen]:

    def parts(seen: CertificateSeen) -> dict[str, Any]:
        not_after = microseconds(seen.not_after)
        return {"not_after": not_after, "issuer": seen.issuer, "key": seen.key}

    def value(row: Row[Any]) -> CertificateSeen:
        return CertificateSeen(not_after=row.not_after / 1e6, issuer=row.issuer, key=row.key)

    return Interned(database, schema.certificate, parts, value)
