"""What calls elsewhere while the monitor is well, against a server that counts."""

import asyncio
import contextlib
import time

import pytest
from monitor.notify.made import until

from ringback.incident.prober import ProberTick
from ringback.monitor.config import ConfigInvalid
from ringback.monitor.config.load import load
from ringback.monitor.program import Program, open_store


class Called:
    """A service that waits for calls."""

    def __init__(self):
        self.requests, self.status = [], 200

    async def __aenter__(self):
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_):
        self._server.close()

    async def _serve(self, reader, writer):
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while head := await reader.readuntil(b"\r\n\r\n"):
                self.requests.append(head.split(b"\r\n")[0].decode())
                writer.write(b"HTTP/1.1 %d X\r\nContent-Length: 2\r\n\r\nOK" % self.status)
        writer.close()


def running(tmp_path, monkeypatch, drive):
    """Run a monitor with a switch; ``drive`` gets the service, the program and the file."""
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "ringback.toml"

    async def main():
        async with Called() as called:
            url = f"http://127.0.0.1:{called.port}/secret-id"
            file.write_text(f'[dead_mans_switch]\nurl = "{url}"\nevery = "50ms"\n')
            store = open_store(load(file, {}))
            program = Program(load(file, {}), store, read=lambda: load(file, {}))
            task = asyncio.create_task(program.run(web=False))
            try:
                await drive(called, program, file)
            finally:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
                store.close()

    asyncio.run(main())


async def called_anew(called, times=2):
    before = len(called.requests)
    await until(lambda: len(called.requests) >= before + times)


async def not_called(called, program):
    """Nothing comes while the loop that calls has had several turns."""
    await asyncio.sleep(0)
    before, ends = len(called.requests), time.monotonic() + 0.5
    await until(lambda: time.monotonic() >= ends)
    assert len(called.requests) <= before + 1  # one may have been under way


def test_it_is_called_while_the_monitor_is_well(tmp_path, monkeypatch, caplog):
    async def drive(called, program, file):
        await called_anew(called, 3)
        assert set(called.requests) == {"GET /secret-id HTTP/1.1"}
        for _ in range(3):
            program._core.mind_prober(ProberTick(at=time.time(), checks=1, lag=2.0))
        monkeypatch.setattr(program._core, "mind_prober", lambda _: None)  # no tick of its own
        await not_called(called, program)
        monkeypatch.undo()
        program._core.processor.apply(program.engine.well_again(time.time()))
        await called_anew(called)

    running(tmp_path, monkeypatch, drive)


def test_it_is_not_called_while_results_cannot_be_kept(tmp_path, monkeypatch):
    async def drive(called, program, file):
        await called_anew(called)
        monkeypatch.setattr(type(program._store), "degraded", property(lambda _: "disk full"))
        await not_called(called, program)

    running(tmp_path, monkeypatch, drive)


def test_a_call_that_fails_is_logged_once_without_its_url(tmp_path, monkeypatch, caplog):
    caplog.set_level("INFO", "ringback")

    async def drive(called, program, file):
        called.status = 404
        await called_anew(called, 4)
        called.status = 200
        await until(lambda: "called again" in caplog.text)

    running(tmp_path, monkeypatch, drive)
    assert caplog.text.count("switch: http.error, status 404") == 1
    assert "secret-id" not in caplog.text


def test_it_can_be_taken_out_while_the_monitor_runs(tmp_path, monkeypatch):
    async def drive(called, program, file):
        await called_anew(called)
        file.write_text("")
        program.reload()
        await not_called(called, program)

    running(tmp_path, monkeypatch, drive)


@pytest.mark.parametrize("table", ['url = "hc.example.com"', 'every = "1m"', 'url = "ftp://a"'])
def test_a_switch_needs_a_url_of_http(tmp_path, table):
    file = tmp_path / "ringback.toml"
    file.write_text(f"[dead_mans_switch]\n{table}\n")
    with pytest.raises(ConfigInvalid):
        load(file, {})
