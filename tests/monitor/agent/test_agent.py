"""`ringback agent` and its hub as people run them: processes, killed, cut off, started again."""

import asyncio
import gzip
import json
import shutil
import signal
import sqlite3
import threading
import time
from collections import Counter
from contextlib import closing
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from monitor.running import WAIT_TIMEOUT, Agent, Monitor, Relay

from ringback.cli.run import run_command_line
from ringback.diagnosis.record import moment
from ringback.incident.model import Check
from ringback.monitor.agent import process
from ringback.monitor.agent.identity import AgentIdentity, StateFolder
from ringback.monitor.agent.spool import Spool
from ringback.monitor.fleet.signature import new_key, private_text
from ringback.monitor.store.sqlite import SQLiteStore

COUNT = 4


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.server.asked[self.path] += 1
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture
def service():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.asked = Counter()
    server.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def configuration(folder, url, *, every="1s", first="", more="", tables=""):
    lines = [
        'vantage = "hub"',
        first,
        "[defaults]",
        f'every = "{every}"',
        'timeout = "500ms"',
        "watch_latency = false",
        "",
    ]
    for number in range(COUNT):
        lines += ["[[endpoint]]", f'name = "e{number}"', f'url = "{url}/{number}"', more, ""]
    path = folder / "ringback.toml"
    path.write_text("\n".join(lines) + tables)
    return path


@pytest.fixture
def places(tmp_path, service):
    """A hub, the way to it, and agents, all of which end with the test."""
    made = Places(tmp_path, service)
    yield made
    made.close()


class Places:
    def __init__(self, folder, service):
        self.folder, self.service = folder, service
        self.hub = self.relay = None
        self.agents = []

    def begin(self, **given):
        self._file = configuration(self.folder, self.service.url, **given)
        self.hub = Monitor(self.folder, "-c", self._file)
        self.relay = Relay(self.hub.url)

    def again(self):
        self.hub = Monitor(self.folder, "-c", self._file)
        self.relay.target = self.relay.target._replace(netloc=self.hub.url.partition("//")[2])

    def command(self, capsys, name, *more):
        words = ["agent", "add", name, "--url", self.hub.url, "--json", *more]
        assert run_command_line(words) == 0
        return ["--hub", self.relay.url, "--token", json.loads(capsys.readouterr().out)["token"]]

    def agent(self, name, *arguments, **more):
        made = Agent(self.folder / name, *arguments, **more)
        self.agents.append(made)
        return made

    def listed(self):
        return {agent["name"]: agent for agent in self.hub.get("/agents")}

    def drained(self, name):
        """Return when an agent has said, from now on, that nothing waits."""
        now = moment(time.time())
        self.hub.until(
            "/agents",
            lambda agents: any(
                agent["name"] == name and agent["seen"] > now and agent["health"]["waiting"] == 0
                for agent in agents
            ),
        )

    def kept(self):
        """Every check that was kept, with the monitor stopped."""
        with closing(SQLiteStore(self.folder / "ringback.db")) as store:
            return [
                check
                for number in range(COUNT)
                for check in store.checks(f"e{number}", 0, 1e11, limit=1_000_000)
            ]

    def close(self):
        for agent in self.agents:
            if agent.process.poll() is None:
                agent.end(signal.SIGKILL)
        if self.hub is not None and not self.hub.process.stdout.closed:
            self.hub.stop()
        if self.relay is not None:
            self.relay.close()


def observers(endpoint):
    return {observer["id"]: observer["state"] for observer in endpoint["observers"]}


def seen_by(*names):
    return lambda ends: all(
        {f"probe:{name}" for name in names} <= observers(end).keys() for end in ends
    )


def test_an_agent_comes_checks_goes_on_without_its_token_and_is_removed(places, capsys):
    places.begin()
    command = places.command(capsys, "tokyo", "--domain", "aws/tokyo")
    agent = places.agent("tokyo", *command)
    ends = places.hub.until("/endpoints", seen_by("tokyo"))
    assert {o["domain"] for end in ends for o in end["observers"]} > {"aws/tokyo"}
    assert (places.folder / "tokyo" / "agent.json").stat().st_mode & 0o77 == 0

    assert agent.end() == 0
    assert "Traceback" not in "".join(agent.said)
    assert places.listed()["tokyo"]["health"]["waiting"] == 0  # sent at its end

    secret = places.folder / "token"
    secret.write_text(f"{command.pop()}\n")
    command[-1] = "--token-file"
    again = places.agent("tokyo", *command, secret)  # as a service does: with the token of before
    again.until_said(f"watches {COUNT} endpoints")
    assert run_command_line(["agent", "remove", "tokyo", "--url", places.hub.url]) == 0
    assert again.ended() == 3
    assert "tokyo was removed" in again.said[-1]
    capsys.readouterr()
    assert run_command_line(["agent", "list", "--url", places.hub.url]) == 0
    assert "0 agents" in capsys.readouterr().out


