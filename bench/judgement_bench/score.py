"""What was said of a world against what was true in it. The definitions:

- **Outage**: an endpoint has a fault of its own, of its host or of what it depends on (its subnet,
  proxy, zone, certificate, own resolver) that every look meets; all the while some observer *can
  see*: it looks at this endpoint, is at work, its reports arrive, and nothing is wrong between it
  and the endpoint. It counts if it lasts 120 s or more from the first failed look of such an
  observer on. What was looked at too late or never is counted apart: nobody could know.
- **Never told**: no message from its begin to 120 s after its end names the endpoint. A message
  that says the vantage's own network is down, or the prober is sick, does not count: it says that
  nothing is known of its members; nor does the end of an incident that began before the outage. An
  alarm that names the endpoint and stands when the outage begins, and 120 s later, counts.
- **Time to alarm**: from the begin of a told outage (and from its first failed look) to the first
  message that names it; not of those of which an alarm stood already.
- **Own network falsely said**: an incident that any message called ``own_network_down``, while no
  observer's link, uplink or lossy link was at fault in the window. Where only a resolver of theirs
  was dead it is counted apart, as imprecise.
- **Window** of an endpoint: 60 s and two of its intervals before the incident opened (for a member
  that a later message adds: 120 s more, before that message) until the message.
- **Blamed without a fault**: a message of severity ``page`` names an endpoint, first or again
  after the incident ended, that had no such fault in the window. Messages that say the own network
  is down or the prober sick blame nobody. One that speaks of names (pattern ``dns_failure``, kind
  ``dns.…``) is right if a resolver of an observer was dead; one that speaks of a path
  (``network_partition``, ``prober_path``, ``callers_only``) or of a proxy that is not reached
  (``proxy.unreachable``) if something was wrong on any path to the endpoint. Incidents are counted,
  and endpoints in them. **Not knowable**: something was wrong on a path while the looks failed that
  led to it, and since then nothing reported contradicts a fault of the endpoint: no call from
  another domain succeeded after the first of these looks and no other vantage could have been
  asked, no control of the observer was dead, none of its looks found the network unreachable, and
  (but of a path to one host) no two other machines failed for it. These are counted apart. What was
  over before these looks explains nothing, and contradicts nothing.
  **Undecidable**, counted as blame and shown beside it: see ``is_undecidable``.
- **Alarm without end**: an incident that was told is open when the world ends, or has closed
  without a message, though nothing was wrong with any member, or on a path to it, in the last 300
  s and four intervals; of one that says it flaps, in the last 1,800 s. **End without alarm**: an
  end is told to a receiver that was not told the begin. **End too early**: an end names an
  endpoint whose outage began 30 s before and goes on for 120 s, and no other alarm that names it
  stands.
- **Messages per change**: a message is one notification to one receiver; a change is a begin or an
  end of an endpoint's fault (a flapping one has many) or of one of a vantage's own network.
- **Own network not said**: a link or uplink of a vantage that is heard is cut for 120 s, three of
  its looks fail at endpoints that have no fault, no message says so until 120 s after, and none
  that says so stands as it begins. Where all of these looks went to one address, or to one proxy,
  and no control was cut as well, nobody could know whether only this way was: counted apart.
"""

from collections import defaultdict
from dataclasses import asdict, dataclass, field

from judgement_bench.world import OF_OBSERVERS, START, reaches_control

MIN_OUTAGE = 120.0
GRACE = 120.0

OWN = "own_network_down"
BLAMES_NOBODY = (OWN, "prober_sick", "vantage_silent")
UNREACHABLE = "tcp.address_unreachable.network"
OF_A_PATH = ("network_partition", "prober_path", "callers_only")
TOLD = ("begin", "more", "brief")


@dataclass(frozen=True)
class Miss:
    """Something that was said wrongly, or not said."""

    seed: int
    what: str
    at: float  # Seconds after the start
    cause: str  # The faults that explain it, by what they are
    detail: str


@dataclass
class Score:
    """The figures of one world, or of several."""

    worlds: int = 0
    observers: int = 0
    outages: int = 0
    unseen: int = 0
    never_told: int = 0
    own_said: int = 0
    own_false: int = 0
    own_imprecise: int = 0
    own_cuts: int = 0
    own_not_said: int = 0
    own_at_one_site: int = 0
    blaming: int = 0
    blamed: int = 0
    undecidable: int = 0
    unknowable: int = 0
    without_end: int = 0
    without_alarm: int = 0
    too_early: int = 0
    messages: int = 0
    changes: int = 0
    events: int = 0
    asked: int = 0
    seconds: float = 0.0
    alarm_after: list = field(default_factory=list)
    alarm_after_seen: list = field(default_factory=list)
    misses: list = field(default_factory=list)

    def add(self, other):
        for name, value in vars(other).items():
            setattr(self, name, getattr(self, name) + value)


