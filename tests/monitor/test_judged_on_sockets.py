"""Who is blamed for what: a monitor that runs on a host behind a gateway, servers, and real faults.

The monitor runs on the client of the worlds (``tests/e2e/site.py``), what it watches on the server,
each on an address in a network of its own, so that nothing is joined but by what it has in common.
Who is told is asked of programs that are run for each notification: one for each endpoint, and one
for whatever is the monitor's own network, so that nobody's message waits for another's.
"""

import contextlib
import json
import time

import pytest
from e2e.handlers import page
from e2e.resolver import Resolver
from e2e.site import THIRD, Site
from monitor.running import WAIT_TIMEOUT, Monitor
from requires import requires

from ringback.testing.lab.dns import DNSAnswer, bind

pytestmark = [pytest.mark.netns, pytest.mark.nightly]

TIMEOUT = 1.0
OTHER_PORT = 8080

DEAD = """
table inet dead {
  set hosts { type ipv4_addr; }
  chain own { type filter hook input priority 0; ip daddr @hosts drop; }
}
"""
"""On the server: what is sent to these addresses is lost."""


class Surroundings:
    """The hosts around a monitor, what it watches, and who was told."""

    def __init__(self, site, folder, stack):
        self.site, self._folder, self._stack = site, folder, stack
        self._watched, self._config, self.monitor = [], [], None
        self._tells("network", 'patterns = ["own_network_down"]\nstop = true')
        self._records = {}
        site.files["resolv.conf"] = f"nameserver {THIRD}\noptions timeout:1 attempts:1\n"
        site.resolvers = {}  # that one is beyond the uplink, as what is watched
        site.nft("server", DEAD)
        site.ip("border", "route add 198.18.0.0/16 via 198.51.100.2")

    def address(self, number):
        return f"198.18.{number}.2"

    def serve(self, number, handler=None, *, port=80, name=""):
        """Listen on a host in a network of its own; return its URL, with a name or its address."""
        address = self.address(number)
        self.site.ip("server", f"addr replace {address}/32 dev eth0")
        self.site.listen(handler or page(), port, address=address)
        if name:
            self._records[name] = DNSAnswer(addresses=(address,))
        return f"http://{name or address}:{port}/"

    def dies(self, number):
        self.site.nft("server", f"add element inet dead hosts {{ {self.address(number)} }}\n")

    def lives(self, number):
        self.site.nft("server", f"delete element inet dead hosts {{ {self.address(number)} }}\n")

    def watches(self, name, url, **keys):
        known = {"every": 1, "retry_every": 0.3, "timeout": TIMEOUT, "watch_latency": False}
        known |= {"name": name, "url": url, **keys}
        lines = [f"{key} = {json.dumps(value)}" for key, value in known.items()]
        self._config += ["[[endpoint]]", *lines]
        self._watched.append(name)
        self._tells(name, f'endpoints = ["{name}"]\npatterns = ["*"]')

    def controlled(self, url):
        self._config.insert(0, f"controls = {json.dumps([url])}")

    def _tells(self, name, condition):
        script = f"cat >> '{self._file(name)}'; echo >> '{self._file(name)}'"
        self._config += [
            f'[[notifier]]\nname = "{name}"\ntype = "command"',
            f"command = {json.dumps(['sh', '-c', script])}",
            f'[[route]]\n{condition}\nnotifiers = ["{name}"]',
        ]

    def _file(self, name):
        return self._folder / f"{name}.told"

    def starts(self):
        (self._folder / "ringback.toml").write_text("\n".join(self._config))
        with self.site.inside("server"):
            self.site.keep(Resolver(self._records, bind(THIRD, 53)).close)
        self.site.open()
        self.monitor = Monitor(self._folder, namespace=self.site.client)
        self._stack.callback(self.monitor.stop)
        self.states_become(dict.fromkeys(self._watched, "ok"))

    # What came of it.

    def states(self):
        return {endpoint["id"]: endpoint["state"] for endpoint in self.monitor.get("/endpoints")}

    def states_become(self, expected):
        self.eventually(lambda: expected.items() <= self.states().items(), expected)

    def incident(self, known):
        return self.monitor.get(f"/incidents/{known['id']}")

    def incidents(self, **wanted):
        found = self.monitor.get("/incidents")
        return [
            incident
            for incident in found
            if all(incident[key] == value for key, value in wanted.items())
        ]

    def told(self, name):
        """Return what one receiver was told of incidents: ``(what, pattern)``, in its order."""
        file = self._file(name)
        lines = file.read_text().splitlines() if file.exists() else []
        documents = [json.loads(line) for line in lines if line.endswith("}")]
        return [
            (of["what"], of["pattern"]) for document in documents for of in document["incidents"]
        ]

    def is_told(self, name):
        """Wait until a receiver was told that something began; return the incident's pattern."""
        self.eventually(lambda: self.told(name), f"{name} is told")
        what, pattern = self.told(name)[0]
        assert what in {"opened", "brief"}  # of what is over while it is diagnosed both are said
        return pattern

    def eventually(self, right, what):
        ends = time.monotonic() + WAIT_TIMEOUT
        while not right():
            if time.monotonic() > ends:
                raise AssertionError(f"not within {WAIT_TIMEOUT} s: {what}; {self.report()}")
            time.sleep(0.1)

    def report(self):
        brief = [
            [incident[key] for key in ("id", "pattern", "state", "severity", "members")]
            for incident in self.monitor.get("/incidents")
        ]
        return f"{self.states()} {brief} {''.join(self.monitor.said)}"


