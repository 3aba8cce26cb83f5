"""What the demo's monitor watches: services of the lab that change while it looks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from ringback.testing.lab.dns import LOOPBACK
from ringback.testing.lab.nameserver import Answer, Nameserver, bind
from ringback.testing.lab.response import response
from ringback.testing.lab.secured import over_tls

if TYPE_CHECKING:
    from ringback.testing.lab import Lab
    from ringback.testing.lab.connection import Connection, Handler

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

    Args:
        lab: Where they run.
        folder: For the configuration.

    Attributes:
        shop: Goes down.
        stock: Moves to ``other``.
        other: Refuses until then.
        search: Comes and goes.
        configuration: The file that has the monitor watch them.
    """

    def __init__(self, lab: Lab, folder: Path) -> None:
        self.shop, self.stock, self.other, self.search = (
            lab.reserve(_service(name)) for name in ("shop", "stock", "stock", "search")
        )
        for one in (self.shop, self.stock, self.search):
            one.open()
        self._answers = {"partner": Answer(addresses=LOOPBACK)}
        nameserver = Nameserver(self._answers, bind("127.0.0.1"))
        lab.on_stop(nameserver.close)
        payments = lab.listen(
            over_tls(lab.certificates.server("expiring"), _service("payments")), scheme="https"
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
        self._answers["partner"] = Answer(addresses=LOOPBACK)


def _service(name: str) -> Handler:
    """A service that ends each connection, so that none outlives its port."""
    body = json.dumps({"service": name, "ok": True}).encode()
    whole = response(200, body, f"Server: {name}/1.0", "Connection: close")

    def answer(connection: Connection) -> None:
        if connection.read_request():
            connection.send(whole)

    return answer
