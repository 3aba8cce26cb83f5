"""An agent and its hub: nothing lost or twice, and nobody blamed, whatever breaks between."""

import asyncio
import tempfile
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from monitor.agent.simulated import EVERY, Agent, Disk, simulate
from monitor.fleet.hubs import T
from nightly import examples, rest_nightly

from ringback.monitor.agent import process
from ringback.monitor.agent.client import HubURLInvalid, checked_url
from ringback.monitor.agent.identity import StateFolder
from ringback.monitor.fleet.agents import AgentRefused
from ringback.monitor.fleet.hub import SILENT_SECONDS


@pytest.fixture
def simulated(tmp_path, monkeypatch):
    return lambda scenario: simulate(scenario, tmp_path, monkeypatch)


def voting(world):
    """The votes on an endpoint that count now."""
    votes = world.hub.engine.votes_on("shop")
    assert votes
    return [vote for vote in votes if world.hub.engine.counts("shop", vote, world.clock())]


def test_a_mistake_ends_an_agent_as_what_it_is(simulated, monkeypatch):
    async def scenario(world):
        agent = world.agent("tokyo")
        await asyncio.sleep(20)
        monkeypatch.setattr(agent.process.spool, "write", lambda: 1 / 0)
        with pytest.raises((ExceptionGroup, ZeroDivisionError)):
            await agent.task

    simulated(scenario)


def test_a_success_waits_a_second_for_others_and_a_failure_does_not(simulated):
    async def scenario(world):
        world.agent("tokyo")
        await asyncio.sleep(2 * EVERY - 0.5)
        assert len(world.kept()) == len(world.made) == 2
        world.failing.add(("tokyo", "shop"))
        await asyncio.sleep(0.5 + 0.3)
        assert len(world.kept()) == 4
        assert world.hub.states() == ["suspect", "ok"]

    simulated(scenario)


def test_an_agent_that_is_cut_off_goes_on_and_sends_all_of_it_later(simulated):
    async def scenario(world):
        agent = world.agent("tokyo")
        await asyncio.sleep(30)
        world.cut.add(agent.identity.id)
        world.failing.add(("tokyo", "shop"))  # an outage of which nobody hears in time
        await asyncio.sleep(4 * SILENT_SECONDS)
        world.failing.clear()
        (silent,) = world.incidents.values()
        assert (silent.pattern, silent.observer) == ("vantage_silent", "tokyo")
        assert (silent.members, silent.severity) == ((), "warn")
        assert not voting(world)
        agent = await agent.again()  # it starts without its hub, and knows what to do
        await asyncio.sleep(100)
        assert agent.process.spool.waiting > 2 * 100 / EVERY
        world.cut.clear()
        await agent.drained()
        await agent.end()
        assert world.kept() == sorted(world.made)
        assert len(world.incidents) == 1
        assert world.hub.engine.incidents() == []
        assert world.hub.states() == ["ok", "ok"]

    simulated(scenario)


def test_what_is_new_goes_before_what_has_waited_long(simulated, monkeypatch):
    monkeypatch.setattr(process, "MAX_RESULTS", 5)
    monkeypatch.setattr(process, "SPLIT_RESULTS", 10)

    async def scenario(world):
        agent = world.agent("tokyo")
        await asyncio.sleep(30)
        world.cut.add(agent.identity.id)
        await asyncio.sleep(225)
        world.latency = 2.0
        back = world.clock() - T
        world.received.clear()
        world.cut.clear()
        await agent.drained()
        await agent.end()
        times = [max(at for _, at in batch) for batch in world.received if batch]
        new = [number for number, at in enumerate(times) if at > back + 20]
        old = [number for number, at in enumerate(times) if at < back]
        assert new[0] < old[-1]
        assert sum(number < old[-1] for number in new) > 5
        assert world.kept() == sorted(world.made)
        assert {known.pattern for known in world.incidents.values()} == {"vantage_silent"}

    simulated(scenario)


