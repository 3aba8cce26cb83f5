"""Checks in, changes of incidents out: deterministic, and all of it can be kept and taken up.

A check goes to the vote of its observer, the votes are judged together, detectors look at what
came of it, and the correlator finds the incident. Where a vote becomes down with a kind that a
missing network shows, its observer is asked first whether that is its own network.

Time alone changes a judgement as well: votes grow stale, and what is waited for does not come. Each
tracker says when (``Judgement.until``), and a heap has one entry for each; a check that comes in
time costs nothing there, because the entry is moved only when it is due. Another heap has when the
detectors of an endpoint may see something without a check (``EndpointTracker.due``). So a tick
costs what is due, however many are watched. Those that are due at once take turns in the order of
the configuration.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from heapq import heapify, heappop, heappush
from math import inf
from typing import Any

from ringback.failure.names import KindName
from ringback.incident import prober
from ringback.incident.cause import correlation_keys_of
from ringback.incident.correlation import Correlator
from ringback.incident.lifecycle import IncidentRegistry
from ringback.incident.model import (
    CONTROL_PREFIX,
    Change,
    Check,
    EndpointState,
    Incident,
    Transition,
    WatchedEndpoint,
)
from ringback.incident.own_network import Network
from ringback.incident.pattern import duration_text
from ringback.incident.shown import ShownStates
from ringback.incident.silences import Silences
from ringback.incident.slo import ErrorBudget
from ringback.incident.tracker import EndpointTracker, known_tracker
from ringback.incident.vote import BROKEN, Vote

REMINDER_INTERVAL = 4 * 3600.0
"""Seconds until an incident that nobody has taken is notified again, by default; 0: never."""

ASK_INTERVAL = 3.0  # Seconds until the same endpoint is asked for again

MAX_NETWORKS = 10_000  # Failure domains whose network is judged

MAX_OVERTAKEN_TICKS = 1_000  # Entries of the heap of ticks that no longer hold, at least


class Engine:
    """The endpoints that are watched, and what is wrong with them."""

    def __init__(
        self, watched: Iterable[WatchedEndpoint], *, remind_every: float = REMINDER_INTERVAL
    ) -> None:
        self._remind_every = remind_every
        self._trackers: dict[str, EndpointTracker] = {}
        self._networks: dict[str, Network] = {}  # by failure domain
        self._registry = IncidentRegistry()
        self.silences = Silences()
        self._correlator = Correlator(self._trackers, self._registry, self.silences)
        self.shown = ShownStates()
        self._transitions: list[Transition] = []
        self._wakes: list[tuple[float, str]] = []
        self._ticks: list[tuple[float, int, str]] = []  # with the rank in the configuration
        self._ranks: dict[str, int] = {}
        self._asked: dict[str, None] = {}  # endpoints whose other observers are waited for
        self._asked_at: dict[str, float] = {}
        self._to_check: dict[str, None] = {}  # endpoints that are checked anew
        self.configure(watched, 0.0)

    def configure(
        self,
        watched: Iterable[WatchedEndpoint],
        now: float,
        *,
        remind_every: float | None = None,
        reasons: Mapping[str, str] | None = None,
    ) -> list[Change]:
        """Watch these from now on; what is known of those that stay is kept; why others go."""
        self._remind_every = self._remind_every if remind_every is None else remind_every
        wanted = {endpoint.id: endpoint for endpoint in watched}
        gone = [id_ for id_ in self._trackers if id_ not in wanted]
        for id_, endpoint in wanted.items():
            if (known := self._trackers.get(id_)) is None:
                self._trackers[id_] = EndpointTracker(endpoint)
                self.shown.show(id_, "unknown", None, endpoint.group)
            elif known.watched == endpoint:
                continue  # of 10,000 nearly all
            else:
                known.configure(endpoint)
                self.shown.show(id_, *self.shown.of(id_), endpoint.group)
            self._registry.set_keys(id_, correlation_keys_of(self._trackers[id_]))
        changes: list[Change] = []
        for id_ in gone:
            changes += self.forget(id_, now, (reasons or {}).get(id_, "no longer watched"))
        self._correlator.configure()
        self._schedule_ticks()
        return changes

    def watch(self, watched: WatchedEndpoint) -> None:
        """Watch one endpoint more."""
        if watched.id not in self._trackers:
            self._trackers[watched.id] = tracker = EndpointTracker(watched)
            self.shown.show(watched.id, "unknown", None, watched.group)
            self._registry.set_keys(watched.id, correlation_keys_of(tracker))
            self._correlator.watch(tracker)
            self._ranks.setdefault(watched.id, len(self._ranks))  # of those forgotten it is kept
            self._tick_when_due(tracker)

    def see(self, check: Check) -> list[Change]:
        """Return what changes with a check; that of an endpoint not watched changes nothing."""
        tracker = self._trackers.get(check.endpoint)
        if tracker is None:
            return self._see_control(check) if check.endpoint.startswith(CONTROL_PREFIX) else []
        vote = tracker.votes.get(f"{check.origin}:{check.vantage}") or tracker.new_vote(check)
        set_keys, before = tracker.keys_seen, vote.state
        tracker.see(check, vote)
        at, changes = check.at, []
        if tracker.keys_seen != set_keys:
            self._registry.set_keys(tracker.id, correlation_keys_of(tracker))
        if not tracker.is_here:
            changes = self._see_network(tracker, vote, check, new=before not in BROKEN)
        if tracker.state != "ok" or vote.state != "ok" or before != "ok":
            changes += self._judge(tracker, at)
        if tracker.detectors:
            changes += self._detect(tracker, check)
            self._tick_when_due(tracker)
        return self._showing(changes) if changes else changes

    def tick(self, now: float) -> list[Change]:
        """Return what changes by the passing of time; to be called about once a second."""
        changes = self._tick_detectors(now)
        for network in self._networks.values():
            if network.held:
                changes += self._judge_held(network, now)
            if network.cut_off is not None and network.is_calm(now):
                changes += self._network_back(network, now)
        while self._wakes and self._wakes[0][0] <= now:
            changes += self._wake(heappop(self._wakes)[1], now)
        changes += self._correlator.tick(now)
        for incident in self._registry.all():
            changes += self._remind(incident, now)
        return self._showing(changes)

    def _tick_detectors(self, now: float) -> list[Change]:
        due: dict[int, EndpointTracker] = {}
        while self._ticks and self._ticks[0][0] <= now:
            at, rank, id_ = heappop(self._ticks)
            tracker = self._trackers.get(id_)
            if tracker is not None and tracker.ticks_at == at:
                due[rank] = tracker
        changes: list[Change] = []
        for _, tracker in sorted(due.items()):
            for signal in tracker.tick(now):
                changes += self._correlator.signalled(tracker, signal)
            self._show((tracker.id,), now, tracker.kind if tracker.is_failing else None)
            tracker.ticks_at = inf
            self._tick_when_due(tracker)
        return changes

    def _tick_when_due(self, tracker: EndpointTracker) -> None:
        if (due := tracker.due) < tracker.ticks_at:
            tracker.ticks_at = due
            heappush(self._ticks, (due, self._ranks[tracker.id], tracker.id))
            if len(self._ticks) > 2 * len(self._trackers) + MAX_OVERTAKEN_TICKS:
                self._schedule_ticks()

    def _schedule_ticks(self) -> None:
        """Have one entry for each endpoint whose detectors wait for a time."""
        self._ranks = {id_: rank for rank, id_ in enumerate(self._trackers)}
        self._ticks = []
        for id_, tracker in self._trackers.items():
            tracker.ticks_at = tracker.due
            if tracker.ticks_at < inf:
                self._ticks.append((tracker.ticks_at, self._ranks[id_], id_))
        heapify(self._ticks)

    def asks(self, now: float) -> list[str]:
        """Return what is to be checked now: endpoints, and controls by their prefix.

        What others see of an endpoint that is down for one observer, what would tell an outage from
        an observer's own network, and whether others share a cause.
        """
        wanted = dict.fromkeys((*self._asked, *self._to_check))
        for network in self._networks.values():
            wanted |= dict.fromkeys(network.asks(now))
        wanted |= dict.fromkeys(self._correlator.asks())
        # Not again at once: checks that follow each other so soon are one observation
        self._asked_at = {id_: at for id_, at in self._asked_at.items() if now - at < ASK_INTERVAL}
        new = [id_ for id_ in wanted if id_ not in self._asked_at]
        self._asked_at |= dict.fromkeys(new, now)
        for id_ in new:
            self._to_check.pop(id_, None)
        return new

    # Votes, and what they mean together.

    def _network(self, check: Check) -> Network:
        domain = check.domain or check.vantage
        network = self._networks.get(domain)
        if network is None:
            network = Network(domain)
            if len(self._networks) < MAX_NETWORKS:
                self._networks[domain] = network
        return network

    def _judge(self, tracker: EndpointTracker, now: float) -> list[Change]:
        judgement = tracker.judge(lambda vote: self.counts(tracker.id, vote, now), now)
        if not judgement.asks:
            self._asked.pop(tracker.id, None)
        elif judgement.pattern is None:
            self._asked[tracker.id] = None  # as long as it is waited for
        else:
            self._to_check[tracker.id] = None  # once
        if judgement.until < tracker.wakes_at:
            tracker.wakes_at = judgement.until
            if judgement.until < inf:
                heappush(self._wakes, (judgement.until, tracker.id))
        changes = self._correlator.judged(tracker, now)
        self._show((tracker.id,), now, tracker.kind if tracker.is_failing else None)
        return changes

    def _wake(self, id_: str, now: float) -> list[Change]:
        tracker = self._trackers.get(id_)
        if tracker is None or tracker.wakes_at > now:
            return []
        tracker.wakes_at = inf
        fresh = min(
            (vote.fresh_until(tracker.watched) for vote in tracker.votes.values()), default=now
        )
        if fresh > now and tracker.settled() is not None:  # as it is of nearly all: nothing is new
            tracker.wakes_at = fresh
            heappush(self._wakes, (fresh, id_))
            return []
        return self._judge(tracker, now)

    def _detect(self, tracker: EndpointTracker, check: Check) -> list[Change]:
        changes: list[Change] = []
        for signal in tracker.detect(check):
            changes += self._correlator.signalled(tracker, signal)
            if signal.means is not None or not signal.active:
                changes += self._judge(tracker, check.at)
        return changes

    # The own network of observers.

    def _see_network(
        self, tracker: EndpointTracker, vote: Vote, check: Check, *, new: bool
    ) -> list[Change]:
        """Return what changes about the network of who checked; ``new``: it was not down before."""
        network, at = self._network(check), check.at
        network.trackers[tracker.id] = tracker
        changes: list[Change] = []
        if network.see(tracker, vote, check):
            changes += self._network_back(network, at)
        if check.up is False and vote.definite < tracker.watched.threshold:
            if network.cut_off is not None and not network.counts(tracker, vote):
                changes += self._correlator.fails_meanwhile(network, tracker, at)
            elif vote.is_broken and (new or vote.held_until is not None):
                changes += self._ask_of_network(network, tracker, vote, at)
        if network.held:
            changes += self._judge_held(network, at)
        return changes

    def _ask_of_network(
        self, network: Network, tracker: EndpointTracker, vote: Vote, at: float
    ) -> list[Change]:
        if network.cut_off is not None:
            return []
        finding = network.judged(tracker, vote, at)
        if finding == "held":
            network.held[tracker.id, vote.observer] = vote
            return []
        vote.held_until = None
        network.held.pop((tracker.id, vote.observer), None)
        if finding is None:
            return []
        changes = self._correlator.network_lost(network, finding, at)
        for other in finding.failing:
            changes += self._judge(other, at)
        return changes

    def _judge_held(self, network: Network, at: float) -> list[Change]:
        """Return what changes because it is known by now whether it is the network."""
        changes: list[Change] = []
        for voted, vote in list(network.held.items()):
            tracker = self._trackers.get(voted[0])
            if tracker is None or not vote.is_broken:
                vote.held_until = None
                network.held.pop(voted, None)
            elif voted in network.held:
                changes += self._ask_of_network(network, tracker, vote, at)
            if tracker is not None and voted not in network.held:
                changes += self._judge(tracker, at)
        return changes

    def _network_back(self, network: Network, at: float) -> list[Change]:
        """Return what changes with a network that is well again: all is checked anew."""
        failed = [tracker for tracker in network.trackers.values() if tracker.is_failing]
        changes = self._correlator.network_back(network, at)
        for tracker in failed:
            self._to_check[tracker.id] = None
            changes += self._judge(tracker, at)
        return changes

    def _see_control(self, check: Check) -> list[Change]:
        network = self._network(check)
        changes: list[Change] = []
        if network.see_control(check):
            changes += self._network_back(network, check.at)
        elif check.up is False:
            for tracker, vote in network.failing_with(check):
                changes += self._ask_of_network(network, tracker, vote, check.at)
        elif network.held:
            changes += self._judge_held(network, check.at)
        return self._showing(changes)

    # What is known.

    def state_of(self, endpoint: str) -> EndpointState:
        """Return the state of an endpoint: unknown where nobody can judge it now."""
        tracker = self._trackers.get(endpoint)
        return "unknown" if tracker is None else tracker.state

    def votes_on(self, endpoint: str) -> list[Vote]:
        """Return what each observer says of an endpoint."""
        tracker = self._trackers.get(endpoint)
        return [] if tracker is None else list(tracker.votes.values())

    def vote_of(self, endpoint: str, observer: str) -> Vote | None:
        """Return what one observer says of an endpoint."""
        tracker = self._trackers.get(endpoint)
        return None if tracker is None else tracker.votes.get(observer)

    def counts(self, endpoint: str, vote: Vote, now: float) -> bool:
        """Return whether a vote on an endpoint is one and not unknown: fresh, and believed."""
        tracker = self._trackers.get(endpoint)
        if tracker is None or vote.fresh_until(tracker.watched) <= now:
            return False
        network = self._networks.get(vote.domain)
        return network is None or tracker.is_here or network.counts(tracker, vote)

    def believes(self, check: Check) -> bool:
        """Return whether a check counts: not where the own network of who made it is at fault."""
        network = self._networks.get(check.domain or check.vantage)
        tracker = self._trackers.get(check.endpoint)
        if network is None or network.cut_off is None or tracker is None or check.up:
            return True
        vote = tracker.votes.get(f"{check.origin}:{check.vantage}")
        return vote is None or tracker.is_here or network.counts(tracker, vote)

    def since(self, endpoint: str) -> float | None:
        """Return since when an endpoint is in its state; ``None``: it was not seen yet."""
        return self.shown.of(endpoint)[1]

    def watched(self) -> Collection[str]:
        return self._trackers.keys()

    def kind_of(self, endpoint: str) -> KindName | None:
        """Return the kind of an endpoint's newest failure, while it is failing."""
        tracker = self._trackers.get(endpoint)
        return tracker.kind if tracker is not None and tracker.is_failing else None

    def budget_of(self, endpoint: str, now: float) -> ErrorBudget | None:
        """Return how an endpoint stands to its target; ``None``: it has none."""
        tracker = self._trackers.get(endpoint)
        return None if tracker is None else tracker.budget(now)

    def incident_of(self, endpoint: str) -> Incident | None:
        return self._registry.incident_of(endpoint)

    def incidents(self) -> list[Incident]:
        """Return the incidents that are not over, oldest first."""
        return self._registry.all()

    def transitions(self) -> list[Transition]:
        taken, self._transitions = self._transitions, []
        return taken

    def needs_diagnosis(self) -> list[tuple[str, str]]:
        """Return ``(incident, endpoint)`` of incidents opened since the last call."""
        return self._correlator.take_undiagnosed()

    def diagnosed(self, id_: str, report: Mapping[str, Any], now: float) -> list[Change]:
        """Hang a diagnosis on an incident, if it is still open.

        It is evidence and no vote, even where it gets through: it does not know what a check
        expects of an answer.
        """
        incident = self._registry.get(id_)
        if incident is None:
            return []
        return self._showing([self._registry.diagnosed(now, incident, report)])

    def compared(self, id_: str, text: str, advice: tuple[str, ...], now: float) -> list[Change]:
        """Hang on an incident what differs between two places, if it is still open."""
        incident = self._registry.get(id_)
        if incident is None:
            return []
        return self._showing([self._registry.compared(now, incident, text, advice)])

    def acknowledge(self, id_: str, who: str, now: float) -> list[Change]:
        incident = self._registry.get(id_)
        if incident is None or (incident.state, incident.acknowledged_by) == ("acknowledged", who):
            return []
        return [self._registry.acknowledge(now, incident, who)]

    def unacknowledge(self, id_: str, who: str, now: float) -> list[Change]:
        if (incident := self._registry.get(id_)) is None or incident.state != "acknowledged":
            return []
        return [self._registry.unacknowledge(now, incident, who)]

    def note(self, id_: str, who: str, text: str, now: float) -> list[Change]:
        incident = self._registry.get(id_)
        return [] if incident is None else [self._registry.note(now, incident, who, text)]

    def sick(
        self,
        at: float,
        evidence: tuple[str, ...],
        advice: tuple[str, ...] = (),
        vantage: str = "",
        *,
        blind: bool = True,
    ) -> list[Change]:
        """Return what changes with a prober that is not well; ``""``: the monitor's own."""
        registry, silences = self._registry, self.silences
        return prober.sick(registry, silences, at, evidence, advice, vantage=vantage, blind=blind)

    def well_again(self, at: float, vantage: str = "") -> list[Change]:
        """Return what changes with a prober whose results count."""
        return prober.well_again(self._registry, at, vantage)

    def forget_observer(self, observer: str, now: float) -> list[Change]:
        """Return what changes when an observer has no vote any more, on any endpoint."""
        changes: list[Change] = []
        for tracker in self._trackers.values():
            if tracker.votes.pop(observer, None) is not None:
                changes += self._judge(tracker, now)
        return self._showing(changes)

    def vantage_silent(self, at: float, vantage: str, since: float) -> list[Change]:
        """Return what changes with a place of which nothing is heard since then."""
        return prober.vantage_silent(self._registry, self.silences, at, vantage, since)

    def most_silent(self, at: float, hub: str, agents: Sequence[str], since: float) -> list[Change]:
        """Return what changes with a hub that hears most of its agents no more."""
        return prober.most_silent(self._registry, self.silences, at, hub, agents, since)

    def clock_jumped(
        self, at: float, hub: str, agents: Sequence[str], seconds: float
    ) -> list[Change]:
        """Return what changes with a hub whose clock is so far ahead of those of its agents."""
        return prober.clock_jumped(self._registry, self.silences, at, hub, agents, seconds)

    def vantage_heard(self, at: float, vantage: str, why: str = "") -> list[Change]:
        """Return what changes with a place that is heard, or that is no longer to be."""
        return prober.vantage_heard(self._registry, at, vantage, why)

    def _remind(self, incident: Incident, now: float) -> list[Change]:
        every, told_at = self._remind_every, incident.told_at
        if incident.state == "acknowledged":
            return []
        if told_at is not None and (not every or now - told_at < every):
            return []
        if self.silences.covers(incident.members, now):
            return []
        if told_at is None:
            return [
                self._registry.remind(now, incident, "it goes on, and no silence covers all of it")
            ]
        text = f"it goes on for {duration_text(now - incident.opened_at)}"
        return [replace(self._registry.remind(now, incident, text), again=True)]

    def forget(self, endpoint: str, now: float, why: str) -> list[Change]:
        """Watch an endpoint no more; return what changes."""
        changes: list[Change] = []
        for incident in self._registry.incidents_of(endpoint):
            left = self._registry.leave(now, incident, endpoint, why)
            changes.append(left)
            if not self._registry.members_of(left.incident):
                changes.append(self._registry.resolve(now, left.incident, why))
        self._registry.forget(endpoint)
        if (tracker := self._trackers.pop(endpoint, None)) is not None:
            self._correlator.forget(tracker)
        self._show((endpoint,), now)  # an outage is known until here
        self._asked.pop(endpoint, None)
        self._to_check.pop(endpoint, None)
        for network in self._networks.values():
            network.forget(endpoint)
        self.shown.forget(endpoint)
        return changes

    def _showing(self, changes: list[Change]) -> list[Change]:
        """Note whose state is another one because of what changed about incidents."""
        for change in changes:
            endpoint = change.endpoint
            alone = endpoint is not None and change.what in {"joined", "left"}
            kind = change.incident.kind if change.what == "opened" else None
            self._show(
                (endpoint,) if endpoint and alone else change.incident.members, change.at, kind
            )
        return changes

    def _show(self, endpoints: Iterable[str], at: float, kind: KindName | None = None) -> None:
        for id_ in endpoints:
            before, after = self.shown.of(id_)[0], self.state_of(id_)
            if before == after or id_ not in self.shown:
                continue
            self.shown.show(id_, after, at)
            self._transitions.append(
                Transition(at=at, endpoint=id_, before=before, after=after, kind=kind)
            )

    def dump_endpoint(self, endpoint: str) -> Any:
        """Return what is known of one endpoint, as JSON has it; ``None``: it is not watched."""
        tracker = self._trackers.get(endpoint)
        return None if tracker is None else tracker.dump() | {"shown": self.shown.of(endpoint)}

    def settled(self, endpoint: str) -> dict[str, float] | None:
        """Return when each observer saw an endpoint last, where nothing else is new of it."""
        tracker = self._trackers.get(endpoint)
        return None if tracker is None else tracker.settled()

    def saw(self, endpoint: str, seen: Mapping[str, float]) -> None:
        """Know that of an endpoint whose dump is older."""
        if (tracker := self._trackers.get(endpoint)) is not None:
            tracker.saw(seen)

    def dump_shared(self) -> dict[str, Any]:
        """Return what is known beside endpoints and incidents, as JSON has it."""
        return {
            "silences": self.silences.dump(),
            "held": self._correlator.dump(),
            "networks": [network.dump() for network in self._networks.values()],
        }

    def _load_networks(self, kept: Iterable[Any]) -> None:
        """Know every network of a vote: what was last kept of it may be older than the vote."""
        found = {known["who"][0]: known for known in kept}
        for tracker in self._trackers.values():
            for vote in tracker.votes.values():
                found.setdefault(vote.domain, {"who": [vote.domain, vote.origin == "probe"]})
        self._networks = {
            domain: Network.load(known, self._trackers) for domain, known in found.items()
        }

    def follow(self, trackers: Mapping[str, Any]) -> None:
        """Know what another process keeps of endpoints; ``load`` comes before this one decides."""
        for id_, kept in trackers.items():
            if id_ in self._trackers:
                self._trackers[id_] = tracker = known_tracker(self._trackers[id_].watched, kept)
                self._registry.set_keys(id_, correlation_keys_of(tracker))
                self.shown.show(id_, kept["shown"][0], kept["shown"][1])

    def ended_lately(self) -> list[Incident]:
        """Return the incidents that are over and may reopen."""
        return self._registry.ended()

    def load(
        self,
        trackers: Mapping[str, Any],
        incidents: Iterable[Incident],
        shared: Mapping[str, Any] | None,
        now: float,
    ) -> list[Change]:
        """Go on from where an earlier process was; return what changes by what is gone since.

        It may have been followed before: then ``trackers`` are those that are new, and of all else
        this takes the place. ``incidents`` are those that are not closed, and those that may
        reopen, oldest first.
        """
        self.follow(trackers)
        self._wakes = [(t.wakes_at, id_) for id_, t in self._trackers.items() if t.wakes_at < inf]
        heapify(self._wakes)
        self._schedule_ticks()
        shared = shared or {"silences": (), "held": {}, "networks": ()}
        self.silences.load(shared["silences"])
        self._correlator.configure()
        self._registry.load(incidents)
        self._load_networks(shared["networks"])
        members = {
            id_ for incident in self._registry.all() for id_ in self._registry.members_of(incident)
        }
        changes: list[Change] = []
        for gone in sorted(members - self._trackers.keys()):
            changes += self.forget(gone, now, "no longer watched")
        self._correlator.load(shared["held"])
        return changes
