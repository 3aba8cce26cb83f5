"""The hub's side: what agents send becomes checks of their places, and they learn what to do.

Theory of operation
===================

An agent sends what its spool has, in batches. Each is taken whole: its results, what follows from
them and the numbers that are kept now are one transaction, and only then the agent is answered and
forgets them. A batch that comes twice changes nothing, however long after (``agents.py``).

What is new says how an endpoint is; what is old only how it was. A check is *late* where a newer
one of the same place is known, where its vote would be stale, or where it waited in a spool and is
not the newest of its endpoint there. Late checks go into the history and to nobody else, so that a
spool of hours is drained without an alarm of yesterday.

Commands ride on answers: what the engine wants to know now, and whom it wants to diagnose. Each
agent has a request for the plan open nearly all the time, which is answered at once when there is
a command or another plan.

When one place sees the first failure of an endpoint, one of another domain is asked to look at
once, in turns: an outage is then seen by two before it is said.

Of a network partition one agent of the other side makes a diagnosis as well (``partition.py``).

An agent that was not heard for ``SILENT_SECONDS`` is silent: one incident about the place. Where
most of them fell silent at once, and two at least, it is one incident about the hub, which is cut
off from them; or whose clock has jumped, where all are refused for differing from it by the same.
The votes of whoever is silent grow stale by themselves and count as unknown.
Of whom nothing is taken but requests that are refused for their clock is *sick*, not silent: the
incident says how wrong it is. An old request that is sent again makes nobody sick who is heard.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import itertools
import json
import logging
import zlib
from collections import Counter, defaultdict, deque
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ringback.monitor.fleet.agents import (
    MAX_SKEW,
    Agent,
    AgentRefused,
    AgentRegistry,
    AgentState,
    ClockRefused,
    new_numbers,
)
from ringback.monitor.fleet.partition import Partitions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from ringback.incident.model import Check
    from ringback.incident.vote import Vote
    from ringback.monitor.core import MonitorCore
    from ringback.monitor.fleet.protocol import AgentHealth, Result, Results
    from ringback.monitor.fleet.signature import SignedRequest
    from ringback.monitor.model import Endpoint

STATE: Final = "agent:"  # Begins the name under which an agent is kept
SILENT_SECONDS: Final = 30.0
MIN_CUT: Final = 2  # Agents that fall silent at once before it is the hub that is cut off
LIVE_SECONDS: Final = 10.0  # Seconds after which a result has waited in a spool
MAX_AGE: Final = 7 * 86400.0  # Seconds: what is older is not taken into the history
OFFSET_TOLERANCE: Final = 2.0  # Seconds that an agent's clock may differ and is left alone
TICK_INTERVAL: Final = 1.0
_MAX_WANTED: Final = 10_000  # Endpoints that one agent is asked to check at once
_OFFSETS: Final = 20  # Requests of which the least offset is that of the clock
_MIN_OFFSETS: Final = (
    10  # Requests until a clock is taken to be behind: a busy hub is late for some
)
_CLOCK_ADVICE: Final = (
    "Set the clock of that machine by a time service; `timedatectl` says whether one is at work."
)
_LOG_INTERVAL: Final = 60.0  # Seconds between two lines about the same sort of refusal

log = logging.getLogger("ringback")


class _Link:
    """What one agent is to do, until it is told, and how its clock differs."""

    def __init__(self) -> None:
        self.look: dict[str, None] = {}
        self.diagnose: list[dict[str, str]] = []
        self.wake = asyncio.Event()
        self._offsets: deque[float] = deque(maxlen=_OFFSETS)
        # When a request was refused for its clock, how far that was ahead, and what was said
        self.clock = (float("-inf"), 0.0, "")

    def shift_of(self, offset: float) -> float:
        """Return what its times are put right by: a request that is late adds to the offset."""
        self._offsets.append(offset)
        least = min(self._offsets)
        if least > 0 and len(self._offsets) < _MIN_OFFSETS:
            return 0.0
        return least if abs(least) > OFFSET_TOLERANCE else 0.0

    def forget_clock(self) -> None:
        """Know its clock no more: the hub's own was another one."""
        self._offsets.clear()
        self.clock = (float("-inf"), 0.0, "")

    def take(self) -> dict[str, Any]:
        look, self.look = list(self.look), {}
        diagnose, self.diagnose = self.diagnose, []
        return {"look_now": look, "diagnose": diagnose}