@dataclass(frozen=True)
class Outage:
    endpoint: str
    begin: float
    end: float
    seen: float | None  # When the first look of one that can see began and failed


def scored(world, events, said):
    """The score of one world."""
    score = Score(worlds=1, observers=len(world.observers), asked=said.asked, events=len(events))
    score.seconds = world.until - START
    score.messages = len({(naming.receiver, naming.message) for naming in said.namings})
    score.changes = changes_in(world)
    for part in (_outages, _own_network, _own_network_not_said, _blames, _ends):
        part(score, world, events, said)
    return score


def changes_in(world):
    return sum(
        sum(edges(fault, world.until) for fault in world.faults_of(target.id))
        for target in world.targets
    ) + sum(edges(fault, world.until) for fault in world.own_network_faults)


def edges(fault, until):
    if fault.mode == "slow":
        return 0
    end = min(fault.end, until)
    if fault.period:
        return max(2, int((end - fault.begin) / fault.period * 2))
    return 1 + (end < until)


def can_see(world, observer, endpoint, at):
    return (
        endpoint in observer.endpoints
        and world.is_at_work(observer.id, at)
        and world.is_heard(observer.id, at)
        and not any(fault.holds(at) for fault in world.faults_between(observer.id, endpoint))
    )


def outages_in(world, events):
    """Of each endpoint the spans in which whoever can see it sees it fail."""
    times = {START, world.until}
    times |= {t for f in world.faults for t in (f.begin, f.end) if START < t < world.until}
    spans = list(zip(sorted(times), sorted(times)[1:], strict=False))
    failed = defaultdict(list)
    for event in events:
        if event.endpoint in world.target and not event.ok:
            failed[event.endpoint].append(event)
    for target in world.targets:
        begin = None
        for start, end in [*spans, (world.until, world.until)]:
            middle = (start + end) / 2
            out = start < end and world.is_down(target.id, middle)
            out = out and any(can_see(world, o, target.id, middle) for o in world.observers)
            if out and begin is None:
                begin = start
            elif not out and begin is not None:
                yield Outage(target.id, begin, start, _seen(world, failed, target, begin, start))
                begin = None


def _seen(world, failed, target, begin, end):
    return min(
        (
            event.begun
            for event in failed[target.id]
            if begin <= event.begun < end
            and can_see(world, world.observer[event.observer], target.id, event.begun)
        ),
        default=None,
    )


def _outages(score, world, events, said):
    for outage in outages_in(world, events):
        if outage.end - outage.begin < MIN_OUTAGE:
            continue
        if outage.seen is None or outage.end - outage.seen < MIN_OUTAGE:
            score.unseen += 1
            continue
        score.outages += 1
        if _stands(said, outage):
            continue
        at = _first_told(said, outage)
        if at is None:
            score.never_told += 1
            score.misses.append(_not_told(world, said, outage))
        else:
            score.alarm_after.append(at - outage.begin)
            score.alarm_after_seen.append(at - outage.seen)


def _first_told(said, outage):
    for naming in said.namings:
        if (
            outage.begin <= naming.at <= outage.end + GRACE
            and outage.endpoint in naming.members
            and naming.pattern not in BLAMES_NOBODY
            and (naming.what in TOLD or naming.opened_at >= outage.begin)
        ):
            return naming.at
    return None


def _stands(said, outage):
    """Whether an alarm that names the endpoint stands when its outage begins, and goes on."""
    until = min(outage.begin + MIN_OUTAGE, outage.end)
    return bool(standing(said, outage.endpoint, outage.begin, until))


def standing(said, endpoint, at, until):
    """Ids of incidents whose alarm named an endpoint by then and did not end until then."""
    standing = set()
    for naming in said.namings:
        if naming.at <= at and naming.what in ("begin", "more"):
            named = endpoint in naming.members and naming.pattern not in BLAMES_NOBODY
            (standing.add if named else standing.discard)(naming.incident)
        elif naming.at <= until and naming.what == "end":
            standing.discard(naming.incident)
    return standing


