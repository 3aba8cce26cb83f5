"""A server that breaks off: files over HTTP/1.1 with ranges, and each way to get them wrong."""

import re
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

DATE, OLD = "Mon, 02 Nov 2026 10:00:00 GMT", "Sun, 01 Nov 2026 10:00:00 GMT"


class FileServer(ThreadingHTTPServer):
    """Serves ``content`` at every path, and remembers what it was asked for.

    ``breaks_after`` bytes of a body it closes the connection, if set. ``odd(handler, first)`` may
    answer in another way: it returns whether it did.
    """

    daemon_threads = True

    def __init__(self, content, breaks_after=None, port=0):
        super().__init__(("127.0.0.1", port), _Handler)
        self.content = content
        self.breaks_after = breaks_after
        self.headers = {"ETag": '"one"'}
        self.ranges = True
        self.odd = None
        self.asked = []
        self.encodings = set()
        self.url = f"http://127.0.0.1:{self.server_address[1]}/file.bin"

    def __enter__(self):
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()

    def handle_error(self, *_):
        """A client that has gone away is no news."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def date_time_string(self, timestamp=None):
        return DATE

    def do_GET(self):
        server = self.server
        server.asked.append(self.headers["Range"])
        server.encodings.add(self.headers["Accept-Encoding"])
        first = self.first()
        if server.odd is not None and server.odd(self, first):
            return
        size = len(server.content)
        if not first:
            self.answer(200, server.content)
        elif first >= size:
            self.answer(416, b"", {"Content-Range": f"bytes */{size}"})
        else:
            content = memoryview(server.content)[first:]
            self.answer(206, content, {"Content-Range": f"bytes {first}-{size - 1}/{size}"})

    def first(self):
        """The first byte asked for; 0 where all of it is to be sent."""
        match = re.fullmatch(r"bytes=(\d+)-", self.headers["Range"] or "")
        valid = self.headers["If-Range"] in {
            self.server.headers.get("ETag"),
            self.server.headers.get("Last-Modified"),
        } - {None}
        return int(match[1]) if match and valid and self.server.ranges else 0

    def answer(self, status, body, headers=(), length=None):
        self.send_response(status)
        fields = {"Content-Length": len(body) if length is None else length}
        for name, value in {**fields, **self.server.headers, **dict(headers)}.items():
            if value != "":
                self.send_header(name, str(value))
        self.end_headers()
        limit = self.server.breaks_after
        self.wfile.write(body if limit is None else memoryview(body)[:limit])
        if limit is not None and len(body) > limit:
            self.wfile.flush()
            self.connection.shutdown(socket.SHUT_RDWR)
            self.close_connection = True
