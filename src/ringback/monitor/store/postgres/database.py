"""The server: connections to it, the one writer, and what its errors mean."""

# Theory of operation
#
# One process writes: the one that leads (`lead.py`). Its session holds the advisory lock while it
# lives, and it stands in the row of `writer` with its epoch. Every transaction that writes
# begins with `_FENCE`: it counts itself in that row, and finds no row where another process leads,
# or the same one in a later epoch.
#
#     connected --the connection breaks--> away --a thread of its own has connected--> connected
#
# While the server is away, whatever is asked for fails at once (`StoreUnavailable`): nobody waits
# for a connection but the thread that makes it. A server that no longer says anything is cut off
# after WRITE_TIMEOUT.
#
# Whether a transaction was kept whose COMMIT was not answered is known by the number: the row says
# how many were. `session` counts the connections, and `resume` tells a store that meets a new one
# what it may go on with:
#
#   the number is the last one known     Memory and tables agree; the last transaction is not kept.
#   it is the one that was not answered  That transaction was kept; memory lacks what followed.
#   another number                       A server took over that lacks the last commits:
#                                        everything must be read again.

from __future__ import annotations

import os
import secrets
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Engine, create_engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool, QueuePool

from ringback.monitor.closing import closed_on_error
from ringback.monitor.store.interface import (
    StoreCorrupt,
    StoreInUse,
    StoreProblem,
    StoreUnavailable,
)
from ringback.monitor.store.pool import closed_when_returned
from ringback.monitor.store.postgres.lead import LOCK_KEYS, ROW, Lead, LeadRow, cut, cut_after

if TYPE_CHECKING:
    from collections.abc import Callable

MIN_VERSION = 150000  # Of the server, as it numbers itself
MAX_READERS = 8  # Connections that read at once; a further one waits
WRITE_TIMEOUT = 10.0  # Seconds after which a server that does not answer is cut off
_RECONNECT_SECONDS = 1.0  # Seconds between two attempts

_DEFAULTS = {
    "application_name": "ringback",
    "connect_timeout": "5",
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "15000",
    "client_encoding": "utf8",
}
"""What is added to a URL that does not say it: a network that says nothing any more is noticed."""

_SESSION = (
    # So that the server notices a writer whose machine is gone, and lets its lock go.
    "SELECT set_config('tcp_keepalives_idle', '10', false),"
    " set_config('tcp_keepalives_interval', '5', false),"
    " set_config('tcp_keepalives_count', '3', false)"
)
_LOCK = f"SELECT pg_try_advisory_lock({LOCK_KEYS})"
_TERMINATE = (
    "SELECT pg_terminate_backend(pid, 1000) FROM pg_locks WHERE locktype = 'advisory'"
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    " AND classid = 1379019333 AND objid = 0 AND granted AND pid <> pg_backend_pid()"
)
_EXISTS = "SELECT to_regclass('lead') IS NOT NULL"
_LOCK_ROW = f"{ROW} FOR UPDATE OF lead"
_TAKE = (
    "INSERT INTO lead (shard, owner, url, epoch, expires, locked)"
    " VALUES (0, %(owner)s, %(url)s, 1, clock_timestamp() + interval '3 seconds', %(locked)s)"
    " ON CONFLICT (shard) DO UPDATE SET owner = excluded.owner, url = excluded.url,"
    " epoch = lead.epoch + 1, expires = excluded.expires, locked = excluded.locked RETURNING epoch"
)
_TAKE_WRITER = (
    "INSERT INTO writer (shard, name, number, epoch) VALUES (0, %(owner)s, 0, %(epoch)s)"
    " ON CONFLICT (shard) DO UPDATE SET name = excluded.name, epoch = excluded.epoch"
    " RETURNING number"
)
_GO_ON = "UPDATE lead SET locked = true WHERE shard = 0"
_FENCE = (
    "UPDATE writer SET number = number + 1"
    " WHERE shard = 0 AND name = %(name)s AND epoch = %(epoch)s RETURNING number"
)
_FOUND = "SELECT number FROM writer WHERE shard = 0 AND name = %(name)s AND epoch = %(epoch)s"
_FENCE_ASIDE = f"{_FOUND} FOR SHARE"
_LOCK_TIMEOUT = "SET LOCAL lock_timeout = '2s'"

_UNAVAILABLE = {
    "53100": "the server's disk is full; free some space there",
    "53200": "the server has not enough memory; free some there",
    "53300": "the server takes no more connections; raise its max_connections",
    "25006": "the server only reads; name its primary, or add target_session_attrs=read-write",
    "42501": "the user may not do that; make it the owner of the database or of a schema in it",
    "55P03": "another session holds a lock; end it",
}
_CORRUPT = {
    "42P07": "it holds tables of another program; give ringback a database or a schema of its own",
    "XX001": "the database is damaged; restore a backup",
    "XX002": "an index is damaged; REINDEX it, or restore a backup",
}
_GONE = "42P01"
_TOO_LARGE = "22003"