def test_what_was_kept_without_an_answer_or_could_not_be_is_sent_again_and_kept_once(
    simulated, caplog
):
    def full(_):
        raise AgentRefused(503, "unavailable", "the hub cannot keep anything now")

    async def scenario(world):
        agent = world.agent("tokyo")
        await asyncio.sleep(30)
        world.unanswered.add(agent.identity.id)
        await asyncio.sleep(120)
        world.unanswered.clear()
        assert not world.incidents
        world.refuse = full
        await asyncio.sleep(120)
        assert agent.process.spool.waiting >= 2 * 120 / EVERY
        world.refuse = lambda _: None
        await agent.drained()
        await agent.end()
        assert world.kept() == sorted(world.made)
        assert world.hub.fleet.repeated > 20

    simulated(scenario)
    assert "another machine" not in caplog.text


def test_what_the_hub_has_is_forgotten_also_by_an_agent_that_ends_just_then(simulated, monkeypatch):
    """Sent again, it would be taken for what another machine has sent."""

    async def scenario(world):
        agent = world.agent("tokyo")
        await asyncio.sleep(2 * EVERY - 1)
        world.received.clear()
        monkeypatch.setattr(Disk, "seconds", 1.0)  # it is busy
        while not any(world.received):
            await asyncio.sleep(0.05)
        await agent.end()
        assert agent.process.spool.waiting == 0
        assert world.hub.fleet.repeated == 0
        assert world.kept() == sorted(world.made)

    simulated(scenario)


def test_of_two_with_one_identity_one_goes_on_and_it_is_told(simulated, caplog):
    async def scenario(world):
        agent = world.agent("tokyo")
        await asyncio.sleep(30)
        world.cut.add(agent.identity.id)
        await asyncio.sleep(30)
        copy = Agent(world, agent.identity, agent.copied())
        world.cut.clear()
        await asyncio.sleep(60)
        for one in (agent, copy):
            await one.end()
        assert {*world.kept()} == {*world.made}
        assert Counter(world.kept()) <= Counter(world.made)

    simulated(scenario)
    assert "another machine has sent results with this agent's numbers" in caplog.text


def _with_no_spool(world, agent):
    return Agent(world, agent.identity, StateFolder(world.next_folder()))


def _with_a_copy(world, agent):
    return Agent(world, agent.identity, agent.copied())


def _with_a_key_of_its_own(world, agent):
    return world.agent("tokyo")


@pytest.mark.parametrize(
    ("begin", "cause"),
    [
        (_with_no_spool, "another machine at at-KEY has the key of tokyo; "),
        (_with_a_copy, "another machine at at-KEY has the key of tokyo; "),
        (_with_a_key_of_its_own, "another machine has come as tokyo with a key of its own; "),
    ],
)
@pytest.mark.parametrize("name", ["tokyo", "osaka"])
def test_who_waits_for_another_of_its_name_says_so_each_minute_and_how_it_ends(
    simulated, caplog, begin, cause, name
):
    async def scenario(world):
        first = world.agent("tokyo")
        await asyncio.sleep(31)
        second = begin(world, first)
        caplog.clear()
        await asyncio.sleep(590)
        waits = max(first, second, key=lambda agent: agent.process.spool.waiting)
        assert waits.process.spool.waiting > 100
        told = [r.getMessage() for r in caplog.records if r.name == "ringback"]
        told = [text for text in told if text.endswith("results wait here")]
        assert len(told) == 10
        expected = cause.replace("KEY", first.identity.key[:8])
        assert all(expected in text and "`ringback agent add tokyo`" in text for text in told)

        await waits.end()  # and what was said is done
        again = world.agent(name, waits._state)
        await asyncio.sleep(60)
        refused = world.hub.fleet.refused.copy()
        await asyncio.sleep(60)
        assert (world.hub.fleet.refused == refused) is (name == "osaka")
        assert again.process.spool.waiting < 4

    simulated(scenario)


