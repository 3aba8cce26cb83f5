"""What people and programs may ask the running monitor to do."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from importlib import import_module
from typing import TYPE_CHECKING

from ringback.incident.model import Check
from ringback.incident.silences import Silence
from ringback.monitor.model import PausedBy
from ringback.monitor.probe.outcome import ProbeNotes

if TYPE_CHECKING:
    from ringback.incident.model import Change
    from ringback.monitor.config.settings import ProbeModule
    from ringback.monitor.core import MonitorCore
    from ringback.monitor.model import Endpoint, PassiveCheck, ProbeType

log = logging.getLogger("ringback")

_MAX_DETAIL = 200
_OWED_SECONDS = 4.0  # Seconds within which a check begins that was asked for soon after another
_LARGE = ("ringback.monitor.config.load", "dns.asyncresolver")
"""What takes long to load, with pydantic: done with the first probe that is asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Probed:
    """What ``/probe`` found."""

    check: Check
    type: ProbeType  # Which probe it was
    notes: ProbeNotes


class MonitorCommands:
    """Carries commands out; what they change is kept when they return."""

    def __init__(
        self,
        core: MonitorCore,
        *,
        probe: Callable[[Endpoint], Awaitable[Check]],
        adopt: Callable[[str], bool],
        modules: Callable[[], Mapping[str, ProbeModule]] = dict,
        pause: Callable[[str, PausedBy | None], None] = lambda _id, _pause: None,
    ) -> None:
        self._core, self._probe, self._adopt = core, probe, adopt
        self._modules, self._pause = modules, pause
        self._silences = 0

    def acknowledge(self, incident_id: str, who: str) -> bool:
        """Acknowledge an incident; return whether there is one that is not resolved."""
        engine = self._core.engine
        known = any(incident.id == incident_id for incident in engine.incidents())
        changes = engine.acknowledge(incident_id, who, self._core.clock())
        if changes:
            self._core.processor.apply(changes)
        return known

    def unacknowledge(self, incident_id: str, who: str) -> bool:
        """Give an incident back; return whether there is one that somebody had."""
        return self._changed(self._core.engine.unacknowledge(incident_id, who, self._core.clock()))

    def note(self, incident_id: str, who: str, text: str) -> bool:
        """Write something into the timeline of an incident; return whether it is not resolved."""
        return self._changed(self._core.engine.note(incident_id, who, text, self._core.clock()))

    def _changed(self, changes: list[Change]) -> bool:
        if changes:
            self._core.processor.apply(changes)
        return bool(changes)

    def silence(self, endpoints: tuple[str, ...], seconds: float, who: str, reason: str) -> str:
        """Mute notifications of what begins on these endpoints; return the silence's id."""
        now = self._core.clock()
        self._silences += 1
        silence = Silence(
            id=f"s{int(now)}-{self._silences}",
            endpoints=endpoints,
            begins=now,
            ends=now + seconds,
            by=who,
            reason=reason,
        )
        self._core.engine.silences.add(silence)
        self._core.processor.apply([])
        return silence.id

    def unsilence(self, silence_id: str) -> bool:
        """End a silence; return whether there was one."""
        ended = self._core.engine.silences.remove(silence_id)
        self._core.processor.apply([])
        return ended

    async def check(self, endpoint_id: str) -> None:
        """Have an endpoint checked at once; return when it was, or when that takes too long.

        However often it is asked for, it is checked once in ``MIN_INTERVAL``.
        """
        endpoint = self._core.endpoints[endpoint_id]
        await self._core.next_probe(endpoint_id, endpoint.timeout + _OWED_SECONDS)

    def pause(self, endpoint_id: str, who: str) -> bool:
        """Check an endpoint no more, and notify nobody of it; return whether there is one."""
        if known := endpoint_id in self._core.endpoints:
            self._pause(endpoint_id, PausedBy(by=who, at=self._core.clock()))
        return known

    def resume(self, endpoint_id: str) -> bool:
        """Check a paused endpoint again; return whether there is one."""
        if known := endpoint_id in self._core.endpoints:
            self._pause(endpoint_id, None)
        return known

    def beat(self, endpoint_id: str, *, up: bool, detail: str) -> bool:
        """Take the heartbeat of a job; return whether it is one that is watched."""
        endpoint = self._core.endpoints.get(endpoint_id)
        if endpoint is None or endpoint.type != "heartbeat":
            return False
        self._core.take(
            Check(
                at=self._core.clock(),
                endpoint=endpoint_id,
                up=up,
                kind=None if up else "service.rejected",
                origin="heartbeat",
                detail=detail[:_MAX_DETAIL],
            )
        )
        self._core.flush_urgent()
        return True

    def ingest(self, checks: Iterable[PassiveCheck]) -> int:
        """Take calls that a program reported; return how many."""
        taken = self._core.intake.take(checks)
        self._core.flush_urgent()
        return taken

    def adopt(self, discovered_id: str, who: str) -> bool:
        """Watch a discovered endpoint from now on; return whether there is one that can be."""
        found = self._core.intake.discoveries.get(discovered_id)
        if found is None or not self._adopt(found.url):
            return False
        log.info("ringback: %s watches %s from now on", who or "somebody", found.url)
        return True

    async def probe(
        self,
        module: str,
        target: str,
        may_redirect: Callable[[str], bool],
        within: float | None = None,
    ) -> Probed:
        """Return what a check of a target sees now, in so many seconds at most.

        It is redirected only to what ``may_redirect`` says.

        Raises ``LookupError`` for an unknown module, ``ValueError`` for an unusable target.
        """
        found = self._modules()[module]
        for name in _LARGE:  # beside the loop: endpoints are checked meanwhile
            if name not in sys.modules:
                await asyncio.to_thread(import_module, name)
        from ringback.monitor.config.load import probed_endpoint  # noqa: PLC0415 - see above

        endpoint = probed_endpoint(found, target)
        notes = ProbeNotes()
        check = await self._probe(
            replace(
                endpoint,
                timeout=min(endpoint.timeout, within or endpoint.timeout),
                options={**endpoint.options, "may_redirect": may_redirect, "notes": notes},
            )
        )
        return Probed(check=check, type=endpoint.type, notes=notes)
