"""A hub, three agents and three services on hosts of their own, whose ways are cut for real."""

import contextlib
import json
import random
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256

from monitor.running import WAIT_TIMEOUT, Agent, Monitor

from ringback.testing.demo.places import Hosts
from ringback.testing.demo.world import answering_as
from ringback.testing.lab import Lab
from ringback.testing.lab.namespace import inside, run

AGENTS = ("tokyo", "oslo", "lima")
PLACES = ("hub", *AGENTS)
SERVICES = ("news", "stock", "search")
TOKEN = "s" * 32
DROP = ("-j", "DROP")
REFUSE = ("-p", "tcp", "-j", "REJECT", "--reject-with", "tcp-reset")


class Site(Hosts):
    """The hosts of the demo and of more services; ``begin`` starts the hub and its agents."""

    def __init__(self, lab, folder, stack):
        super().__init__(lab, len(AGENTS))
        self._folder, self._stack = folder, stack
        self._urls = {role: self._serve(lab, number, role) for number, role in enumerate(SERVICES)}

    def _serve(self, lab, number, role):
        """Add a host whose address is in a network of its own: nothing joins it with others."""
        base, address = 4 * len(self._hosts), f"198.18.{number}.2"
        self._hosts[role] = host = self._namespaces.add(role)
        self._join(role, host, base)
        run(host, ["ip", "addr", "add", address, "dev", "lab0"])
        run(self._router, ["ip", "route", "add", address, "via", f"198.51.100.{base + 2}"])
        self._address[role] = address
        with inside(host):
            listener = lab.reserve(answering_as(role), host=address)
            listener.open()
        return listener.endpoint.url

    def cut(self, places, services, how=DROP):
        """Let nothing through from places to services."""
        for place in places:
            for service in services:
                way = ("-s", self._address[place], "-d", self._address[service])
                run(self._router, ["iptables", "-w", "-A", "FORWARD", *way, *how])

    def link(self, role, state):
        """Set the router's end of a host's link ``up`` or ``down``."""
        run(self._router, ["ip", "link", "set", role, state])

    def mend(self):
        super().mend()
        for place in PLACES:
            self.link(place, "up")

    def begin(self):
        """Start all; return the hub when every place has seen every service well."""
        lines = [
            'vantage = "hub"',
            f'[web]\nhost = "{self.host}"',
            f'[[token]]\nname = "all"\nsha256 = "{sha256(TOKEN.encode()).hexdigest()}"',
            'scopes = ["read", "write"]',
            "[defaults]\nevery = 1\nretry_every = 0.3\ntimeout = 1",
            "watch_latency = false\nrecovery = 1",
            *(f'[[endpoint]]\nname = "{role}"\nurl = "{url}"' for role, url in self._urls.items()),
        ]
        file = self._folder / "ringback.toml"
        file.write_text("\n".join(lines))
        hub = Monitor(self._folder, "-c", file, namespace=self._hosts["hub"], token=TOKEN)
        self._stack.callback(hub.stop)
        for name in AGENTS:
            words = ["--hub", hub.url, "--token", self._awaited(hub, name), "--insecure-http"]
            agent = Agent(self._folder / name, *words, namespace=self._hosts[name])
            self._stack.callback(agent.end, 9)
        hub.until("/endpoints", _all_well)
        return hub

    def _awaited(self, hub, name):
        body = json.dumps({"name": name, "domain": name}).encode()
        headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
        request = urllib.request.Request(f"{hub.url}/api/v1/agents", body, headers)
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
    own: bool = False  # Whether it is a place's own network: nothing is said of any service


KINDS = {
    "refuses": Kind(("service_outage",), lambda site, who, to: site.cut(who, [to], REFUSE)),
    "most dropped": Kind(("network_partition",), lambda site, who, to: site.cut(who[:3], [to])),
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

    seconds: float | None  # Until what is right was said
    wrong: tuple[str, ...]  # What was said beside it, or not said


def played(name, seed, folder, *, wait=100.0):
    """Play one world; return what became of it."""
    chance = random.Random(f"{name} {seed}")
    who, service = chance.sample(PLACES, len(PLACES)), chance.choice(SERVICES)
    kind = KINDS[name]
    with Lab() as lab, contextlib.ExitStack() as stack:
        site = Site(lab, folder, stack)
        hub = site.begin()
        before = {incident["id"] for incident in hub.get("/incidents")}
        began = time.monotonic()
        kind.does(site, who, service)
        seconds = None
        while seconds is None and time.monotonic() < began + wait:
            for incident in hub.get("/incidents"):
                if incident["id"] not in before and _is_right(kind, incident, service):
                    seconds = time.monotonic() - began
            time.sleep(0.1)
        said = [i for i in hub.get("/incidents") if i["id"] not in before]
        site.mend()
        ended = time.monotonic()
        while hub.get("/incidents?state=open") and time.monotonic() < ended + wait:
            time.sleep(0.2)
        stays = [i["pattern"] for i in hub.get("/incidents?state=open")]
        said += [i for i in hub.get("/incidents") if i["id"] not in before]
    wrong = {f"{i['pattern']} of {i['members']}" for i in said if _is_wrong(kind, i, service)}
    wrong |= {f"no end of {pattern}" for pattern in stays}
    return Outcome(seconds, tuple(sorted(wrong)))


def _is_right(kind, incident, service):
    right = incident["pattern"] in kind.pattern
    return right and (
        kind.own or (service in incident["members"] and incident["severity"] == "page")
    )


def _is_wrong(kind, incident, service):
    if incident["pattern"] in OF_NO_SERVICE:
        return not kind.own
    if kind.own or set(incident["members"]) != {service}:
        return True
    return incident["pattern"] not in kind.pattern
