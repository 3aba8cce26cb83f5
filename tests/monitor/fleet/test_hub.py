"""What agents send, taken by a monitor with its store: kept once, and alarms for what is now."""

import asyncio
import json
from collections import Counter
from contextlib import suppress

import pytest
from monitor.fleet.hubs import Clock, Hub, T, health, in_loop, opened, result
from nightly import rest_nightly

from ringback.incident.model import Check, WatchedEndpoint
from ringback.monitor.fleet import hub
from ringback.monitor.fleet.agents import AgentRefused, ClockRefused
from ringback.monitor.fleet.hub import SILENT_SECONDS
from ringback.monitor.fleet.signature import new_key, public_text, signed_fields, signed_request
from ringback.monitor.model import Endpoint
from ringback.monitor.store.degraded import DegradedStore
from ringback.monitor.store.interface import StoreUnavailable


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def monitor(tmp_path, clock):
    with opened(tmp_path / "a.db", clock) as made:
        yield made


@in_loop
def test_a_vote_is_that_of_its_place_and_domain(monitor, clock):
    clock.now = T + 2

    monitor.send(monitor.agent("tokyo"), result(1, vantage="hub", domain="hub"))
    (vote,) = monitor.engine.votes_on("shop")
    assert (vote.observer, vote.domain, vote.state) == ("probe:tokyo", "net/tokyo", "ok")


@in_loop
def test_a_spool_of_yesterday_goes_into_the_history_and_alarms_nobody(monitor, clock):
    agent = monitor.agent("tokyo")
    outage = [result(n, 30 * n, up=n % 100 > 90) for n in range(1, 241)]  # two hours
    clock.now = T + 30 * 240 + 1
    live = [result(1000 + n, 7200 + n / 10) for n in range(3)]
    monitor.send(agent, *live, first=1000)
    monitor.send(agent, *outage[:120])
    monitor.send(agent, *outage[120:], first=121)

    assert monitor.engine.incidents() == []
    assert monitor.states()[0] == "ok"
    assert len(monitor.history()) == 243
    assert agent.ranges == [(0, 240), (1000, 1002)]
    assert monitor.fleet.late == 240


@in_loop
def test_the_newest_of_what_waited_says_how_it_is_now(monitor, clock):
    agent = monitor.agent("tokyo")
    clock.now = T + 60
    waited = [result(n, 5 * n, up=False) for n in range(1, 9)]
    monitor.send(agent, *waited, result(20, 41, endpoint="blog"))

    (vote,) = monitor.engine.votes_on("shop")
    assert (vote.failures, vote.state) == (1, "suspect")
    assert monitor.states() == ["suspect", "ok"]
    assert len(monitor.history()) == 8


def pass_time(monitor, clock, seconds, heard):
    for _ in range(seconds):
        clock.now += 1
        for agent in heard:
            monitor.send(agent, health=health())
        monitor.fleet.tick(clock.now)


@in_loop
def test_a_hub_that_is_cut_off_from_most_agents_is_one_incident(monitor, clock):
    agents = [monitor.agent(name) for name in ("tokyo", "oslo", "lima", "perth")]
    for second, agent in enumerate(agents):
        clock.now = T + second
        monitor.send(agent, result(1, second), result(2, second, endpoint="blog"))
    seen = []
    for second in range(4, 100):
        clock.now = T + second
        monitor.send(agents[3], health=health())  # the one that is left
        monitor.fleet.tick(clock.now)
        monitor.core.processor.tick()
        seen.append(len(monitor.engine.incidents()))
    (incident,) = monitor.engine.incidents()
    assert max(seen) == 1
    assert (incident.pattern, incident.observer) == ("vantage_silent", "hub")
    assert (incident.members, incident.severity) == ((), "page")
    assert "lima" in incident.evidence[0]
    assert "perth" not in incident.evidence[0]

    for agent in agents[:2]:
        monitor.send(agent, health=health())
    monitor.fleet.tick(clock.now)
    assert monitor.engine.incidents() == []  # who is not heard yet has a moment to come
    pass_time(monitor, clock, 40, (*agents[:2], agents[3]))
    (left,) = monitor.engine.incidents()
    assert left.observer == "lima"


