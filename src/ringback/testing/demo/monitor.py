"""The demo's monitor: the real one, asked through its API as everybody may."""

from __future__ import annotations

import contextlib
import http.client
import json
import re
import ssl
import threading
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ringback.testing.demo.child import Child
from ringback.testing.lab.namespace import inside

WAIT_TIMEOUT = 60.0
"""Seconds for what takes a second or two on a machine that is not busy."""

_POLL_INTERVAL = 0.03
_SIGNAL_INTERVAL = 0.5  # Seconds between two looks for a signal
_ADDRESS = re.compile(r"page at (https?://\S+);")

COMMAND = "ringback.testing.demo.process"
"""The module that is a command of ringback."""

Document = dict[str, Any]


class UnseenError(Exception):
    """Raised when what was waited for does not come; the message says so."""


class Monitor:
    """A running ``ringback up``."""

    def __init__(
        self, configuration: Path, *, namespace: str = "", token: str = "", ca: str | None = None
    ) -> None:
        self._namespace, self._token = namespace, token
        words = ("up", "-c", str(configuration))
        log = configuration.with_name("monitor.log")
        self._child = Child(COMMAND, *words, log=log, namespace=namespace)
        self._opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}),
            urllib.request.HTTPSHandler(context=ssl.create_default_context(cafile=ca)),
        )
        self._url = ""

    @property
    def url(self) -> str:
        """Where its page is."""
        if not self._url:
            with self._child.at_most(WAIT_TIMEOUT):
                found = next(filter(None, map(_ADDRESS.search, self._child.output)), None)
            if found is None:
                raise UnseenError(f"the monitor ended; it last said: {self._child.last_words}")
            self._url = found[1]
        return self._url

    def outlast(self) -> None:
        """Wait until it has ended by itself."""
        reader = threading.Thread(target=self._child.output.read, daemon=True)
        reader.start()
        # Not one long wait: a signal that comes just before its system call would not end it.
        while reader.is_alive():
            reader.join(_SIGNAL_INTERVAL)

    def token(self, agent: str, domain: str) -> str:
        """Await an agent, and return the token that it comes with."""
        found: Document = self._ask("/agents", {"name": agent, "domain": domain})
        return str(found["token"])

    def agents(self) -> list[Document]:
        """Return its agents."""
        found: list[Document] = self._ask("/agents")
        return found

    def endpoint(self, id_: str) -> Document:
        """Return an endpoint as it is now."""
        found: Document = self._ask(f"/endpoints/{id_}")
        return found

    def incident(self, endpoint: str) -> Document | None:
        """Return the newest incident of an endpoint; ``None``: there was none."""
        found: list[Document] = self._ask(f"/incidents?endpoint={endpoint}&limit=1")
        return found[0] if found else None

    def whole(self, incident: Document) -> Document:
        """Return an incident with all that its diagnosis read."""
        found: Document = self._ask(f"/incidents/{incident['id']}")
        return found

    def wait(self, what: str, found: Callable[[], Document | None]) -> Document:
        """Ask again and again; return what was found."""
        until = time.monotonic() + WAIT_TIMEOUT
        while time.monotonic() < until:
            if (seen := found()) is not None:
                return seen
            time.sleep(_POLL_INTERVAL)
        raise UnseenError(f"{what}: not within {WAIT_TIMEOUT:.0f} s")

    def end(self) -> None:
        """End it, and wait until it has."""
        self._child.end()

    def _ask(self, path: str, body: Document | None = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        request = urllib.request.Request(f"{self.url}/api/v1{path}", data, headers)
        there = inside(self._namespace) if self._namespace else contextlib.nullcontext()
        try:
            with there, self._opener.open(request, timeout=WAIT_TIMEOUT) as answer:
                return json.load(answer)
        except (OSError, http.client.HTTPException) as error:
            why = f"{error}; it last said: {self._child.last_words}"
            raise UnseenError(f"the monitor does not answer: {why}") from error
