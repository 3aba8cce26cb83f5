"""The way between agents and their hub cut in the network itself, with real processes.

Each host has two links: ``lab0`` into the network where the service is, ``lab1`` into one of its
own by which agents reach the hub. So what is cut is the way to the hub and nothing else::

    service, hub, tokyo, oslo, lima ── 192.0.2.0/24      hub, tokyo, oslo, lima ── 198.51.100.0/24
"""

import contextlib
import http.client
import json
import threading
from collections import Counter
from http.server import ThreadingHTTPServer

import pytest
from monitor.agent.test_agent import COUNT, Handler, configuration, observers
from monitor.running import Agent, Monitor
from requires import requires
from until import until

from ringback.monitor.web.settings import digest_of
from ringback.testing.lab.namespace import Namespaces, inside, run
from ringback.testing.lab.network import NEEDS

pytestmark = [pytest.mark.netns, pytest.mark.nightly]

HOSTS = ("service", "hub", "tokyo", "oslo", "lima")
AGENTS = HOSTS[2:]
PASSWORD = "a-secret-of-this-test"


def linked(namespaces):
    """Make the hosts; return their namespaces, and that of the two switches between them."""
    names = {role: namespaces.add(role) for role in (*HOSTS, "switch")}

    def ip(role, words):
        run(names[role], ["ip", *words.split()])

    for network in (0, 1):
        ip("switch", f"link add br{network} type bridge")
        ip("switch", f"link set br{network} up")
    for number, role in enumerate(HOSTS):
        ip(role, "link set lo up")
        for network, prefix in enumerate(("192.0.2", "198.51.100")):
            port = f"{role}{network}"
            ip("switch", f"link add {port} type veth peer name lab{network} netns {names[role]}")
            ip("switch", f"link set {port} master br{network} up")
            ip(role, f"addr add {prefix}.{number + 1}/24 dev lab{network}")
            ip(role, f"link set lab{network} up")
    return names


class Hosts:
    """A hub, agents and a service, each a host of its own."""

    def __init__(self, folder, names):
        self.names, self._folder, self.processes = names, folder, []
        with inside(names["service"]):
            self.service = ThreadingHTTPServer(("192.0.2.1", 0), Handler)
        self.service.daemon_threads, self.service.asked = True, Counter()
        threading.Thread(target=self.service.serve_forever, daemon=True).start()
        tables = (
            '[web]\nhost = "198.51.100.2"\n'
            f'[[token]]\nname = "test"\nsha256 = "{digest_of(PASSWORD)}"\n'
            'scopes = ["read", "write"]\n'
        )
        url = f"http://192.0.2.1:{self.service.server_port}"
        path = configuration(folder, url, tables=tables)
        self.hub = Monitor(folder, "-c", path, namespace=names["hub"], token=PASSWORD)

    def add(self, name):
        made = Agent(
            self._folder / name, "--hub", self.hub.url, "--insecure-http",
            "--token", self._token(name), namespace=self.names[name],
        )  # fmt: skip
        self.processes.append(made)
        return made

    def _token(self, name):
        address = self.hub.url.partition("//")[2]
        with (
            inside(self.names["hub"]),
            contextlib.closing(http.client.HTTPConnection(address, timeout=60)) as connection,
        ):
            body = json.dumps({"name": name, "domain": None})
            headers = {"Authorization": f"Bearer {PASSWORD}", "Content-Type": "application/json"}
            connection.request("POST", "/api/v1/agents", body, headers)
            return json.load(connection.getresponse())["token"]

    def all_seen(self, *names):
        wanted = {f"probe:{name}" for name in names}
        self.hub.until(
            "/endpoints", lambda ends: all(wanted <= observers(end).keys() for end in ends)
        )

    def filtered(self, how, role):
        """Drop, or no longer drop, what comes to the hub from a host."""
        address = f"198.51.100.{HOSTS.index(role) + 1}"
        run(self.names["hub"], ["iptables", "-w", how, "INPUT", "-s", address, "-j", "DROP"])

    def link(self, role, state):
        run(self.names["switch"], ["ip", "link", "set", f"{role}1", state])

    def drained(self, *names):
        def is_drained(agents):
            known = {agent["name"]: agent for agent in agents}
            return all(
                known[name]["state"] == "ok" and not known[name]["health"]["waiting"]
                for name in names
            )

        self.hub.until("/agents", is_drained)

    def kept(self, name):
        """The times of what was kept of an agent, by endpoint."""
        return {
            number: [
                check["at"]
                for check in self.hub.get(f"/endpoints/e{number}/checks?limit=1000")
                if check["vantage"] == name
            ]
            for number in range(COUNT)
        }

    def close(self):
        for agent in self.processes:
            if agent.process.poll() is None:
                agent.end()
        self.hub.stop()
        self.service.shutdown()
        self.service.server_close()


