"""From a seed to a world: how often things fail in which way is a guess, and is written here."""

import math
import random as chance
from dataclasses import replace

from judgement_bench.world import START, Fault, Machine, Observer, Target, World

QUIET_END = 900.0
"""Seconds before the end in which no fault begins or ends; some last until the end and beyond."""

FOREVER = 1e9

FAULTS = {
    "service": 30, "machine": 14, "link": 8, "uplink": 8, "loss": 5, "own resolver": 5,
    "partition": 6, "caller": 6, "backend": 5, "flapping": 5, "overloaded": 3, "slow": 2,
    "certificate": 3, "proxy": 4, "resolver": 4, "zone": 2, "subnet": 3, "gone": 2, "target": 2,
    "health": 2,
}  # fmt: skip
"""What fails, by weight; what a world has not cannot fail in it."""

HARD = ("refused", "silent", "hung", "500", "502", "503", "reset", "tls", "tls hung", "empty")
INTERVALS = (10, 15, 20, 30, 30, 30, 60, 60, 60, 120, 300)
CONTROLS = (
    (),
    ("gateway",),
    ("gateway", "resolver"),
    ("gateway", "resolver", "target1"),
    ("gateway", "resolver", "target1", "target2"),
    ("target1", "target2"),
)


def world_of(seed):
    """The world of a seed."""
    random = chance.Random(f"ringback {seed}")
    until = START + random.choice((3600, 5400, 7200, 10800))
    vantages = random.choices((1, 3), (60, 40))[0]
    targets = targets_of(random, vantages)
    observers = observers_of(random, targets, vantages)
    world = World(
        seed=seed,
        until=until,
        targets=targets,
        observers=observers,
        faults=(),
        loss=random.choice((0.0, 10 ** random.uniform(-3, -2))),
        jitter=random.choice((0.0, 0.5, 2.0)),
    )
    number = min(7, int(random.choices((0, 1, 2, 3, 4, 5, 7), (8, 26, 24, 18, 12, 8, 4))[0]))
    faults = []
    for _ in range(number):
        faults += fault_of(random, world, faults)
    return replace(world, faults=tuple(sorted(faults, key=lambda fault: fault.begin)))


def targets_of(random, vantages):
    machines = machines_of(random, vantages)
    proxies = random.random() < 0.2
    resolvers = random.random() < 0.15
    shared_cert = random.random() < 0.25
    common = random.choice(INTERVALS) if random.random() < 0.6 else None
    targets = []
    for machine in machines:
        named, proxied = random.random() < 0.75, proxies and random.random() < 0.6
        for number in range(random.choices((1, 2, 3, 4), (55, 22, 13, 10))[0]):
            id_ = f"{machine.name.partition('.')[0]}{number or ''}"
            targets.append(
                Target(
                    id=id_,
                    host=host_of(random, machine, number) if named else machine.address,
                    machine=machine,
                    every=float(common or random.choice(INTERVALS)),
                    resolver=resolver_of(random, machine, named=named, own=resolvers),
                    proxy="proxy.example:3128" if proxied and not machine.here else "",
                    cert="shared" if shared_cert and random.random() < 0.5 else f"k-{id_}",
                )
            )
    return with_parents(targets)


def machines_of(random, vantages):
    number = random.choices(range(1, 9), (14, 14, 15, 15, 13, 11, 9, 9))[0]
    crowded = random.random() < 0.25
    machines = []
    for index in range(number):
        name = f"{chr(97 + index)}.site-{chr(97 + index)}.example"
        address = f"192.0.{index + 2}.10"
        here = vantages == 1 and random.random() < 0.06
        on_link = vantages == 1 and not here and random.random() < 0.15
        if here:
            name, address = ("localhost", "127.0.0.1") if not machines else (name, "127.0.0.1")
        elif on_link:
            name, address = f"{chr(97 + index)}.lan.example", f"10.0.0.{index + 10}"
        elif crowded and index % 2:
            address = f"192.0.2.{index + 20}"
        machines.append(Machine(name, address, here=here, on_link=on_link))
    machines = list({machine.address: machine for machine in machines}.values())
    far = [machine for machine in machines if not machine.here and not machine.on_link]
    if len(far) > 2 and random.random() < 0.15:
        router, behind = far[0], {machine.name for machine in far[1 : 1 + random.randint(1, 3)]}
        return [
            replace(machine, behind=router.name) if machine.name in behind else machine
            for machine in machines
        ]
    return machines


def host_of(random, machine, number):
    """A second service may be on the same host, or have a name of its own for the address."""
    if machine.here or not number or random.random() < 0.7:
        return machine.name
    return f"{machine.name.partition('.')[0]}{number}.other-{number}.example"


