"""``ringback up`` as people run it: the whole program, a process of its own."""

import json
import os
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

from monitor_bench.process import WAIT_TIMEOUT, end, free_port, until

_NO_PROXY = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def endpoints(urls, **settings):
    """Return the part of a configuration that names endpoints ``e0``, ``e1`` …

    Args:
        urls: Of each.
        **settings: What holds for all of them.
    """
    habits = "".join(f"{name} = {_toml(value)}\n" for name, value in settings.items())
    each = (f'[[endpoint]]\nname = "e{at}"\nurl = "{url}"\n' for at, url in enumerate(urls))
    return f"[defaults]\n{habits}" + "".join(each)


def _toml(value):
    if isinstance(value, bool):
        return str(value).lower()
    return json.dumps(value)


class Monitor:
    """A monitor that can be started, killed and started again on the same database.

    Args:
        folder: Where its configuration, database and log are.
        configuration: TOML.

    Attributes:
        url: Of its page.
        log: File with what it said.
    """

    def __init__(self, folder, configuration):
        self.folder = Path(folder)
        self.log = self.folder / "ringback.log"
        self.database = self.folder / "ringback.db"
        (self.folder / "ringback.toml").write_text(configuration)
        self._process = None

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        if self._process is not None:
            end(self._process)

    @property
    def pid(self):
        """Its process."""
        return self._process.pid

    def start(self, *, wait=True):
        """Start it.

        Args:
            wait: Whether to wait until its page answers.
        """
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        command = [sys.executable, "-m", "ringback", "up", "-c", "ringback.toml"]
        with self.log.open("ab") as told:
            self._process = subprocess.Popen(
                [*command, "--port", str(port)],
                cwd=self.folder,
                stdout=told,
                stderr=told,
                env=os.environ | {"PYTHONUNBUFFERED": "1"},
            )
        if wait:
            until(self.is_ready, WAIT_TIMEOUT)

    def is_ready(self):
        """Return whether its page says that it is well."""
        if self._process.poll() is not None:
            raise RuntimeError(f"ringback up ended: {self.log.read_text()[-2000:]}")
        try:
            with _NO_PROXY.open(f"{self.url}/healthz", timeout=5) as answer:
                return answer.status == 200
        except OSError:
            return False

    def get(self, path):
        """Return what its API says.

        Args:
            path: After ``/api/v1``.
        """
        with _NO_PROXY.open(f"{self.url}/api/v1{path}", timeout=30) as answer:
            return json.load(answer)

    def kill(self):
        """End it as a power cut would."""
        end(self._process, signal.SIGKILL)

    def stop(self):
        """End it as an operator does; what it knows is kept."""
        end(self._process)
