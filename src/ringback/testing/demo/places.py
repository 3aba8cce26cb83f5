"""A service that is seen from many places: a hub and its agents, of which some lose the way.

Without root all are on loopback, and two agents go through a proxy, as from an office. As root each
has a host of its own, a network namespace, and all hosts meet at one router::

    hub ─┐
    tokyo ─┼─ router ── orders
    oslo ──┘

There the router drops what goes to the service from everybody but the first place.
"""

from __future__ import annotations

import contextlib
import hashlib
import secrets
import tempfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from ringback.testing.demo.child import Child
from ringback.testing.demo.monitor import COMMAND, Monitor
from ringback.testing.demo.world import answering_as
from ringback.testing.lab.namespace import Namespaces, inside, run
from ringback.testing.lab.proxy import proxy

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ringback.testing.demo.monitor import Document
    from ringback.testing.lab import Lab

PLACES = ("tokyo", "oslo", "lima", "cairo", "quito", "perth", "delhi", "osaka", "lagos", "milan")
"""What agents are called."""

_CONFIGURATION = """\
vantage = "hub"

[web]
host = "{host}"
port = 0
{web}
[defaults]
every = "500ms"
retry_every = "100ms"
timeout = "500ms"
watch_latency = false

[[endpoint]]
name = "orders"
url = "{url}"
proxy = "environment"
recovery = 1
{token}"""


class PlacesSetup(Protocol):
    """Where hub, agents and service are."""

    url: str  # Of the service
    host: str  # On which the hub listens
    web: str  # More of its configuration
    token: str  # With which people ask it; `""`: without any
    ca: str | None  # Who issued its certificate
    agents: tuple[str, ...]
    what: str  # What happens to some of them
    kind: str  # What they meet

    def namespace(self, role: str) -> str:
        """Return the network namespace of a place; ``""``: this one."""

    def environment(self, role: str) -> Mapping[str, str]:
        """Return what an agent finds in its environment."""

    def hub_url(self, url: str) -> str:
        """Return how agents reach what the hub calls its own page."""

    def part(self) -> None:
        """Take the way from those who lose it."""

    def mend(self) -> None:
        """Give it back."""


class Loopback:
    """All on this machine; two agents reach the service through a proxy."""

    host, web, token = "127.0.0.1", "", ""
    ca: str | None = None
    what = "the proxy of tokyo and oslo goes away; the hub needs none"
    kind = "proxy.unreachable"

    def __init__(self, lab: Lab) -> None:
        self.agents: tuple[str, ...] = PLACES[:2]
        self.url = lab.listen(answering_as("orders")).url
        self._proxy = lab.reserve(proxy)
        self._proxy.open()

    def namespace(self, role: str) -> str:  # noqa: ARG002 - there is one
        return ""

    def environment(self, role: str) -> Mapping[str, str]:  # noqa: ARG002 - it is the same for both
        # The service is at 127.0.0.1, and the hub at the same address by its name.
        return {"HTTP_PROXY": self._proxy.endpoint.url, "NO_PROXY": "localhost"}

    def hub_url(self, url: str) -> str:
        return url.replace("127.0.0.1", "localhost")

    def part(self) -> None:
        self._proxy.close()

    def mend(self) -> None:
        self._proxy.open()


_LINK = """
link add {role} netns {router} type veth peer name lab0 netns {host}
"""

_ROUTER_END = """
link set {role} up
addr add 198.51.100.{router_address}/30 dev {role}
"""

_HOST = """
link set lo up
link set lab0 up
addr add 198.51.100.{address}/30 dev lab0
route add default via 198.51.100.{router_address}
"""