def ask(monitor, agent, key, now):
    target = "/api/v1/agent/plan"
    signed = signed_fields("GET", target, b"", key=key, key_id=agent.id, now=now)
    fields = {name.lower(): value for name, value in signed.items()}
    return monitor.fleet.authenticate(signed_request("GET", target, b"", fields))


def enrolled(monitor, names):
    """Return agents with the keys that they sign with."""
    keys = [new_key() for _ in names]
    tokens = [monitor.fleet.add(name, f"net/{name}")[1] for name in names]
    agents = [monitor.fleet.enrol(t, public_text(k)) for t, k in zip(tokens, keys, strict=True)]
    return list(zip(agents, keys, strict=True))


def report(monitor, agent, key, second):
    """Have an agent sign a request, and send how both endpoints are, where it may."""
    with suppress(ClockRefused):
        ask(monitor, agent, key, T + second)
        shop, blog = 2 * second, 2 * second + 1
        both = result(shop, second), result(blog, second, endpoint="blog")
        monitor.send(agent, *both, first=shop)


def live(monitor, clock, agents, seconds, ahead=0):
    """Let time pass, with the clock of the hub so far ahead; return incidents by the second."""
    found = []
    for second in seconds:
        clock.now = T + second + ahead
        for agent, key in agents:
            report(monitor, agent, key, second)
        monitor.fleet.tick(clock.now)
        monitor.core.processor.tick()
        found.append(list(monitor.engine.incidents()))
    return found


@pytest.mark.parametrize(
    ("jump", "told"),
    rest_nightly([(3600, "3600 s ahead of those of"), (-3600, "3600 s behind those of")]),
)
@in_loop
def test_a_hub_whose_clock_jumps_is_one_incident_about_the_hub(monitor, clock, jump, told):
    agents = enrolled(monitor, ("tokyo", "oslo", "lima"))
    assert not any(live(monitor, clock, agents, range(60)))

    found = live(monitor, clock, agents, range(60, 120), jump)
    assert found[int(SILENT_SECONDS) - 1] == []
    assert {len(incidents) for incidents in found[int(SILENT_SECONDS) + 2 :]} == {1}
    (incident,) = found[-1]
    assert (incident.pattern, incident.observer) == ("vantage_silent", "hub")
    assert (incident.members, incident.severity) == ((), "page")
    assert f"its clock is {told} lima, oslo, tokyo" in incident.evidence[0]
    assert "sets the clock" in incident.advice[0]

    assert live(monitor, clock, agents, range(120, 180))[-1] == []
    assert monitor.states() == ["ok", "ok"]


@in_loop
def test_a_sick_agent_is_an_incident_about_its_place(monitor):
    agent = monitor.agent("tokyo")
    sick = {"evidence": ["5 of 9 results\nwere discarded"], "advice": []}
    monitor.send(agent, health=health(sick=sick))
    (incident,) = monitor.engine.incidents()
    assert (incident.pattern, incident.observer) == ("prober_sick", "tokyo")
    assert incident.evidence == ("5 of 9 results were discarded",)
    assert "the monitor" not in incident.summary.lower()

    monitor.send(agent, health=health())
    assert monitor.engine.incidents() == []


@in_loop
def test_a_first_failure_has_one_of_another_domain_look(monitor, clock):
    agents = [monitor.agent(name) for name in ("tokyo", "oslo", "lima")]
    asked = Counter()
    for n in range(1, 7):
        up = n % 2 == 0
        clock.now = T + 40 * n
        for agent in agents[1:]:
            monitor.send(agent, health=health())
        monitor.send(agents[0], result(n, 40 * n, up=up))
        asked["hub"] += len(monitor.here)
        monitor.here.clear()
        for agent in agents:
            asked[agent.vantage] += len(monitor.fleet.commands_for(agent)["look_now"])

    assert asked == {"hub": 1, "oslo": 1, "lima": 1, "tokyo": 0}


