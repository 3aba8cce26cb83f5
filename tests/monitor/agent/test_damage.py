"""What breaks under an agent or under its hub: a clock, a disk, a spool, the server of the store.

Real processes, a real PostgreSQL and disks that are really full; the way to the hub is cut in
``test_cut.py``.
"""

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from datetime import datetime
from pathlib import Path

import pytest
from monitor.agent.test_agent import COUNT, places, seen_by, service
from monitor.running import WAIT_TIMEOUT
from monitor.store.engines import fresh_database
from monitor.store.server import Server, running_server
from monitor.test_up import text_of
from requires import requires
from until import until

from ringback.monitor.fleet.hub import SILENT_SECONDS

__all__ = ["places", "service"]

pytestmark = pytest.mark.nightly


def kept(hub, name):
    """The endpoint and the time of each result of an agent that is in the history."""
    return [
        (number, check["at"])
        for number in range(COUNT)
        for check in hub.get(f"/endpoints/e{number}/checks?limit=1000")
        if check["vantage"] == name
    ]


def goes_on(places, count):
    """Return when the service was asked so often from now on."""
    wanted, ends = places.service.asked.total() + count, time.monotonic() + WAIT_TIMEOUT
    while places.service.asked.total() < wanted:
        assert time.monotonic() < ends
        time.sleep(0.05)


def ended_with_all_kept(places, agent, name="tokyo"):
    """End an agent that has sent all; the hub has each result, once, and blamed nobody."""
    places.drained(name)
    assert agent.end() == 0
    found = kept(places.hub, name)
    assert len(found) == places.listed()[name]["health"]["checks"]
    assert all(incident["members"] == [] for incident in places.hub.get("/incidents"))
    assert {end["state"] for end in places.hub.get("/endpoints")} == {"ok"}
    return found


CLOCK = """
import time
now, path = time.time, {path!r}
def shifted():
    with open(path) as opened:
        return now() + float(opened.read())
time.time = shifted
"""


class Clock:
    """The clock of a process, which can be set."""

    def __init__(self, folder):
        self._path = folder / "offset"
        folder.mkdir()
        self.set(0)
        (folder / "sitecustomize.py").write_text(CLOCK.format(path=str(self._path)))
        self.env = {"PYTHONPATH": str(folder)}

    def set(self, seconds):
        new = self._path.with_suffix(".new")
        new.write_text(str(seconds))
        new.rename(self._path)


@pytest.mark.parametrize(("seconds", "said"), [(3600, "s ahead"), (-3600, "s behind")])
def test_an_agent_with_a_wrong_clock_is_told_and_sends_all_when_it_is_right(
    places, capsys, tmp_path, seconds, said
):
    places.begin()
    clock = Clock(tmp_path / "clock")
    agent = places.agent("tokyo", *places.command(capsys, "tokyo"), env=clock.env)
    places.hub.until("/endpoints", seen_by("tokyo"))
    clock.set(seconds)
    agent.until_said(f"{said}; results wait here meanwhile")
    (incident,) = places.hub.until("/incidents?state=open", len)
    assert incident["pattern"] == "prober_sick"
    # A second more or less, as the request took
    assert re.match(
        rf"the clock of tokyo is 3(599|60\d) {said}: what it sends is refused",
        incident["evidence"][0],
    )
    clock.set(0)
    places.hub.until("/incidents?state=open", lambda found: not found)
    ended_with_all_kept(places, agent)


@pytest.mark.parametrize("seconds", [20, -20])
def test_what_comes_of_a_clock_that_is_a_little_wrong_is_put_right(
    places, capsys, tmp_path, seconds
):
    places.begin()
    clock = Clock(tmp_path / "clock")
    clock.set(seconds)
    agent = places.agent("tokyo", *places.command(capsys, "tokyo"), env=clock.env)

    def is_right(checks):
        times = [check["at"] for check in checks if check["vantage"] == "tokyo"][:1]
        return [at for at in times if abs(datetime.fromisoformat(at).timestamp() - time.time()) < 8]

    places.hub.until("/endpoints/e0/checks", is_right)
    ended_with_all_kept(places, agent)


@contextlib.contextmanager
def small_disk(folder, size):
    """A file system of its own at a folder."""
    requires("root", "mount")
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


