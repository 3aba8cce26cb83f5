"""What calls elsewhere while the monitor is well."""

import asyncio
import time

import pytest
from monitor.agent.simulated import Loop
from monitor.notify.made import until

from ringback.incident.model import Check
from ringback.incident.prober import ProberTick
from ringback.monitor import dead_mans_switch
from ringback.monitor.config import ConfigInvalid
from ringback.monitor.config.load import load
from ringback.monitor.config.settings import DeadMansSwitch
from ringback.monitor.dead_mans_switch import keep_calling
from ringback.monitor.program import Program, open_store
from ringback.testing.lab import Lab
from ringback.testing.lab.message import response

SWITCH = DeadMansSwitch(url="https://hc.example.com/secret-id", every=60.0)


class Switch:
    """The loop that calls, with what it asks for; an hour of it takes no time."""

    def __init__(self):
        self.settings, self.is_well, self.status, self.called = SWITCH, True, 200, []

    async def _probe(self, endpoint):
        self.called.append(endpoint.url)
        up = self.status == 200
        kind = None if up else "http.error"
        return Check(at=0.0, endpoint=endpoint.id, up=up, kind=kind, status=self.status)

    def run(self, drive, monkeypatch):
        async def main():
            monkeypatch.setattr(dead_mans_switch, "monotonic", asyncio.get_running_loop().time)
            calling = keep_calling(lambda: self.settings, self._probe, lambda: self.is_well)
            task = asyncio.ensure_future(calling)
            await drive(self)
            task.cancel()

        with asyncio.Runner(loop_factory=Loop) as runner:
            runner.run(main())


@pytest.mark.parametrize(
    ("name", "off", "on"), [("is_well", False, True), ("settings", None, SWITCH)]
)
def test_it_is_called_every_so_often_while_it_is_set_and_all_is_well(monkeypatch, name, off, on):
    async def drive(switch):
        await asyncio.sleep(600)
        assert len(switch.called) in (10, 11)
        assert {*switch.called} == {SWITCH.url}
        setattr(switch, name, off)
        await asyncio.sleep(1)
        switch.called.clear()
        await asyncio.sleep(600)
        assert switch.called == []
        setattr(switch, name, on)
        await asyncio.sleep(2)
        assert len(switch.called) == 1

    Switch().run(drive, monkeypatch)


def test_a_call_that_fails_is_logged_once_without_its_url(monkeypatch, caplog):
    caplog.set_level("INFO", "ringback")

    async def drive(switch):
        switch.status = 404
        await asyncio.sleep(300)
        switch.status = 200
        await asyncio.sleep(300)

    Switch().run(drive, monkeypatch)
    assert [record.message for record in caplog.records] == [
        "ringback: no call of the dead man's switch: http.error, status 404",
        "ringback: the dead man's switch is called again",
    ]
    assert "secret-id" not in caplog.text


def test_a_running_monitor_calls_it_and_knows_when_it_is_not_well(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    file, called = tmp_path / "ringback.toml", []

    def take(connection):
        while request := connection.read_request():
            called.append((request.method, request.target))
            connection.send(response(200, b""))

    async def main(url):
        file.write_text(f'[dead_mans_switch]\nurl = "{url}secret-id"\nevery = "50ms"\n')
        store = open_store(load(file, {}))
        program = Program(load(file, {}), store, read=lambda: load(file, {}))
        task = asyncio.create_task(program.run(web=False))
        try:
            await until(lambda: len(called) >= 3)
            assert program._core.is_well
            for _ in range(3):
                program._core.mind_prober(ProberTick(at=time.time(), checks=1, lag=2.0))
            assert not program._core.is_well
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            store.close()

    with Lab() as lab:
        asyncio.run(main(lab.listen(take).url))
    assert {*called} == {("GET", "/secret-id")}


@pytest.mark.parametrize("table", ['url = "hc.example.com"', 'every = "1m"', 'url = "ftp://a"'])
def test_a_switch_needs_a_url_of_http(tmp_path, table):
    file = tmp_path / "ringback.toml"
    file.write_text(f"[dead_mans_switch]\n{table}\n")
    with pytest.raises(ConfigInvalid):
        load(file, {})
