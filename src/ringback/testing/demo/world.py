"""What the demo's monitor watches: services that change, and a program that calls one of them."""

from __future__ import annotations

import contextlib
import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from ringback.testing.demo.child import Child
from ringback.testing.demo.monitor import Monitor
from ringback.testing.demo.stage import closed_record, difference, incident_event
from ringback.testing.lab.dns import LOOPBACK, DNSAnswer, Nameserver, bind
from ringback.testing.lab.healthy import over_tls
from ringback.testing.lab.message import response

if TYPE_CHECKING:
    from ringback.testing.demo.monitor import Document
    from ringback.testing.demo.stage import Stage
    from ringback.testing.lab import Lab
    from ringback.testing.lab.server import Connection, Handler


_CONFIGURATION = """\
[web]
port = 0

[defaults]
every = "500ms"
retry_every = "100ms"
timeout = "500ms"

[[endpoint]]
name = "shop"
url = "{shop}"
every = "30s"  # a program that calls it sees it first
recovery = 1

[[endpoint]]
name = "stock"
url = "{stock}"
ports = [{other_port}]

[[endpoint]]
name = "partner"
url = "dns://partner.lab.test"
nameserver = "{nameserver}"

[[endpoint]]
name = "payments"
url = "{payments}"
ca = "{ca}"

[[endpoint]]
name = "search"
url = "{search}"
every = "100ms"
timeout = "100ms"
"""


class Services:
    """Five services in good health.

    Attributes:
        shop: Goes down.
        stock: Moves to ``other``.
        other: Refuses until then.
        search: Comes and goes.
        configuration: The file that has the monitor watch them.
    """

    def __init__(self, lab: Lab, folder: Path) -> None:
        self.shop, self.stock, self.other, self.search = (
            lab.reserve(answering_as(name)) for name in ("shop", "stock", "stock", "search")
        )
        for service in (self.shop, self.stock, self.search):
            service.open()
        self._answers = {"partner": DNSAnswer(addresses=LOOPBACK)}
        nameserver = Nameserver(self._answers, bind("127.0.0.1"))
        lab.on_stop(nameserver.close)
        payments = lab.listen(
            over_tls(lab.certificates.server("expiring"), answering_as("payments")), scheme="https"
        )
        host, port = nameserver.address
        self.configuration = folder / "ringback.toml"
        self.configuration.write_text(
            _CONFIGURATION.format(
                shop=self.shop.endpoint.url,
                stock=self.stock.endpoint.url,
                other_port=self.other.endpoint.port,
                nameserver=f"{host}:{port}",
                payments=payments.url,
                ca=Path(lab.certificates.bundle).as_posix(),
                search=self.search.endpoint.url,
            ),
            "utf-8",
        )

    def forget_partner(self) -> None:
        """Take the name of the partner out of the zone."""
        self._answers.pop("partner")

    def know_partner(self) -> None:
        """Put it in again."""
        self._answers["partner"] = DNSAnswer(addresses=LOOPBACK)


def answering_as(name: str) -> Handler:
    """A service that ends each connection, so that none outlives its port."""
    body = json.dumps({"service": name, "ok": True}).encode()
    whole = response(200, body, f"Server: {name}/1.0", "Connection: close")

    def answer(connection: Connection) -> None:
        if connection.read_request():
            connection.send(whole)

    return answer


class World:
    """Where the scenes with the monitor are played; it starts in the background.

    Attributes:
        services: What is watched.
        monitor: Watches it.
    """

    def __init__(self, lab: Lab) -> None:
        with contextlib.ExitStack() as opened:
            name = opened.enter_context(tempfile.TemporaryDirectory(prefix="ringback-demo-"))
            self._folder = Path(name)
            self.services = Services(lab, self._folder)
            self.monitor = Monitor(self.services.configuration)
            opened.callback(self.monitor.end)
            self._opened = opened.pop_all()

    def begin(self) -> str:
        """Start the program once the monitor is ready; return the address of the page."""
        program = Child(
            "ringback.testing.demo.program",
            self.services.shop.endpoint.url,
            log=self._folder / "program.log",
            environment={"RINGBACK_URL": self.monitor.url},
        )
        self._opened.callback(program.end)
        return self.monitor.url

    def close(self) -> None:
        """End program and monitor, and remove their files."""
        self._opened.close()


class DemoEndpoint:
    """An endpoint that the monitor watches."""

    def __init__(self, stage: Stage, monitor: Monitor, id_: str) -> None:
        self._stage = stage
        self._monitor = monitor
        self._id = id_
        self._since = time.monotonic()

    def happens(self, what: str, do: Callable[[], object] = lambda: None) -> None:
        """Tell of a change, and make it."""
        self._stage.tell({"event": "change", "endpoint": self._id, "what": what})
        self._since = time.monotonic()
        do()

    def is_(self, state: str, origin: str | None = None) -> None:
        """Wait until the monitor says that it is in a state."""

        def found() -> Document | None:
            one = self._monitor.endpoint(self._id)
            looked = one["check"] and (origin is None or one["check"]["origin"] == origin)
            return one if looked and one["state"] == state else None

        self._monitor.wait(f"{self._id} {state}", found)

    def is_named(self, *, diagnosed: bool = True, says: str = "") -> None:
        """Wait until there is an incident, and pass it on."""

        def found() -> Document | None:
            one = self._monitor.incident(self._id)
            return one if one and (one["diagnosis"] or not diagnosed) else None

        self._tell(self._monitor.wait(f"an incident of {self._id}", found), says)

    def is_compared(self) -> None:
        """Wait until it is said what differs between two places, and pass the incident on."""

        def found() -> Document | None:
            one = self._monitor.incident(self._id)
            whole = one and self._monitor.whole(one)
            return whole if whole and difference(whole) else None

        self._tell(self._monitor.wait(f"a comparison of two places for {self._id}", found))

    def comes_and_goes(self, go: Callable[[], None], come: Callable[[], None]) -> None:
        """Let it go down, and come back each time this is seen, until it counts as flapping."""

        def found() -> Document | None:
            one = self._monitor.incident(self._id)
            return one if one and one["pattern"] == "flapping" else None

        def seen() -> Document | None:
            go()
            self.is_("down")
            named = found()
            come()
            if named is None:
                self.is_("ok")
            return named

        self._tell(self._monitor.wait(f"{self._id} flapping", seen))

    def is_over(self) -> None:
        """Wait until its incident is over, and pass that on."""

        def found() -> Document | None:
            one = self._monitor.incident(self._id)
            return one if one and one["state"] == "closed" else None

        one = self._monitor.wait(f"the end of the incident of {self._id}", found)
        self._stage.happened("closed", closed_record(one, self._id))

    def _tell(self, incident: Document, says: str = "") -> None:
        seconds = time.monotonic() - self._since
        incident, endpoint = self._monitor.whole(incident), self._monitor.endpoint(self._id)
        step = f"{incident['pattern']} {incident['kind'] or ''}".rstrip()
        if says not in incident["summary"]:
            step += f", and {says} is not named"
        self._stage.happened(step, incident_event(incident, endpoint, seconds))