def test_a_hub_that_leaves_all_checks_to_agents_sees_by_them_only(places, capsys):
    places.begin(first="agents_only = true")
    places.agent("tokyo", *places.command(capsys, "tokyo"))
    ends = places.hub.until("/endpoints", seen_by("tokyo"))
    assert [observers(end).keys() for end in ends] == [{"probe:tokyo"}] * COUNT
    places.drained("tokyo")
    assert places.hub.end() == 0
    assert {check.vantage for check in places.kept()} == {"tokyo"}
    assert "no agent has come: nothing is checked" in "".join(places.hub.said)


@pytest.mark.nightly
def test_two_hours_of_a_spool_are_drained_and_alarm_nobody(places, capsys):
    """0 lost, 0 doubled, 0 late alarms, and what is new comes first."""
    places.begin()
    command = places.command(capsys, "tokyo")
    first = places.agent("tokyo", *command)
    places.hub.until("/endpoints", seen_by("tokyo"))
    assert first.end() == 0
    began = float(int(time.time()) - 7300)  # whole, so that no time is rounded
    spool = Spool(places.folder / "tokyo" / "spool.db")
    waited = []
    for step in range(2400):
        for number in range(COUNT):
            up = not 100 < step % 600 < 200  # four outages
            kind = None if up else "tcp.refused"
            waited.append(Check(at=began + 3 * step, endpoint=f"e{number}", up=up, kind=kind))
            spool.add(waited[-1])
    spool.close()
    places.agent("tokyo", *command)
    places.drained("tokyo")

    incidents = places.hub.get("/incidents")
    assert all(end["state"] == "ok" for end in places.hub.get("/endpoints"))
    assert places.hub.end() == 0
    kept = [check for check in places.kept() if check.vantage == "tokyo"]
    late = {(check.at, check.endpoint): check.up for check in kept if check.at < began + 7200}
    assert len(kept) == len({(check.at, check.endpoint) for check in kept})
    assert late.keys() >= {(round(check.at, 6), check.endpoint) for check in waited}
    assert Counter(late.values())[False] == Counter(check.up for check in waited)[False]
    assert incidents == []


@pytest.mark.nightly
def test_a_hub_that_is_killed_loses_nothing_of_agents_and_has_nothing_twice(places, capsys):
    places.begin()
    agent = places.agent("tokyo", *places.command(capsys, "tokyo"))
    places.hub.until("/endpoints", seen_by("tokyo"))
    for _ in range(3):
        places.hub.stop()
        places.again()
        places.hub.until("/endpoints", seen_by("tokyo"))
        time.sleep(0.7)  # it is killed at another instant of its rounds
    places.drained("tokyo")
    assert agent.end() == 0
    checked = places.listed()["tokyo"]["health"]["checks"]
    assert places.hub.end() == 0

    kept = [check for check in places.kept() if check.vantage == "tokyo"]
    assert len(kept) == len({(check.at, check.endpoint) for check in kept})
    assert len(kept) == checked


@pytest.mark.nightly
def test_an_agent_that_is_cut_off_goes_on_by_its_plan_and_sends_all_of_it_later(places, capsys):
    places.begin()
    agent = places.agent("tokyo", *places.command(capsys, "tokyo"))
    places.hub.until("/endpoints", seen_by("tokyo"))
    places.relay.cut()
    agent.until_said("results wait here meanwhile")
    assert agent.end() == 0
    before = places.service.asked.total()
    again = places.agent("tokyo")  # it starts without its hub, and knows what to do
    again.until_said(f"watches {COUNT} endpoints")
    ends = time.monotonic() + WAIT_TIMEOUT
    while places.service.asked.total() < before + 40 and time.monotonic() < ends:
        time.sleep(0.05)
    places.relay.mend()
    places.drained("tokyo")
    checked = places.listed()["tokyo"]["health"]["checks"]

    assert places.hub.get("/incidents?state=open") == []
    assert checked > 4
    assert all(end["state"] == "ok" for end in places.hub.get("/endpoints"))


