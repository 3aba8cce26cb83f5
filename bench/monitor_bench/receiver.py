"""A program that takes notices by webhook, each once: it knows a message again by its key."""

import contextlib
import json
import threading
from collections import Counter, defaultdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Receiver:
    """What came.

    Attributes:
        messages: Idempotency key to how often a message with it came.
        notices: Notice to the keys of the messages that it came in.
        told: Incident to what was told of it: ``opened``, ``closed`` …
    """

    def __init__(self):
        self.messages = Counter()
        self.notices = defaultdict(set)
        self.told = defaultdict(list)
        self._lock = threading.Lock()

    def take(self, key, message):
        """Take a message; one that is known already is passed over."""
        with self._lock:
            self.messages[key] += 1
            if self.messages[key] > 1:
                return
            for incident in message["incidents"]:
                for notice in incident["notices"]:
                    self.notices[notice["id"]].add(key)
                    self.told[incident["id"]].append(notice["what"])


@contextlib.contextmanager
def receiver():
    """Receive while the context is open; gives a `Receiver` and its URL."""
    own = Receiver()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            message = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            own.take(self.headers["Idempotency-Key"], message)
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield own, f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()
