"""What there is in a world, what is wrong in it and when, and what a look would find.

A look's outcome is a function of the world, the observer, the endpoint and the instant: it does not
depend on who else looked, so a judge that asks for more looks does not change the others.
"""

from dataclasses import dataclass, field
from functools import cached_property
from hashlib import blake2b

START = 1000.0
TIMEOUT = 10.0

FAST, SLOW = 0.02, TIMEOUT

MODES = {
    # Of a service
    "refused": ("tcp.refused", FAST),
    "silent": ("tcp.timed_out", SLOW),
    "hung": ("http.response.timed_out", SLOW),
    "500": ("http.error", FAST),
    "502": ("http.error.gateway", 0.2),
    "503": ("http.error.unavailable", FAST),
    "reset": ("tcp.reset", FAST),
    "tls": ("tls.protocol.error", 0.05),
    "tls hung": ("tls.timed_out", SLOW),
    "empty": ("http.response.invalid.empty", FAST),
    "overloaded": ("http.response.timed_out", SLOW),
    "payload": ("http.error", FAST),
    "login": ("http.error.auth", FAST),
    "slow": (None, 4.0),
    # Of what is before it
    "host unreachable": ("tcp.address_unreachable.host", 3.1),
    "network unreachable": ("tcp.address_unreachable.network", 0.01),
    "expired": ("tls.cert.date_invalid.expired", 0.08),
    "gone": ("dns.name_not_resolved", 0.05),
    "dns silent": ("dns.timed_out", SLOW),
    "dns failing": ("dns.temporary_failure", 0.1),
    "proxy": ("proxy.unreachable", FAST),
    "proxy silent": ("proxy.unreachable", SLOW),
}
"""Mode of a fault: the kind that a look finds which meets it, and the seconds that it takes."""

OF_ENDPOINTS = ("resolver", "zone", "proxy", "subnet", "machine", "certificate", "service")
"""Faults of what is watched, or of what it depends on."""

OF_PATHS = ("link", "uplink", "loss", "own resolver", "partition", "caller")
"""Faults of those who look, or of the way from one of them."""

OF_OWN_NETWORK = ("link", "uplink", "loss")
OF_OBSERVERS = ("gone", "target")


@dataclass(frozen=True)
class Machine:
    name: str  # What the names in its services' URLs resolve to it by: the host
    address: str
    here: bool = False  # It is the first vantage's own host
    on_link: bool = False  # It is in the observers' own network: no uplink is needed
    behind: str = ""  # Name of the machine that it is behind

    @property
    def subnet(self):
        return self.address.rpartition(".")[0]


@dataclass(frozen=True)
class Target:
    """An endpoint."""

    id: str
    host: str  # What the URL names
    machine: Machine
    every: float
    resolver: str = ""  # One of its own; `-`: none is needed
    proxy: str = ""
    cert: str = ""
    parents: tuple = ()

    @property
    def zone(self):
        return ".".join(self.host.split(".")[-2:])

    @property
    def is_named(self):
        return self.resolver != "-" and not self.machine.here


@dataclass(frozen=True)
class Observer:
    id: str
    kind: str  # `probe`, `call`
    domain: str  # The host that it runs on: its link is theirs
    site: str  # The network that this host is in: its uplink is theirs
    endpoints: tuple  # Ids of what it looks at
    every: float = 0.0  # Of a program: seconds between two calls
    gives_up: float = 0.0  # Of a program: it calls no more for so long after three failures
    machine: str = ""  # Of a program: the watched machine that it runs on
    controls: tuple = ()


@dataclass(frozen=True)
class Fault:
    what: str
    subject: str  # Whose fault it is; of a partition and a caller `OBSERVER>SUBJECT`
    begin: float
    end: float
    mode: str = ""
    share: float = 1.0  # Of the looks that meet it
    period: float = 0.0  # Seconds of a cycle of a flapping one, of which it is there for a half
    only: str = ""  # `probe`: programs do not meet it
    mute: bool = False  # What is seen across it is not reported either

    def holds(self, at):
        if not self.begin <= at < self.end:
            return False
        return not self.period or (at - self.begin) % self.period < self.period / 2

    @property
    def is_whole(self):
        """Whether each look meets it while it lasts."""
        return self.share >= 1 and not self.period and not self.only and self.mode != "slow"

    def overlaps(self, begin, end):
        return self.begin < end and self.end > begin