@pytest.mark.nightly
@pytest.mark.parametrize("part", range(5))
def test_killed_agents_lose_a_check_of_each_endpoint_at_most(places, capsys, part):
    """50 rounds of kill -9, in five parts."""
    rounds = 10
    places.begin(every="2s")
    command = places.command(capsys, "tokyo")
    for number in range(rounds):
        agent = places.agent("tokyo", *command)
        agent.until_said("watches")
        time.sleep(0.5 + 0.04 * (part + 5 * number))
        agent.end(signal.SIGKILL)
    agent = places.agent("tokyo", *command)
    places.drained("tokyo")
    assert agent.end() == 0
    assert places.hub.end() == 0

    kept = places.kept()
    assert len(kept) == len({(check.at, check.endpoint, check.vantage) for check in kept})
    for number in range(COUNT):
        asked = places.service.asked[f"/{number}"]
        found = [check for check in kept if check.endpoint == f"e{number}"]
        answered = sum(check.up is True for check in found)
        assert answered <= asked  # one that failed may not have come that far
        assert asked - len(found) <= rounds + 1


@pytest.mark.nightly
def test_what_one_place_does_not_reach_is_partial(places, capsys):
    """One of three places goes through a proxy that is not there."""
    places.begin(every="2s", more='proxy = "environment"')
    places.agent("tokyo", *places.command(capsys, "tokyo"))
    way = {"HTTP_PROXY": "http://127.0.0.1:9", "NO_PROXY": "localhost"}
    hub, *token = places.command(capsys, "oslo")[1:]
    places.agent("oslo", "--hub", hub.replace("127.0.0.1", "localhost"), *token, env=way)
    (incident,) = places.hub.until("/incidents?state=open", len)

    assert incident["pattern"] == "network_partition"
    assert len(incident["members"]) >= 1
    ends = places.hub.until(
        "/endpoints", lambda ends: all(end["state"] == "partial" for end in ends)
    )
    for end in ends:
        states = observers(end)
        assert states["probe:oslo"] == "down"
        assert states["probe:tokyo"] == "ok"

    found = places.hub.until(
        f"/incidents/{incident['id']}",
        lambda incident: any("oslo" in line and "“" in line for line in incident["evidence"]),
    )
    assert "proxy" in " ".join(found["evidence"])


def thirds(checks, every):
    """The places, in the order of their newest checks after those of the hub, in whole thirds."""
    found = {}
    for check in checks:
        began = datetime.fromisoformat(check["at"]).timestamp() - (check["seconds"] or 0.0)
        found.setdefault(check["vantage"], []).append(began)
    hub = found.get("hub", [0.0])[0]
    return {
        name: {round((began - hub) % every / every * 3) % 3 for began in all_[:2]}
        for name, all_ in found.items()
        if len(all_) > 1
    }


@pytest.mark.nightly
def test_the_hub_and_two_agents_check_an_endpoint_at_thirds_of_its_interval(places, capsys):
    places.begin(every="3s")
    for name in ("tokyo", "oslo"):
        places.agent(name, *places.command(capsys, name))
    for number in range(3):
        places.hub.until(
            f"/endpoints/e{number}/checks",
            lambda checks: thirds(checks, 3.0) == {"hub": {0}, "tokyo": {1}, "oslo": {2}},
        )


@pytest.mark.nightly
def test_an_agent_that_is_not_heard_is_one_incident(places, capsys):
    places.begin()
    agent = places.agent("tokyo", *places.command(capsys, "tokyo"))
    places.hub.until("/endpoints", seen_by("tokyo"))
    agent.process.send_signal(signal.SIGSTOP)
    (incident,) = places.hub.until("/incidents?state=open", len)

    assert incident["pattern"] == "vantage_silent"
    ends = places.hub.get("/endpoints")
    assert {observers(end)["probe:tokyo"] for end in ends} == {"unknown"}
    assert all(end["state"] == "ok" for end in ends)
    agent.process.send_signal(signal.SIGCONT)
    places.hub.until("/incidents?state=open", lambda found: not found)
    assert len(places.hub.get("/incidents")) <= 2  # it may have been sick when it woke


def refused(folder, *arguments):
    agent = Agent(folder, *arguments)
    return agent.ended(), agent.said[-1]