def _not_told(world, said, outage):
    own = [
        naming
        for naming in said.namings
        if outage.begin <= naming.at <= outage.end + GRACE
        and naming.pattern in BLAMES_NOBODY
        and outage.endpoint in naming.members
    ]
    unsaid = [
        f"{incident} since {at - START:.0f}"
        for (incident, member), at in said.joined.items()
        if member == outage.endpoint and outage.begin <= at <= outage.end
    ]
    begin, end = outage.begin - START, outage.end - START
    every = world.target[outage.endpoint].every
    return Miss(
        world.seed,
        "never told",
        begin,
        causes(world, outage.endpoint, outage.begin, outage.end),
        f"{outage.endpoint} (every {every:.0f} s) {begin:.0f}–{end:.0f}, first failed look at"
        f" {outage.seen - START:.0f}"
        + (f"; only as {own[0].pattern}" if own else "")
        + (f"; unsaid in {', '.join(unsaid)}" if unsaid else ""),
    )


def causes(world, endpoint, begin, end):
    """What was wrong with an endpoint, between, and elsewhere, by what it is."""
    of = {f"{f.what} {f.mode}" for f in world.faults_of(endpoint) if f.overlaps(begin, end)}
    paths = {
        f"{f.what} {f.mode}".strip()
        for observer in world.observers
        for f in world.faults_between(observer.id, endpoint)
        if f.overlaps(begin, end)
    }
    odd = [f for f in world.faults if f.what in OF_OBSERVERS and f.overlaps(begin, end)]
    paths |= {fault.what for fault in odd}
    words = [" + ".join(sorted(of))] if of else []
    words += [f"[{' + '.join(sorted(paths))}]"] if paths else []
    return " ".join(words) or "chance"


def window(world, endpoint, since):
    return since - 60 - 2 * world.target[endpoint].every


def _own_network(score, world, _, said):
    for namings in by_incident(said).values():
        own = [naming for naming in namings if naming.pattern == OWN]
        if not own:
            continue
        first = own[0]
        begin = min((window(world, e, first.opened_at) for e in first.members), default=START)
        score.own_said += 1
        if any(f.overlaps(begin, first.at) for f in world.network_faults):
            continue
        sites = {observer.site for observer in world.observers}
        if any(
            f.what == "own resolver" and f.subject in sites and f.overlaps(begin, first.at)
            for f in world.faults
        ):
            score.own_imprecise += 1
            continue
        score.own_false += 1
        elsewhere = sorted({f.what for f in world.faults if f.overlaps(begin, first.at)})
        detail = f"{first.incident} of {', '.join(first.members)}"
        score.misses.append(
            Miss(world.seed, "own network", first.at - START, " + ".join(elsewhere), detail)
        )


def _own_network_not_said(score, world, events, said):
    main = world.probes
    for fault in world.own_network_faults:
        end = min(fault.end, world.until)
        if fault.what == "loss" or end - fault.begin < MIN_OUTAGE:
            continue
        theirs = {
            o.id for o in main if fault.subject == (o.domain if fault.what == "link" else o.site)
        }
        failed = {
            (event.endpoint, event.begun)
            for event in events
            if event.observer in theirs
            and fault.begin <= event.begun < end - 60
            and not event.ok
            and event.endpoint in world.target
            and not world.is_faulty(event.endpoint, event.begun)
        }
        if len(failed) < 3:
            continue
        score.own_cuts += 1
        if any(n.pattern == OWN and fault.begin <= n.at <= end + GRACE for n in said.namings):
            continue
        if _is_own_standing(said, fault.begin):
            continue
        if _met_at_one_site(world, fault, theirs, {endpoint for endpoint, _ in failed}):
            score.own_at_one_site += 1
            continue
        score.own_not_said += 1


def _is_own_standing(said, at):
    standing = set()
    for naming in said.namings:
        if naming.pattern == OWN and naming.at <= at:
            (standing.add if naming.what in TOLD else standing.discard)(naming.incident)
    return bool(standing)


def _met_at_one_site(world, fault, theirs, endpoints):
    if any(
        reaches_control(fault, observer, name)
        for observer in world.observers
        if observer.id in theirs
        for name in observer.controls
    ):
        return False
    targets = (world.target[endpoint] for endpoint in endpoints)
    return len({target.proxy or target.machine.address for target in targets}) == 1


def by_incident(said):
    found = defaultdict(list)
    for naming in said.namings:
        found[naming.incident].append(naming)
    return found


