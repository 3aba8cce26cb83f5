"""The network of an observer, and whether what it sees fail is that network's fault.

Theory of operation
-------------------

All observers of one failure domain, the probe and the programs of one host, share one network. The
question is asked when a vote becomes down with a kind that a missing network shows, on an endpoint
that is not local to the observer. The first row that fits answers it; *since* is when the failures
of that vote began:

1. Somebody beyond the gateway has replied since then (a success, an HTTP answer, a reset, an answer
   of TLS; a resolver off this link, a control target): it is **not** the own network, unless that
   network loses packets (below). A reply from a private address proves nothing about the way to
   public ones. If all of them replied after the newest failing check had begun, they do not tell
   what it met: it is checked again, and the alarm is held as in row 3.
2. A local fact says so: no route, no carrier, the gateway's neighbour entry has failed. Own, 0.95,
   with any number of endpoints.
3. There are endpoints or controls that were not checked since then: they are asked now, those that
   were well first, and the alarm is held, `max(timeout, 5) + 2` seconds at most.
4. Of the sites that fall silent (they replied shortly before, be it with an error), the control
   targets that no longer answer and the vantages whose reports stopped with the replies there are
   three: own, 0.85. There are two, and the resolver is silent, or one of them is said to be in a
   network that cannot be reached: own, 0.7. There is one, which needed no resolver, and the
   resolver has just fallen silent with it: own, 0.6. Endpoints at one address, or behind one proxy,
   are one site. What another vantage that still gets replies, or several others, see fail as well
   does not count. Nothing that is checked through it replies, and other vantages have been answered
   since then by two sites that fell silent here together: own, 0.7.
5. Otherwise it is the endpoint: there is nothing to compare with.

A gateway that lives proves nothing about what is behind it, and the diagnosis of one endpoint is no
evidence about the network of all.

A network that **loses packets** makes each endpoint fail now and then, and others reply meanwhile.
How it is told from endpoints that fail by themselves is said below. While it may lose packets what
fails and others are asked, and the alarm is held: as in row 3, or ``LOSS_HOLD`` seconds at most
where the endpoint fails and answers in turn; not where another vantage says what it sees of it.

Where only the way beyond the gateway is cut, what is near counts until the gateway is silent too.

While a network is at fault, what its observers see fail for it is unknown. It ends with two replies
within ``REPLIES_WITHIN`` seconds, or when the local fact has been well twice; a network that loses
packets is well when nothing has wavered in a whole window. Then what was counted meanwhile is
forgotten and everything is checked anew, so that whatever is really down is told as its own.
"""

from __future__ import annotations

from collections import deque
from dataclasses import astuple, dataclass
from itertools import islice
from math import inf
from typing import TYPE_CHECKING, Any, Final, Literal

from ringback.incident.model import CONTROL_PREFIX
from ringback.incident.packet_loss import (
    CONTROL_WEIGHT,
    LOSS_WINDOW,
    MIN_RUN,
    PacketLoss,
    window,
)
from ringback.incident.pattern import RESOLVER_KINDS, has_replied, is_of_the_network, may_be_loss

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from ringback.incident.model import Check
    from ringback.incident.tracker import EndpointTracker
    from ringback.incident.vote import Vote

NO_ROUTE: Final = "tcp.address_unreachable.network"
GATEWAY, RESOLVER, TARGET = "gateway", "resolver", "target"
RESOLVER_SILENT: Final = "the resolver is silent"
ALL_REACHED: Final = "nothing that is checked there answers, and others are answered by all of it"

MIN_FAILING: Final = 3  # Sites and control targets that must fail alike
MIN_HOLD: Final = 5.0  # Seconds that an alarm is held at least, beside HOLD_GRACE
HOLD_GRACE: Final = 2.0
LOSS_HOLD: Final = 30.0  # The same, of what fails and answers in turn
REPLIES_WITHIN: Final = 30.0  # Seconds within which two replies end it
CONTROL_FRESHNESS: Final = 30.0  # Seconds that what a control said counts
MAX_ASKED: Final = 8  # Endpoints of one round
_MAX_REPLIES: Final = 64  # Of which it is known when they were, a second apart
MAX_SAMPLED: Final = 64  # Endpoints that are gone through to find whom to ask

