"""The scenes: each a failure made for real, the calls, and what is promised of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from ringback.testing.demo.world import DemoEndpoint
from ringback.testing.lab.message import serve
from ringback.testing.lab.resolver import resolving
from ringback.testing.lab.tcp import reset_mid_body
from ringback.testing.lab.timing import failing

if TYPE_CHECKING:
    from ringback.testing.demo.places import ManyPlaces
    from ringback.testing.demo.stage import Stage
    from ringback.testing.demo.world import World


@dataclass(frozen=True, slots=True)
class DemoScene:
    """One scene."""

    name: str  # For programs
    title: str  # For people
    play: Callable[[Stage], None]  # Makes the failure and the calls
    promised: tuple[str, ...]  # The steps that must be seen, and no others


def comes_back(stage: Stage) -> None:
    """Call a closed port that opens after the second attempt."""
    listener = stage.lab.reserve(serve)
    stage.on_attempt = lambda attempts: listener.open() if attempts == 2 else None
    with stage.session(attempts=4) as session:
        stage.call(session, "GET", listener.endpoint.url)


def no_such_name(stage: Stage) -> None:
    """Call a name that the lab's DNS server does not know."""
    endpoint = stage.lab.start("dns.name_not_resolved")
    assert endpoint.nameserver is not None
    with resolving(endpoint.nameserver), stage.session() as session:
        stage.call(session, "GET", endpoint.url)


def expired_certificate(stage: Stage) -> None:
    """Call a server whose certificate expired yesterday."""
    endpoint = stage.lab.start("tls.cert.date_invalid.expired")
    with stage.session() as session:
        stage.call(session, "GET", endpoint.url, verify=endpoint.verify)


def reset_in_body(stage: Stage) -> None:
    """Read a body that breaks off: it may be asked for again, but not ordered again."""
    with stage.session() as session:
        once = stage.lab.listen(failing(1, reset_mid_body))
        stage.call(session, "GET", once.url)
        stage.call(session, "POST", stage.lab.listen(reset_mid_body).url, data=b"one order")


def outage(stage: Stage) -> None:
    """Call a service that is down three times, and twice when it is back."""
    listener = stage.lab.reserve(serve)
    with stage.session(attempts=2) as session:
        for _ in range(3):
            stage.call(session, "GET", listener.endpoint.url)
        listener.open()
        for _ in range(2):
            stage.call(session, "GET", listener.endpoint.url)


_DOWN = ("tcp.refused retry", "tcp.refused give_up", "raised, explained as tcp.refused")

SCENES = (
    DemoScene(
        "comes_back",
        "A refused port that comes back during the retries",
        comes_back,
        ("tcp.refused retry", "tcp.refused retry", "ok done"),
    ),
    DemoScene(
        "no_such_name",
        "A DNS name that does not exist",
        no_such_name,
        ("dns.name_not_resolved give_up", "raised, explained as dns.name_not_resolved"),
    ),
    DemoScene(
        "expired_certificate",
        "An expired certificate",
        expired_certificate,
        (
            "tls.cert.date_invalid.expired give_up",
            "raised, explained as tls.cert.date_invalid.expired",
        ),
    ),
    DemoScene(
        "reset_in_body",
        "A reset in mid-body: a GET is repeated, a POST is not",
        reset_in_body,
        (
            "tcp.reset retry",
            "ok done",
            "tcp.reset give_up",
            "raised, explained as tcp.reset",
        ),
    ),
    DemoScene(
        "outage",
        "A service that stays down: one alert, and its recovery",
        outage,
        (*_DOWN, *_DOWN, *_DOWN[:2], "alert", _DOWN[2], "ok done", "ok done", "recovery"),
    ),
)
"""In the order they are played."""


def certificate(world: World, stage: Stage) -> None:
    """Watch a service that is well, and whose certificate ends in five days."""
    payments = DemoEndpoint(stage, world.monitor, "payments")
    payments.happens("payments is well, and its certificate lasts five more days")
    payments.is_("ok")
    payments.is_named(diagnosed=False)


def service_outage(world: World, stage: Stage) -> None:
    """Close a port that a program calls; the monitor itself looks every 30 s."""
    service = world.services.shop
    shop = DemoEndpoint(stage, world.monitor, "shop")
    shop.is_("ok", origin="call")
    shop.happens("shop goes down; a program that calls it reports to the monitor", service.close)
    shop.is_named(says=str(service.endpoint.port))
    service.open()
    shop.is_over()


def port_change(world: World, stage: Stage) -> None:
    """Close a port, and open another one with the same service behind it."""
    before, now = world.services.stock, world.services.other
    stock = DemoEndpoint(stage, world.monitor, "stock")
    stock.is_("ok")

    def move() -> None:
        before.close()
        now.open()

    stock.happens(f"stock moves from port {before.endpoint.port} to port {now.endpoint.port}", move)
    stock.is_named(says=str(now.endpoint.port))
    before.open()
    stock.is_over()


def dns_failure(world: World, stage: Stage) -> None:
    """Take a name out of the lab's DNS."""
    partner = DemoEndpoint(stage, world.monitor, "partner")
    partner.is_("ok")
    partner.happens("partner.lab.test is taken out of the DNS", world.services.forget_partner)
    partner.is_named(diagnosed=False)
    world.services.know_partner()
    partner.is_over()


def flapping(world: World, stage: Stage) -> None:
    """Close and open a port until there is a name for it, and then leave it open."""
    service = world.services.search
    search = DemoEndpoint(stage, world.monitor, "search")
    search.is_("ok")
    search.happens("search goes down, comes back, and goes down again")
    search.comes_and_goes(service.close, service.open)
    search.is_over()


def partition(places: ManyPlaces, stage: Stage) -> None:
    """Take the way to a service from most places, but not from all."""
    orders = DemoEndpoint(stage, places.hub, "orders")
    places.wait()
    orders.happens(places.setup.what, places.setup.part)
    orders.is_compared()
    places.setup.mend()
    orders.is_over()


def seen_from(places: ManyPlaces) -> DemoScene:
    """Return the scene of many places."""
    return DemoScene(
        "partition",
        "A service that some places reach and others do not, and why",
        partial(partition, places),
        (f"network_partition {places.setup.kind}", "closed"),
    )


def incidents(world: World) -> tuple[DemoScene, ...]:
    """Return the scenes, in the order they are played."""
    return tuple(
        DemoScene(play.__name__, title, partial(play, world), promised)
        for title, play, promised in (
            (
                "A certificate that ends soon, while all is well",
                certificate,
                ("certificate",),
            ),
            (
                "An outage: three failed calls of a program open the incident",
                service_outage,
                ("service_outage tcp.refused", "closed"),
            ),
            (
                "A service that moved to another port",
                port_change,
                ("port_change tcp.refused", "closed"),
            ),
            (
                "A name that is gone from the DNS",
                dns_failure,
                ("dns_failure dns.name_not_resolved", "closed"),
            ),
            (
                "A service that flaps: one incident, told once",
                flapping,
                ("flapping tcp.refused", "closed"),
            ),
        )
    )
