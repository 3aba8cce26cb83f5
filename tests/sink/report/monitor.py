"""A monitor on loopback that keeps what it is sent."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Monitor(ThreadingHTTPServer):
    """Takes batches; ``statuses`` are given first, then 202."""

    daemon_threads = True

    def __init__(self, port=0, statuses=(), answering=None):
        super().__init__(("127.0.0.1", port), _Handler)
        self.statuses = list(statuses)
        self.answering = answering
        self.batches, self.requests, self.connections = [], [], 0
        self.came = threading.Condition()
        self.url = f"http://127.0.0.1:{self.server_port}"
        self._thread = threading.Thread(target=self.serve_forever, args=(0.01,))

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self.shutdown()
        self._thread.join()
        self.server_close()

    def wait_for(self, holds):
        with self.came:
            assert self.came.wait_for(holds, 30)

    def events(self):
        with self.came:
            return [event for batch in self.batches for event in batch["events"]]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def setup(self):
        super().setup()
        self.server.connections += 1

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.server.answering:
            self.server.answering.wait(30)
        with self.server.came:
            status = self.server.statuses.pop(0) if self.server.statuses else 202
            self.server.requests.append((self.path, dict(self.headers), body))
            if status < 300:
                self.server.batches.append(body)
            self.server.came.notify_all()
        self.send_response(status)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_):
        pass
