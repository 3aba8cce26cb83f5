"""Whether a prober itself is well, this monitor's or an agent's: an incident about no endpoint.

What a prober sees while its event loop is late, its clock jumps or its descriptors run out means
nothing, so it is discarded and nobody is blamed. But then nobody watches either. Where results had
to be discarded in ``SICK_TICKS`` ticks running, one incident says so, with numbers; it is over when
none was discarded in ``WELL_TICKS`` ticks running and at least one counted. A tick in which no
check ended is no tick of a sick prober, and none of a well one by itself.

An agent that is not heard at all is *silent*: one incident about its place, whatever it watches.

The seconds after a suspend, in which the network comes back, are expected and count as neither.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from ringback.incident.pattern import duration_text, time_of_day

if TYPE_CHECKING:
    from ringback.incident.lifecycle import IncidentRegistry
    from ringback.incident.model import Change, Pattern
    from ringback.incident.silences import Silences

_MAX_NAMED = 5  # Agents that a text names
SICK_TICKS = 3
WELL_TICKS = 3

_EXPECTED = "suspend"

_ADVICE = {
    "lag": "Give this machine more CPU, or let it watch fewer endpoints or watch them less often.",
    "descriptors": "Raise the limit of open files of the monitor (LimitNOFILE of systemd).",
    "ports": "Widen net.ipv4.ip_local_port_range, or watch fewer endpoints from this machine.",
    "clock": "See what sets the clock of this machine: one time service is enough.",
}
"""Cause of discarded results to what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProberTick:
    """What came of the checks that ended in one tick."""

    at: float  # When it ended, in seconds since 1970 UTC
    checks: int  # How many checks ended
    discarded: Mapping[str, int] = field(default_factory=dict)  # Of them, by cause
    lag: float = 0.0  # Seconds that the event loop was late, at most


class ProberWatch:
    """Counts ticks: says when the prober is sick, and when it is well again."""

    def __init__(self) -> None:
        self._sick = self._well = 0  # ticks running
        self._counted = False  # whether a check counted in the well ones
        self._since = self._lag = 0.0
        self._checks = 0
        self._discarded: Counter[str] = Counter()

    def see(self, tick: ProberTick) -> Literal["sick", "well"] | None:
        """Take a tick; return what has become of the prober with it, each time that it holds."""
        discarded = {cause: n for cause, n in tick.discarded.items() if cause != _EXPECTED}
        if discarded:
            return self._saw_discarded(tick, discarded)
        if tick.discarded:
            return None
        if tick.checks:
            self._counted, self._sick = True, 0
        self._well += 1
        return "well" if self._counted and self._well >= WELL_TICKS else None

    def _saw_discarded(
        self, tick: ProberTick, discarded: Mapping[str, int]
    ) -> Literal["sick"] | None:
        if not self._sick:
            self._since, self._checks, self._lag = tick.at, 0, 0.0
            self._discarded.clear()
        self._sick += 1
        self._well, self._counted = 0, False
        self._checks += tick.checks
        self._lag = max(self._lag, tick.lag)
        self._discarded.update(discarded)
        return "sick" if self._sick >= SICK_TICKS else None

    @property
    def evidence(self) -> tuple[str, ...]:
        """What decided that it is sick, a line each."""
        causes = self._discarded.most_common()
        count, since = self._discarded.total(), time_of_day(self._since)
        lines = [
            f"{count} of {self._checks} results were discarded since {since}",
            "by cause: " + ", ".join(f"{cause} {count}" for cause, count in causes),
        ]
        if self._lag >= 0.1:
            lines.append(f"the event loop was up to {duration_text(self._lag)} late")
        return tuple(lines)

    @property
    def advice(self) -> tuple[str, ...]:
        causes = (cause for cause, _ in self._discarded.most_common())
        return tuple(_ADVICE[cause] for cause in causes if cause in _ADVICE)[:2]