class Fleet:
    """The agents of a monitor; to be used in its event loop."""

    def __init__(
        self, core: MonitorCore, *, look_here: Callable[[Iterable[str]], None] = lambda _: None
    ) -> None:
        self._core, self._look_here = core, look_here
        kept = core.store.states(STATE)
        self.registry = AgentRegistry({n.removeprefix(STATE): known for n, known in kept.items()})
        self.refused: Counter[str] = Counter()  # Requests that were refused, by why
        self.late = self.repeated = self.strange = 0  # Results that changed no state, by why
        self._links: defaultdict[str, _Link] = defaultdict(_Link)
        self._turns = itertools.count()
        self._logged: dict[str, float] = {}
        self._endpoints: dict[str, Endpoint] = {}
        self._controls: tuple[Endpoint, ...] = ()
        self._shared: dict[bool, tuple[str, bytes]] = {}  # The plan, with and without credentials
        self._is_place = True  # Whether this process checks as well
        self._closing = False
        # When most of them could last not be heard for the hub's sake
        self._unheard_until = self._ticked = core.started_at
        self._partitions = Partitions(core)

    def follow(self, states: Mapping[str, Any]) -> None:
        """Know what another process has kept of agents."""
        names = [name for name in states if name.startswith(STATE)]
        self.registry.load({name.removeprefix(STATE): states[name] for name in names})

    # The plan.

    def configure(
        self,
        endpoints: Iterable[Endpoint],
        controls: Iterable[Endpoint],
        *,
        checked_here: bool = True,
    ) -> None:
        """Have these checked from now on; ``checked_here``: by this process as well."""
        self._is_place = checked_here
        self._endpoints = {end.id: end for end in endpoints if end.type != "heartbeat"}
        self._controls = tuple(controls)
        self._shared.clear()
        self._wake_all()

    def resume(self, endpoint: Endpoint) -> None:
        """Have one endpoint more checked."""
        if endpoint.type != "heartbeat":
            self._endpoints[endpoint.id] = endpoint
        self._shared.clear()
        self._wake_all()

    def pause(self, endpoint: Endpoint) -> None:
        """Have one checked no more."""
        self._endpoints.pop(endpoint.id, None)
        self._shared.clear()
        self._wake_all()

    def revision(self, agent: Agent, *, secure: bool) -> str:
        """Return what names the plan of an agent: the same plan has the same."""
        digest, _ = self._shared_plan(secure=secure)
        named = f"{digest} {agent.vantage} {agent.domain} {self._turn_of(agent)}"
        return hashlib.sha256(named.encode()).hexdigest()[:16]

    def plan(self, agent: Agent, *, secure: bool) -> bytes:
        """Return the plan of an agent, in JSON."""
        _, shared = self._shared_plan(secure=secure)
        place = {"vantage": agent.vantage, "domain": agent.domain, "turn": self._turn_of(agent)}
        return json.dumps(place)[:-1].encode() + b"," + zlib.decompress(shared)[1:]

    def _shared_plan(self, *, secure: bool) -> tuple[str, bytes]:
        """Return the digest of what all plans have in common, and that in JSON, compressed.

        It is needed when an agent comes, or the configuration changes; of many endpoints, as
        values, it would be a fifth of what a hub holds.
        """
        if secure not in self._shared:
            digest, packer = hashlib.sha256(), zlib.compressobj(1)
            packed = bytearray()
            for piece in self._pieces_of_plan(secure=secure):
                digest.update(piece)
                packed += packer.compress(piece)
            self._shared[secure] = digest.hexdigest(), bytes(packed + packer.flush())
        return self._shared[secure]

    def _pieces_of_plan(self, *, secure: bool) -> Iterator[bytes]:
        from ringback.monitor.fleet.protocol import has_secret, planned  # noqa: PLC0415 - pydantic

        omitted = [] if secure else [end.id for end in self._endpoints.values() if has_secret(end)]
        left_out = set(omitted)
        sent = [end for end in self._endpoints.values() if end.id not in left_out]
        controls = [end for end in self._controls if secure or not has_secret(end)]
        files, names = _files_of((*sent, *controls))

        def items(endpoints: Iterable[Endpoint]) -> Iterator[bytes]:
            comma = b""
            for endpoint in endpoints:
                try:
                    yield comma + planned(endpoint, names)
                except KeyError:
                    log.warning("ringback: a file of %s cannot be read", endpoint.id)
                    continue
                comma = b","

        yield b'{"endpoints":['
        yield from items(sent)
        yield b'],"controls":['
        yield from items(controls)
        yield b"]," + json.dumps({"files": files, "omitted": omitted})[1:].encode()

    def _turn_of(self, agent: Agent) -> float:
        """Return its rank by the number of places; a hub that checks is the first of them."""
        agents, hub = self.registry.enrolled(), int(self._is_place)
        return (agents.index(agent) + hub) / (len(agents) + hub)

    async def wait_for_commands(self, agent: Agent, seconds: float) -> None:
        """Return when there is something to tell an agent, or after so long."""
        commands = self._links[agent.id]
        if commands.look or commands.diagnose or self._closing:
            return
        commands.wake.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await commands.wake.wait()

    def commands_for(self, agent: Agent) -> dict[str, Any]:
        """Return what an agent is to do, and take it for told."""
        return self._links[agent.id].take()

    # Who they are.

    def add(self, name: str, domain: str) -> tuple[Agent, str]:
        """Await an agent; return it with the token that it may come with once."""
        if name == self._core.vantage:
            raise AgentRefused(409, "taken", f"{name} is the place of this hub itself")
        agent, token = self.registry.add(name, domain, self._core.clock())
        self._keep(agent)
        return agent, token

    def enrol(self, token: str, key: str) -> Agent:
        """Return the agent that came with its token."""
        with self._counting():
            agent = self.registry.enrol(token, key, self._core.clock())
        self._keep(agent)
        self._wake_all()  # the others have another turn now
        log.info("ringback: the agent %s has come", agent.vantage)
        return agent

    def remove(self, name: str) -> bool:
        """Know an agent no more; return whether there was one."""
        agent = self.registry.named(name)
        if agent is None:
            return False
        now = self._core.clock()
        self.registry.remove(agent, now)
        engine = self._core.engine
        self._apply(engine.vantage_heard(now, agent.vantage, "it was removed"))
        self._apply(engine.well_again(now, agent.vantage))
        self._apply(engine.forget_observer(f"probe:{agent.vantage}", now))
        self._keep(agent)
        self._wake_all()
        return True

    def authenticate(self, request: SignedRequest) -> Agent:
        """Return who signed a request; raises ``AgentRefused``."""
        now = self._core.clock()
        try:
            with self._counting():
                return self.registry.authenticate(request, now)
        except ClockRefused as refusal:
            self._links[refusal.agent.id].clock = now, refusal.ahead, refusal.detail
            raise

    @contextlib.contextmanager
    def _counting(self) -> Iterator[None]:
        try:
            yield
        except AgentRefused as refusal:
            self.count_refusal(refusal)
            raise

    def count_refusal(self, refusal: AgentRefused) -> None:
        """Count what was refused, and log it: the first of a sort, and then once a minute."""
        self.refused[refusal.reason] += 1
        now = self._core.clock()
        if not 0 <= now - self._logged.get(refusal.reason, 0.0) < _LOG_INTERVAL:
            self._logged[refusal.reason] = now
            count = self.refused[refusal.reason]
            log.warning(
                "ringback: an agent was refused (%s, %d so far): %s",
                refusal.reason, count, refusal.detail,
            )  # fmt: skip

    # What they send.

    def take(self, agent: Agent, batch: Results, address: str = "") -> int:
        """Take a batch, all or nothing; return how many of its results had been taken before.

        It is kept when ``kept`` returns.
        """
        self._need_store()
        if self._core.processor.writer.is_full:
            raise AgentRefused(503, "unavailable", "the hub keeps nothing fast enough now")
        now, results = self._core.clock(), batch["results"]
        with self._counting():
            if batch["agent"] != agent.id:
                raise AgentRefused(403, "foreign", "an agent sends its own results only")
            agent.takes_spool(batch["spool"])
            agent.address = address
            numbers = [result["n"] for result in results]
            new = new_numbers(agent, batch["first"], batch["to"], numbers)
        shift = self._links[agent.id].shift_of(now - batch["sent_at"])
        self._take_results(agent, [result for result in results if result["n"] in new], shift, now)
        self._take_controls(agent, batch.get("control", ()), now)
        self.repeated += len(results) - len(new)
        self._heard(agent, batch.get("health"), now)
        for diagnosis in batch.get("diagnoses", ()):
            self._partitions.take(agent, diagnosis["incident"], diagnosis["report"])
        self._core.processor.keep_state(f"{STATE}{agent.id}", self.registry.dump(agent))
        self._core.flush()
        self._need_store()
        return len(results) - len(new)

    async def kept(self) -> None:
        """Return when all that was taken until now is kept; raises ``AgentRefused``."""
        await self._core.kept()
        self._need_store()

    def _need_store(self) -> None:
        if getattr(self._core.store, "is_holding", False):
            raise AgentRefused(503, "unavailable", "the hub cannot keep anything now")

    def _take_results(
        self, agent: Agent, results: Sequence[Result], shift: float, now: float
    ) -> None:
        from ringback.monitor.fleet.protocol import check_of_result  # noqa: PLC0415 - as above

        checks, last = [], self._core.last
        for result in results:
            at, endpoint = min(result["at"] + shift, now), result["endpoint"]
            if endpoint not in self._core.endpoints or at < now - MAX_AGE:
                self.strange += 1
                continue
            checks.append(
                check_of_result(
                    result,
                    at=at,
                    vantage=agent.vantage,
                    domain=agent.domain,
                    before=last.get(endpoint),
                )
            )
        newest = {check.endpoint: number for number, check in enumerate(checks)}
        late = []
        for number, check in enumerate(checks):
            waited = now - check.at > LIVE_SECONDS
            if (waited and newest[check.endpoint] != number) or self._is_late(check, now):
                late.append(check)
                continue
            self._core.take(check)
            self.suspects(check)
        self.late += len(late)
        self._core.processor.take_late(late)

    def _take_controls(self, agent: Agent, controls: Iterable[Result], now: float) -> None:
        from ringback.incident.model import CONTROL_PREFIX  # noqa: PLC0415 - as above
        from ringback.monitor.fleet.protocol import check_of_result  # noqa: PLC0415 - as above

        for result in controls:
            if result["endpoint"].startswith(CONTROL_PREFIX) and now - result["at"] < MAX_AGE:
                self._core.take(
                    check_of_result(
                        result,
                        at=min(result["at"], now),
                        vantage=agent.vantage,
                        domain=agent.domain,
                    )
                )

    def _is_late(self, check: Check, now: float) -> bool:
        vote = self._vote(check)
        if vote is not None and vote.at is not None and check.at < vote.at:
            return True
        watched = self._core.endpoints[check.endpoint].watched
        return now - check.at > 2 * watched.every + watched.timeout

    def _vote(self, check: Check) -> Vote | None:
        return self._core.engine.vote_of(check.endpoint, f"{check.origin}:{check.vantage}")

    def _heard(self, agent: Agent, health: AgentHealth | None, now: float) -> None:
        engine = self._core.engine
        agent.seen = now
        self._apply(engine.vantage_heard(now, agent.vantage))
        if health is None:
            return
        sick = health.get("sick")
        agent.health = {name: value for name, value in health.items() if name != "sick"}
        if sick is None:
            self._apply(engine.well_again(now, agent.vantage))
        else:
            evidence, advice = (tuple(map(_line, sick[key])) for key in ("evidence", "advice"))
            self._apply(engine.sick(now, evidence, advice, vantage=agent.vantage))

    def _apply(self, changes: list[Any]) -> None:
        if changes:
            self._core.processor.apply(changes)

    def _keep(self, agent: Agent) -> None:
        self._core.processor.keep_state(f"{STATE}{agent.id}", self.registry.dump(agent))
        self._core.flush()

    # What they are to do.

    def look_now(self, ids: Iterable[str]) -> None:
        """Have these checked at once, at every place."""
        wanted = dict.fromkeys(ids)
        if not wanted:
            return
        for agent in self.registry.enrolled():
            self._ask(agent, wanted)

    def suspects(self, check: Check) -> None:
        """Have one of another domain look where a place sees the first failure of an endpoint."""
        if check.up is not False or check.endpoint not in self._core.endpoints:
            return
        if not self.registry.enrolled():
            return
        vote = self._vote(check)
        if vote is None or vote.state != "suspect" or vote.failures != 1:
            return
        now, domain = self._core.clock(), check.domain or check.vantage
        places: list[Agent | None] = [*([None] if self._is_place else ()), *self._live(now)]
        others = [
            place
            for place in places
            if (self._core.vantage if place is None else place.domain) != domain
        ]
        if others:
            place = others[next(self._turns) % len(others)]
            if place is None:
                self._look_here((check.endpoint,))
            else:
                self._ask(place, {check.endpoint: None})

    def _ask(self, agent: Agent, wanted: Mapping[str, None]) -> None:
        commands = self._links[agent.id]
        commands.look |= itertools.islice(((id_, None) for id_ in wanted), _MAX_WANTED)
        commands.wake.set()

    def _wake_all(self) -> None:
        for commands in self._links.values():
            commands.wake.set()

    # Those that are not heard.

    async def run(self) -> None:
        """See who is silent, until it is cancelled."""
        try:
            while True:
                await asyncio.sleep(TICK_INTERVAL)
                self.tick(self._core.clock())
        finally:
            self._closing = True
            self._wake_all()

    def tick(self, now: float) -> None:
        if not -OFFSET_TOLERANCE <= now - self._ticked <= SILENT_SECONDS:
            self._start_hearing(now)
        self._ticked = now
        for agent, wanted in self._partitions.wanted(self._live(now)):
            self._links[agent.id].diagnose.append(wanted)
            self._links[agent.id].wake.set()
        for id_, text, advice in self._partitions.compared():
            self._apply(self._core.engine.compared(id_, text, advice, now))
        self._see_silent(now)

    def _start_hearing(self, now: float) -> None:
        """Give all as long as at the start: the clock has jumped, or this process was stopped."""
        self._unheard_until = now
        for agent in self.registry.enrolled():
            if agent.seen is not None:
                agent.seen = min(agent.seen, now)
        for link in self._links.values():
            link.forget_clock()

    def _see_silent(self, now: float) -> None:
        if getattr(self._core.store, "is_holding", False):
            self._unheard_until = now  # What agents send is refused, before anybody hears it
            return
        agents, engine, hub = self.registry.enrolled(), self._core.engine, self._core.vantage
        silent = [agent for agent in agents if self._is_silent(agent, now)]
        # Those that fell silent with them, and may have been heard a moment later.
        falling = [agent for agent in agents if now - self._heard_at(agent) > LIVE_SECONDS]
        at_once = _at_once(falling, self._heard_at)
        if silent and len(at_once) >= MIN_CUT and 2 * len(at_once) > len(agents):
            if len(silent) == len(falling):
                self._apply(self._cut_off_from(at_once, now))
            silent = [agent for agent in silent if agent not in at_once]
        elif 2 * len(silent) <= len(agents):
            over = engine.most_silent(now, hub, (), now)
            self._apply(over)
            if over:  # the others have as long to be heard as those that came first
                self._unheard_until, silent = now, []
        for agent in silent:
            refused_at, _, said = self._links[agent.id].clock
            if now - refused_at <= SILENT_SECONDS:
                evidence = (f"{said}: what it sends is refused, and waits there",)
                self._apply(engine.sick(now, evidence, (_CLOCK_ADVICE,), vantage=agent.vantage))
                continue
            since = agent.seen or agent.added_at
            self._apply(engine.vantage_silent(now, agent.vantage, since))

    def _cut_off_from(self, agents: Sequence[Agent], now: float) -> list[Any]:
        engine, hub, names = self._core.engine, self._core.vantage, [a.vantage for a in agents]
        if jump := self._jump(agents, now):
            return engine.clock_jumped(now, hub, names, jump)
        return engine.most_silent(now, hub, names, self._heard_at(agents[0]))

    def _jump(self, agents: Iterable[Agent], now: float) -> float:
        """Return by how many seconds this clock is ahead of those of all these, 0: it is not."""
        refused = [self._links[agent.id].clock for agent in agents]
        ahead = [-by for at, by, _ in refused if now - at <= SILENT_SECONDS]
        agree = len(ahead) == len(refused) and max(ahead) - min(ahead) <= MAX_SKEW
        return ahead[0] if agree else 0.0

    def _heard_at(self, agent: Agent) -> float:
        return max(agent.seen or 0.0, self._unheard_until)

    def _live(self, now: float) -> list[Agent]:
        return [agent for agent in self.registry.enrolled() if not self._is_silent(agent, now)]

    def _is_silent(self, agent: Agent, now: float) -> bool:
        return now - self._heard_at(agent) > SILENT_SECONDS

    def state_of(self, agent: Agent) -> AgentState:
        """Return whether an agent is heard."""
        if not agent.is_enrolled:
            return "awaited"
        return "silent" if self._is_silent(agent, self._core.clock()) else "ok"

    def counted(self) -> dict[str, Any]:
        """Return what was refused by why, and how many results changed no state."""
        return {
            "refused": dict(self.refused),
            "late": self.late,
            "repeated": self.repeated,
            "strange": self.strange,
        }


def _at_once(agents: Sequence[Agent], heard_at: Callable[[Agent], float]) -> list[Agent]:
    """Return the most of them that were heard last within `LIVE_SECONDS` of each other."""
    ordered = sorted(agents, key=heard_at)
    groups = (
        [other for other in ordered if 0 <= heard_at(other) - heard_at(first) <= LIVE_SECONDS]
        for first in ordered
    )
    return max(groups, key=len, default=[])


def _line(text: str) -> str:
    from ringback.monitor.fleet.protocol import line  # noqa: PLC0415 - as above

    return line(text)


def _files_of(endpoints: Iterable[Endpoint]) -> tuple[dict[str, str], dict[str, str]]:
    """Return name to content of the files that endpoints name, and path to name."""
    paths: dict[str, None] = {}
    for endpoint in endpoints:
        for path in (endpoint.ca, endpoint.options.get("client_certificate")):
            if path:
                paths[str(path)] = None
    files: dict[str, str] = {}
    names: dict[str, str] = {}
    for path in paths:
        with contextlib.suppress(OSError, UnicodeError):
            content = Path(path).read_text()
            names[path] = f"{hashlib.sha256(content.encode()).hexdigest()[:32]}.pem"
            files[names[path]] = content
    return files, names
