"""The scenes with the monitor: what happens to five services, and what it is called."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from ringback.testing.demo.scenes import Scene
from ringback.testing.demo.watched import Watched

if TYPE_CHECKING:
    from ringback.testing.demo.stage import Stage
    from ringback.testing.demo.world import World


def certificate(world: World, stage: Stage) -> None:
    """Watch a service that is well, and whose certificate ends in five days."""
    payments = Watched(stage, world.monitor, "payments")
    payments.happens("payments is well, and its certificate lasts five more days")
    payments.is_("ok")
    payments.is_named(diagnosed=False)


def service_outage(world: World, stage: Stage) -> None:
    """Close a port that a program calls; the monitor itself looks every 30 s."""
    service = world.services.shop
    shop = Watched(stage, world.monitor, "shop")
    shop.is_("ok", origin="call")
    shop.happens("shop goes down; a program that calls it reports to the monitor", service.close)
    shop.is_named(says=str(service.endpoint.port))
    service.open()
    shop.is_over()


def port_change(world: World, stage: Stage) -> None:
    """Close a port, and open another one with the same service behind it."""
    before, now = world.services.stock, world.services.other
    stock = Watched(stage, world.monitor, "stock")
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
    partner = Watched(stage, world.monitor, "partner")
    partner.is_("ok")
    partner.happens("partner.lab.test is taken out of the DNS", world.services.forget_partner)
    partner.is_named(diagnosed=False)
    world.services.know_partner()
    partner.is_over()


def flapping(world: World, stage: Stage) -> None:
    """Close and open a port until there is a name for it, and then leave it open."""
    service = world.services.search
    search = Watched(stage, world.monitor, "search")
    search.is_("ok")
    search.happens("search goes down, comes back, and goes down again")
    search.comes_and_goes(service.close, service.open)
    search.is_over()


def incidents(world: World) -> tuple[Scene, ...]:
    """Return the scenes, in the order they are played.

    Args:
        world: Where they are played.
    """
    return tuple(
        Scene(play.__name__, title, partial(play, world), promised)
        for title, play, promised in (
            (
                "A certificate that ends soon, while all is well",
                certificate,
                ("certificate tls.cert.invalid",),
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
