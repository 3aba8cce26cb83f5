"""Whatever a monitor does and whatever happens to it: a store says what a plain model says."""

import itertools
import shutil
import tempfile
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test
from monitor.store.engines import database_of, empty, fresh_database
from monitor.store.maintaining import ALL, maintain
from monitor.store.model import ALWAYS, MIDNIGHT, NAMES, agree_on_buckets, in_order
from monitor.store.values import AT, check, incident, notice
from nightly import THOROUGH
from until import until

from ringback.incident.model import Transition
from ringback.monitor.store import rollup
from ringback.monitor.store.aggregate import PHASES
from ringback.monitor.store.interface import IncidentFilter, Queued, StoreBatch, StoreProblem
from ringback.monitor.store.opening import store_at
from ringback.monitor.store.sqlite import seal

milliseconds = st.integers(1, 9000).map(lambda n: n / 1000)
looks = st.builds(
    lambda endpoint, up, seconds, timings, kind, vantage, after: (
        after,
        check(
            AT, endpoint, up, seconds=seconds, timings=timings, vantage=vantage,
            kind=kind if up is False else None,
        ),
    ),
    st.sampled_from(NAMES),
    st.sampled_from([True, True, True, False, None]),
    milliseconds,
    st.dictionaries(st.sampled_from(PHASES), milliseconds, max_size=3),
    st.sampled_from(["tcp.refused", "dns.name_not_found"]),
    st.sampled_from(["", "tokyo"]),
    # Most in their order, some late: by minutes, within the hour before, yesterday
    st.sampled_from([0, 1, 20, 40, 40, 40, 300, 1500, -100, -4000, -90_000]),
)  # fmt: skip
some_looks = st.lists(looks, max_size=15)
notices = st.integers(0, 5).map(lambda n: f"n{n}")


class StoreMachine(RuleBasedStateMachine):
    """Does to a store what a monitor does, and what may happen to it; an engine completes it."""

    def __init__(self):
        super().__init__()
        self.store = self.begun()
        self.now = MIDNIGHT - 2 * 3600.0
        self.checks, self.transitions, self.incidents = [], [], {}
        self.notices, self.states = {}, {}

    def begun(self):
        """Return a store with nothing in it."""
        raise NotImplementedError

    def crashed(self):
        """Return the store that there is after the process, or the connection, was killed."""
        raise NotImplementedError

    def _made(self, given):
        made = []
        for after, seen in given:
            at = self.now + after
            self.now = max(self.now, at)
            made.append(replace(seen, at=at))
        return made

    @rule(given=some_looks, state=st.integers())
    def keep_checks(self, given, state):
        made = self._made(given)
        self.store.keep(
            StoreBatch(checks=made, states={"engine": state, f"case:{state % 3}": [state]})
        )
        self.checks += made
        self.states |= {"engine": state, f"case:{state % 3}": [state]}

    @rule(given=some_looks, number=st.integers(0, 4), is_open=st.booleans(), told=notices)
    def keep_an_incident(self, given, number, is_open, told):
        made = self._made(given)
        known = incident(
            f"i{number}", AT + number, members=("web", "db")[: 1 + number % 2],
            **({} if is_open else {"state": "closed", "closed_at": self.now}),
        )  # fmt: skip
        change = Transition(at=self.now, endpoint="web", before="ok", after="down")
        note = notice(told, self.now)
        self.store.keep(
            StoreBatch(checks=made, transitions=[change], incidents=[known], notices=[note])
        )
        self.checks += made
        self.transitions.append(change)
        self.incidents[known.id] = known
        # One that is there already is left as it is.
        self.notices.setdefault(told, (Queued(notice=note, attempts=0, due=note.at), None))

    @rule(given=some_looks, told=notices)
    def keep_what_cannot_be_kept(self, given, told):
        """All that is before it in the batch was written by then, and is not kept."""
        made = [check(self.now, "unheard of"), *self._made(given)]
        batch = StoreBatch(
            checks=made,
            transitions=[Transition(at=self.now, endpoint="web", before="ok", after="down")],
            incidents=[incident("unheard of")],
            notices=[notice("unheard of", self.now), notice(told, self.now)],
            states={"engine": -1, "odd": object()},
        )
        with suppress(TypeError):
            self.store.keep(batch)
            raise AssertionError("it was kept")

    @rule(id_=notices, what=st.sampled_from(["sent", "postpone", "give_up", "defer"]))
    def note_what_became_of_a_notice(self, id_, what):
        at = self.now + 5
        match what:
            case "sent":
                self.store.sent(id_, at)
            case "postpone":
                self.store.postpone(id_, at, "no route")
            case "give_up":
                self.store.give_up(id_, at, "HTTP 410")
            case "defer":
                self.store.defer([id_], at)
        queued, ended = self.notices.get(id_, (None, at))
        if ended is not None:
            return
        if what == "defer":
            self.notices[id_] = replace(queued, due=at), None
            return
        error = {"sent": "", "postpone": "no route", "give_up": "HTTP 410"}[what]
        queued = replace(queued, attempts=queued.attempts + 1, due=at, error=error)
        self.notices[id_] = queued, (None if what == "postpone" else at)

    @rule(later=st.sampled_from([0, 40, 400, 4000]), pieces=st.sampled_from([1, 2, 3, 7, ALL]))
    def maintain(self, later, pieces):
        maintain(self.store, self.now + later, pieces)

    @rule()
    def reopen(self):
        self.store.close()
        self.store = self.reopened()

    @rule()
    def crash(self):
        self.store = self.crashed()

    @rule(endpoint=st.sampled_from(NAMES), bounds=st.sampled_from([None, 5000.5, 3600.0, 60.0]))
    def agree_on_checks(self, endpoint, bounds):
        span = (
            ALWAYS if bounds is None else {"since": MIDNIGHT - bounds, "until": MIDNIGHT + bounds}
        )
        own = [
            seen
            for seen in self.checks
            if seen.endpoint == endpoint and span["since"] <= seen.at < span["until"]
        ]
        bad = [seen for seen in own if seen.up is False]
        found = self.store.checks(endpoint, **span, limit=10**6)
        assert in_order(found) == in_order(own)
        assert [seen.at for seen in found] == sorted((seen.at for seen in own), reverse=True)
        assert in_order(self.store.checks(endpoint, **span, failed=True)) == in_order(bad)
        assert [seen.at for seen in self.store.checks(endpoint, **span, limit=3)] == sorted(
            (seen.at for seen in own), reverse=True
        )[:3]
        agree_on_buckets(self.store, self.checks, endpoint, span)

    @rule()
    def agree_on_what_is_few(self):
        newest = {seen.endpoint: seen.at for seen in sorted(self.checks, key=lambda one: one.at)}
        assert {n: seen.at for n, seen in self.store.last_checks().items()} == newest
        assert self.store.transitions("web", **ALWAYS) == self.transitions
        known = sorted(self.incidents.values(), key=lambda one: -one.opened_at)
        assert self.store.incidents() == known
        for wanted in (IncidentFilter(states=("open",)), IncidentFilter(endpoint="db")):
            assert self.store.incidents(wanted) == list(filter(wanted.takes, known))
        assert [self.store.incident(one.id) for one in known] == known
        assert self.store.incident("unheard of") is None
        cases = {n: value for n, value in self.states.items() if n.startswith("case:")}
        assert self.store.states("case:") == cases
        assert self.store.state("engine") == self.states.get("engine")

    @rule(later=st.sampled_from([0, 10]))
    def agree_on_notices(self, later):
        waiting = [queued for queued, ended in self.notices.values() if ended is None]
        due = [queued for queued in waiting if queued.due <= self.now + later]
        assert sorted(self.store.due(self.now + later), key=repr) == sorted(due, key=repr)
        of = {queued.notice.change.incident.id for queued, _ in self.notices.values()}
        found = {one.id: (one.attempts, one.ended, one.error) for one in self.store.notified([*of])}
        assert found == {
            id_: (queued.attempts, ended, queued.error)
            for id_, (queued, ended) in self.notices.items()
        }

    def teardown(self):
        for endpoint in NAMES:
            self.agree_on_checks(endpoint, None)
        self.agree_on_what_is_few()
        self.agree_on_notices(0)
        self.store.close()