def test_what_the_hub_will_never_take_holds_up_nothing_else(simulated, caplog):
    async def scenario(world):
        agent = world.agent("tokyo")
        await asyncio.sleep(30)
        world.cut.add(agent.identity.id)
        await asyncio.sleep(100)
        bad = world.made[-3]

        def refuse(batch):
            if any(f"{r['at']:.3f}" == f"{bad[2] + T:.3f}" for r in batch["results"]):
                raise AgentRefused(400, "malformed", "not valid")

        world.refuse = refuse
        world.cut.clear()
        await agent.drained()
        await agent.end()
        lost = {*world.made} - {*world.kept()}
        assert bad in lost
        assert {at for _, _, at in lost} == {bad[2]}

    simulated(scenario)
    assert "a result is left out, the hub does not take it" in caplog.text


@pytest.mark.parametrize(
    ("ahead", "said"), rest_nightly([(-3600, "3600 s behind"), (3600, "3600 s ahead")])
)
def test_an_agent_with_a_wrong_clock_is_told_and_sends_all_when_it_is_right(
    simulated, caplog, ahead, said
):
    async def scenario(world):
        agent = world.agent("tokyo")
        await asyncio.sleep(30)
        world.ahead = ahead
        await asyncio.sleep(4 * SILENT_SECONDS)
        (incident,) = world.hub.engine.incidents()
        assert (incident.pattern, incident.observer) == ("prober_sick", "tokyo")
        assert said in incident.evidence[0]
        assert not voting(world)
        world.ahead = 0.0
        await agent.drained()
        await agent.end()
        assert world.kept() == sorted(world.made)
        assert world.hub.engine.incidents() == []

    simulated(scenario)
    assert f"{said}" in caplog.text


STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            ["cut", "mend", "unanswered", "kill", "again", "end_hub", "begin_hub", "wait"]
        ),
        st.sampled_from([0.1, 0.7, 1.3, 7.0, 45.0]),
    ),
    min_size=3,
    max_size=12,
)


class Breaking:
    """What happens to an agent and its hub."""

    def __init__(self, world):
        self.world, self.agent, self.kills = world, world.agent("tokyo"), []
        self._known = self.agent.identity.id

    async def cut(self):
        self.world.cut.add(self._known)

    async def unanswered(self):
        self.world.unanswered.add(self._known)

    async def mend(self):
        self.world.cut.clear()
        self.world.unanswered.clear()

    async def kill(self):
        self.kills.append(self.world.clock() - T)
        self.agent = await self.agent.killed()

    async def again(self):
        self.agent = await self.agent.again()

    async def end_hub(self):
        self.world.end_hub()

    async def begin_hub(self):
        self.world.end_hub()
        self.world.begin_hub()

    async def wait(self):
        pass


@given(STEPS)
@settings(max_examples=examples(40))
def test_nothing_is_lost_or_twice_whatever_is_cut_killed_or_begun_again(steps):
    async def scenario(world):
        breaking = Breaking(world)
        await asyncio.sleep(2 * EVERY)
        for step, seconds in steps:
            await getattr(breaking, step)()
            await asyncio.sleep(seconds)
        await breaking.mend()
        await breaking.begin_hub()
        await asyncio.sleep(1)
        await breaking.agent.drained()
        await breaking.agent.end()
        kept, made = Counter(world.kept()), Counter(world.made)
        assert kept <= made
        for _, _, at in made - kept:  # not on disk yet when it was killed
            assert any(0 <= killed - at <= process.WRITE_INTERVAL for killed in breaking.kills)

    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        simulate(scenario, Path(folder), patch)


@pytest.mark.parametrize(
    "url", ["https://lab:hunter2@hub:8480", "https://", "hub:8480", "ftp://hub", "https://hub?a=b"]
)
def test_what_is_no_url_of_a_hub_is_refused_without_its_password(url):
    with pytest.raises(HubURLInvalid, match="is not a hub") as caught:
        checked_url(url, insecure=True)
    assert "hunter2" not in str(caught.value)
