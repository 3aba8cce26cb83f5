"""`ringback agent` and its hub as people run them, over the real network."""

import json
import threading
import time
from collections import Counter
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from monitor.running import Agent, Monitor, Relay
from program import run_in_process

from ringback.cli.run import run_command_line
from ringback.diagnosis.record import moment
from ringback.monitor.agent.client import HubClient, HubProblem
from ringback.monitor.agent.identity import AgentIdentity
from ringback.monitor.fleet.signature import new_key, private_text
from ringback.monitor.store.sqlite import SQLiteStore
from ringback.monitor.store.sqlite.database import WriterLock

COUNT = 4
TOKEN = "x" * 32


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.asked[self.path] += 1
        status, fields, body = self.server.answer(self.server, self.path)
        self.send_response(status)
        for name, value in {**fields, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body.encode())

    do_POST = do_GET  # noqa: N815 - as it is called

    def log_message(self, *_):
        pass


@pytest.fixture
def serving():
    """Starts a server on this machine that answers with status, fields and text."""
    servers = []

    def start(answer=lambda *_: (200, {}, "")):
        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads, server.answer, server.asked = True, answer, Counter()
        server.url = f"http://127.0.0.1:{server.server_port}"
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        servers.append(server)
        return server

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


class Places:
    """A hub, the way to it, and agents."""

    def __init__(self, folder, service):
        self.folder, self.service, self.agents = folder, service, []
        self.hub = self.relay = None

    def begin(self, first=""):
        lines = [f'vantage = "hub"\n{first}\n[defaults]\nevery = "1s"\nwatch_latency = false']
        lines += [
            f'[[endpoint]]\nname = "e{number}"\nurl = "{self.service.url}/{number}"'
            for number in range(COUNT)
        ]
        (self.folder / "ringback.toml").write_text("\n".join(lines))
        self.again()
        self.relay = Relay(self.hub.url)

    def again(self):
        self.hub = Monitor(self.folder, "-c", self.folder / "ringback.toml")
        if self.relay is not None:
            netloc = self.hub.url.partition("//")[2]
            self.relay.target = self.relay.target._replace(netloc=netloc)

    def added(self, capsys, name, *more):
        """Return the token of an agent that is awaited."""
        words = ["agent", "add", name, "--url", self.hub.url, "--json", *more]
        assert run_command_line(words) == 0
        return json.loads(capsys.readouterr().out)["token"]

    def agent(self, name, *arguments):
        self.agents.append(Agent(self.folder / name, "--hub", self.relay.url, *arguments))
        return self.agents[-1]

    def seen_by(self, name):
        """Wait until each endpoint was seen from a place; return whom all were seen by."""
        ends = self.hub.until(
            "/endpoints",
            lambda ends: all(
                any(o["id"] == f"probe:{name}" for o in end["observers"]) for end in ends
            ),
        )
        return {observer["id"]: observer["domain"] for end in ends for observer in end["observers"]}

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
                agent.end()
        if self.hub is not None and not self.hub.process.stdout.closed:
            self.hub.stop()
        if self.relay is not None:
            self.relay.close()


@pytest.fixture
def places(tmp_path, serving):
    made = Places(tmp_path, serving())
    yield made
    made.close()


def test_an_agent_comes_checks_goes_on_without_its_token_and_is_removed(places, capsys):
    places.begin("agents_only = true")
    token = places.added(capsys, "tokyo", "--domain", "aws/tokyo")
    agent = places.agent("tokyo", "--token", token)
    assert places.seen_by("tokyo") == {"probe:tokyo": "aws/tokyo"}
    assert (places.folder / "tokyo" / "agent.json").stat().st_mode & 0o77 == 0

    assert agent.end() == 0
    assert "Traceback" not in "".join(agent.said)
    assert places.listed()["tokyo"]["health"]["waiting"] == 0  # sent at its end

    secret = places.folder / "token"
    secret.write_text(f"{token}\n")
    again = places.agent("tokyo", "--token-file", secret)  # as a service: with that of before
    again.until_said(f"watches {COUNT} endpoints")
    assert run_command_line(["agent", "remove", "tokyo", "--url", places.hub.url]) == 0
    assert again.ended() == 3
    assert "tokyo was removed" in again.said[-1]
    assert places.hub.get("/agents") == []
    assert "no agent has come: nothing is checked" in "".join(places.hub.said)
    assert places.hub.end() == 0
    assert {check.vantage for check in places.kept()} == {"tokyo"}