class Hosts:
    """Hub, service and each agent in a network namespace of its own; Linux and root only."""

    kind = "tcp.timed_out"

    def __init__(self, lab: Lab, count: int) -> None:
        names = self.agents = PLACES[:count]
        first, *rest = names
        self._cut = ("hub", *rest)
        self._namespaces = Namespaces()
        lab.on_stop(self._namespaces.close)
        self._router = self._namespaces.add("router")
        self._hosts = {role: self._namespaces.add(role) for role in ("hub", "orders", *names)}
        self._address = {role: f"198.51.100.{4 * n + 2}" for n, role in enumerate(self._hosts)}
        with inside(self._router):
            Path("/proc/sys/net/ipv4/ip_forward").write_text("1")
        for number, (role, host) in enumerate(self._hosts.items()):
            self._join(role, host, 4 * number)
        self.what = f"a router drops what {_all_of(self._cut)} send to orders; {first} gets through"
        lab.later(0, lambda: None)  # else the lab's threads would live in the service's namespace
        with inside(self._hosts["orders"]):
            listener = lab.reserve(answering_as("orders"), host=self._address["orders"])
            listener.open()
        self.url = listener.endpoint.url
        self.host = self._address["hub"]
        self.token = secrets.token_hex(16)
        self.ca: str | None = lab.certificates.bundle
        certificate = lab.certificates.for_host(self.host)
        self.web = f'certificate = "{certificate}"\n'

    def _join(self, role: str, host: str, base: int) -> None:
        given = {"role": role, "router": self._router, "host": host}
        addresses = {"router_address": base + 1, "address": base + 2}
        batch = ["ip", "-batch", "-"]
        run(self._router, batch, stdin=_LINK.format(**given))
        run(self._router, batch, stdin=_ROUTER_END.format(role=role, **addresses))
        run(host, batch, stdin=_HOST.format(**addresses))

    def namespace(self, role: str) -> str:
        return self._hosts[role]

    def environment(self, role: str) -> Mapping[str, str]:  # noqa: ARG002 - nothing for anybody
        return {}

    def hub_url(self, url: str) -> str:
        return url

    def part(self) -> None:
        for role in self._cut:
            way = ("-s", self._address[role], "-d", self._address["orders"])
            run(self._router, ["iptables", "-w", "-A", "FORWARD", *way, "-j", "DROP"])

    def mend(self) -> None:
        run(self._router, ["iptables", "-w", "-F", "FORWARD"])


def _all_of(names: tuple[str, ...]) -> str:
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else last


class ManyPlaces:
    """A hub and its agents; they start in the background.

    Attributes:
        hub: The monitor.
        setup: Where it all is.
    """

    def __init__(self, setup: PlacesSetup) -> None:
        self.setup, self._names = setup, setup.agents
        with contextlib.ExitStack() as opened:
            name = opened.enter_context(tempfile.TemporaryDirectory(prefix="ringback-demo-"))
            self._folder = Path(name)
            file = self._folder / "ringback.toml"
            file.write_text(_configuration(setup), "utf-8")
            self.hub = Monitor(
                file, namespace=setup.namespace("hub"), token=setup.token, ca=setup.ca
            )
            opened.callback(self.hub.end)
            self._opened = opened.pop_all()

    def begin(self) -> None:
        """Start the agents."""
        hub = self.setup.hub_url(self.hub.url)
        for name in self._names:
            words = ["--hub", hub, "--token", self.hub.token(name, name)]
            if self.setup.ca:
                words += ["--ca", self.setup.ca]
            agent = Child(
                COMMAND,
                *("agent", "--state", str(self._folder / name), *words),
                log=self._folder / f"{name}.log",
                environment=self.setup.environment(name),
                namespace=self.setup.namespace(name),
            )
            self._opened.callback(agent.end)

    def wait(self) -> None:
        """Wait until every place sees the service well."""
        self.hub.wait("all places", partial(self._seen, "ok"))

    def _seen(self, state: str) -> Document | None:
        endpoint = self.hub.endpoint("orders")
        states = {o["id"]: o["state"] for o in endpoint["observers"]}
        wanted = {f"probe:{name}" for name in ("hub", *self._names)}
        return endpoint if wanted == {id_ for id_ in states if states[id_] == state} else None

    def close(self) -> None:
        """End agents and hub, and remove their files."""
        self._opened.close()


def _configuration(setup: PlacesSetup) -> str:
    token = ""
    if setup.token:
        digest = hashlib.sha256(setup.token.encode()).hexdigest()
        token = f'\n[[token]]\nname = "demo"\nsha256 = "{digest}"\nscopes = ["read", "write"]\n'
    return _CONFIGURATION.format(host=setup.host, web=setup.web, url=setup.url, token=token)