@pytest.mark.nightly
def test_what_hinders_an_agent_is_one_line(places, capsys, tmp_path, unused_port):
    places.begin()
    command = places.command(capsys, "tokyo")
    status, said = refused(tmp_path / "a", "--hub", places.hub.url, "--token", "x" * 32)
    assert (status, "this token is not known" in said) == (1, True)
    status, said = refused(
        tmp_path / "a", "--hub", f"http://127.0.0.1:{unused_port}", "--token", "x" * 32
    )
    assert (status, "is not reached: tcp.refused" in said) == (1, True)
    (tmp_path / "empty").touch()
    for words in ((), ("--hub", places.hub.url, "--token-file", tmp_path / "empty")):
        status, said = refused(tmp_path / "a", *words)
        assert (status, "ringback agent add NAME" in said) == (2, True)
    status, said = refused(tmp_path / "a", *command, "--token-file", tmp_path / "empty")
    assert (status, "exclude each other" in said) == (2, True)
    status, said = refused(tmp_path / "a", "--hub", "http://hub.example", "--token", "x" * 32)
    assert (status, "use https://" in said) == (2, True)
    status, said = refused(tmp_path / "a", "--hub", places.service.url, "--token", "x" * 32)
    assert (status, "not as a hub does" in said) == (1, True)

    (tmp_path / "b" / "spool.db").mkdir(parents=True)
    status, said = refused(tmp_path / "b", *places.command(capsys, "oslo"))
    assert (status, "unable to open database file" in said) == (1, True)

    agent = places.agent("tokyo", *command)
    agent.until_said("watches")
    status, said = refused(places.folder / "tokyo")
    assert (status, "is using it" in said) == (1, True)
    shutil.copytree(places.folder / "tokyo", tmp_path / "copy")
    with closing(sqlite3.connect(tmp_path / "copy" / "spool.db")) as spool:
        assert spool.execute("SELECT count(*) FROM meta").fetchone() > (0,)


class Hub(BaseHTTPRequestHandler):
    """It takes all results, and knows nothing of a plan."""

    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = gzip.decompress(self.rfile.read(int(self.headers["Content-Length"])))
        document = json.loads(body)
        self.server.taken.extend(document["results"])
        answer = json.dumps({"ack": document["to"]}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


@pytest.fixture
def taking():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    server.taken = []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def agent_of(server, folder):
    hub = f"http://127.0.0.1:{server.server_port}"
    known = AgentIdentity(
        id="a-1", name="tokyo", domain="tokyo", hub=hub, key=private_text(new_key()), token=""
    )
    return process.AgentProcess(known, StateFolder(folder))


def test_a_success_is_sent_soon_also_where_nothing_waited_before_it(taking, tmp_path, monkeypatch):
    """And not with the next sign of life."""
    monkeypatch.setattr(process, "SEND_SECONDS", 1e9)

    async def run():
        agent = agent_of(taking, tmp_path)
        reporting = asyncio.ensure_future(agent._reporting())
        await asyncio.sleep(0)  # it waits, with nothing to send
        agent._on_check(Check(at=time.time(), endpoint="e0", up=True))
        async with asyncio.timeout(WAIT_TIMEOUT):
            while not taking.taken:
                await asyncio.sleep(0.01)
        reporting.cancel()

    asyncio.run(run())
    assert [result["endpoint"] for result in taking.taken] == ["e0"]


def test_what_the_hub_has_is_forgotten_also_by_an_agent_that_ends_just_then(
    taking, tmp_path, monkeypatch
):
    """Sent again, it would be taken for what another machine has sent, and kept twice."""
    is_free, send = threading.Event(), process._in_thread

    async def run():
        agent = agent_of(taking, tmp_path)
        agent._on_check(Check(at=time.time(), endpoint="e0", up=True))
        acknowledged, acknowledge = asyncio.Event(), agent._acknowledged

        async def send_while_the_disk_is_busy(call):
            agent._disk.submit(is_free.wait)
            return await send(call)

        def is_acknowledged(*given, **more):
            acknowledged.set()
            return acknowledge(*given, **more)

        monkeypatch.setattr(process, "_in_thread", send_while_the_disk_is_busy)
        monkeypatch.setattr(agent, "_acknowledged", is_acknowledged)
        reporting = asyncio.ensure_future(agent._report())
        await acknowledged.wait()
        await asyncio.sleep(0)
        reporting.cancel()
        await asyncio.gather(reporting, return_exceptions=True)
        is_free.set()
        await agent._spooled(agent.spool.write)
        assert agent.spool.waiting == 0

    asyncio.run(run())
    assert len(taking.taken) == 1
