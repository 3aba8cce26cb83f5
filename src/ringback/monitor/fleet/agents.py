"""Who the agents are: enrolled once by a token, known by their keys, and what is known of each.

What is known of an agent is one state of the store, written in the transaction that writes what
the agent sent: nobody can tell from a hub that was killed that it has results which it has not, or
has them twice.

A spool numbers its results, and no number comes twice. ``ranges`` says which numbers are kept, by
first and last: one range, and two while a spool is drained, for what is new comes first. Should a
spool be lost, the next one has another id and begins anew; the id of the one before is *retired*,
and whoever still sends with it is another machine with a copy of the key.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections import OrderedDict
from dataclasses import asdict, dataclass, field, fields
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ringback.monitor.fleet.signature import SignedRequest

TOKEN_SECONDS: Final = 900.0  # Seconds that a token can be used
MAX_SKEW: Final = 30.0  # Seconds that the clock of an agent may be wrong
MAX_AGENTS: Final = 500
MAX_RANGES: Final = 64
MAX_RETIRED: Final = 16  # Spools that were replaced
_MAX_NONCES: Final = 200_000

AgentState = Literal["awaited", "ok", "silent"]
"""``awaited``: it has not come yet. ``ok``: it is heard."""

Range = tuple[int, int]  # The first and the last number of some that follow each other


class AgentRefused(Exception):  # noqa: N818 - named for what became of it
    """Raised for what an agent may not do, or cannot now."""

    def __init__(self, status: int, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.status, self.reason, self.detail = status, reason, detail


class ClockRefused(AgentRefused):
    """Raised for what an agent has signed at another time than now."""

    def __init__(self, agent: Agent, ahead: float) -> None:
        how = f"{abs(ahead):.0f} s {'ahead' if ahead > 0 else 'behind'}"
        super().__init__(401, "clock", f"the clock of {agent.vantage} is {how}")
        self.agent, self.ahead = agent, ahead


@dataclass(slots=True, kw_only=True)
class Agent:
    """One agent; of all this only its place is shown to others."""

    id: str
    vantage: str
    domain: str  # What fails together with it
    added_at: float
    key: str = ""  # Its public key, `""`: it has not come yet
    token: str = ""  # SHA-256 of the token that it may come with once
    token_until: float = 0.0
    removed_at: float | None = None
    seen: float | None = None  # When it was last heard
    spool: str = ""  # Id of its spool
    ranges: list[Range] = field(default_factory=list)
    retired: list[str] = field(default_factory=list)  # Spools that it had before, with this key
    address: str = ""  # Where its last results came from
    health: dict[str, Any] = field(default_factory=dict)  # As it said last

    @property
    def is_enrolled(self) -> bool:
        return bool(self.key) and self.removed_at is None

    @property
    def remedy(self) -> str:
        """What to do at a machine that another one has taken the place of."""
        return (
            f"end one of them, or run here what `ringback agent add {self.vantage}` prints at the "
            "hub; with another name both check"
        )

    def takes_spool(self, spool: str) -> None:
        """Take numbers of this spool from now on; raises ``AgentRefused`` for one of before."""
        if spool == self.spool:
            return
        if spool in self.retired:
            at = f" at {self.address}" if self.address else ""
            raise AgentRefused(
                409, "foreign", f"another machine{at} has the key of {self.vantage}; {self.remedy}"
            )
        if self.spool:
            self.retired = [*self.retired, self.spool][-MAX_RETIRED:]
        self.spool, self.ranges = spool, []

    def has(self, number: int) -> bool:
        return any(first <= number <= last for first, last in self.ranges)


def merged(ranges: Iterable[Range]) -> list[Range]:
    """Return ranges in order, those that touch as one."""
    found: list[Range] = []
    for first, last in sorted(ranges):
        if found and first <= found[-1][1] + 1:
            found[-1] = (found[-1][0], max(found[-1][1], last))
        else:
            found.append((first, last))
    return found


class AgentRegistry:
    """The agents of one hub."""

    def __init__(self, kept: Mapping[str, Any] | None = None) -> None:
        self._agents: dict[str, Agent] = {}
        self.load(kept or {})
        self._nonces: OrderedDict[str, float] = OrderedDict()

    def load(self, kept: Mapping[str, Any]) -> None:
        """Know agents as they were kept."""
        known = {item.name for item in fields(Agent)}
        for id_, members in kept.items():
            agent = Agent(**{name: value for name, value in members.items() if name in known})
            agent.ranges = [(first, last) for first, last in agent.ranges]
            self._agents[id_] = agent

    def enrolled(self) -> list[Agent]:
        """Return those that check, in the order in which they were added."""
        return [agent for agent in self._agents.values() if agent.is_enrolled]

    def shown(self) -> list[Agent]:
        """Return those that check, and those that are awaited."""
        return [agent for agent in self._agents.values() if agent.removed_at is None]

    def named(self, name: str) -> Agent | None:
        return next((agent for agent in self.shown() if agent.vantage == name), None)

    def add(self, name: str, domain: str, now: float) -> tuple[Agent, str]:
        """Await an agent, or one that is there with a new key; return it and its token."""
        agent = self.named(name)
        if agent is None:
            if len(self.shown()) >= MAX_AGENTS:
                raise AgentRefused(409, "full", f"there are {MAX_AGENTS} agents already")
            agent = Agent(id=f"a-{secrets.token_hex(8)}", vantage=name, domain=domain, added_at=now)
            self._agents[agent.id] = agent
        agent.domain = domain
        token = secrets.token_urlsafe(24)
        agent.token, agent.token_until = _digest(token), now + TOKEN_SECONDS
        return agent, token

    def enrol(self, token: str, key: str, now: float) -> Agent:
        """Return the agent that a token was made for; from now on it is known by this key."""
        # cryptography is loaded with the first agent: a monitor without one does without it.
        from ringback.monitor.fleet.signature import (  # noqa: PLC0415 - see above
            SignatureProblem,
            public_key,
        )

        digest = _digest(token)
        found = [a for a in self.shown() if a.token and hmac.compare_digest(a.token, digest)]
        if not found:
            raise AgentRefused(401, "token", "this token is not known, or was used already")
        agent = found[0]
        if now > agent.token_until:
            raise AgentRefused(401, "token", "this token is too old: `ringback agent add` again")
        try:
            public_key(key)
        except SignatureProblem as problem:
            raise AgentRefused(400, "malformed", str(problem)) from None
        agent.key, agent.token, agent.seen = key, "", now
        agent.retired = []  # whoever sends from one of them now has the new key
        return agent

    def remove(self, agent: Agent, now: float) -> None:
        """Know it no more from now on."""
        agent.removed_at, agent.key, agent.token, agent.ranges = now, "", "", []

    def authenticate(self, request: SignedRequest, now: float) -> Agent:
        """Return who signed a request; each is taken once, and only while it is new."""
        from ringback.monitor.fleet.signature import (  # noqa: PLC0415 - as above
            SignatureProblem,
            public_key,
        )

        agent = self._agents.get(request.key_id)
        if agent is None:
            raise AgentRefused(401, "unknown", "this hub knows no such agent")
        if agent.removed_at is not None or not agent.key:
            raise AgentRefused(403, "removed", f"{agent.vantage} was removed from this hub")
        try:
            request.verify(public_key(agent.key))
        except SignatureProblem:
            detail = f"another machine has come as {agent.vantage} with a key of its own"
            raise AgentRefused(401, "signature", f"{detail}; {agent.remedy}") from None
        ahead = request.created - now
        if not -MAX_SKEW - 1 <= ahead <= MAX_SKEW:  # `created` has no fractions
            raise ClockRefused(agent, ahead)
        self._once(request, now)
        return agent

    def _once(self, request: SignedRequest, now: float) -> None:
        while self._nonces and next(iter(self._nonces.values())) < now - 2 * MAX_SKEW - 2:
            self._nonces.popitem(last=False)
        name = f"{request.key_id} {request.nonce}"
        if name in self._nonces:
            raise AgentRefused(409, "replayed", "this request was taken before")
        if len(self._nonces) >= _MAX_NONCES:
            raise AgentRefused(503, "busy", "too many requests")
        self._nonces[name] = now

    @staticmethod
    def dump(agent: Agent) -> dict[str, Any]:
        return asdict(agent)


def new_numbers(agent: Agent, first: int, last: int, numbers: Sequence[int]) -> set[int]:
    """Note that all from first to last is there now; return the numbers that were not."""
    in_order = all(earlier < later for earlier, later in pairwise(numbers))
    if first > last or not in_order or (numbers and not first <= numbers[0] <= numbers[-1] <= last):
        raise AgentRefused(400, "malformed", "the numbers of the results are not in their range")
    ranges = merged([*agent.ranges, (first, last)])
    if len(ranges) > MAX_RANGES:
        raise AgentRefused(409, "foreign", "the numbers of the results have too many gaps")
    found = {number for number in numbers if not agent.has(number)}
    agent.ranges = ranges
    return found


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
