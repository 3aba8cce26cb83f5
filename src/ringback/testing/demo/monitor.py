"""The demo's monitor: the real one, asked through its API as everybody may."""

from __future__ import annotations

import http.client
import json
import re
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ringback.testing.demo.child import Child

WAIT_TIMEOUT = 60.0
"""Seconds for what takes a second or two on a machine that is not busy."""

_POLL_INTERVAL = 0.03
_ADDRESS = re.compile(r"page at (http://\S+);")

Document = dict[str, Any]


class UnseenError(Exception):
    """Raised when what was waited for does not come; the message says so."""


class Monitor:
    """A running ``ringback up``."""

    def __init__(self, configuration: Path) -> None:
        log = configuration.with_name("monitor.log")
        self._child = Child("ringback.testing.demo.up", "-c", str(configuration), log=log)
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
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
        for _ in self._child.output:
            pass

    def endpoint(self, id_: str) -> Document:
        """Return an endpoint as it is now."""
        found: Document = self._get(f"/endpoints/{id_}")
        return found

    def incident(self, endpoint: str) -> Document | None:
        """Return the newest incident of an endpoint; ``None``: there was none."""
        found: list[Document] = self._get(f"/incidents?endpoint={endpoint}&limit=1")
        return found[0] if found else None

    def whole(self, incident: Document) -> Document:
        """Return an incident with all that its diagnosis read."""
        found: Document = self._get(f"/incidents/{incident['id']}")
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

    def _get(self, path: str) -> Any:
        try:
            with self._opener.open(f"{self.url}/api/v1{path}", timeout=WAIT_TIMEOUT) as answer:
                return json.load(answer)
        except (OSError, http.client.HTTPException) as error:
            why = f"{error}; it last said: {self._child.last_words}"
            raise UnseenError(f"the monitor does not answer: {why}") from error
