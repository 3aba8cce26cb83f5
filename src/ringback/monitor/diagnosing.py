"""A diagnosis for each incident that opens: few at a time, and never one after the other."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ringback.client.proxies import Proxies
    from ringback.monitor.model import Endpoint

MAX_CONCURRENT = 2  # Diagnoses that run at the same time
DIAGNOSIS_INTERVAL = 600.0  # Seconds between two diagnoses of one endpoint for one kind of failure
MAX_PER_HOUR = 60  # Diagnoses in an hour, at most
DIAGNOSIS_TIMEOUT = 10.0  # Seconds for one

_MAX_REMEMBERED = 10_000

log = logging.getLogger("ringback")

Enrich = Callable[["Endpoint", dict[str, Any]], Awaitable[dict[str, Any]]]
"""Returns a report with what else was found."""

OnDiagnosed = Callable[[str, dict[str, Any]], None]
"""Takes an incident's id and the report, as ``ringback diagnose --json`` gives it."""


class Diagnoser:
    """Diagnoses endpoints in threads; to be used in one event loop."""

    def __init__(self, done: OnDiagnosed, beside: Enrich | None = None) -> None:
        self._done, self._beside = done, beside
        self._last: OrderedDict[tuple[str, str | None], float] = OrderedDict()
        self._recent: list[float] = []
        self._gate = asyncio.Semaphore(MAX_CONCURRENT)
        self._tasks: set[asyncio.Task[None]] = set()

    def want(self, incident: str, endpoint: Endpoint, kind: str | None = None) -> bool:
        """Begin a diagnosis of what fails in this way; return whether one is due."""
        # A diagnosis asks this host's resolver, which says nothing of another nameserver, and
        # begins with a connection.
        if endpoint.type in {"heartbeat", "udp"} or endpoint.nameserver:
            return False
        if not self._is_due((endpoint.id, kind)):
            return False
        task = asyncio.get_running_loop().create_task(self._diagnose(incident, endpoint))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return True

    def _is_due(self, of: tuple[str, str | None]) -> bool:
        now = time.monotonic()
        self._recent = [at for at in self._recent if now - at < 3600]
        last = self._last.get(of)
        if len(self._recent) >= MAX_PER_HOUR or (
            last is not None and now - last < DIAGNOSIS_INTERVAL
        ):
            return False
        self._recent.append(now)
        self._last[of] = now
        self._last.move_to_end(of)
        if len(self._last) > _MAX_REMEMBERED:
            self._last.popitem(last=False)
        return True

    async def _diagnose(self, incident: str, endpoint: Endpoint) -> None:
        async with self._gate:
            try:
                report = await asyncio.to_thread(diagnosed_endpoint, endpoint)
                if self._beside is not None:
                    report = await self._beside(endpoint, report)
            except Exception:
                log.exception("ringback: %s cannot be diagnosed", endpoint.id)
                return
        self._done(incident, report)

    async def close(self) -> None:
        """Wait for nobody: what is under way is given up."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


def diagnosed_endpoint(endpoint: Endpoint) -> dict[str, Any]:
    """Return what ``ringback diagnose --json`` says of an endpoint from here."""
    # Loaded with the first incident: it takes ssl, dnspython and all the stages.
    from ringback.client.trust import Trust  # noqa: PLC0415 - see above
    from ringback.diagnosis import diagnose  # noqa: PLC0415 - see above
    from ringback.diagnosis.record import record_of  # noqa: PLC0415 - see above

    trust = Trust(ca=(endpoint.ca,), system=True) if endpoint.ca else None
    found = diagnose(
        _diagnosis_url(endpoint),
        timeout=DIAGNOSIS_TIMEOUT,
        trust=trust,
        proxies=_proxies(endpoint),
        neighbours=endpoint.mine,
    )
    return record_of(found)


def _diagnosis_url(endpoint: Endpoint) -> str:
    """What to diagnose: before TLS is begun, a server must be spoken to in its own protocol."""
    scheme, _, rest = endpoint.url.partition("://")
    spoken = endpoint.options.get("starttls")
    if endpoint.type == "grpc":  # nothing of it is spoken: its name, its port, its TLS
        spoken, rest = "tls" if scheme == "grpcs" else "tcp", rest.partition("/")[0]
    return f"{spoken}://{rest}" if spoken else endpoint.url


def _proxies(endpoint: Endpoint) -> Proxies | None:
    """The way that its probe takes; ``None``: what the environment names."""
    from ringback.client.proxies import Proxies  # noqa: PLC0415 - as above

    named = endpoint.options.get("proxy")
    return None if named == "environment" else Proxies(named or ())
