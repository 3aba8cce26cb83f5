import asyncio
import json
import threading

import pytest
from monitor.notify.desk import Desk
from monitor.notify.made import AT_ONCE

from ringback.monitor.model import Endpoint
from ringback.monitor.notify.dispatcher import Dispatcher
from ringback.monitor.store import StoreBatch
from ringback.monitor.store.sqlite import SQLiteStore
from ringback.testing.lab import Lab
from ringback.testing.lab.message import response


@pytest.fixture
def store(tmp_path):
    with_ = SQLiteStore(tmp_path / "ringback.db")
    yield with_
    with_.close()


class Receiver:
    """An HTTP server that keeps what it is sent and answers as it is told."""

    def __init__(self, lab):
        self.got, self.status, self.headers = [], 200, ()
        self.gate = threading.Event()
        self.gate.set()
        listening = lab.listen(self._serve)
        self.port, self.url = listening.port, f"{listening.url}hook"
        lab.on_stop(self.gate.set)

    def _serve(self, connection):
        while request := connection.read_request():
            self.got.append((request.target, request.headers, request.body))
            self.gate.wait(60)
            connection.send(response(self.status, b"", *self.headers))

    @property
    def documents(self):
        return [json.loads(body) for _, _, body in self.got]

    @property
    def told(self):
        """Incident and headline, in the order they came."""
        return [
            (incident["id"], incident["what"])
            for doc in self.documents
            for incident in doc["incidents"]
        ]


@pytest.fixture
def receiver():
    with Lab() as lab:
        yield Receiver(lab)


@pytest.fixture
def second_receiver():
    with Lab() as lab:
        yield Receiver(lab)


@pytest.fixture
def desk(tmp_path):
    """Makes desks with a dispatcher in simulated time."""
    made = []

    def make(**options):
        made.append(Desk(tmp_path / f"{len(made)}.db", **options))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture
def dispatch(store):
    """Runs a dispatcher while a coroutine drives it: ``await tell(change)`` and ``until(...)``."""

    endpoint = Endpoint(id="shop-1", name="Shop 1", url="", type="http", labels={"team": "blue"})

    def run(notifiers, drive):
        async def main():
            dispatcher = Dispatcher(store, notifiers, (), collation=AT_ONCE, endpoints=[endpoint])

            async def tell(*changes):
                notices = [n for change in changes for n in dispatcher.notices_for(change)]
                newest = {change.incident.id: change.incident for change in changes}
                store.keep(StoreBatch(incidents=tuple(newest.values()), notices=tuple(notices)))
                dispatcher.wake()

            worker = asyncio.create_task(dispatcher.run())
            try:
                return await drive(dispatcher, tell)
            finally:
                worker.cancel()
                await asyncio.gather(worker, return_exceptions=True)

        return asyncio.run(main())

    return run