class OfSQLite(StoreMachine):
    """A kill leaves the file and its log as they are at that moment."""

    def begun(self):
        self._folder = tempfile.TemporaryDirectory()
        self._numbers = itertools.count()
        self._path = Path(self._folder.name, "ringback.db")
        return self.reopened()

    def reopened(self):
        return store_at(self._path)

    def crashed(self):
        before = self._path
        self._path = before.with_name(f"ringback-{next(self._numbers)}.db")
        for suffix in ("", "-wal"):
            with suppress(FileNotFoundError):
                shutil.copy(f"{before}{suffix}", f"{self._path}{suffix}")
        self.store.close()
        return self.reopened()

    def teardown(self):
        super().teardown()
        self._folder.cleanup()


class OfPostgres(StoreMachine):
    """Its connections are lost, and it goes on with others."""

    server = None

    def begun(self):
        empty = self.server.empty
        self._url = empty.pop() if empty else fresh_database(self.server)
        return self.reopened()

    def reopened(self):
        return store_at(self._url)

    def crashed(self):
        self.server.admin(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            f" WHERE datname = '{database_of(self._url)}' AND pid <> pg_backend_pid()"
        )
        until(self._works)
        return self.store

    def _works(self):
        try:
            self.store.keep(StoreBatch(states={"odd": 1}))
            self.store.buckets("web", "5m", **ALWAYS)
        except StoreProblem:
            return False
        return True

    def teardown(self):
        super().teardown()
        empty(self.server, self._url)


@pytest.fixture
def small_pieces(monkeypatch):
    monkeypatch.setattr(seal, "SEAL_ROWS", 30)
    monkeypatch.setattr(rollup, "MERGE_ROWS", 40)
    monkeypatch.setattr(rollup, "WRITE_ENDPOINTS", 2)


def run(machine, most, gate):
    steps = 60 if THOROUGH else 30
    given = settings(max_examples=most if THOROUGH else gate, stateful_step_count=steps)
    run_state_machine_as_test(machine, settings=given)


@pytest.mark.usefixtures("small_pieces")
def test_sqlite_says_what_the_model_says():
    run(OfSQLite, 30, gate=4)


@pytest.mark.usefixtures("small_pieces")
def test_postgresql_says_what_the_model_says(server, monkeypatch):
    monkeypatch.setattr(OfPostgres, "server", server)
    run(OfPostgres, 15, gate=2)