@contextlib.contextmanager
def full(folder):
    """Have no byte left on the file system of a folder."""
    ballast = folder / "ballast"
    with contextlib.suppress(OSError), ballast.open("wb", buffering=0) as opened:
        while opened.write(bytes(4096)):
            pass
    assert shutil.disk_usage(folder).free == 0
    try:
        yield
    finally:
        ballast.unlink()


def test_an_agent_whose_disk_is_full_sends_what_it_holds_and_loses_nothing(places, capsys):
    places.begin()
    folder = places.folder / "tokyo"
    folder.mkdir()
    with small_disk(folder, "2m"):
        agent = places.agent("tokyo", *places.command(capsys, "tokyo"))
        places.hub.until("/endpoints", seen_by("tokyo"))
        with full(folder):
            agent.until_said("results are held in memory, the spool cannot be written")
            places.relay.cut()
            agent.until_said("results wait here meanwhile")
            goes_on(places, 60)
            places.relay.mend()
            places.drained("tokyo")
        agent.until_said("the spool can be written again")
        ended_with_all_kept(places, agent)
        health = places.listed()["tokyo"]["health"]
        assert (health["dropped"], health["set_aside"]) == (0, 0)
        places.close()


def test_a_spool_that_was_damaged_is_set_aside_and_shown(places, capsys):
    places.begin()
    agent = places.agent("tokyo", *places.command(capsys, "tokyo"))
    places.hub.until("/endpoints", seen_by("tokyo"))
    places.relay.cut()
    agent.until_said("results wait here meanwhile")
    agent.end(signal.SIGKILL)
    spool = places.folder / "tokyo" / "spool.db"
    for path in spool.parent.glob("spool.db*"):
        path.write_bytes(os.urandom(8192))
    places.relay.mend()
    again = places.agent("tokyo")
    again.until_said("the spool is damaged")
    (aside,) = spool.parent.glob("spool.db.damaged-*")
    assert aside.name in "".join(again.said)
    places.drained("tokyo")
    assert places.listed()["tokyo"]["health"]["set_aside"] == 1
    assert again.end() == 0
    assert places.hub.get("/incidents") == []


def store(url):
    return f'[store]\nurl = "{url}"\n'


def check_of_a_store_that_fails(places, agent, broken):
    """What comes while the store fails waits at the agent; all of it is kept later."""
    with broken:
        agent.until_said("results wait here meanwhile")
        assert "Results are not being stored" in text_of(places.hub.url)
        assert json.loads(text_of(f"{places.hub.url}/healthz"))["status"] == "degraded"
        goes_on(places, 2 * COUNT * SILENT_SECONDS)  # the hub checks as well
        assert agent.process.poll() is None
    until(lambda: places.hub.get("/status")["degraded"] is None)
    own = [("prober_sick", "closed")]  # of the hub itself, and over: nobody is blamed
    until(
        lambda: own == [(i["pattern"], i["state"]) for i in places.hub.get("/incidents", own=True)]
    )
    found = ended_with_all_kept(places, agent)
    assert len(found) == len(set(found))


def test_a_server_that_hangs_for_long_loses_nothing_of_agents_and_blames_nobody(places, capsys):
    with running_server(fsync="on") as server:
        places.begin(tables=store(fresh_database(server)))
        agent = places.agent("tokyo", *places.command(capsys, "tokyo"))
        places.hub.until("/endpoints", seen_by("tokyo"))
        check_of_a_store_that_fails(places, agent, server.stopped())
        places.close()


def test_a_server_whose_disk_is_full_loses_nothing_of_agents_and_blames_nobody(places, capsys):
    requires("psycopg", "initdb", "setpriv")
    folder = Path(tempfile.mkdtemp(prefix="ringback-pg-"))
    with contextlib.ExitStack() as stack:
        stack.callback(shutil.rmtree, folder)
        stack.enter_context(small_disk(folder, "200m"))
        server = Server(folder, {"fsync": "on", "max_wal_size": "32MB", "min_wal_size": "32MB"})
        stack.callback(server.stop, "immediate")
        places.begin(tables=store(fresh_database(server)))
        stack.callback(places.close)
        agent = places.agent("tokyo", *places.command(capsys, "tokyo"))
        places.hub.until("/endpoints", seen_by("tokyo"))
        check_of_a_store_that_fails(places, agent, full(folder))
