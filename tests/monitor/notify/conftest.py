import asyncio
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from monitor.notify.desk import Desk
from monitor.notify.made import AT_ONCE, held_port

from ringback.monitor.model import Endpoint
from ringback.monitor.notify.dispatcher import Dispatcher
from ringback.monitor.store import StoreBatch
from ringback.monitor.store.sqlite import SQLiteStore


@pytest.fixture
def endpoints():
    return [
        Endpoint(
            id=f"shop-{number}",
            name=f"Shop {number}",
            url=f"https://user:secret@shop{number}.invalid/?token=secret",
            type="http",
            labels={"team": "blue" if number % 2 else "red"},
        )
        for number in range(1, 60)
    ]


@pytest.fixture
def store(tmp_path):
    with_ = SQLiteStore(tmp_path / "ringback.db")
    yield with_
    with_.close()


class Receiver:
    """An HTTP server that keeps what it is sent and answers as it is told."""

    def __init__(self):
        self.got, self.status, self.gate = [], 200, threading.Event()
        self.gate.set()
        self.judge = lambda body: self.status
        self.headers = {}
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.got.append((self.path, dict(self.headers), body))
                receiver.gate.wait(60)
                status = receiver.judge(body)
                if status is None:  # it has the message, and nobody will know
                    self.close_connection = True
                    return
                self.send_response(status)
                for name, value in receiver.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self._handler = Handler
        self._held = held_port()
        self.port = self._held.getsockname()[1]
        self.start()

    def start(self):
        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), self._handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()

    def stop(self):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def close(self):
        self.gate.set()
        self.stop()
        self._held.close()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}/hook"

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
    with_ = Receiver()
    yield with_
    with_.close()


@pytest.fixture
def second_receiver():
    with_ = Receiver()
    yield with_
    with_.close()


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
def dispatch(store, endpoints):
    """Runs a dispatcher while a coroutine drives it: ``await tell(change)`` and ``until(...)``."""

    def run(notifiers, drive, routes=(), *, collation=AT_ONCE, **options):
        async def main():
            dispatcher = Dispatcher(
                store, notifiers, routes, collation=collation, endpoints=endpoints, **options
            )

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