class TableGoneError(StoreProblem):
    """A table was dropped between looking for it and reading it: to be tried again."""


class PostgresDatabase:
    """A server, through a URL that libpq understands; several hosts may stand in it."""

    def __init__(
        self,
        url: str,
        *,
        prepare: Callable[[Connection, str], None] | None = None,
        standby: bool = False,
    ) -> None:
        self._connect, self.label = _connector(url)
        name = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
        self.session = 0  # Which connection writes, counted from 1
        self._prepare = prepare
        self._is_prepared = False
        self._gate = threading.Lock()
        self._connection: Connection | None = None
        self._cut: list[Connection] = []  # When the lead was lost; to be closed
        self._why: StoreProblem = StoreUnavailable(f"{self.label}: the connection is lost")
        self._attempt: threading.Thread | None = None
        self._closed = threading.Event()
        self._number = self._unanswered = -1
        self._losses = 0
        self._readers = _engine(
            self._connect, pool_size=MAX_READERS, max_overflow=0, poolclass=QueuePool,
            isolation_level="REPEATABLE READ", pool_pre_ping=True,
            execution_options={"postgresql_readonly": True},
        )  # fmt: skip
        self._writers = _engine(self._connect, poolclass=NullPool)
        self.lead = Lead(
            self._connect, name, claim=self._claim, lost=self._lost, translate=self._problem_of
        )
        if prepare is None:
            return
        try:
            self._claim()
        except StoreInUse:
            if not standby:
                raise
        self.lead.start()

    @contextmanager
    def write(self, *, durable: bool = False) -> Iterator[Connection]:  # noqa: ARG002 - always is
        """Give the connection that writes, in a transaction: all of it is kept, or nothing."""
        connection = self._at_hand()
        number, guard = -1, cut_after(WRITE_TIMEOUT, lambda: _driver(connection))
        try:
            with self._translated(), connection.begin():
                number = connection.exec_driver_sql(_FENCE, self._own).scalar() or -1
                if number < 0:
                    raise self._taken(connection)
                yield connection
            self._number = number
        except StoreInUse:
            self.lead.lose()
            raise
        except StoreProblem as problem:
            if _is_broken(connection):
                self._unanswered = number
                self._lose(problem)
            raise
        finally:
            guard.cancel()

    @property
    def losses(self) -> int:
        """How many connections of the writer broke."""
        return self._losses

    def resume(self) -> tuple[bool, bool]:
        """Return whether memory agrees with the tables, and whether the last transaction counts.

        The last transaction is the one that was not answered, when the connection broke.
        """
        connection = self._at_hand()
        try:
            with self._translated(), connection.begin():
                number = connection.exec_driver_sql(_FOUND, self._own).scalar()
                if number is None:
                    raise self._taken(connection)
        except StoreInUse:
            self.lead.lose()
            raise
        except StoreProblem as problem:
            if _is_broken(connection):
                self._lose(problem)
            raise
        agrees, kept = number == self._number, number == self._unanswered
        self._number, self._unanswered = number, -1
        return agrees, kept

    @property
    def _own(self) -> dict[str, Any]:
        return {"name": self.lead.owner, "epoch": self.lead.epoch}

    @contextmanager
    def aside(self) -> Iterator[Connection]:
        """Give a connection for what takes long and hinders no other; fenced at its end."""
        if self._connection is None:
            raise self._away()
        with self._translated(), self._writers.connect() as connection, connection.begin():
            connection.exec_driver_sql(_LOCK_TIMEOUT)
            yield connection
            if connection.exec_driver_sql(_FENCE_ASIDE, self._own).scalar() is None:
                raise self._taken(connection)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Give a connection that reads, in a transaction: it sees one moment."""
        if self.lead.epoch and self._connection is None:
            raise self._away()
        if self._prepare is not None and not self.lead.epoch and self.lead.problem is not None:
            raise self.lead.problem
        with self._translated(), self._readers.connect() as connection, connection.begin():
            yield connection

    def close(self) -> None:
        """Close every connection."""
        self._closed.set()
        self.lead.close()
        with self._gate:
            connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(DBAPIError):
                connection.close()
        self._close_cut()
        self._readers.dispose()
        self._writers.dispose()

    def _close_cut(self) -> None:
        """Close what was cut when the lead was lost; to be called by who writes, between uses."""
        with self._gate:
            connections, self._cut = self._cut, []
        for connection in connections:
            with suppress(DBAPIError):
                connection.invalidate()
                connection.close()

    def _at_hand(self) -> Connection:
        if self._cut:
            self._close_cut()
        connection = self._connection
        if connection is None:
            raise self._away()
        return connection

    def _lose(self, problem: StoreProblem) -> None:
        with self._gate:
            connection, self._connection = self._connection, None
            self._why = problem
            self._losses += 1
        if connection is not None:
            with suppress(DBAPIError):
                connection.invalidate()
                connection.close()
        self._readers.dispose()
        self._away()

    def _away(self) -> StoreProblem:
        """Have another thread connect; return why it must."""
        if not self.lead.epoch:
            row = self.lead.row
            who = "another process" if row is None else row.process
            return StoreInUse(f"{self.label}: {who} leads; this one stands by")
        with self._gate:
            if self._attempt is None and not self._closed.is_set() and self._connection is None:
                self._attempt = threading.Thread(
                    target=self._reconnect, name="ringback-postgres", daemon=True
                )
                self._attempt.start()
            return self._why

    def _reconnect(self) -> None:
        while not self._closed.is_set():
            try:
                connection, _, _ = self._connected(anew=False)
            except StoreInUse as problem:
                self._why, self._attempt = problem, None
                self.lead.lose()
                return
            except StoreProblem as problem:
                self._why = problem
                self._closed.wait(_RECONNECT_SECONDS)
                continue
            with self._gate:
                self._connection, self._attempt = connection, None
                self.session += 1
            if self._closed.is_set():
                self.close()
            return

    def _claim(self) -> None:
        """Take the lead; raises ``StoreInUse`` where another one has it."""
        connection, epoch, number = self._connected(anew=True)
        self._is_prepared = True
        with self._gate:
            self._connection, self._number, self._unanswered = connection, number, -1
            self.session += 1
        self.lead.leads(epoch)

    def _lost(self) -> None:
        """Write no more."""
        with self._gate:
            connection, self._connection = self._connection, None
            if connection is not None:
                self._cut.append(connection)
                cut(_driver(connection))  # the writer, who may be using it, closes it

    def _connected(self, *, anew: bool) -> tuple[Connection, int, int]:
        """Return a new connection that may write, the epoch, and how many transactions were kept.

        ``anew``: whether the lead may be taken; else this process must have it.

        Raises ``StoreInUse`` where another process leads.
        """
        with self._translated():
            connection = self._writers.connect()
        with closed_on_error(connection.close), self._translated(), connection.begin():
            version = connection.exec_driver_sql("SHOW server_version_num").scalar()
            if int(version or 0) < MIN_VERSION:
                raise StoreProblem(
                    f"{self.label}: this is PostgreSQL {int(version or 0) // 10000}; "
                    "ringback needs 15 or later"
                )
            connection.exec_driver_sql(_SESSION)
            connection.exec_driver_sql(_LOCK_TIMEOUT)
            epoch, number = self._take(connection, anew=anew)
        return connection, epoch, number

    def _take(self, connection: Connection, *, anew: bool) -> tuple[int, int]:
        is_ours = bool(connection.exec_driver_sql(_LOCK).scalar())
        if not self._is_prepared and is_ours:
            assert self._prepare is not None
            self._prepare(connection, self.label)
        row = self._row(connection, _LOCK_ROW)
        goes_on = row is not None and (row.owner, row.epoch) == (self.lead.owner, self.lead.epoch)
        if not goes_on and not (anew and _may_take(row, is_ours=is_ours)):
            raise self._taken(connection)
        if not is_ours:
            connection.exec_driver_sql(_TERMINATE)
            is_ours = bool(connection.exec_driver_sql(_LOCK).scalar())
        if goes_on:
            if not is_ours:  # a session of this process that broke
                raise StoreUnavailable(f"{self.label}: the last connection is being ended; wait")
            connection.exec_driver_sql(_GO_ON)
            return self.lead.epoch, self._number
        own = {"owner": self.lead.owner, "url": self.lead.url, "locked": is_ours}
        epoch = connection.exec_driver_sql(_TAKE, own).scalar_one()
        taken = {"owner": self.lead.owner, "epoch": epoch}
        return epoch, connection.exec_driver_sql(_TAKE_WRITER, taken).scalar_one()

    @staticmethod
    def _row(connection: Connection, statement: str) -> LeadRow | None:
        if not connection.exec_driver_sql(_EXISTS).scalar():
            return None  # an earlier version made these tables, or nobody did yet
        found = connection.exec_driver_sql(statement).one_or_none()
        return None if found is None else LeadRow(*found)

    def _taken(self, connection: Connection) -> StoreInUse:
        row = None
        with suppress(DBAPIError), connection.begin_nested():
            row = self._row(connection, ROW)
        who = "an earlier version of ringback" if row is None else row.process
        return StoreInUse(
            f"{self.label}: {who} is using it; stop that process, or use another database"
        )

    def _problem_of(self, error: Exception) -> StoreProblem | None:
        return problem_of(error, self.label)

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except StoreProblem:
            raise
        except Exception as error:
            problem = problem_of(error, self.label)
            if problem is None:
                raise
            raise problem from error


def problem_of(error: Exception, label: str) -> StoreProblem | None:
    """Return what an error of the driver means; ``None``: it is none."""
    origin = error.orig if isinstance(error, DBAPIError) else error
    if not any(class_.__module__ == "psycopg" for class_ in type(origin).__mro__):
        return None
    code = getattr(origin, "sqlstate", None) or ""
    said = str(origin).strip().partition("\n")[0]
    if code == _TOO_LARGE or (not code and type(origin).__name__ == "DataError"):
        raise OverflowError(said) from error
    if code == _GONE:
        return TableGoneError(f"{label}: {said}; try again")
    if code in _CORRUPT:
        return StoreCorrupt(f"{label}: {_CORRUPT[code]}")
    if code in _UNAVAILABLE:
        return StoreUnavailable(f"{label}: {_UNAVAILABLE[code]}")
    if code[:2] in {"", "08", "57", "28", "3D"}:
        return StoreUnavailable(f"{label}: {said}; see that the server runs and lets this user in")
    return StoreProblem(f"{label}: PostgreSQL reports: {said}; if this persists, see its log")


def _is_broken(connection: Connection) -> bool:
    return connection.invalidated or connection.closed or _driver(connection).closed


def _driver(connection: Connection) -> Any:
    return connection.connection.driver_connection


def _may_take(row: LeadRow | None, *, is_ours: bool) -> bool:
    """Whether the lead is free, for one that has got the lock, or has not."""
    return is_ours if row is None else row.expired or (row.locked and is_ours)


def _engine(connect: Callable[[], Any], **options: Any) -> Engine:
    return closed_when_returned(create_engine("postgresql+psycopg://", creator=connect, **options))


@dataclass(frozen=True, slots=True)
class _Driver:
    psycopg: Any
    conninfo: str

    def __call__(self) -> Any:
        connection = self.psycopg.connect(self.conninfo)
        for dumper in _storable_text():
            connection.adapters.register_dumper(str, dumper)
        return connection


def _connector(url: str) -> tuple[Callable[[], Any], str]:
    """Return what connects to a URL, and what it is called, without user and password."""
    try:
        import psycopg  # noqa: PLC0415 - of the extra postgres
        from psycopg import conninfo  # noqa: PLC0415 - as above
    except ImportError as error:
        raise StoreProblem(
            "a store in PostgreSQL needs psycopg: pip install 'ringback[postgres]'"
        ) from error
    try:
        given = conninfo.conninfo_to_dict(url)
        if "@" in str(given.get("host")):
            raise psycopg.ProgrammingError("an @ of the password was read as the end of it")
        full = conninfo.make_conninfo(url, **{k: v for k, v in _DEFAULTS.items() if k not in given})
    except psycopg.Error:
        # What libpq says of a URL may hold a part of the password.
        raise StoreProblem(
            "the URL of the store cannot be read; write postgresql://USER:PASSWORD@HOST:PORT/DATABASE,"
            " with %XX for special characters"
        ) from None
    return _Driver(psycopg, full), label_of(given)


def label_of(given: dict[str, Any]) -> str:
    hosts = str(given.get("host") or given.get("hostaddr") or "").split(",")
    ports = str(given.get("port") or "").split(",")
    ports = ports if len(ports) == len(hosts) else ports * len(hosts)
    places = [f"{host}:{port}" if port else host for host, port in zip(hosts, ports, strict=False)]
    where = ",".join(places) if not hosts[0].startswith("/") else ""
    return f"postgresql://{where}/{given.get('dbname') or ''}"


def storable(value: Any) -> Any:
    """Return a value as PostgreSQL can hold it."""
    return value.replace("\0", "\N{REPLACEMENT CHARACTER}") if isinstance(value, str) else value


def _storable_text() -> list[Any]:
    """Return what writes text that PostgreSQL can hold: no NUL, and nothing that is no Unicode."""
    from psycopg.types import string  # noqa: PLC0415 - of the extra postgres

    def dump(self: Any, text: str) -> bytes:  # noqa: ARG001 - a method
        return str(storable(text)).encode("utf-8", "replace")

    kinds = (string.StrBinaryDumper, string.StrDumper)
    return [type(f"Storable{kind.__name__}", (kind,), {"dump": dump}) for kind in kinds]
