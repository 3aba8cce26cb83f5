"""Where the requests go: the server's addresses, and starting and ending it."""

import json
import socket
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Site:
    """The addresses of a running server.

    Attributes:
        port: Of plain HTTP.
        http: The start of a URL.
        https: The start of a URL.
        named: The start of a URL with a name to look up, of plain HTTP.
        bundle: The file with the certificate to trust.
        refused: A URL that nobody answers at.
    """

    port: int
    http: str
    https: str
    named: str
    bundle: str
    refused: str


@contextmanager
def served():
    """A running server; it ends with the context, or with this process."""
    program = Path(__file__).with_name("server.py")
    with (
        subprocess.Popen(
            [sys.executable, str(program)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ) as process,
        socket.socket() as silent,
    ):
        silent.bind(("127.0.0.1", 0))  # bound and not listening: refuses, and stays ours
        ready = json.loads(process.stdout.readline())
        yield Site(
            port=ready["http"],
            http=f"http://127.0.0.1:{ready['http']}",
            https=f"https://127.0.0.1:{ready['https']}",
            named=f"http://localhost:{ready['http']}",
            bundle=ready["bundle"],
            refused=f"http://127.0.0.1:{silent.getsockname()[1]}/",
        )
        process.stdin.close()