def test_what_the_engine_asks_for_wakes_every_agent(monitor):
    async def wake():
        agents = [monitor.agent(name) for name in ("tokyo", "oslo")]
        waiting = [
            asyncio.ensure_future(monitor.fleet.wait_for_commands(agent, 600)) for agent in agents
        ]
        await asyncio.sleep(0)
        monitor.fleet.look_now(["shop", "control:gateway"])
        await asyncio.gather(*waiting)
        for agent in agents:
            asked = monitor.fleet.commands_for(agent)["look_now"]
            assert asked == ["shop", "control:gateway"]
            assert monitor.fleet.commands_for(agent)["look_now"] == []

    asyncio.run(wake())


@in_loop
def test_a_plan_has_the_turn_of_its_place_and_its_revision_changes_with_it(monitor):
    tokyo = monitor.agent("tokyo")
    before = monitor.fleet.revision(tokyo, secure=True)
    plan = json.loads(monitor.fleet.plan(tokyo, secure=True))
    assert plan["turn"] == 1 / 2
    assert [item["endpoint"]["id"] for item in plan["endpoints"]] == ["shop", "blog"]
    oslo = monitor.agent("oslo")
    plans = [monitor.fleet.plan(agent, secure=True) for agent in (tokyo, oslo)]
    turns = [json.loads(plan)["turn"] for plan in plans]
    assert turns == [1 / 3, 2 / 3]
    after = monitor.fleet.revision(tokyo, secure=True)
    assert before != after
    assert monitor.fleet.revision(tokyo, secure=True) == after


@in_loop
def test_a_hub_that_checks_nothing_has_no_turn_and_is_not_asked_to_look(monitor):
    tokyo, oslo = monitor.agent("tokyo"), monitor.agent("oslo")
    monitor.fleet.configure(monitor.core.endpoints.values(), (), checked_here=False)
    plans = [monitor.fleet.plan(agent, secure=True) for agent in (tokyo, oslo)]
    assert [json.loads(plan)["turn"] for plan in plans] == [0.0, 1 / 2]
    for agent in (tokyo, oslo):
        monitor.send(agent)
    monitor.send(tokyo, result(1, up=False), first=0)
    assert monitor.here == []
    assert monitor.fleet.commands_for(oslo)["look_now"] == ["shop"]


@in_loop
def test_credentials_are_not_sent_without_tls(monitor, tmp_path):
    agent = monitor.agent("tokyo")
    authority = tmp_path / "ca.pem"
    authority.write_text("PEM")
    watched = WatchedEndpoint(id="x")
    given = {"type": "http", "name": "x", "watched": watched}
    ends = [
        Endpoint(id="a", url="https://a.example/", ca=str(authority), **given),
        Endpoint(id="b", url="https://b.example/", headers={"Authorization": "S3"}, **given),
        Endpoint(id="c", url="https://u:S3@c.example/", **given),
    ]
    monitor.fleet.configure(ends, ())
    plan = json.loads(monitor.fleet.plan(agent, secure=False))
    assert plan["omitted"] == ["b", "c"]
    assert "S3" not in json.dumps(plan)
    assert list(plan["files"].values()) == ["PEM"]
    assert str(tmp_path) not in json.dumps(plan)
    plan = json.loads(monitor.fleet.plan(agent, secure=True))
    assert [item["secret"] for item in plan["endpoints"]] == [False, True, True]


@in_loop
def test_results_of_others_are_refused_and_counted(monitor):
    tokyo, oslo = monitor.agent("tokyo"), monitor.agent("oslo")
    with pytest.raises(AgentRefused, match="its own results"):
        monitor.send(tokyo, result(1), of=oslo)
    with pytest.raises(AgentRefused, match="not in their range"):
        monitor.send(tokyo, result(1), first=2, to=3)
    monitor.send(tokyo, result(1), spool="aa" * 16)
    monitor.send(tokyo, result(1), spool="bb" * 16)
    with pytest.raises(AgentRefused, match="another machine"):
        monitor.send(tokyo, result(2), spool="aa" * 16)
    assert monitor.fleet.refused == {"foreign": 2, "malformed": 1}
    assert len(monitor.history()) == 2  # the numbers of another spool are other ones


@in_loop
def test_what_is_not_watched_and_what_is_of_last_month_is_left_out(monitor):
    agent = monitor.agent("tokyo")
    monitor.send(agent, result(1, -40 * 86400), result(2, endpoint="gone"))
    assert monitor.history() == []
    assert monitor.fleet.strange == 2
    assert agent.ranges == [(0, 2)]  # it need not send them again


