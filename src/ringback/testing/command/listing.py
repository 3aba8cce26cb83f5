"""The list of faults, by layer: all there are, or where each was started."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from rich.text import Text

from ringback.cli.layout import console, hanging
from ringback.failure.kinds import KINDS
from ringback.failure.page import LAYERS
from ringback.testing.command.attempt import line_to_try
from ringback.testing.lab import FAULTS, Endpoint, Fault, Lab
from ringback.testing.lab.need import missing

if TYPE_CHECKING:
    from rich.console import Console

_HEALTHY = "in good health, to compare with"


class List:
    """Prints faults.

    Args:
        as_json: As one JSON object per line, else for people.
    """

    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json
        self._screen = console()

    def everything(self) -> None:
        """Print every fault there is, without starting one."""
        self._print({})

    def started(self, until: Callable[[], object]) -> None:
        """Start every fault that this machine can produce, and print where it is met.

        Args:
            until: Returns when it is over.
        """
        with Lab() as lab:
            self._print(lab.start_all())
            if not self._as_json:
                self._screen.print("In Python: requests.get(URL, verify=…, proxies=…), or")
                self._screen.print("ringback lab NAME. Ctrl-C ends it.")
            self._screen.file.flush()
            until()

    def _print(self, endpoints: Mapping[str, Endpoint]) -> None:
        if self._as_json:
            for fault in FAULTS.values():
                print(json.dumps(_record(fault, endpoints.get(fault.name))), flush=True)
            return
        for title, faults in _by_layer().items():
            self._screen.print(Text(title, style="bold"))
            for fault in faults:
                _show(self._screen, fault, endpoints.get(fault.name))
            self._screen.print()


def _by_layer() -> dict[str, list[Fault]]:
    titles = {_HEALTHY: [one for one in FAULTS.values() if one.kind == "ok"]}
    for layer, title in LAYERS.items():
        titles[title] = [one for one in FAULTS.values() if _layer(one) == layer]
    return {title[0].upper() + title[1:]: faults for title, faults in titles.items() if faults}


def _layer(fault: Fault) -> str | None:
    return None if fault.kind == "ok" else KINDS[fault.kind].layer


def _show(screen: Console, fault: Fault, endpoint: Endpoint | None) -> None:
    hanging(screen, Text(), Text(fault.name, style="cyan"), 2)
    hanging(screen, Text(), Text(fault.summary), 4)
    if lacking := missing(fault.needs):
        text = f"not on this machine: it lacks {', '.join(lacking)}"
        hanging(screen, Text(), Text(text, style="yellow"), 4)
    elif endpoint:
        screen.print(Text(f"    {line_to_try(fault, endpoint)}", style="dim"), soft_wrap=True)


def _record(fault: Fault, endpoint: Endpoint | None) -> dict[str, Any]:
    record = {
        "fault": fault.name,
        "kind": fault.kind,
        "when": fault.when,
        "summary": fault.summary,
        "needs": list(fault.needs),
        "lacks": list(missing(fault.needs)),
        "provoke": fault.provoke,
    }
    if endpoint is None:
        return record
    return record | {
        "url": endpoint.url,
        "verify": endpoint.verify,
        "proxies": endpoint.proxies,
        "nameserver": endpoint.nameserver,
        "namespace": endpoint.namespace,
        "client_certificate": endpoint.client_certificate,
        "try": line_to_try(fault, endpoint),
    }