def resolver_of(random, machine, *, named, own):
    if machine.here:
        return ""
    if not named:
        return "-"
    return "192.0.2.53" if own and random.random() < 0.5 else ""


def with_parents(targets):
    """Where a machine is behind another, its endpoints have an endpoint of that as their parent."""
    first = {}
    for target in targets:
        first.setdefault(target.machine.name, target.id)
    return tuple(
        replace(target, parents=(first[target.machine.behind],))
        if target.machine.behind in first
        else target
        for target in targets
    )


def observers_of(random, targets, vantages):
    ids = tuple(target.id for target in targets)
    names = random.choices(CONTROLS, (35, 10, 20, 20, 10, 5))[0]
    controls = tuple(f"control:{name}" for name in names)
    probes = [
        Observer(name, "probe", name, f"site {name}", ids, controls=controls)
        for name in "ABC"[:vantages]
    ]
    far = [target for target in targets if not target.machine.here]
    number = random.choices((0, 1, 2, 3), (45, 25, 18, 12))[0] if far else 0
    return (*probes, *(program_of(random, index + 1, far) for index in range(number)))


def program_of(random, number, targets):
    """A program: on the vantage's host, in its network, on a watched host, or elsewhere."""
    name = f"web{number}"
    where = random.choices(("vantage", "site", "watched", "elsewhere"), (12, 35, 20, 33))[0]
    domain, site, machine = name, f"site of {name}", ""
    if where == "vantage":
        domain = site = "A"
        site = "site A"
    elif where == "site":
        site = "site A"
    elif where == "watched":
        machine = domain = random.choice(targets).machine.name
    called = random.sample(targets, min(len(targets), random.choice((1, 1, 2, 3))))
    return Observer(
        name,
        "call",
        domain,
        site,
        tuple(target.id for target in called),
        every=random.choice((2.0, 5.0, 10.0, 20.0, 60.0)),
        gives_up=random.choice((0.0, 0.0, 30.0, 600.0)),
        machine=machine,
    )


def fault_of(random, world, before, weights=FAULTS):
    """One more fault that this world can have, or none: a list, since some come as several."""
    for _ in range(20):
        what = random.choices(list(weights), list(weights.values()))[0]
        begin, end = span_of(random, world, before)
        if made := _MAKERS.get(what, _service)(random, world, begin, end, what):
            return [made]
    return []


def span_of(random, world, before):
    """When a fault begins and ends; a third of those after the first begin within another."""
    last = world.until - QUIET_END
    begin = random.uniform(START + 300, last - 300)
    if before and random.random() < 0.33:
        other = random.choice(before)
        begin = random.uniform(other.begin, min(other.end, last - 60))
    length = math.exp(random.uniform(math.log(20), math.log(2400)))
    end = FOREVER if random.random() < 0.1 else min(begin + length, last)
    return begin, end


def _any(random, found):
    found = sorted(set(found))
    return random.choice(found) if found else None


def _service(random, world, begin, end, what):
    subject = random.choice(world.targets).id
    made = Fault("service", subject, begin, end, mode=random.choice(HARD))
    if what == "backend":
        number = random.randint(2, 5)
        mode = random.choice(("refused", "silent", "503", "hung"))
        return replace(made, mode=mode, share=random.randint(1, number - 1) / number)
    if what == "flapping":
        end = max(end, begin + 600) if end < FOREVER else end
        return replace(made, end=end, period=math.exp(random.uniform(math.log(20), math.log(240))))
    if what == "overloaded":
        return replace(made, mode="overloaded", share=random.uniform(0.2, 0.8))
    if what == "slow":
        return replace(made, mode="slow")
    if what == "health":
        return replace(made, mode=random.choice(("503", "500")), only="probe")
    return made


def _machine(random, world, begin, end, _):
    name = _any(random, (t.machine.name for t in world.targets if not t.machine.here))
    mode = random.choice(("silent", "silent", "host unreachable", "hung"))
    return name and Fault("machine", name, begin, end, mode=mode)


def _subnet(random, world, begin, end, _):
    far = [t.machine for t in world.targets if not (t.machine.here or t.machine.on_link)]
    subnet = _any(random, (machine.subnet for machine in far))
    return subnet and Fault(
        "subnet", subnet, begin, end, mode=random.choice(("silent", "host unreachable"))
    )


