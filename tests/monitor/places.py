"""A hub, three agents and three services, each on a host of its own, whose ways are cut for real.

All hosts are network namespaces that meet at one router, where ways are cut; the hub is a place as
well. What a world is, and what is right to say of it, is in ``KINDS``.
"""

import contextlib
import json
import random
import threading
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from monitor.running import WAIT_TIMEOUT, Agent, Monitor

from ringback.testing.lab.namespace import Namespaces, inside, run

AGENTS = ("tokyo", "oslo", "lima")
PLACES = ("hub", *AGENTS)
SERVICES = {name: f"198.18.{number}.2" for number, name in enumerate(("orders", "stock", "search"))}
TOKEN = "s" * 32
DROP = ("-j", "DROP")
REJECT = ("-j", "REJECT", "--reject-with", "icmp-host-unreachable")

LINK = """
link add {role} netns {router} type veth peer name lab0 netns {host}
"""
ROUTER_END = """
link set {role} up
addr add {gateway}/30 dev {role}
"""
HOST = """
link set lo up
link set lab0 up
addr add {address}/30 dev lab0
route add default via {gateway}
"""


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


class Site:
    """The hosts, until the stack is closed; ``begin`` starts the hub and its agents."""

    def __init__(self, folder, stack, *, every=1.0):
        self._folder, self._stack, self._every = folder, stack, every
        self._namespaces = stack.enter_context(Namespaces())
        self._router = self._namespaces.add("router")
        self._write(self._router, "ipv4/ip_forward", "1")
        self._write(self._router, "ipv4/icmp_ratelimit", "0")
        self._hosts, self.address = {}, {}
        for number, role in enumerate(PLACES):
            self._join(role, f"198.51.100.{4 * number + 2}", f"198.51.100.{4 * number + 1}")
        for role, address in SERVICES.items():
            self._join(role, address, address[:-1] + "1")
        self._servers = {}
        for role in SERVICES:
            self.serve(role)
        stack.callback(self._close_services)
        self.hub = None

    def _join(self, role, address, gateway):
        self._hosts[role] = host = self._namespaces.add(role)
        self.address[role] = address
        known = {"role": role, "router": self._router, "host": host}
        known |= {"address": address, "gateway": gateway}
        batch = ["ip", "-batch", "-"]
        run(self._router, batch, stdin=LINK.format(**known))
        run(self._router, batch, stdin=ROUTER_END.format(**known))
        run(host, batch, stdin=HOST.format(**known))

    def _write(self, namespace, setting, value):
        with inside(namespace):
            Path("/proc/sys/net", setting).write_text(value)

    def serve(self, role):
        with inside(self._hosts[role]):
            server = ThreadingHTTPServer((self.address[role], 80), Handler)
            server.daemon_threads = True
            threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        self._servers[role] = server

    def refuse(self, role):
        server = self._servers.pop(role)
        server.shutdown()
        server.server_close()

    def _close_services(self):
        for role in [*self._servers]:
            self.refuse(role)

    def cut(self, places, services, how=DROP):
        """Let nothing through from places to services."""
        for place in places:
            for service in services:
                way = ("-s", self.address[place], "-d", self.address[service])
                run(self._router, ["iptables", "-w", "-A", "FORWARD", *way, *how])

    def link(self, role, state):
        """Set the router's end of a host's link ``up`` or ``down``."""
        run(self._router, ["ip", "link", "set", role, state])

    def mend(self):
        run(self._router, ["iptables", "-w", "-F", "FORWARD"])
        for role in self._hosts:
            self.link(role, "up")
        for role in SERVICES.keys() - self._servers.keys():
            self.serve(role)

    def begin(self):
        """Start all; return when every place has seen every service well."""
        lines = [
            'vantage = "hub"',
            f'[web]\nhost = "{self.address["hub"]}"',
            f'[[token]]\nname = "all"\nsha256 = "{sha256(TOKEN.encode()).hexdigest()}"',
            'scopes = ["read", "write"]',
            f"[defaults]\nevery = {self._every}\nretry_every = 0.3\ntimeout = 1.0",
            "watch_latency = false\nrecovery = 1",
        ]
        for name in SERVICES:
            url = f"http://{self.address[name]}/"
            lines.append(f'[[endpoint]]\nname = "{name}"\nurl = "{url}"')
        file = self._folder / "ringback.toml"
        file.write_text("\n".join(lines))
        self.hub = Monitor(self._folder, "-c", file, namespace=self._hosts["hub"], token=TOKEN)
        self._stack.callback(self.hub.stop)
        for name in AGENTS:
            words = ["--hub", self.hub.url, "--token", self._awaited(name), "--insecure-http"]
            agent = Agent(self._folder / name, *words, namespace=self._hosts[name])
            self._stack.callback(lambda agent=agent: agent.end(9))
        self.hub.until("/endpoints", _all_well)

    def _awaited(self, name):
        body = json.dumps({"name": name, "domain": name}).encode()
        headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
        request = urllib.request.Request(f"{self.hub.url}/api/v1/agents", body, headers)
        with (
            inside(self._hosts["hub"]),
            urllib.request.urlopen(request, timeout=WAIT_TIMEOUT) as answer,
        ):
            return json.load(answer)["token"]


