"""Whatever happens: suppression stops new alarms and never a resolution, and all is replayable."""

import json

from hypothesis import example, given, settings
from hypothesis import strategies as st
from nightly import examples

from ringback.incident.engine import Engine
from ringback.incident.model import CertificateSeen, Check, WatchedEndpoint
from ringback.incident.silences import Silence
from ringback.monitor.store.records import incident_from_json, incident_json

T = 1_790_000_000.0
STEP = 7.0
ALL = {
    "a": WatchedEndpoint(id="a", host="one.example.test"),
    "b": WatchedEndpoint(id="b", host="one.example.test"),
    "c": WatchedEndpoint(id="c", host="two.example.test", parents=("a",), recovery=1),
    "d": WatchedEndpoint(id="d", host="three.test", threshold=2),
    "job": WatchedEndpoint(id="job", every=60.0, grace=30.0),
}
KINDS = ["tcp.refused", "tcp.timed_out", "dns.server", "dns.name_not_resolved"]
KINDS += ["tls.cert.date_invalid.expired", "tls.cert.invalid"]
IDS = st.sampled_from(["a", "b", "c", "d"])

OPS = st.one_of(
    st.tuples(st.just("fails"), IDS, st.sampled_from(KINDS), st.integers(1, 4)),
    st.tuples(st.just("fails"), IDS, st.sampled_from(KINDS), st.integers(1, 4)),
    st.tuples(st.just("well"), IDS, st.integers(1, 3)),
    st.tuples(st.just("unknown"), IDS),
    st.tuples(st.just("reports"), st.just("job")),
    st.tuples(
        st.just("certificate"),
        IDS,
        st.sampled_from([5, 40, 400]),
        st.sampled_from("12"),
        st.sampled_from([None, 4, 20, 300]),
        st.sampled_from([True, False]),
    ),
    st.tuples(st.just("waits"), st.integers(1, 40)),
    st.tuples(st.just("silence"), st.sampled_from([*"abcd", "*", "job"]), st.integers(1, 300)),
    st.tuples(st.just("speak")),
    st.tuples(st.just("acknowledge")),
    st.tuples(st.just("drop"), st.sampled_from(list(ALL))),
    st.tuples(st.just("restart")),
)


class World:
    """An engine to which things happen, and what it told."""

    def __init__(self, kind=Engine):
        self.kind, self.now, self.changes, self.watched = kind, T, [], dict(ALL)
        self.muted = []  # what was told although a silence covered it
        self.engine = self.made()

    def made(self):
        return self.kind(self.watched.values(), remind_every=120.0)

    def do(self, what, *more):
        self.now += STEP
        getattr(self, what)(*more)

    def note(self, changes):
        for change in changes:
            about = (change.endpoint,) if change.what == "joined" else change.incident.members
            begins = change.what in {"opened", "reminded", "joined"}
            if begins and change.told and self.engine.silences.covers(about, change.at):
                self.muted.append(change)
        self.changes += changes

    def check(self, endpoint, up, **more):
        self.now += 1.0
        self.note(self.engine.see(Check(at=self.now, endpoint=endpoint, up=up, **more)))

    def fails(self, endpoint, kind, times):
        for _ in range(times):
            self.check(endpoint, False, kind=kind)

    def well(self, endpoint, times):
        for _ in range(times):
            self.check(endpoint, True, seconds=0.1)

    def unknown(self, endpoint):
        self.check(endpoint, None)

    def reports(self, endpoint):
        self.check(endpoint, True, origin="heartbeat")

    def certificate(self, endpoint, days, key, others=None, up=True):
        seen = CertificateSeen(not_after=T + days * 86400, issuer="CA", key=key)
        end = T + (others or 0) * 86400
        other = CertificateSeen(not_after=end, key=f"{others}", whose="the issuer CN=CA")
        kind = None if up else "tcp.reset"
        more = {"certificate": seen, "other_certificate": other if others else None}
        self.check(endpoint, up, kind=kind, **more)

    def waits(self, ticks):
        for _ in range(ticks):
            self.now += 3.0
            self.note(self.engine.tick(self.now))

    def later(self, hours):
        for _ in range(12):
            self.now += hours * 300.0
            self.note(self.engine.tick(self.now))

    def silence(self, pattern, seconds):
        ends = self.now + seconds
        self.engine.silences.add(
            Silence(id=pattern, endpoints=(pattern,), begins=self.now, ends=ends)
        )

    def speak(self):
        for silence in self.engine.silences.all(self.now):
            self.engine.silences.remove(silence.id)

    def acknowledge(self):
        for incident in self.engine.incidents()[:1]:
            self.note(self.engine.acknowledge(incident.id, "ada", self.now))

    def drop(self, endpoint):
        self.watched = {id_: one for id_, one in ALL.items() if id_ != endpoint}
        self.note(self.engine.configure(self.watched.values(), self.now))

    def restart(self):
        before, self.engine = self.engine, self.made()
        cases = {id_: before.dump_endpoint(id_) for id_ in before.watched()}
        incidents = [
            incident_from_json(incident_json(incident))
            for incident in (*before.ended_lately(), *before.incidents())
        ]
        quiet = json.loads(json.dumps(before.dump_shared()))
        self.note(self.engine.load(json.loads(json.dumps(cases)), incidents, quiet, self.now))

    def all_is_well(self):
        """Let everything be well for long; a silence may be there until the end."""
        lasting = CertificateSeen(not_after=self.now + 400 * 86400, issuer="CA", key="9")
        for _ in range(2):
            for endpoint in "abcd":
                self.check(endpoint, True, certificate=lasting, other_certificate=lasting)
            self.reports("job")
        for _ in range(30):
            self.now += 60.0
            for endpoint in "abcd":
                self.check(endpoint, True, certificate=lasting, other_certificate=lasting)
            self.reports("job")
            self.note(self.engine.tick(self.now))
        self.now += 2 * 86400
        self.reports("job")
        self.note(self.engine.tick(self.now))