@pytest.fixture
def hosts(tmp_path):
    requires(*NEEDS)
    with Namespaces() as namespaces:
        made = Hosts(tmp_path, linked(namespaces))
        try:
            yield made
        finally:
            made.close()


def cut(hosts, how, names):
    for name in names:
        hosts.filtered("-A", name) if how == "drop" else hosts.link(name, "down")


def mend(hosts, how, names):
    for name in names:
        hosts.filtered("-D", name) if how == "drop" else hosts.link(name, "up")


@pytest.mark.parametrize("how", ["drop", "link"])
def test_an_agent_whose_way_to_the_hub_is_cut_loses_nothing_and_blames_nobody(hosts, how):
    agent = hosts.add("tokyo")
    hosts.all_seen("tokyo")
    cut(hosts, how, ["tokyo"])
    agent.until_said("results wait here meanwhile")
    (incident,) = hosts.hub.until("/incidents?state=open", len)
    assert incident["pattern"] == "vantage_silent"
    assert "agent at tokyo" in incident["summary"]
    assert {end["state"] for end in hosts.hub.get("/endpoints")} == {"ok"}
    mend(hosts, how, ["tokyo"])
    hosts.hub.until("/incidents?state=open", lambda found: not found)
    hosts.drained("tokyo")
    assert agent.end() == 0
    checked = hosts.hub.get("/agents")[0]["health"]["checks"]

    kept = hosts.kept("tokyo")
    assert sum(map(len, kept.values())) == checked
    assert all(len(times) == len(set(times)) > 20 for times in kept.values())
    (only,) = hosts.hub.get("/incidents")
    assert only["members"] == []


def test_a_hub_that_is_cut_off_from_most_agents_is_one_incident_and_nobody_is_blamed(hosts):
    agents = [hosts.add(name) for name in AGENTS]
    hosts.all_seen(*AGENTS)
    cut(hosts, "drop", AGENTS[:2])
    (incident,) = hosts.hub.until("/incidents?state=open", len)
    assert incident["pattern"] == "vantage_silent"
    assert "monitor at hub" in incident["summary"]
    assert incident["members"] == []
    assert "oslo, tokyo" in incident["evidence"][0]
    before = hosts.service.asked.total()
    until(lambda: hosts.service.asked.total() > before + 40)
    assert len(hosts.hub.get("/incidents")) == 1
    assert {end["state"] for end in hosts.hub.get("/endpoints")} == {"ok"}
    mend(hosts, "drop", AGENTS[:2])
    hosts.hub.until("/incidents?state=open", lambda found: not found)
    hosts.drained(*AGENTS)
    assert [agent.end() for agent in agents] == [0, 0, 0]
    assert len(hosts.hub.get("/incidents")) == 1
    for agent in hosts.hub.get("/agents"):
        kept = hosts.kept(agent["name"])
        assert sum(map(len, kept.values())) == agent["health"]["checks"]
        assert all(len(times) == len(set(times)) for times in kept.values())