def _blames(score, world, events, said):
    for incident, namings in by_incident(said).items():
        wrong = {
            endpoint: (naming, begin)
            for endpoint, naming, begin in blames_in(world, namings)
            if not is_right(world, naming, endpoint, begin)
        }
        knowable = {e for e, (n, b) in wrong.items() if is_knowable(world, events, e, b, n.at)}
        score.unknowable += bool(wrong) and not knowable
        score.blaming += bool(knowable)
        score.blamed += len(knowable)
        if knowable:
            score.undecidable += all(is_undecidable(world, e, *wrong[e]) for e in knowable)
            score.misses.append(_blame(world, incident, wrong, sorted(knowable)))


def blames_in(world, namings):
    """Whom an incident blames, when it does first and again after each of its ends."""
    known = set()
    for number, naming in enumerate(namings):
        if naming.what == "end":
            known.clear()
        elif naming.severity == "page" and naming.pattern not in BLAMES_NOBODY:
            since = naming.at - GRACE if number else naming.opened_at
            for endpoint in naming.members:
                if endpoint not in known:
                    yield endpoint, naming, window(world, endpoint, since)
                known.add(endpoint)


def is_right(world, naming, endpoint, begin):
    if any(f.overlaps(begin, naming.at) for f in world.faults_of(endpoint)):
        return True
    of_names = naming.pattern == "dns_failure" or (naming.kind or "").startswith("dns.")
    return any(
        fault.overlaps(begin, naming.at)
        and (
            naming.pattern in OF_A_PATH
            or naming.kind == "proxy.unreachable"
            or (of_names and fault.what == "own resolver")
        )
        for observer in world.observers
        for fault in world.faults_between(observer.id, endpoint)
    )


def is_knowable(world, events, endpoint, begin, until):
    """Whether something that was reported contradicts a fault of the endpoint."""
    failed = _failed_since(events, endpoint, begin, until)
    faults = [
        (observer, fault)
        for observer in world.observers
        for fault in world.faults_between(observer.id, endpoint)
        if fault.overlaps(failed, until)
    ]
    if not faults:
        return True
    since = max(begin, min(fault.begin for _, fault in faults))
    lately = [event for event in events if since <= event.begun and event.at <= until]
    struck = {observer.id for observer, _ in faults}
    domains = {observer.domain for observer, _ in faults}
    if any(event.kind == UNREACHABLE and event.observer in struck for event in lately):
        return True
    others = [observer for observer in world.observers if observer.domain not in domains]
    if any(
        (o.kind == "probe" and can_see(world, o, endpoint, until))
        or any(
            e.ok and e.endpoint == endpoint and e.observer == o.id and e.begun > failed
            for e in lately
        )
        for o in others
    ):
        return True
    if any(not e.ok and e.endpoint.startswith("control:") and e.observer in struck for e in lately):
        return True
    machine = world.target[endpoint].machine.name
    return any(
        len(
            {
                world.target[event.endpoint].machine.name
                for event in lately
                if event.observer == observer and not event.ok and event.endpoint in world.target
            }
            - {machine}
        )
        >= 2
        for observer in {o.id for o, f in faults if f.what not in ("partition", "caller")}
    )


def is_undecidable(world, endpoint, naming, begin):
    """Whether the only vantage was cut off from an endpoint, and had too little to compare with.

    That is a partition of that vantage alone, and a cut of its network without controls that tell
    (a gateway tells nothing of what is beyond), where it watches two sites or fewer beyond the cut:
    two sites that fail at once look the same. Endpoints at one address, or behind one proxy, are
    one site.
    """
    (probe, *others) = world.probes
    faults = [
        fault
        for fault in world.faults_between(probe.id, endpoint)
        if fault.overlaps(begin, naming.at) and fault.what in ("link", "uplink", "partition")
    ]
    if others or not faults:
        return False
    cut = [fault for fault in faults if fault.what != "partition"]
    if any(reaches_control(fault, probe, name) for fault in cut for name in probe.controls):
        return False
    beyond = {
        target.proxy or target.machine.address
        for target in world.targets
        if not {*cut}.isdisjoint(world.faults_between(probe.id, target.id))
    }
    return len(beyond) <= 2


def _failed_since(events, endpoint, begin, until):
    """When the longest run of failures began: what was over before explains nothing."""
    runs = {}  # Observer to its runs: how many failures, when the first began
    for event in events:
        if event.endpoint != endpoint or event.begun < begin or event.at > until:
            continue
        found = runs.setdefault(event.observer, [[0, event.begun]])
        if event.ok:
            found.append([0, None])
        else:
            found[-1][0] += 1
            found[-1][1] = event.begun if found[-1][0] == 1 else found[-1][1]
    longest = [max(found, key=lambda run: run[0]) for found in runs.values()]
    most = max((number for number, _ in longest), default=0)
    return min((at for number, at in longest if number >= min(most, 3) > 0), default=begin)