class WalkingEngine(Engine):
    """Asks every detector of every endpoint at each tick, whether anything is due or not."""

    def _tick_detectors(self, now):
        changes = []
        for tracker in self._trackers.values():
            for signal in tracker.tick(now):
                changes += self._correlator.signalled(tracker, signal)
        return changes


def lived(ops, kind=Engine):
    world = World(kind)
    for op in ops:
        world.do(*op)
    return world


@settings(max_examples=examples(150))
@given(st.lists(OPS, max_size=40))
@example(
    [("certificate", "a", 40, "1"), ("certificate", "a", 5, "1"), ("certificate", "a", 40, "1")]
)
def test_no_alarm_is_without_its_end_and_no_end_without_its_alarm(ops):
    world = lived(ops)
    world.all_is_well()
    assert world.engine.incidents() == []
    begun, ended = [], []
    for change in world.changes:
        id_ = change.incident.id
        if change.what == "closed":
            assert change.told == (id_ in begun), "an end goes to those who know of the beginning"
            ended.append(id_)
        elif change.what == "reopened":
            ended.remove(id_)
            begun += [id_] if change.told else []
        elif change.told:
            assert id_ not in ended, "nothing is told of what is over"
            if change.what not in {"opened", "reminded"}:
                assert id_ in begun, "what goes on was told to begin"
            begun.append(id_)
    assert sorted(set(begun) - set(ended)) == []
    assert len(ended) == len(set(ended)), "an incident ends once, and its id is not given again"


@given(st.lists(OPS, max_size=40))
def test_nothing_that_begins_is_notified_where_everything_is_silenced(ops):
    assert lived(ops).muted == []


@given(st.lists(OPS.filter(lambda one: one[0] != "restart"), max_size=30), st.integers(0, 30))
def test_what_happens_is_the_same_again_and_with_a_restart_in_between(ops, place):
    once = lived(ops)
    assert lived(ops).changes == once.changes
    restarted = World()
    for number, one in enumerate(ops):
        if number == place:
            restarted.restart()
        restarted.do(*one)
    assert restarted.changes == once.changes
    assert restarted.engine.incidents() == once.engine.incidents()


@given(st.lists(OPS, max_size=40))
def test_no_outage_is_hidden_by_another(ops):
    world = lived(ops)
    world.now += 120.0  # longer than an alarm waits for a parent
    world.note(world.engine.tick(world.now))
    open_ = world.engine.incidents()
    for endpoint in world.engine.watched():
        if world.engine.state_of(endpoint) in {"down", "partial"}:
            outages = [
                incident
                for incident in open_
                if incident.detector in {"", "heartbeat"}
                and not incident.observer
                and endpoint in set(incident.members) - set(incident.well)
            ]
            assert len(outages) == 1


@given(st.lists(OPS, max_size=40))
def test_what_changed_is_what_the_states_are(ops):
    world = World()
    known = dict.fromkeys(ALL, "unknown")
    for op in ops:
        world.do(*op)
        for moved in world.engine.transitions():
            assert moved.before == known[moved.endpoint]
            known[moved.endpoint] = moved.after
        for gone in known.keys() - set(world.engine.watched()):
            known[gone] = "unknown"
        states = {id_: world.engine.state_of(id_) for id_ in world.engine.watched()}
        assert known | states == known


LATER_DAY = ("later", 24)
LATER = st.tuples(st.just("later"), st.sampled_from([0.2, 1, 6, 24, 47, 120, 800]))


@settings(max_examples=examples(300))
@given(st.lists(st.one_of(OPS, OPS, LATER), max_size=40))
@example([("certificate", "a", 40, "1"), ("later", 800), ("later", 120), ("waits", 1)])
@example([("certificate", "a", 5, "1"), ("certificate", "a", 40, "2"), ("later", 24)] * 2)
@example([("reports", "job"), ("waits", 40), ("reports", "job"), ("later", 1)])
@example([("fails", "a", "tcp.refused", 4), ("well", "a", 3)] * 4 + [("later", 0.2)] * 8)
@example([("certificate", "a", 40, "1"), ("certificate", "a", 400, "2"), ("later", 6), LATER_DAY])
def test_who_asks_only_what_is_due_says_what_asking_all_would_have_said(ops):
    assert lived(ops).changes == lived(ops, WalkingEngine).changes