def _all_well(ends):
    wanted = {f"probe:{place}" for place in PLACES}
    return len(ends) == len(SERVICES) and all(
        {o["id"] for o in end["observers"] if o["state"] == "ok"} == wanted for end in ends
    )


@dataclass(frozen=True)
class Kind:
    """A sort of world: what is done, and what is right to say."""

    pattern: tuple[str, ...]  # One of these is said
    does: Callable[[Site, list[str], str], None]  # To the site, of places in some order, a service
    blames: bool = False  # Whether an outage of the service is true
    own: bool = False  # Whether it is a place's own network: nothing is said of any service
    severity: str = "page"


KINDS = {
    "refuses": Kind(("service_outage",), lambda site, _, to: site.refuse(to), blames=True),
    # A host that the router says is unreachable, seen by all, is named by its kind.
    "host off": Kind(
        ("network_partition", "service_outage"),
        lambda site, _, to: site.link(to, "down"),
        blames=True,
    ),
    "most dropped": Kind(("network_partition",), lambda site, who, to: site.cut(who[:3], [to])),
    "most rejected": Kind(
        ("network_partition",), lambda site, who, to: site.cut(who[:3], [to], REJECT)
    ),
    "one dropped": Kind(
        ("network_partition",),
        lambda site, who, to: site.cut(who[:1], [to]),
        severity="warn",
    ),
    "two dropped": Kind(
        ("network_partition",),
        lambda site, who, to: site.cut(who[:2], [to]),
        severity="warn",
    ),
    "own network": Kind(
        ("own_network_down",), lambda site, who, _: site.cut(who[:1], SERVICES), own=True
    ),
    "agent cut off": Kind(
        ("vantage_silent",),
        lambda site, who, _: site.link(next(w for w in who if w != "hub"), "down"),
        own=True,
    ),
    "hub cut off": Kind(
        ("own_network_down", "vantage_silent"), lambda site, *_: site.link("hub", "down"), own=True
    ),
}
"""By DESIGN ("Votes") and docs/how-to/check-from-several-places.md."""

OF_NO_SERVICE = ("own_network_down", "prober_sick", "vantage_silent")


@dataclass(frozen=True)
class Outcome:
    """What was said of a world."""

    kind: str
    seconds: float | None  # Until what is right was said
    wrong: tuple[str, ...]  # What was said beside it, or not said


def played(kind, seed, folder, *, every=1.0, wait=100.0):
    """Play one world; return what became of it."""
    chance = random.Random(f"{kind} {seed}")
    who, service = chance.sample(PLACES, len(PLACES)), chance.choice(sorted(SERVICES))
    known = KINDS[kind]
    with contextlib.ExitStack() as stack:
        site = Site(folder, stack, every=every)
        site.begin()
        before = {incident["id"] for incident in site.hub.get("/incidents")}
        began = time.monotonic()
        known.does(site, who, service)
        seconds = None
        while seconds is None and time.monotonic() < began + wait:
            for incident in site.hub.get("/incidents"):
                if incident["id"] not in before and _is_right(known, incident, service):
                    seconds = time.monotonic() - began
            time.sleep(0.1)
        said = [i for i in site.hub.get("/incidents") if i["id"] not in before]
        site.mend()
        ended = time.monotonic()
        while site.hub.get("/incidents?state=open") and time.monotonic() < ended + wait:
            time.sleep(0.2)
        stays = [i["pattern"] for i in site.hub.get("/incidents?state=open")]
        said += [i for i in site.hub.get("/incidents") if i["id"] not in before]
    wrong = sorted(
        {f"{i['pattern']} of {i['members']}" for i in said if _is_wrong(known, i, service)}
    )
    wrong += [] if seconds is not None else ["not told"]
    wrong += [f"no end of {pattern}" for pattern in stays]
    return Outcome(kind, seconds, tuple(wrong))


def _is_right(kind, incident, service):
    right = incident["pattern"] in kind.pattern
    return right and (
        kind.own or (service in incident["members"] and incident["severity"] == kind.severity)
    )


def _is_wrong(kind, incident, service):
    if incident["pattern"] in OF_NO_SERVICE:
        return not kind.own
    if kind.own or set(incident["members"]) != {service}:
        return True
    return incident["pattern"] not in kind.pattern