def _own(random, world, begin, end, what):
    """A fault of a vantage's network, now and then of a program's."""
    who = world.observers if random.random() < 0.2 else world.probes
    chosen = random.choice(list(who))
    if what == "link":
        mode = random.choice(("network unreachable", "network unreachable", "silent"))
        return Fault(what, chosen.domain, begin, end, mode=mode, mute=random.random() < 0.4)
    if what == "uplink":
        mode = random.choice(("silent", "silent", "network unreachable"))
        return Fault(what, chosen.site, begin, end, mode=mode, mute=random.random() < 0.4)
    if what == "loss":
        share = random.uniform(0.3, 0.5)
        return Fault(what, chosen.site, begin, end, mode="silent", share=share)
    return Fault(what, chosen.site, begin, end, mode=random.choice(("dns silent", "dns failing")))


def _partition(random, world, begin, end, _):
    chosen = random.choice(world.probes)
    name = _any(random, (t.machine.name for t in world.targets if not t.machine.here))
    mode = random.choice(("silent", "silent", "host unreachable", "network unreachable"))
    return name and Fault("partition", f"{chosen.domain}>{name}", begin, end, mode=mode)


def _caller(random, world, begin, end, _):
    programs = [observer for observer in world.observers if observer.kind == "call"]
    if not programs:
        return None
    program = random.choice(programs)
    mode = random.choice(("refused", "silent", "payload", "login", "host unreachable"))
    subject = f"{program.id}>{random.choice(program.endpoints)}"
    return Fault("caller", subject, begin, end, mode=mode)


def _certificate(random, world, begin, end, _):
    cert = random.choice(world.targets).cert
    return Fault("certificate", cert, begin, end, mode="expired")


def _proxy(random, world, begin, end, _):
    proxy = _any(random, (target.proxy for target in world.targets if target.proxy))
    mode = random.choice(("proxy", "proxy silent"))
    return proxy and Fault("proxy", proxy, begin, end, mode=mode)


def _resolver(random, world, begin, end, _):
    own = _any(random, (t.resolver for t in world.targets if t.resolver not in ("", "-")))
    mode = random.choice(("dns silent", "dns failing"))
    return own and Fault("resolver", own, begin, end, mode=mode)


def _zone(random, world, begin, end, _):
    zone = _any(random, (t.zone for t in world.targets if t.is_named))
    return zone and Fault("zone", zone, begin, end, mode="gone")


def _gone(random, world, begin, end, _):
    others = world.observers[1:]
    return Fault("gone", random.choice(others).id, begin, end) if others else None


def _target(random, world, begin, end, _):
    """A control that fails by itself."""
    own = [(o.id, name) for o in world.probes for name in o.controls if name != "control:gateway"]
    if not own:
        return None
    observer, name = random.choice(own)
    return Fault("target", f"{observer}>{name}", begin, end)


_MAKERS = {
    "machine": _machine, "subnet": _subnet, "link": _own, "uplink": _own, "loss": _own,
    "own resolver": _own, "partition": _partition, "caller": _caller, "certificate": _certificate,
    "proxy": _proxy, "resolver": _resolver, "zone": _zone, "gone": _gone, "target": _target,
}  # fmt: skip


def lossy_world(seed):
    """A world whose only fault is the own link of its first vantage, of which looks are lost."""
    world = world_of(seed)
    random = chance.Random(f"lossy {seed}")
    begin = random.uniform(START + 300, START + 900)
    length = random.uniform(600, 1800)
    fault = Fault(
        "loss", "site A", begin, begin + length, mode="silent", share=random.uniform(0.3, 0.5)
    )
    return replace(world, faults=(fault,), seed=seed)


def coincidence(hosts, failing, seed, *, slow, controls):
    """Unrelated hosts of which some fail at the same instant, by chance; one vantage."""
    random = chance.Random(f"coincidence {hosts} {failing} {seed} {slow} {controls}")
    targets = tuple(
        Target(
            id=f"h{index}",
            host=f"h{index}.site-{index}.example",
            machine=Machine(f"h{index}.site-{index}.example", f"192.0.{index + 2}.10"),
            every=30.0,
            cert=f"k{index}",
        )
        for index in range(hosts)
    )
    names = ("control:gateway", "control:resolver", "control:target1") if controls else ()
    observer = Observer("A", "probe", "A", "site A", tuple(t.id for t in targets), controls=names)
    begin = START + random.uniform(120, 150)
    mode = "silent" if slow else "host unreachable"
    faults = tuple(
        Fault("machine", target.machine.name, begin, begin + 420, mode=mode)
        for target in random.sample(targets, failing)
    )
    return World(
        seed=seed, until=START + 900, targets=targets, observers=(observer,), faults=faults
    )