@in_loop
def test_a_clock_that_is_wrong_is_put_right(monitor, clock):
    clock.now = T + 10
    monitor.send(monitor.agent("tokyo"), result(1, 30), sent_at=T + 31)
    assert monitor.history() == [(9, True, "tokyo")]
    monitor.send(monitor.agent("oslo"), result(1, 8), sent_at=T + 9)
    assert monitor.history()[0] == (8, True, "oslo")  # it was on its way


@in_loop
def test_a_request_that_was_late_says_nothing_of_the_clock_but_ten_do(monitor, clock):
    agent = monitor.agent("tokyo")
    for number in range(1, 11):
        clock.now = T + 10 * number
        sent, found = T + 10 * number - 4, result(number, 10 * number - 5)
        monitor.send(agent, found, first=number, sent_at=sent)
    late = [10 * number - 5 for number in range(1, 10)]
    assert [at for at, _, _ in monitor.history()] == [*late, 99]  # 4 s later than it said


class FullDisk:
    """A store, the disk of which is full for a while."""

    def __init__(self, store):
        self._store, self.full = store, False

    def keep(self, batch):
        if self.full:
            raise StoreUnavailable("disk full")
        self._store.keep(batch)

    def maintain(self, _):
        raise StoreUnavailable("no room to seal")

    def __getattr__(self, name):
        return getattr(self._store, name)


@in_loop
def test_what_cannot_be_kept_is_not_acknowledged_and_not_lost_or_doubled(monitor, clock):
    disk, now = FullDisk(monitor.store), [0.0]
    of_full = Hub(DegradedStore(disk, clock=lambda: now[0]), clock)
    agent = of_full.agent("tokyo")
    disk.full = True
    for _ in range(2):
        with pytest.raises(AgentRefused) as caught:
            of_full.send(agent, result(1, 0), result(2, 0))
        assert caught.value.status == 503
    disk.full, now[0] = False, 60.0
    of_full.core.processor.apply([])
    of_full.send(agent, result(1, 0), result(2, 0), result(3, 0))
    assert len(of_full.history()) == 3


@in_loop
def test_upkeep_that_fails_holds_up_no_agent(monitor, clock):
    store = DegradedStore(FullDisk(monitor.store))
    of_full = Hub(store, clock)
    store.maintain(T)
    assert store.degraded
    assert of_full.send(of_full.agent("tokyo"), result(1, 0)) == 0
    assert len(of_full.history()) == 1


@in_loop
def test_who_is_removed_has_no_vote_any_more(monitor, clock):
    agent = monitor.agent("tokyo")
    for n in range(1, 4):
        clock.now = T + 5 * n + 1
        monitor.send(agent, result(n, 5 * n, up=False, kind="http.error"))
    assert monitor.states()[0] == "down"
    assert monitor.fleet.remove("tokyo")
    assert monitor.engine.votes_on("shop") == []
    assert monitor.fleet.remove("tokyo") is False
    assert monitor.states()[0] == "unknown"


@in_loop
def test_refusals_are_logged_once_a_minute(monitor, clock, caplog):
    for second in range(0, 120, 10):
        clock.now = T + second
        monitor.fleet.count_refusal(AgentRefused(401, "clock", "an hour ahead"))
    assert monitor.fleet.counted()["refused"] == {"clock": 12}
    assert [record.message for record in caplog.records] == [
        "ringback: an agent was refused (clock, 1 so far): an hour ahead",
        "ringback: an agent was refused (clock, 7 so far): an hour ahead",
    ]


@in_loop
def test_a_check_from_here_goes_to_an_agent_as_well(monitor, clock):
    agent = monitor.agent("tokyo")
    seen = Check(at=T, endpoint="shop", up=False, kind="tcp.timed_out", vantage="hub")
    monitor.core.take(seen)
    monitor.fleet.suspects(seen)
    assert monitor.fleet.commands_for(agent)["look_now"] == ["shop"]
    clock.now = T + hub.SILENT_SECONDS + 1  # nobody is there who could look
    monitor.core.take(seen)
    monitor.fleet.suspects(seen)
    assert monitor.fleet.commands_for(agent)["look_now"] == []
