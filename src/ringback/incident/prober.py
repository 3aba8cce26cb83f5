"""Whether a prober itself is well, this monitor's or an agent's: an incident about no endpoint.

What a prober sees while its event loop is late, its clock jumps or its descriptors run out means
nothing, so it is discarded and nobody is blamed. But then nobody watches either. Three things make
a tick bad: results that had to be discarded, an event loop later than ``MAX_LAG``, and a store that
took longer than ``MAX_STORAGE_SECONDS`` for a batch or fails. Where ``SICK_TICKS``
ticks running are bad, one incident says so, with numbers; it is over when none was bad in
``WELL_TICKS`` ticks running and, where results were discarded, at least one counted. Then a tick in
which no check ended is no tick of a sick prober, and none of a well one by itself.

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
    from ringback.incident.model import Change, Pattern, Severity
    from ringback.incident.silences import Silences

_MAX_NAMED = 5  # Agents that a text names
SICK_TICKS = 3
WELL_TICKS = 3
MAX_LAG = 0.25  # Seconds that the event loop may be late
MAX_STORAGE_SECONDS = 1.0  # Seconds that the store may take for a batch

_EXPECTED = "suspend"

_ADVICE = {
    "lag": "Give this machine more CPU, or let it watch fewer endpoints or watch them less often.",
    "descriptors": "Raise the limit of open files of the monitor (LimitNOFILE of systemd).",
    "ports": "Widen net.ipv4.ip_local_port_range, or watch fewer endpoints from this machine.",
    "clock": "See what sets the clock of this machine: one time service is enough.",
    "storage": "See what is slow or full where results are kept: disk, database, network to it.",
}
"""Cause to what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProberTick:
    """What came of the checks that ended in one tick."""

    at: float  # When it ended, in seconds since 1970 UTC
    checks: int  # How many checks ended
    discarded: Mapping[str, int] = field(default_factory=dict)  # Of them, by cause
    lag: float = 0.0  # Seconds that the event loop was late, at most
    busy: str = ""  # What used the time of the event loop, where that is known
    storage: float = 0.0  # Seconds that the store took for a batch, at most
    storage_problem: str = ""  # Why the store fails


class ProberWatch:
    """Counts ticks: says when the prober is sick, and when it is well again."""

    def __init__(self) -> None:
        self._sick = self._well = 0  # ticks running
        self._counted = False  # whether results count again, as far as some were discarded
        self._begin_anew(0.0)

    def _begin_anew(self, at: float) -> None:
        self._since, self._checks, self._lag, self._storage = at, 0, 0.0, 0.0
        self._busy = self._storage_problem = ""
        self._discarded: Counter[str] = Counter()

    def see(self, tick: ProberTick) -> Literal["sick", "well"] | None:
        """Take a tick; return what has become of the prober with it, each time that it holds."""
        discarded = {cause: n for cause, n in tick.discarded.items() if cause != _EXPECTED}
        slow = tick.storage > MAX_STORAGE_SECONDS or tick.storage_problem
        if discarded or slow or (tick.lag > MAX_LAG and not tick.discarded):
            return self._saw_bad(tick, discarded)
        if tick.discarded:
            return None
        if tick.checks:
            self._counted = True
        if tick.checks or not self._discarded:
            self._sick = 0
        self._well += 1
        return "well" if self._counted and self._well >= WELL_TICKS else None

    def _saw_bad(self, tick: ProberTick, discarded: Mapping[str, int]) -> Literal["sick"] | None:
        if not self._sick:
            self._begin_anew(tick.at)
        self._sick += 1
        self._checks += tick.checks
        self._discarded.update(discarded)
        self._well, self._counted = 0, not self._discarded
        if tick.lag > self._lag:
            self._lag, self._busy = tick.lag, tick.busy
        self._storage = max(self._storage, tick.storage)
        self._storage_problem = tick.storage_problem
        return "sick" if self._sick >= SICK_TICKS else None

    @property
    def blind(self) -> bool:
        """Whether results had to be discarded."""
        return bool(self._discarded)

    @property
    def evidence(self) -> tuple[str, ...]:
        """What decided that it is sick, a line each."""
        lines, since = list[str](), f"since {time_of_day(self._since)}"
        if causes := self._discarded.most_common():
            count = self._discarded.total()
            lines.append(f"{count} of {self._checks} results were discarded {since}")
            lines.append("by cause: " + ", ".join(f"{cause} {count}" for cause, count in causes))
        if self._lag >= 0.1:
            lines.append(f"the event loop was up to {self._lag * 1000:.0f} ms late{self._busy}")
        if self._storage > MAX_STORAGE_SECONDS:
            lines.append(f"the store took up to {self._storage * 1000:.0f} ms for a batch")
        if self._storage_problem:
            lines.append(f"the store fails {since}: {self._storage_problem}")
        return tuple(lines)

    @property
    def advice(self) -> tuple[str, ...]:
        causes = [cause for cause, _ in self._discarded.most_common()]
        causes += ["lag"] * (self._lag > MAX_LAG)
        causes += ["storage"] * (self._storage > MAX_STORAGE_SECONDS or bool(self._storage_problem))
        return tuple(_ADVICE[cause] for cause in dict.fromkeys(causes) if cause in _ADVICE)[:2]


def sick(  # noqa: PLR0913 - all but the first four are given by name
    registry: IncidentRegistry,
    silences: Silences,
    at: float,
    evidence: tuple[str, ...],
    advice: tuple[str, ...] = (),
    *,
    vantage: str = "",
    blind: bool = True,
) -> list[Change]:
    """Return what changes with a prober that is sick: nothing, where that is known.

    ``blind``: results were discarded. That is worse than to be slow, and a warning rises with it.
    """
    if vantage:
        text = f"The agent at {vantage} is not well: what it sees comes late or is discarded."
    elif blind:
        text = "The monitor is not well: what it sees has to be discarded, and nobody is watched."
    else:
        text = "The monitor is not well: what it sees comes late, or is not kept."
    known = registry.about(vantage, "prober_sick")
    if known is not None and known.severity == "warn" and blind and not vantage:
        raised = {"severity": "page", "summary": text, "evidence": evidence, "advice": advice}
        notify = not silences.covers((), at)
        return [registry.raise_to(at, known, text, notify=notify, **raised)]
    # Of one agent that is sick the others are left.
    severity: Severity = "page" if blind and not vantage else "warn"
    return _opened(
        registry, silences, at, "prober_sick", vantage, text, evidence, advice, severity=severity
    )


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
    return _opened(registry, silences, at, "vantage_silent", hub, text, lines, advice)


def vantage_silent(
    registry: IncidentRegistry, silences: Silences, at: float, vantage: str, since: float
) -> list[Change]:
    """Return what changes with an agent that is not heard since then: nothing, if that is known."""
    text = f"Nothing is heard of the agent at {vantage}: what it sees is unknown."
    evidence = (f"the last that came of it was at {time_of_day(since)}",)
    return _opened(
        registry, silences, at, "vantage_silent", vantage, text, evidence, (), severity="warn"
    )


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
    severity: Severity = "page",
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
            severity=severity,
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
