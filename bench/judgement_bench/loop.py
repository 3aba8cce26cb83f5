"""A world in simulated time: observers look, and a judge takes what they report and says things.

The looks are those of a monitor. Each endpoint has a phase of its own in its interval. A look that
is not answered is reported when its timeout has passed. After a failed look the observer looks
again soon, 5 s after the last began or as it ends, until three in a row have failed; then every
interval; and after that soon again until two in a row have succeeded. Where the judge says whether
it wants to see an endpoint again soon, as the engine of a monitor does, that counts instead. An
observer with controls looks at them every 5 s while the last look at any of its endpoints has
failed. What the judge asks to be looked at, all vantages look at at once; they answer 0.3 s later,
or, where it is patient, as late as any look does. What such a look leaves unsettled is looked at
again soon as well.
"""

import heapq
from collections import defaultdict
from dataclasses import dataclass, field, replace
from itertools import count

from judgement_bench.world import START

RETRY_INTERVAL = 5.0
CONFIRM, RECOVER = 3, 2
CONTROL_INTERVAL = 5.0
CONTROL_TIMEOUT = 1.0
ASKED_AFTER = 0.3
TICK = 1.0


@dataclass(frozen=True, slots=True)
class Event:
    """What an observer reports: a look at an endpoint or a control."""

    at: float
    endpoint: str
    observer: str
    ok: bool
    kind: str | None
    begun: float

    def neutral(self):
        return {
            "at": self.at,
            "endpoint": self.endpoint,
            "observer": self.observer,
            "ok": self.ok,
            "kind": self.kind,
        }


@dataclass(frozen=True, slots=True)
class Naming:
    """What one message says of one incident."""

    at: float
    receiver: str
    message: int  # Messages are counted; one may speak of several incidents
    incident: str
    what: str  # `begin`, `more` (a change of it), `end`, `brief` (begin and end at once)
    pattern: str
    members: tuple
    severity: str  # `page`, `warn`
    opened_at: float
    kind: str | None = None
    well: tuple = ()  # Members that are well again, or were only like it


@dataclass(frozen=True, slots=True)
class Said:
    """All that a judge has said of a world."""

    namings: tuple  # Oldest first
    open_at_end: frozenset = frozenset()  # Ids of the incidents that are open at the end
    asked: int = 0  # Looks that it asked for
    parts: dict = field(default_factory=dict)  # Incident's id to that of which it became part
    joined: dict = field(default_factory=dict)  # Incident's id and member: since when, said or not


@dataclass(slots=True)
class Watch:
    """What an observer knows of an endpoint: how its last looks ended."""

    observer: str
    endpoint: str
    every: float
    next: float | None = None  # When the next look begins; `None`: one is under way
    failed: int = 0
    succeeded: int = 0
    down: bool = False

    def note(self, *, ok):
        if ok:
            self.failed, self.succeeded = 0, self.succeeded + 1
            self.down = self.down and self.succeeded < RECOVER
        else:
            self.failed, self.succeeded = self.failed + 1, 0
            self.down = self.down or self.failed >= CONFIRM

    @property
    def looks_soon(self):
        return self.down if self.succeeded else 0 < self.failed < CONFIRM


