"""The parts of the monitor, put together as the program puts them together."""

import asyncio
import json
import time
from contextlib import closing
from functools import partial

import pytest
from monitor.notify.made import AT_ONCE, until, waiting

from ringback.incident.model import Change, Incident, Notice
from ringback.monitor import program
from ringback.monitor.config.load import load
from ringback.monitor.fleet.signature import new_key, public_text
from ringback.monitor.notify.dispatcher import Dispatcher
from ringback.monitor.program import Program, open_store
from ringback.monitor.store import StoreBatch


@pytest.fixture
def loaded(receiver, second_receiver, unused_port, tmp_path, monkeypatch):
    """Two who tell: the diagnosis, which may come at any moment, is told to the team alone."""
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "ringback.toml"
    file.write_text(
        f'[[endpoint]]\nname = "shop"\nurl = "tcp://127.0.0.1:{unused_port}"\n'
        'every = "1h"\nretry_every = "1h"\n'
        f'[[notifier]]\nname = "team"\ntype = "webhook"\nurl = "{receiver.url}"\n'
        f'[[notifier]]\nname = "boss"\ntype = "webhook"\nurl = "{second_receiver.url}"\n'
        '[[route]]\nnotifiers = "team"\nescalate_after = "30s"\nescalate_to = "boss"\n'
    )
    return load(file, {})


def test_nobody_further_is_called_in_a_silence(loaded, receiver, second_receiver, monkeypatch):
    incident = Incident(
        id="i1",
        pattern="service_outage",
        state="open",
        kind="tcp.refused",
        summary="Shop is down",
        members=("shop",),
        opened_at=time.time() - 60,
        told_at=time.time() - 60,
    )
    opened = Change(at=incident.opened_at, what="opened", incident=incident)
    escalation = Notice(id="n1", channel="boss", at=incident.opened_at + 30, change=opened)

    async def drive(store):
        program = Program(loaded, store)
        silence = program.commands.silence(("shop",), 3600.0, "ada", "known")
        task = asyncio.create_task(program.run(web=False))
        await until(lambda: receiver.told == [("i1", "opened")])
        await until(lambda: [entry.error for entry in waiting(store)] == ["it is silenced"])
        assert second_receiver.told == []
        program.commands.unsilence(silence)
        await until(lambda: not waiting(store))
        assert second_receiver.told == [("i1", "escalated")]
        found = {(known.channel, known.outcome) for known in store.notified(["i1"])}
        assert found == {("boss", "sent"), ("team", "sent")}
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    monkeypatch.setattr(program, "Dispatcher", partial(Dispatcher, collation=AT_ONCE))
    monkeypatch.setattr("ringback.monitor.notify.dispatcher.SILENCE_INTERVAL", 0.05)
    monkeypatch.setattr("ringback.monitor.notify.dispatcher.POLL_INTERVAL", 0.05)
    with closing(open_store(loaded)) as store:
        store.keep(StoreBatch(incidents=(incident,), notices=(escalation,)))
        asyncio.run(drive(store))


def test_a_maintenance_window_is_taken_from_the_file_again_and_again(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "ringback.toml"
    window = "[[maintenance]]\nname = 'now'\nbegins = 2020-01-01T00:00:00Z\n"
    window += "ends = 2099-01-01T00:00:00Z\n"
    shop = '[[endpoint]]\nname = "shop"\nurl = "https://a.invalid"\n'

    def read(text):
        file.write_text(text)
        return load(file, {})

    with closing(open_store(read(shop))) as store:
        program = Program(load(file, {}), store, read=lambda: load(file, {}))
        for text, silenced in ((shop + window, True), (shop, False)):
            read(text)
            program.reload()
            assert program.queries.view("shop").silenced is silenced


def test_agents_are_not_asked_to_check_what_is_paused(loaded):
    def planned_for(program, agent):
        plan = json.loads(program.fleet.plan(agent, secure=True))
        return [planned["endpoint"]["id"] for planned in plan["endpoints"]]

    async def drive(store):
        program = Program(loaded, store)
        _, token = program.fleet.add("tokyo", "net")
        agent = program.fleet.enrol(token, public_text(new_key()))
        before, revision = planned_for(program, agent), program.fleet.revision(agent, secure=True)
        program.commands.pause("shop", "Ada")
        assert (before, planned_for(program, agent)) == (["shop"], [])
        assert program.fleet.revision(agent, secure=True) != revision
        again = Program(loaded, store)
        assert again.queries.view("shop").paused.by == "Ada"
        again.commands.resume("shop")
        assert Program(loaded, store).queries.view("shop").paused is None

    with closing(open_store(loaded)) as store:
        asyncio.run(drive(store))