def _blame(world, incident, wrong, endpoints):
    naming, begin = wrong[endpoints[0]]
    cause = causes(world, endpoints[0], begin, naming.at)
    elsewhere = {
        f.what for f in world.faults if f.overlaps(begin, naming.at) and f.what not in cause
    }
    if elsewhere:
        cause += f" (elsewhere: {', '.join(sorted(elsewhere))})"
    words = [f"{e} (well)" if e in wrong[e][0].well else e for e in endpoints]
    detail = f"{incident} {naming.pattern} {naming.kind} {naming.what} blames {', '.join(words)}"
    return Miss(world.seed, "blamed", naming.at - START, cause, detail)


def _ends(score, world, events, said):
    outages = list(outages_in(world, events))
    for incident, namings in by_incident(said).items():
        begun = set()
        for naming in namings:
            if naming.what in ("begin", "more"):
                begun.add(naming.receiver)
            elif naming.what == "end":
                if naming.receiver not in begun:
                    score.without_alarm += 1
                    score.misses.append(
                        Miss(world.seed, "no alarm", naming.at - START, "", naming.incident)
                    )
                _too_early(score, world, outages, said, naming)
        if begun and _has_no_end(world, said, incident, namings):
            score.without_end += 1
            members = ", ".join(namings[-1].members)
            detail = f"{incident} {namings[-1].pattern} of {members}"
            score.misses.append(Miss(world.seed, "no end", namings[-1].at - START, "", detail))


def _too_early(score, world, outages, said, naming):
    for outage in outages:
        if (
            outage.endpoint in naming.members
            and naming.pattern not in BLAMES_NOBODY
            and outage.begin + 30 < naming.at < outage.end - MIN_OUTAGE
            and not standing(said, outage.endpoint, naming.at, naming.at)
        ):
            score.too_early += 1
            cause = causes(world, outage.endpoint, outage.begin, outage.end)
            detail = f"{naming.incident} ends for {outage.endpoint}"
            score.misses.append(Miss(world.seed, "too early", naming.at - START, cause, detail))


def _has_no_end(world, said, incident, namings):
    whole = incident
    while whole in said.parts:
        whole = said.parts[whole]
    ended = {n.incident for n in said.namings if n.what in ("end", "brief")}
    if ended & {incident, whole}:
        return False
    if whole not in said.open_at_end:
        return True
    calm = 1800 if namings[-1].pattern == "flapping" else 300
    return not any(_was_wrong_lately(world, endpoint, calm) for endpoint in namings[-1].members)


def _was_wrong_lately(world, endpoint, calm):
    begin = world.until - calm - 4 * world.target[endpoint].every
    paths = [f for o in world.observers for f in world.faults_between(o.id, endpoint)]
    return any(f.overlaps(begin, world.until) for f in (*world.faults_of(endpoint), *paths))


def figures(score):
    """A score as figures."""
    rates = {
        "never_told": share(score.never_told, score.outages),
        "own_false": share(score.own_false, score.own_said),
        "blaming_per_100_worlds": 100 * share(score.blaming, score.worlds),
        "blamed_per_100_worlds": 100 * share(score.blamed, score.worlds),
        "blaming_per_100_observers": 100 * share(score.blaming, score.observers),
        "undecidable_per_100_worlds": 100 * share(score.undecidable, score.worlds),
        "unknowable_per_100_worlds": 100 * share(score.unknowable, score.worlds),
        "messages_per_change": share(score.messages, score.changes),
        "messages_per_world": share(score.messages, score.worlds),
        "asked_per_hour": 3600 * share(score.asked, score.seconds),
        "own_not_said": share(score.own_not_said, score.own_cuts),
    }
    for name in ("alarm_after", "alarm_after_seen"):
        rates[f"{name}_median"] = quantile(getattr(score, name), 0.5)
        rates[f"{name}_p90"] = quantile(getattr(score, name), 0.9)
    counts = {name: value for name, value in asdict(score).items() if not isinstance(value, list)}
    return {"counts": counts, **rates}


def share(part, whole):
    return part / whole if whole else 0.0


def quantile(values, at):
    return sorted(values)[min(len(values) - 1, int(len(values) * at))] if values else None