def sick(
    registry: IncidentRegistry,
    silences: Silences,
    at: float,
    evidence: tuple[str, ...],
    advice: tuple[str, ...] = (),
    *,
    vantage: str = "",
) -> list[Change]:
    """Return what changes with a prober that is sick: nothing, where that is known."""
    who = f"The agent at {vantage}" if vantage else "The monitor"
    nobody = "it watches nothing" if vantage else "nobody is watched"
    text = f"{who} is not well: what it sees has to be discarded, and {nobody}."
    return _opened(registry, silences, at, "prober_sick", vantage, text, evidence, advice)


def well_again(registry: IncidentRegistry, at: float, vantage: str = "") -> list[Change]:
    """Return what changes with a prober that is well: nothing, where it was."""
    who = f"the agent at {vantage}" if vantage else "the monitor"
    return _resolved(registry, at, "prober_sick", vantage, f"{who} is well again")


def most_silent(
    registry: IncidentRegistry,
    silences: Silences,
    at: float,
    hub: str,
    agents: Sequence[str],
    since: float,
) -> list[Change]:
    """Return what changes with a hub that hears most of its agents no more; none: it does again."""
    if not agents:
        return _resolved(registry, at, "vantage_silent", hub, "most agents are heard again")
    evidence = f"nothing came of {_names(agents)} since {time_of_day(since)}, all at once"
    return _cut_off(registry, silences, at, hub, evidence)


def clock_jumped(
    registry: IncidentRegistry,
    silences: Silences,
    at: float,
    hub: str,
    agents: Sequence[str],
    seconds: float,
) -> list[Change]:
    """Return what changes with a hub that refuses most of its agents for its own clock.

    ``seconds``: by how much it is ahead of theirs. It is over as with ``most_silent``.
    """
    how = f"{abs(seconds):.0f} s {'ahead of' if seconds > 0 else 'behind'} those of"
    evidence = f"its clock is {how} {_names(agents)}, which agree: what they send waits there"
    return _cut_off(registry, silences, at, hub, evidence, (_ADVICE["clock"],))


def _names(agents: Sequence[str]) -> str:
    return ", ".join(sorted(agents)[:_MAX_NAMED]) + (" …" if len(agents) > _MAX_NAMED else "")


def _cut_off(
    registry: IncidentRegistry,
    silences: Silences,
    at: float,
    hub: str,
    evidence: str,
    advice: tuple[str, ...] = (),
) -> list[Change]:
    text = f"The monitor at {hub} is cut off from most agents: what they see is unknown."
    lines = (evidence,)
    return _opened(registry, silences, at, "vantage_silent", hub, text, lines, advice, of="hub")


def vantage_silent(
    registry: IncidentRegistry, silences: Silences, at: float, vantage: str, since: float
) -> list[Change]:
    """Return what changes with an agent that is not heard since then: nothing, if that is known."""
    text = f"Nothing is heard of the agent at {vantage}: what it sees is unknown."
    evidence = (f"the last that came of it was at {time_of_day(since)}",)
    return _opened(registry, silences, at, "vantage_silent", vantage, text, evidence, ())


def vantage_heard(
    registry: IncidentRegistry, at: float, vantage: str, why: str = ""
) -> list[Change]:
    """Return what changes with an agent that is heard: nothing, where it was before."""
    text = why or f"the agent at {vantage} is heard again"
    return _resolved(registry, at, "vantage_silent", vantage, text)


def _opened(  # noqa: PLR0913, PLR0917 - of this module only
    registry: IncidentRegistry,
    silences: Silences,
    at: float,
    pattern: Pattern,
    observer: str,
    text: str,
    evidence: tuple[str, ...],
    advice: tuple[str, ...],
    *,
    of: str = "agent",
) -> list[Change]:
    if registry.about(observer, pattern) is not None:
        return []
    return [
        registry.open_incident(
            at,
            pattern,
            (),
            text,
            evidence=evidence,
            advice=advice,
            observer=observer,
            # Of one agent that is silent or sick the others are left.
            severity="warn" if observer and of == "agent" else "page",
            notify=not silences.covers((), at),
        )
    ]


def _resolved(
    registry: IncidentRegistry, at: float, pattern: Pattern, observer: str, text: str
) -> list[Change]:
    known = registry.about(observer, pattern)
    if known is None:
        return []
    return [registry.resolve(at, known, f"{text}, after {duration_text(at - known.opened_at)}")]
