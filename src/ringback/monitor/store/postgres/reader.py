"""A database on a server read beside the process that writes to it: nothing is changed."""

from __future__ import annotations

from ringback.monitor.closing import closed_on_error
from ringback.monitor.store.interface import StoreCorrupt, StoreTooNew
from ringback.monitor.store.postgres import schema
from ringback.monitor.store.postgres.database import PostgresDatabase
from ringback.monitor.store.postgres.results import PostgresResults
from ringback.monitor.store.postgres.states import PackedStates
from ringback.monitor.store.reader import StoreReader
from ringback.monitor.store.records import Records


class PostgresReader(StoreReader):
    """What a monitor has kept on a server."""

    def __init__(self, url: str) -> None:
        self._server = PostgresDatabase(url)
        with closed_on_error(self._server.close):
            self._verify()
            states = PackedStates(Records(schema))
            super().__init__(self._server, schema, PostgresResults, states)

    def _verify(self) -> None:
        label = self._server.label
        with self._server.read() as connection:
            found = schema.revision(connection)
        if found is None:
            raise StoreCorrupt(
                f"{label}: it holds nothing of ringback; name the monitor's database"
            )
        if found != schema.SCHEMA_REVISION:
            raise StoreTooNew(
                f"{label}: it was written by another version of ringback (schema {found}, this "
                f"one has {schema.SCHEMA_REVISION}); use that version, or let `ringback up` of "
                "this one open it first"
            )

    def close(self) -> None:
        self._server.close()