@dataclass(frozen=True)
class Look:
    ok: bool
    kind: str | None = None
    seconds: float = FAST
    fault: Fault | None = None  # That which decided it; `None`: none, or chance


@dataclass(frozen=True)
class World:
    seed: int
    until: float
    targets: tuple
    observers: tuple
    faults: tuple
    loss: float = 0.0  # Share of looks that are lost by chance
    jitter: float = 0.0  # Seconds, most, by which looks are off their time
    notes: tuple = field(default=())
    spread: bool = False  # The vantages look one after the other within an interval

    @cached_property
    def target(self):
        return {target.id: target for target in self.targets}

    @cached_property
    def observer(self):
        return {observer.id: observer for observer in self.observers}

    @property
    def probes(self):
        return [observer for observer in self.observers if observer.kind == "probe"]

    @cached_property
    def _of_endpoint(self):
        return {t.id: tuple(f for f in self.faults if concerns(f, t)) for t in self.targets}

    def faults_of(self, endpoint):
        """Of the endpoint itself, its host, or what it depends on."""
        return self._of_endpoint[endpoint]

    @cached_property
    def _of_path(self):
        return {
            (o.id, t.id): tuple(f for f in self.faults if is_between(f, o, t))
            for o in self.observers
            for t in self.targets
        }

    def faults_between(self, observer, endpoint):
        """Of the way from an observer to the endpoint, or of the observer's own network."""
        return self._of_path[observer, endpoint]

    @cached_property
    def own_network_faults(self):
        """Of the networks of the vantages."""
        return tuple(
            fault for fault in self.faults if any(is_own_network(fault, o) for o in self.probes)
        )

    @cached_property
    def network_faults(self):
        """Of the networks of all observers."""
        return tuple(f for f in self.faults if any(is_own_network(f, o) for o in self.observers))

    @cached_property
    def _muting(self):
        main = self.observers[0]
        return {
            observer.id: tuple(f for f in self.faults if silences(f, observer, main))
            for observer in self.observers
        }

    def is_heard(self, observer, at):
        """Whether what an observer reports then arrives at the monitor."""
        return not any(fault.holds(at) for fault in self._muting[observer])

    @cached_property
    def _stopping(self):
        return {
            o.id: tuple(
                fault
                for fault in self.faults
                if (fault.what == "gone" and fault.subject == o.id)
                or (fault.what == "machine" and o.machine and fault.subject == o.machine)
            )
            for o in self.observers
        }

    def is_at_work(self, observer, at):
        """Whether an observer looks at all."""
        return not any(fault.holds(at) for fault in self._stopping[observer])

    def phase(self, observer, endpoint):
        """When in its interval an observer looks at an endpoint: a share of it."""
        if not self.spread:
            return self.chance(observer, endpoint, "phase")
        rank = [probe.id for probe in self.probes].index(observer)
        return (self.chance(endpoint, "phase") + rank / len(self.probes)) % 1

    def chance(self, *what):
        """A number from 0 to 1 that is always the same for the same things."""
        digest = blake2b(repr((self.seed, what)).encode(), digest_size=7).digest()
        return int.from_bytes(digest) / 2**56

    def look(self, observer, endpoint, at):
        """What an observer finds that begins to look at an endpoint then."""
        target, who = self.target[endpoint], self.observer[observer]
        met = [
            fault
            for fault in self.faults_between(observer, endpoint) + self.faults_of(endpoint)
            if fault.holds(at)
            and fault.only in ("", who.kind)
            and (fault.share >= 1 or self.chance(observer, endpoint, at, fault.begin) < fault.share)
        ]
        if met:
            return found(min(met, key=lambda fault: _STAGES[fault.what]), target)
        if not target.machine.here and self.chance(observer, endpoint, at, "lost") < self.loss:
            return self._lost(observer, endpoint, at, named=target.is_named)
        return Look(ok=True, seconds=FAST + self.chance(observer, endpoint, at, "took") * 0.2)

    def _lost(self, observer, endpoint, at, *, named):
        ways = ["tcp.timed_out", "tcp.timed_out", "tcp.reset", "http.response.timed_out"]
        ways += ["dns.timed_out"] if named else []
        kind = ways[int(self.chance(observer, endpoint, at, "way") * len(ways))]
        return Look(ok=False, kind=kind, seconds=FAST if kind == "tcp.reset" else SLOW)

    def control(self, observer, name, at):
        """Whether a control of an observer answers then."""
        who = self.observer[observer]
        for fault in self.faults:
            if fault.holds(at) and reaches_control(fault, who, name):
                share = fault.share**2 if fault.what == "loss" else fault.share  # Asked twice
                if self.chance(observer, name, at, fault.begin) < share:
                    return False
        return True

    def is_down(self, endpoint, at):
        """Whether each look fails then, but for what is wrong with who looks."""
        return any(f.is_whole and f.holds(at) for f in self.faults_of(endpoint))

    def is_faulty(self, endpoint, at):
        return any(fault.holds(at) for fault in self.faults_of(endpoint))