class Loop:
    """One run of a world with a judge."""

    def __init__(self, world, judge, *, patient=False):
        self.world, self.judge, self.patient = world, judge, patient
        self.events = []
        self.asked = 0
        self._due = []
        self._number = count()
        self._failing = defaultdict(set)
        self._controlled = set()
        self._pending = set()
        self._watches = {}

    def run(self):
        """Go through the world; return what was said."""
        self._begin()
        asks = getattr(self.judge, "asks", None)
        while self._due:
            at = self._due[0][0]
            if at > self.world.until:
                break
            if asks and at > self.judge.now + TICK:
                self._advance(self.judge.now + TICK)
                continue
            _, _, do, arguments = heapq.heappop(self._due)
            do(at, *arguments)
        while asks and self.judge.now + TICK < self.world.until:
            self._advance(self.judge.now + TICK)
        self.judge.advance(self.world.until)
        return replace(self.judge.said(), asked=self.asked)

    def _begin(self):
        for observer in self.world.observers:
            for endpoint in observer.endpoints:
                every = self.world.target[endpoint].every
                watch = self._watches[observer.id, endpoint] = Watch(observer.id, endpoint, every)
                probes = observer.kind == "probe"
                phase = self.world.phase(observer.id, endpoint)
                first = START + phase * (every if probes else observer.every)
                if probes:
                    self._plan(first, watch)
                else:
                    self._at(first, self._call, watch)

    def _at(self, at, do, *arguments):
        heapq.heappush(self._due, (round(at, 3), next(self._number), do, arguments))

    def _plan(self, at, watch):
        watch.next = round(at, 3)
        self._at(at, self._look, watch)

    def _advance(self, at):
        self.judge.advance(at)
        self._ask()

    def _report(self, event):
        if not self.world.is_heard(event.observer, event.at):
            return
        self.events.append(event)
        self.judge.advance(event.at)
        self.judge.take(event)
        self._ask()

    def _ask(self):
        if not hasattr(self.judge, "asks"):
            return
        for endpoint in self.judge.asks():
            if endpoint not in self._pending:
                self._pending.add(endpoint)
                self._all_look(round(self.judge.now, 3), endpoint)

    def _all_look(self, at, endpoint):
        """Look from all vantages; it is not asked again before the last of them has answered."""
        longest = ASKED_AFTER
        for observer in self.world.probes:
            if not self.world.is_at_work(observer.id, at):
                continue
            if endpoint in observer.controls:
                self._at(at + ASKED_AFTER, self._control_found, observer.id, endpoint, at)
            elif endpoint in observer.endpoints:
                self.asked += 1
                look = self.world.look(observer.id, endpoint, at)
                wait = max(ASKED_AFTER, look.seconds) if self.patient else ASKED_AFTER
                longest = max(longest, wait)
                watch = self._watches[observer.id, endpoint]
                self._at(at + wait, self._asked_found, watch, look, at)
        self._at(at + longest, self._answered, endpoint)

    def _answered(self, _, endpoint):
        self._pending.discard(endpoint)

    def _look(self, at, watch):
        """A probe's look begins, if it was not put forward."""
        if at != watch.next:
            return
        if not self.world.is_at_work(watch.observer, at):
            self._plan(at + watch.every, watch)
            return
        watch.next = None
        look = self.world.look(watch.observer, watch.endpoint, at)
        self._at(at + look.seconds, self._looked, watch, look, at)

    def _looked(self, at, watch, look, begun):
        self._found(at, watch, look, begun)
        off = self.world.jitter * self.world.chance(watch.observer, watch.endpoint, begun, "off")
        wait = RETRY_INTERVAL if self._looks_soon(watch) else watch.every + off
        self._plan(max(at, begun + wait), watch)

    def _asked_found(self, at, watch, look, begun):
        self._found(at, watch, look, begun)
        soon = max(at, begun + RETRY_INTERVAL)
        if watch.next is not None and watch.next > soon and self._looks_soon(watch):
            self._plan(soon, watch)

    def _looks_soon(self, watch):
        if hasattr(self.judge, "wants_retry"):
            return self.judge.wants_retry(watch.observer, watch.endpoint)
        return watch.looks_soon

    def _found(self, at, watch, look, begun):
        watch.note(ok=look.ok)
        failing = self._failing[watch.observer]
        (failing.discard if look.ok else failing.add)(watch.endpoint)
        if failing and watch.observer not in self._controlled:
            self._controls(at, watch.observer)
        self._report(Event(at, watch.endpoint, watch.observer, look.ok, look.kind, begun))

    def _controls(self, at, observer):
        controls = self.world.observer[observer].controls
        if not controls or not self._failing[observer]:
            self._controlled.discard(observer)
            return
        self._controlled.add(observer)
        if self.world.is_at_work(observer, at):
            for name in controls:
                wait = 0.0 if self.world.control(observer, name, at) else CONTROL_TIMEOUT
                self._at(at + wait, self._control_found, observer, name, at)
        self._at(at + CONTROL_INTERVAL, self._controls, observer)

    def _control_found(self, at, observer, name, begun=None):
        begun = at if begun is None else begun
        answers = self.world.control(observer, name, begun)
        self._report(Event(at, name, observer, answers, None, begun))

    def _call(self, at, watch):
        """A program calls."""
        if not self.world.is_at_work(watch.observer, at):
            self._at(at + self.world.observer[watch.observer].every, self._call, watch)
            return
        look = self.world.look(watch.observer, watch.endpoint, at)
        self._at(at + look.seconds, self._called, watch, look, at)

    def _called(self, at, watch, look, begun):
        self._found(at, watch, look, begun)
        program = self.world.observer[watch.observer]
        factor = 0.5 + self.world.chance(program.id, watch.endpoint, begun, "next")
        wait = program.gives_up if program.gives_up and watch.failed >= CONFIRM else program.every
        self._at(at + wait * factor, self._call, watch)


def header_of(world):
    """The neutral form of a world, but for its events."""
    return {
        "name": f"world {world.seed}",
        "note": "; ".join(described(fault) for fault in world.faults),
        "endpoints": [neutral_endpoint(target) for target in world.targets],
        "observers": [
            {"id": observer.id, "kind": observer.kind, "domain": observer.domain}
            for observer in world.observers
        ],
        "start": START,
        "until": world.until,
        "events": [],
        "expect": [] if world.own_network_faults else [{"never": "own_network_down"}],
    }


def neutral_endpoint(target):
    known = {
        "id": target.id, "host": target.host, "every": target.every,
        "address": target.machine.address, "resolver": target.resolver, "cert": target.cert,
        "proxy": target.proxy, "parents": list(target.parents), "here": target.machine.here,
    }  # fmt: skip
    return {name: value for name, value in known.items() if value}


def described(fault):
    """A fault in words, its times counted from the start."""
    end = "the end" if fault.end > 1e8 else f"{fault.end - START:.0f}"
    more = [f"{fault.share:.0%} of looks"] if fault.share < 1 else []
    more += [f"every {fault.period:.0f} s"] if fault.period else []
    more += [f"only {fault.only}s"] if fault.only else []
    more += ["mute"] if fault.mute else []
    words = ", ".join([f"{fault.what} {fault.subject} {fault.mode}".strip(), *more])
    return f"{fault.begin - START:.0f}–{end}: {words}"