@pytest.fixture
def around(tmp_path):
    requires("root", "netns", "ip", "nft")
    with contextlib.ExitStack() as stack:
        made = Surroundings(stack.enter_context(Site()), tmp_path, stack)
        yield made
        for file in sorted(tmp_path.glob("*.told")):
            for line in file.read_text().splitlines():
                print(f"--- to {file.stem}:\n{json.loads(line)['text']}")


class Silent:
    """Accepts, reads, and answers for as long as it is told to."""

    def __init__(self):
        self.answers = True
        self._page = page()

    def __call__(self, connection):
        self._page(Gated(connection, self))


class Gated:
    """A connection on which nothing is read while its server is silent."""

    def __init__(self, connection, server):
        self._connection, self._server = connection, server

    def __getattr__(self, name):
        return getattr(self._connection, name)

    def read_request(self):
        request = self._connection.read_request()
        while request and not self._server.answers:
            if not self._connection.hold(0.05):
                return None
        return request


LOCAL = "127.0.0.1"
OUTAGE = {"service_outage", "network_partition"}
"""Of a host that is silent nobody can know which of the two it is."""


def test_local_services_that_are_silent_are_outages_and_blind_for_no_other(around):
    hung = Silent()
    for port, handler in ((OTHER_PORT, hung), (OTHER_PORT + 1, page())):
        around.site.listen(handler, port, role="client", address=LOCAL)
        around.watches(str(port), f"http://{LOCAL}:{port}/", fresh_after=1)
    for number, name in enumerate(("shop", "mail"), 1):
        around.watches(name, around.serve(number))
    around.starts()

    hung.answers = False
    around.site.nft("client", _chain(f"input priority 0; tcp dport {OTHER_PORT + 1} drop;"))
    around.states_become({"8080": "down", "8081": "down"})
    assert around.states() == {"8080": "down", "8081": "down", "shop": "ok", "mail": "ok"}

    around.dies(1)
    around.dies(2)
    around.states_become({"8080": "down", "8081": "down", "shop": "down", "mail": "down"})
    assert {around.is_told(name) for name in ("8080", "8081", "shop", "mail")} <= OUTAGE
    assert around.incidents(pattern="own_network_down") == []
    assert around.told("network") == []


def _chain(rule, table="own"):
    return f"table inet {table} {{\nchain own {{\ntype filter hook {rule}\n}}\n}}\n"


def veth_down(site):
    site.ip("gateway", "link set lan down")


def veth_up(site):
    site.ip("gateway", "link set lan up")


def uplink_lost(site):
    site.nft("gateway", _chain('forward priority 0; oifname "wan" drop;', "cut"))


def uplink_back(site):
    site.nft("gateway", "delete table inet cut\n")


CUTS = {"no carrier": (veth_down, veth_up), "no uplink": (uplink_lost, uplink_back)}


@pytest.mark.parametrize(("cut", "by"), [("no carrier", "name"), ("no uplink", "address")])
def test_the_own_link_is_cut_and_comes_back(around, cut, by):
    """On connections that are kept; what was down before and what went down meanwhile is told."""
    names = ("shop", "mail", "news", "wiki")
    for number, name in enumerate(names, 1):
        host = f"www.{name}.example" if by == "name" else ""
        around.watches(name, around.serve(number, name=host), fresh_after=1000)
    around.starts()
    cuts, joins = CUTS[cut]

    around.dies(4)
    assert around.is_told("wiki") in OUTAGE  # by then it has failed for too long to be part of it
    (before,) = around.incidents()
    cuts(around.site)
    around.states_become({"shop": "unknown", "mail": "unknown", "news": "unknown"})
    (own,) = around.incidents(pattern="own_network_down")
    assert ("has no carrier" in own["evidence"][0]) is (cut == "no carrier")
    assert around.incident(before)["state"] == "open"
    around.dies(3)
    joins(around.site)

    around.states_become({"shop": "ok", "mail": "ok", "news": "down", "wiki": "down"})
    assert around.incident(own)["state"] == "closed"
    assert around.incident(before)["state"] == "open"
    assert around.is_told("network") == "own_network_down"
    assert around.is_told("news") in OUTAGE
    assert around.told("shop") == around.told("mail") == []
    assert len(around.incidents()) == 3


def test_one_dead_service_is_no_dead_network_where_a_control_replies(around):
    around.watches("shop", around.serve(1))
    around.controlled(f"tcp://{THIRD}:9")
    around.starts()

    around.dies(1)
    assert around.is_told("shop") in OUTAGE
    (incident,) = around.incidents()
    assert (incident["kind"], incident["members"]) == ("tcp.timed_out", ["shop"])
    assert around.told("network") == []