_STAGES = {
    what: number
    for number, what in enumerate(
        (
            "link", "caller", "uplink", "loss", "own resolver", "resolver", "zone", "proxy",
            "partition", "subnet", "machine", "certificate", "service",
        )
    )
}  # fmt: skip
"""What a look meets first decides what it finds."""


def concerns(fault, target):
    """Whether it is a fault of the endpoint, its host, or what it depends on."""
    machine = target.machine
    subjects = {
        "service": (target.id,),
        "machine": (machine.name, machine.behind),
        "subnet": (machine.subnet,),
        "proxy": (target.proxy,),
        "certificate": (target.cert,),
        "zone": (target.zone,) if target.is_named else (),
        "resolver": (target.resolver,),
    }
    return fault.subject in subjects.get(fault.what, ())


def is_between(fault, observer, target):
    machine = target.machine
    if machine.here or observer.machine == machine.name:
        return fault.what == "caller" and fault.subject == f"{observer.id}>{target.id}"
    is_far = bool(target.proxy) or not machine.on_link  # the proxy is beyond the uplink
    return {
        "link": fault.subject == observer.domain,
        "uplink": fault.subject == observer.site and is_far,
        "loss": fault.subject == observer.site and is_far,
        "own resolver": fault.subject == observer.site
        and target.is_named
        and not target.resolver
        and not target.proxy,
        "partition": fault.subject == f"{observer.domain}>{machine.name}",
        "caller": fault.subject == f"{observer.id}>{target.id}",
    }.get(fault.what, False)


def is_own_network(fault, observer):
    subject = observer.domain if fault.what == "link" else observer.site
    return fault.what in OF_OWN_NETWORK and fault.subject == subject


def silences(fault, observer, main):
    """Whether an observer's reports do not arrive at the monitor, which is at ``main``."""
    if observer.domain == main.domain or not fault.mute:
        return False
    if fault.what == "link":
        return fault.subject in (observer.domain, main.domain)
    sites = {observer.site, main.site}
    return fault.what == "uplink" and len(sites) == 2 and fault.subject in sites


def reaches_control(fault, observer, name):
    if fault.what == "link":
        return fault.subject == observer.domain
    if fault.what == "target":
        return fault.subject == f"{observer.id}>{name}"
    if fault.subject != observer.site or name == "control:gateway":
        return False
    if fault.what == "own resolver":
        return name == "control:resolver"
    return fault.what in ("uplink", "loss")


def found(fault, target):
    """What a look finds that meets a fault."""
    mode = fault.mode
    if fault.what in ("link", "uplink") and mode == "silent" and asks_resolver(target):
        mode = "dns silent"
    if fault.what == "link" and mode == "network unreachable" and asks_resolver(target):
        mode = "dns failing"
    kind, seconds = MODES[mode]
    if fault.what in ("uplink", "link", "loss", "partition", "caller") and target.proxy:
        kind = "proxy.unreachable"
    return Look(ok=kind is None, kind=kind, seconds=seconds, fault=fault)


def asks_resolver(target):
    """Whether a look needs a name first, and no cache has it: half of the endpoints do."""
    return target.is_named and not target.proxy and sum(target.id.encode()) % 2 == 0
