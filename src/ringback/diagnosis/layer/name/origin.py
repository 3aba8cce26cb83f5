"""Where an address comes from: DNS, a search domain, or something else on this host."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ringback.diagnosis.layer.host.hosts import entries, hosts_path
from ringback.diagnosis.layer.name.candidates import plain
from ringback.diagnosis.layer.url.host import literal

if TYPE_CHECKING:
    import dns.name

    from ringback.diagnosis.layer.name.nameserver import Asking
    from ringback.diagnosis.scene import Scene


def tell_origin(scene: Scene, addresses: Sequence[str], asking: Sequence[Asking]) -> None:
    """Tell which addresses no nameserver gives, and where they come from instead."""
    given = {
        a for one in asking for finding in one.findings.values() for a in finding.answer.addresses
    }
    alone = [address for address in addresses if address not in given]
    if not alone:
        return
    source = "hosts file" if set(alone) <= _listed(scene.asked.host) else "name service"
    scene.tell(
        "name",
        "origin",
        scene.asked.host,
        result=f"{' '.join(alone[:4])}: from the {source}, not from DNS",
        facts={"not_from_dns": alone, "from_dns": sorted(given), "source": source},
    )


def _listed(host: str) -> set[str]:
    """The addresses of the hosts file, which may not be readable."""
    try:
        return {literal(address) or address for address in entries(host, hosts_path())[0]}
    except OSError:
        return set()


def tell_search_domain(
    scene: Scene, asking: Sequence[Asking], names: Sequence[dns.name.Name]
) -> None:
    """Tell if a name with a dot was answered only with a search domain behind it.

    A name of one label is meant to be completed; that is no reading.
    """
    own = min(names, key=len)
    if len(own.labels) <= 2:
        return
    for one in asking:
        for finding in one.findings.values():
            if finding.name != own and finding.answer.addresses:
                _tell(scene, [plain(name) for name in finding.tried], plain(finding.name))
                return


def _tell(scene: Scene, asked: list[str], answered: str) -> None:
    scene.tell(
        "name",
        "search_domain",
        scene.asked.host,
        result=f"answered as {answered}, with a search domain behind it",
        facts={"asked": asked, "answered": answered},
    )
