"""A database on a server read beside the process that writes to it: nothing is changed."""

from __future__ import annotations

from ringback.monitor.closing import closed_on_error
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
            with self._server.read() as connection:
                schema.refuse_other(connection, self._server.label)
            states = PackedStates(Records(schema))
            super().__init__(self._server, schema, PostgresResults, states)

    def close(self) -> None:
        self._server.close()