@pytest.mark.nightly
def test_killed_hubs_and_agents_have_nothing_twice_and_lose_a_check_at_most(places, capsys):
    rounds = 12
    places.begin()
    token = places.added(capsys, "tokyo")
    agent = places.agent("tokyo", "--token", token)
    for number in range(rounds):
        places.seen_by("tokyo")
        time.sleep(0.07 * number)  # at another instant of what they do
        if number % 3:
            agent.process.kill()
            agent.ended()
            agent = places.agent("tokyo", "--token", token)
            agent.until_said("watches")
        else:
            places.hub.stop()
            places.again()
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


def refusing(_, path):
    """A hub that does not know the token, and at another path something else."""
    said = {"detail": "this token is not known", "reason": "token"}
    return 401, {}, "" if path.startswith("/other") else json.dumps(said)


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (["--hub", "HUB", "--token", TOKEN], 1, "this token is not known"),
        (["--hub", "HUB/other", "--token", TOKEN], 1, "not as a hub does"),
        (["--hub", "http://127.0.0.1:PORT", "--token", TOKEN], 1, "is not reached: tcp.refused"),
        (["--hub", "http://hub.example", "--token", TOKEN], 2, "use https://"),
        (["--hub", "HUB", "--token-file", "/dev/null"], 2, "ringback agent add NAME"),
        (["--hub", "HUB", "--token", TOKEN, "--token-file", "/dev/null"], 2, "exclude each other"),
        ([], 2, "ringback agent add NAME"),
    ],
)
def test_what_hinders_an_agent_is_one_line(tmp_path, serving, unused_port, words, status, said):
    hub = serving(refusing).url
    words = [word.replace("HUB", hub).replace("PORT", str(unused_port)) for word in words]
    done = run_in_process("agent", "--state", tmp_path / "a", *words)

    assert done.returncode == status
    assert said in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr


def test_one_agent_uses_a_folder_at_a_time(tmp_path):
    (tmp_path / "a").mkdir()
    lock = WriterLock(tmp_path / "a" / "spool.db")
    done = run_in_process("agent", "--state", tmp_path / "a")
    lock.release()
    assert (done.returncode, "is using it" in done.stderr) == (1, True)


def leading(hub, path):
    """One of several hubs: it leads, says who does, or is not well."""
    fields = {"Location": f"{hub.lead}{path}"} if hub.status == 307 else {}
    return hub.status, fields, json.dumps({"revision": "r1", "plan": None})


@pytest.fixture
def identity():
    return AgentIdentity(
        id="a-1", name="tokyo", domain="tokyo", hub="", key=private_text(new_key()), token=""
    )


@pytest.fixture
def hubs(serving):
    """Starts hubs that answer with these statuses; of the last one it is said that it leads."""

    def start(*statuses):
        made = [serving(leading) for _ in statuses]
        for hub, status in zip(made, statuses, strict=True):
            hub.status, hub.lead = status, made[-1].url
        return made

    return start


def asked(identity, hubs, times=1):
    client = HubClient(",".join(hub.url for hub in hubs))
    try:
        return [client.plan(identity, "", wait=0.0, secure=False) for _ in range(times)]
    finally:
        client.close()


@pytest.mark.parametrize(
    ("statuses", "times"),
    [
        ((200, 200), [3, 0]),
        ((307, 200), [1, 3]),
        ((503, 200), [1, 3]),
        ((503, 307, 200), [1, 1, 3]),
    ],
)
def test_the_hub_that_leads_is_asked_and_goes_on_being_asked(identity, hubs, statuses, times):
    made = hubs(*statuses)

    assert asked(identity, made, 3) == [{"revision": "r1", "plan": None}] * 3
    assert [hub.asked.total() for hub in made] == times


@pytest.mark.parametrize(("statuses", "times"), [((403, 200), [1, 0]), ((503, 503), [1, 1])])
def test_a_refusal_is_told_and_where_nobody_leads_each_is_asked_once(
    identity, hubs, statuses, times
):
    made = hubs(*statuses)

    with pytest.raises(HubProblem) as raised:
        asked(identity, made)
    assert raised.value.status == statuses[0]
    assert [hub.asked.total() for hub in made] == times


def test_hubs_that_name_each_other_are_asked_a_bounded_number_of_times(identity, hubs):
    one, other = hubs(307, 307)
    other.lead = one.url

    with pytest.raises(HubProblem, match="stands by"):
        asked(identity, [one, other])
    assert one.asked.total() + other.asked.total() < 10
