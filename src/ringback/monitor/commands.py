"""What people and programs may ask the running monitor to do."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from ringback.incident.model import Check
from ringback.incident.silences import Silence

if TYPE_CHECKING:
    from ringback.monitor.core import MonitorCore
    from ringback.monitor.model import Endpoint, PassiveCheck

log = logging.getLogger("ringback")

_MODULES = frozenset({"http", "https", "tcp", "tls", "dns", "icmp"})
_MAX_DETAIL = 200


class MonitorCommands:
    """Carries commands out; what they change is kept when they return."""

    def __init__(
        self,
        core: MonitorCore,
        *,
        probe: Callable[[Endpoint], Awaitable[Check]],
        adopt: Callable[[str], bool],
    ) -> None:
        self._core, self._probe, self._adopt = core, probe, adopt
        self._silences = 0

    def acknowledge(self, incident_id: str, who: str) -> bool:
        """Acknowledge an incident; return whether there is one that is not resolved."""
        engine = self._core.engine
        known = any(incident.id == incident_id for incident in engine.incidents())
        changes = engine.acknowledge(incident_id, who, self._core.clock())
        if changes:
            self._core.processor.apply(changes)
        return known

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
        self._core.engine.silence(silence)
        self._core.processor.apply([])
        return silence.id

    def unsilence(self, silence_id: str) -> bool:
        """End a silence; return whether there was one."""
        ended = self._core.engine.silences.remove(silence_id)
        self._core.processor.apply([])
        return ended

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

    async def probe(self, module: str, target: str, may_redirect: Callable[[str], bool]) -> Check:
        """Return what a check of a target sees now; modules are named as in blackbox_exporter.

        It is redirected only to what ``may_redirect`` says.

        Raises ``LookupError`` for an unknown module, ``ValueError`` for an unusable target.
        """
        kind = module.partition("_")[0]
        if kind not in _MODULES:
            raise LookupError(module)
        url = target if "://" in target else f"{kind}://{target}"
        # The configuration's readers take pydantic: loaded with the first probe that is asked for.
        from ringback.monitor.config import ConfigInvalid  # noqa: PLC0415 - see above
        from ringback.monitor.config.load import config_of_urls  # noqa: PLC0415 - see above

        try:
            (endpoint,) = config_of_urls([url]).endpoints
        except ConfigInvalid as error:
            raise ValueError(str(error)) from error
        options = {**endpoint.options, "may_redirect": may_redirect}
        return await self._probe(replace(endpoint, options=options))