Cause = Literal["local", "silence", "loss"]


@dataclass(frozen=True, slots=True)
class NetworkFinding:
    """That a network is at fault."""

    cause: Cause
    confidence: float
    evidence: tuple[str, ...]
    failing: tuple[EndpointTracker, ...]  # What fails for it
    since: float  # When the first of these fell silent
    far: bool = False  # Whether only the way to public addresses is


@dataclass(slots=True)
class Control:
    """What is checked to know of a network."""

    up: bool = True
    at: float = 0.0
    since: float = 0.0  # When it began to be as it is
    in_a_row: int = 0  # How often it was so
    detail: str = ""
    checked_at: float = 0.0  # When it was last checked, also where nothing followed
    well_at: float = -inf


@dataclass(slots=True)
class CutOff:
    """That a network is at fault now."""

    incident: str
    cause: Cause
    since: float
    far: bool
    replied_at: float | None = None


Voted = tuple[str, str]
"""An endpoint and an observer of it."""


class Network:
    """The network of one failure domain."""

    def __init__(self, domain: str) -> None:
        self.domain = domain
        self.has_probe = False
        self.cut_off: CutOff | None = None
        # What fails with a kind that a missing network shows
        self.failing: dict[Voted, Vote] = {}
        # Votes whose alarm is held until it is known whether it is the network
        self.held: dict[Voted, Vote] = {}
        self.controls: dict[str, Control] = {}
        self.trackers: dict[str, EndpointTracker] = {}  # Those checked through it
        self._replied_at = -inf
        self._replied_from_afar = -inf
        self._replies: deque[float] = deque(maxlen=_MAX_REPLIES)  # When somebody afar replied
        self._loss = PacketLoss(domain, self.trackers, self._control_well_at)

    def dump(self) -> Any:
        return {
            "who": [self.domain, self.has_probe],
            "cut_off": self.cut_off and astuple(self.cut_off),
            "failing": list(self.failing),
            "controls": {
                name: [*astuple(control)[:-1], _or_none(control.well_at)]
                for name, control in self.controls.items()
            },
            "replies_at": list(self._replies),
            "replied_at": [_or_none(self._replied_at), _or_none(self._replied_from_afar)],
            **self._loss.dump(),
        }

    @classmethod
    def load(cls, kept: Any, trackers: Mapping[str, EndpointTracker]) -> Network:
        """Return a network as ``dump`` gave it, with the votes that trackers have of it."""
        network = cls(kept["who"][0])
        network.has_probe = kept["who"][1]
        if kept.get("cut_off"):
            network.cut_off = CutOff(*kept["cut_off"])
        for name, known in kept.get("controls", {}).items():
            network.controls[name] = control = Control(*known[:-1])
            control.well_at = _or_never(known[-1])
        near, far = kept.get("replied_at", (None, None))
        network._replied_at, network._replied_from_afar = _or_never(near), _or_never(far)
        network._replies.extend(kept.get("replies_at", ()))
        network._loss.load(kept)
        network._join(trackers)
        for id_, observer in kept.get("failing", ()):
            if id_ in network.trackers and observer in network.trackers[id_].votes:
                network.failing[id_, observer] = network.trackers[id_].votes[observer]
        return network

    def _join(self, trackers: Mapping[str, EndpointTracker]) -> None:
        for id_, tracker in trackers.items():
            for vote in tracker.votes.values():
                if vote.domain == self.domain and not tracker.is_here:
                    self.trackers[id_] = tracker
                    if vote.held_until is not None:
                        self.held[id_, vote.observer] = vote

    @property
    def name(self) -> str:
        return self.domain or "this host"

    def counts(self, tracker: EndpointTracker, vote: Vote) -> bool:
        """Return whether a vote through this network says something of the endpoint."""
        cut = self.cut_off
        if cut is None or vote.state in {"ok", "unknown"}:
            return True
        if cut.cause == "loss":
            # Chance does not lose so many in a row. A network that has died since does: then nobody
            # at all has replied in the second half of them.
            beyond = vote.failures >= self._loss.run_beyond_chance()
            replied = self._last_reply(tracker) > vote.middle_of_run
            return (beyond and replied) or vote.is_definite(tracker.watched)
        if cut.far and tracker.is_near and not self._has_lost_gateway(vote):
            return True
        return not is_of_the_network(vote.kind)

    def _has_lost_gateway(self, vote: Vote) -> bool:
        """Return whether the gateway was silent as well, when only the way beyond it had been."""
        gateway = self.controls.get(GATEWAY)
        if gateway is None:
            return False
        if gateway.up:  # what failed before it was may have failed for it
            return vote.began <= gateway.since
        return vote.began - gateway.at <= CONTROL_FRESHNESS

    def _last_reply(self, tracker: EndpointTracker) -> float:
        return self._replied_at if tracker.is_near else self._replied_from_afar

    def _control_well_at(self, id_: str) -> float:
        return self.controls[id_.removeprefix(CONTROL_PREFIX)].well_at

    def forget(self, endpoint: str) -> None:
        """Know nothing of an endpoint that is no longer watched."""
        self.trackers.pop(endpoint, None)
        for known in (self.failing, self.held):
            for voted in [voted for voted in known if voted[0] == endpoint]:
                del known[voted]

    # What is seen through it.

    def see(self, tracker: EndpointTracker, vote: Vote, check: Check) -> bool:
        """Take a check of an endpoint that is not local; return whether that ends the fault."""
        if check.up is None:
            return False
        if vote.origin == "probe":
            self.has_probe = True
        lost = may_be_loss(check.kind)
        self._loss.checked(lost=lost)
        if lost:
            self._loss.lost(check.at, tracker.id, check.kind)
        if has_replied(check):
            vote.replied_at = check.at
            if self.failing:
                self.failing.pop((tracker.id, vote.observer), None)
            far = not tracker.is_near
            if far:
                self._loss.replied()
            return self._replied(check.at, far=far)
        if is_of_the_network(check.kind):
            self._falls_silent(tracker, vote)
        return False

    def _falls_silent(self, tracker: EndpointTracker, vote: Vote) -> None:
        if (tracker.id, vote.observer) not in self.failing:
            vote.silent_since = vote.began
        self.failing[tracker.id, vote.observer] = vote

    def see_control(self, check: Check) -> bool:
        """Take a check of a control; return whether that ends the fault."""
        name = check.endpoint.removeprefix(CONTROL_PREFIX)
        if check.up is None:
            if name in self.controls:
                self.controls[name].checked_at = check.at
            return False
        control = self.controls.setdefault(name, Control(check.up, check.at, check.at))
        control.checked_at = check.at
        if control.up is not check.up:
            control.since, control.in_a_row = check.at, 0
        control.up, control.at, control.detail = check.up, check.at, check.detail
        control.in_a_row += 1
        if check.up:
            control.well_at = check.at
        elif name != GATEWAY:
            self._loss.lost(check.at, check.endpoint, "dns.timed_out")
        if name == GATEWAY:
            cut = self.cut_off
            return cut is not None and cut.cause == "local" and check.up and control.in_a_row >= 2
        if not check.up:
            return False
        self._loss.replied(CONTROL_WEIGHT)
        return self._replied(check.at, far=name == RESOLVER or name.startswith(TARGET))

    def is_calm(self, now: float) -> bool:
        """Return whether a network that lost packets has lost none for long enough."""
        cut = self.cut_off
        if cut is None or cut.cause != "loss" or now - cut.since < LOSS_WINDOW:
            return False
        last = self._loss.last
        if now - last >= LOSS_WINDOW and self._replied_at > last:
            return True
        return self._replied_at == now and len(self._loss.wavering(now)) < 2

    def _replied(self, at: float, *, far: bool) -> bool:
        """Note a reply; return whether it ends the fault."""
        self._replied_at = at
        if far:
            if not self._replies or at - self._replies[-1] >= 1.0:
                self._replies.append(at)
            self._replied_from_afar = at
        cut = self.cut_off
        if cut is None or (cut.far and not far):
            return False
        if cut.cause == "loss":
            return self.is_calm(at)
        before, cut.replied_at = cut.replied_at, at
        return before is not None and at - before <= REPLIES_WITHIN

    # What it means.

    def judged(
        self, tracker: EndpointTracker, vote: Vote, now: float
    ) -> NetworkFinding | Literal["held"] | None:
        """Return whether a vote that has become down is the fault of this network."""
        since = vote.since if vote.since is not None else now
        if self._is_silent(GATEWAY, now) and self._replied_at < self.controls[GATEWAY].since:
            why = self.controls[GATEWAY].detail or "the gateway cannot be reached"
            return self._found("local", 0.95, since, tracker, why)
        if self._last_reply(tracker) > since:
            if vote.is_definite(tracker.watched):
                return None
            lossy = self._loses(tracker, now)
            return lossy or ("held" if self._is_undecided(tracker, vote, since, now) else None)
        if self._holds(tracker, vote, since, now):
            return "held"
        return self._silence(tracker, vote, since, now)

    def _silence(
        self, tracker: EndpointTracker, vote: Vote, since: float, now: float
    ) -> NetworkFinding | None:
        newly = list(self._newly_failing(since, tracker))
        sites = {other.site for other in newly}
        further = [
            name
            for name, control in self.controls.items()
            if name.startswith(TARGET) and not control.up and control.at >= since
        ]
        further += self._unheard(newly, since, now)
        count = len(sites) + len(further)
        if count >= MIN_FAILING:
            return self._found("silence", 0.85, since, tracker, *further)
        if self._is_silent(RESOLVER, now) and count >= 1:
            if count == MIN_FAILING - 1:
                return self._found("silence", 0.7, since, tracker, *further, RESOLVER_SILENT)
            within = 2 * tracker.watched.every + tracker.watched.timeout
            newly_silent = abs(self.controls[RESOLVER].since - since) <= within
            if newly_silent and vote.kind not in RESOLVER_KINDS:  # else only the resolver is dead
                return self._found("silence", 0.6, since, tracker, RESOLVER_SILENT)
        if count == MIN_FAILING - 1 and any(other.kind == NO_ROUTE for other in newly):
            return self._found("silence", 0.7, since, tracker, *further)
        if self._has_lost_all(since, tracker):
            return self._found("silence", 0.7, since, tracker, *further, ALL_REACHED)
        return None

    def _has_lost_all(self, since: float, tracker: EndpointTracker) -> bool:
        """Return whether nothing replies, and other vantages reach two that fell silent together.

        When the last reply was does not matter: others say that it is not their fault.
        """
        if len(self.trackers) > MAX_SAMPLED:
            return False
        silent, reached = set(), set()
        for (id_, _), vote in self.failing.items():
            other = self.trackers.get(id_)
            if other is None or vote.silent_since is None:
                continue
            silent.add(other.site)
            together = abs(vote.silent_since - since) <= _due(other, tracker)
            if together and any((seen.well_at or 0.0) >= since for seen in self._others(other)):
                reached.add(other.site)
        if len(reached) < MIN_FAILING - 1:
            return False
        return all(other.site in silent for other in self.trackers.values())

    def _others(self, tracker: EndpointTracker) -> Iterator[Vote]:
        """Yield the votes of other vantages on an endpoint."""
        for vote in tracker.votes.values():
            if vote.origin == "probe" and vote.domain != self.domain:
                yield vote

    def failing_with(self, control: Check) -> list[tuple[EndpointTracker, Vote]]:
        """Return what is down since a control is, and not for longer."""
        since = self.controls[control.endpoint.removeprefix(CONTROL_PREFIX)].since
        found = ((self.trackers.get(id_), vote) for (id_, _), vote in self.failing.items())
        return [
            (tracker, vote)
            for tracker, vote in found
            if tracker and vote.is_broken and vote.began_with(since, tracker.watched)
        ]

    def asks(self, now: float) -> Iterator[str]:
        """Yield what is to be checked now: endpoints whose state would tell, and the controls."""
        for (id_, _), vote in islice(self.held.items(), MAX_ASKED):
            if id_ in self.trackers and vote.since is not None:
                tracker = self.trackers[id_]
                replied = self._last_reply(tracker) > vote.since
                if replied or len(tracker.votes) > 1:  # it may be over; others may see it as well
                    yield id_
                # Once somebody has replied it is to be seen whether packets are lost now and then
                unseen = self._unseen(tracker, now if replied else vote.since)
                yield from islice(unseen, MAX_ASKED)
        if self.cut_off is not None and self.cut_off.cause == "loss":
            yield from self._asks_of_runs()
        if self.failing or self.held or self.cut_off is not None:
            yield from (CONTROL_PREFIX + name for name in self.controls)

    def _asks_of_runs(self) -> Iterator[str]:
        """Yield what tells a run of lost packets from an outage."""
        run = self._loss.run_beyond_chance()
        for (id_, _), vote in islice(self.failing.items(), MAX_ASKED):
            if vote.failures >= MIN_RUN and id_ in self.trackers:
                if vote.failures < run:
                    yield id_
                yield from islice(self._unseen(self.trackers[id_], vote.middle_of_run), MAX_ASKED)

    def _unseen(self, tracker: EndpointTracker, since: float) -> Iterator[str]:
        """Yield endpoints that a probe has not checked since, those that were well first."""
        near = tracker.is_near
        sampled = list(islice(self.trackers.items(), MAX_SAMPLED))
        for well in (True, False):
            for id_, other in sampled:
                if other.is_near and not near:
                    continue
                for vote in other.votes.values():
                    if vote.origin != "probe" or vote.domain != self.domain or vote.at is None:
                        continue
                    if (vote.state == "ok") is well and vote.at < since:
                        yield id_

    def _holds(self, tracker: EndpointTracker, vote: Vote, since: float, now: float) -> bool:
        if vote.held_until is None:
            if vote.origin != "probe" or not self._awaits(tracker, since):
                return False
            vote.held_until = now + max(tracker.watched.timeout, MIN_HOLD) + HOLD_GRACE
        return now < vote.held_until and self._awaits(tracker, since)

    def _awaits(self, tracker: EndpointTracker, since: float) -> bool:
        """Return whether something was not checked since that would tell whose fault it is."""
        if next(self._unseen(tracker, since), None) is not None:
            return True
        return any(
            0 < since - control.checked_at <= 2 * CONTROL_FRESHNESS  # else nobody checks any more
            for control in self.controls.values()
        )

    def _newly_failing(self, since: float, tracker: EndpointTracker) -> Iterable[EndpointTracker]:
        """Yield what fails since then and replied shortly before, unless nobody ever has."""
        for (id_, _), vote in self.failing.items():
            other = self.trackers.get(id_)
            silent = vote.silent_since
            if other is None or silent is None:
                continue
            replied = vote.replied_at is not None and silent - vote.replied_at <= _due(other)
            unknown = self._replied_at == -inf
            if not ((replied or unknown) and abs(silent - since) <= _due(other, tracker)):
                continue
            if not self._fails_for_others(other, silent):
                yield other

    def _fails_for_others(self, tracker: EndpointTracker, since: float) -> bool:
        """Return whether other vantages see an endpoint fail since then: it is not lost here.

        One that hears of nobody any more may be behind the same uplink.
        """
        others = {
            vote.domain
            for vote in self._others(tracker)
            if vote.failures and (vote.at or 0.0) >= since
        }
        return len(others) > 1 or any(self._is_answered(domain, since) for domain in others)

    def _is_answered(self, domain: str, since: float) -> bool:
        return any(
            vote.domain == domain and vote.well_at is not None and vote.well_at > since
            for tracker in islice(self.trackers.values(), MAX_SAMPLED)
            for vote in tracker.votes.values()
        )

    def _unheard(self, failing: Iterable[EndpointTracker], since: float, now: float) -> list[str]:
        """Return the other vantages whose reports stopped with the replies: one way is theirs."""
        if not self.has_probe:  # a program does not report by the way of the vantages
            return []
        silent, heard = {}, set()
        for tracker in failing:
            due = tracker.watched.every + tracker.watched.timeout
            for vote in self._others(tracker):
                if vote.at is None:
                    continue
                if vote.at >= since:
                    heard.add(vote.domain)
                elif now - vote.at > due and since - vote.at <= 2 * due:
                    silent[vote.domain] = f"{vote.domain} is not heard"
        return [text for domain, text in silent.items() if domain not in heard]

    def _is_undecided(self, tracker: EndpointTracker, vote: Vote, since: float, now: float) -> bool:
        """Return whether an alarm is held although somebody has replied since.

        That is while too few have to know whether packets are lost, and while all that replied may
        have done so after what made it fail was over. It is asked again meanwhile.
        """
        if vote.origin != "probe":
            return False
        if any((seen.at or 0.0) >= since for seen in self._others(tracker)):
            return False  # other vantages say what it is
        if vote.held_until is None:
            hold = max(tracker.watched.timeout, MIN_HOLD) + HOLD_GRACE if vote.pure else LOSS_HOLD
            vote.held_until = now + hold
        if now >= vote.held_until:
            return False
        if vote.pure and vote.successes:
            return True
        ended = not tracker.is_near and not any(since < at < vote.began for at in self._replies)
        return ended or self._loss.may_lose(tracker, vote)

    def _is_silent(self, name: str, now: float) -> bool:
        control = self.controls.get(name)
        return control is not None and not control.up and now - control.at <= CONTROL_FRESHNESS

    def _found(
        self,
        cause: Cause,
        confidence: float,
        since: float,
        tracker: EndpointTracker,
        *further: str,
    ) -> NetworkFinding:
        failing = tuple(dict.fromkeys((tracker, *self._newly_failing(since, tracker))))
        seen = (f"{other.id}: {other.kind}" for other in failing[:3])
        far = cause == "silence" and not tracker.is_near and self._replied_at >= since
        begun = self._silent_since(failing, since)
        return NetworkFinding(cause, confidence, (*further, *seen)[:3], failing, begun, far)

    def _silent_since(self, failing: Iterable[EndpointTracker], since: float) -> float:
        ids = {tracker.id for tracker in failing}
        begun = (vote.silent_since for (id_, _), vote in self.failing.items() if id_ in ids)
        return min([since, *(at for at in begun if at is not None)])

    def _loses(self, tracker: EndpointTracker, now: float) -> NetworkFinding | None:
        found = self._loss.wavers(tracker, now, self._checked(now))
        if found is None:
            return None
        count, begun = found
        failing = dict.fromkeys((tracker, *self._failing_since(begun)))
        words = f"{count} sites fail and answer in turn"
        since = self._silent_since([*failing][1:], begun)
        return NetworkFinding("loss", 0.7, (words,), tuple(failing), since)

    def _failing_since(self, begun: float) -> Iterator[EndpointTracker]:
        """Yield what fails since packets are lost: what failed long before does so by itself."""
        for (id_, _), vote in self.failing.items():
            tracker = self.trackers.get(id_)
            if tracker is None or vote.silent_since is None:
                continue
            if vote.silent_since >= begun - 2 * tracker.watched.every - tracker.watched.timeout:
                yield tracker

    def _checked(self, now: float) -> set[str]:
        """Return the sites that were checked within the window."""
        found = {
            other.site
            for other in islice(self.trackers.values(), MAX_SAMPLED)
            if other.seen is not None and now - other.seen <= window(other)
        }
        controls = (CONTROL_PREFIX + name for name in self.controls if name != GATEWAY)
        return found.union(controls)

    # What follows.

    def cut(self, incident: str, finding: NetworkFinding, now: float) -> None:
        self.cut_off = CutOff(incident, finding.cause, now, finding.far)
        for vote in self.held.values():
            vote.held_until = None
        self.held.clear()

    def restore(self) -> Iterator[tuple[EndpointTracker, Vote]]:
        """Be at fault no more; yield the votes that failed meanwhile."""
        self.cut_off = None
        self.failing.clear()
        self._loss.forget()
        for tracker in self.trackers.values():
            for vote in tracker.votes.values():
                if vote.domain != self.domain or vote.state == "unknown":
                    continue
                if vote.state == "ok":  # what failed before it was well counts no more
                    vote.score, vote.since = 0.0, None
                elif is_of_the_network(vote.kind) or may_be_loss(vote.kind):
                    yield tracker, vote


def _due(*trackers: EndpointTracker) -> float:
    """Return the seconds within which each is looked at, and again where a look is lost."""
    return max(2 * tracker.watched.every + tracker.watched.timeout for tracker in trackers)


def _or_none(at: float) -> float | None:
    return None if at == -inf else at


def _or_never(at: float | None) -> float:
    return -inf if at is None else at
