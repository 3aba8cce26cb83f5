"""``ringback lab``: the list of faults, and one failure met by every installed client."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from rich.text import Text

from ringback.cli.layout import console, hanging
from ringback.cli.terminal import plain
from ringback.failure.kinds import KINDS
from ringback.failure.page import LAYERS
from ringback.testing.clients import installed
from ringback.testing.command.outcome import Meeting, Outcome, outcome_from, outcome_with
from ringback.testing.lab import FAULTS, Endpoint, Fault, Lab
from ringback.testing.lab.fault import in_words, missing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console


def line_to_try(fault: Fault, endpoint: Endpoint) -> str:
    """Return a shell command that meets a fault."""
    if endpoint.nameserver and not endpoint.namespace:
        address, port = endpoint.nameserver
        return f"dig @{address} -p {port} {endpoint.host}"
    inside = f"ip netns exec {endpoint.namespace} " if endpoint.namespace else ""
    return f"{inside}curl -sS {shlex.join(_options(fault, endpoint))}{_pipe(fault)}"


def _options(fault: Fault, endpoint: Endpoint) -> list[str]:
    secure = endpoint.url.startswith("https:")
    words = ["--cacert", endpoint.verify] if endpoint.verify and secure else []
    if proxy := endpoint.proxies.get("https" if secure else "http"):
        words += ["-x", proxy]
    words += {
        "upload": ["--data-binary", "@-"],
        "twice": [endpoint.url],
        "crl": ["--crlfile", endpoint.verify or ""],
        "http2": ["--http2"],
        "client_certificate": ["--cert", endpoint.client_certificate or ""],
    }.get(fault.provoke, [])
    return [*words, endpoint.url]


def _pipe(fault: Fault) -> str:
    match fault.provoke:
        case "upload":
            return " < <(head -c 16M /dev/zero)"
        case "json":
            return " | python3 -m json.tool"
        case _:
            return ""


_HEALTHY = "in good health, to compare with"


class FaultList:
    """Prints faults."""

    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json
        self._screen = console()

    def everything(self) -> None:
        """Print every fault there is, without starting one."""
        self._print({})

    def started(self, until: Callable[[], object]) -> None:
        """Start every fault that this machine can produce, and print where it is met."""
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
    titles = {_HEALTHY: [fault for fault in FAULTS.values() if fault.kind == "ok"]}
    for layer, title in LAYERS.items():
        titles[title] = [fault for fault in FAULTS.values() if _layer(fault) == layer]
    return {title[0].upper() + title[1:]: faults for title, faults in titles.items() if faults}


def _layer(fault: Fault) -> str | None:
    return None if fault.kind == "ok" else KINDS[fault.kind].layer


def _show(screen: Console, fault: Fault, endpoint: Endpoint | None) -> None:
    hanging(screen, Text(), Text(fault.name, style="cyan"), 2)
    hanging(screen, Text(), Text(fault.summary), 4)
    if lacking := missing(fault.needs):
        text = f"not here: it needs {in_words(lacking)}"
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


TIMEOUT, SHORT_TIMEOUT = 3.0, 1.0
"""Seconds a client waits for a connection, and for each piece of the response; the short ones where
the fault is that nothing comes. What comes does so at once, but for a machine that is busy."""

_INDENT, _NARROW_INDENT = 13, 2
"""Columns left of what is said of a client; the narrow one below 70 columns."""

_MAX_TEXT_CHARACTERS = 600
"""Characters shown of an exception's text."""


def reproduce(fault: Fault) -> Iterator[Outcome]:
    """Start a fault for each installed client, call it, and yield how that ended."""
    timeout = SHORT_TIMEOUT if _is_silence(fault) else TIMEOUT
    with Lab() as lab:
        for client in installed():
            # A fault that counts its connections begins anew for each client.
            endpoint = fault.start(lab)
            meeting = Meeting(endpoint, fault.provoke, timeout)
            if endpoint.namespace:
                yield outcome_from(endpoint.namespace, client, meeting)
            else:
                yield outcome_with(client, meeting)


def _is_silence(fault: Fault) -> bool:
    ends = ("timed_out", "no_response")
    return any(kind.endswith(ends) for kind in (fault.kind, *fault.also))


def print_json(fault: Fault) -> None:
    """Print one JSON object per client, with the fault's name and the kinds to be expected."""
    expected = [fault.kind, *fault.also]
    for outcome in reproduce(fault):
        line = {"fault": fault.name, "expected": expected, **asdict(outcome)}
        print(json.dumps(line), flush=True)


def show_fault(fault: Fault) -> None:
    """Print how each client's call ends, for people."""
    screen = console()
    title = Text(f"{fault.name}: ", style="bold")
    hanging(screen, Text(), title.append(fault.summary, style="not bold"), 0)
    for outcome in reproduce(fault):
        screen.print()
        _show_outcome(screen, fault, outcome)
    indent = _indent(screen)
    others = [
        other.name for other in FAULTS.values() if other.kind == fault.kind and other is not fault
    ]
    screen.print()
    if others:
        hanging(screen, Text("Also"), Text(", ".join(others)), indent)
    hanging(screen, Text("More"), Text(f"ringback explain {fault.kind}", style="cyan"), indent)


def _indent(screen: Console) -> int:
    return _INDENT if screen.width >= 70 else _NARROW_INDENT


def _show_outcome(screen: Console, fault: Fault, outcome: Outcome) -> None:
    indent = _indent(screen)
    hanging(screen, Text(outcome.client, style="bold"), _ending(outcome), indent)
    if outcome.ended == "raised":
        hanging(screen, Text(), _named(fault, outcome), indent)


def _ending(outcome: Outcome) -> Text:
    match outcome.ended:
        case "not_offered":
            return Text(f"not called: {outcome.text}", style="dim")
        case "waiting":
            said = f"still waiting after {outcome.seconds:.0f} s: it has no total deadline"
            return Text(said, style="yellow")
        case "returned":
            return Text(f"no exception, {outcome.text} ({outcome.seconds:.2f} s)")
        case "raised":
            text = plain(outcome.text[:_MAX_TEXT_CHARACTERS]) or "(no text)"
            return Text(f"{outcome.exception}: {text} ({outcome.seconds:.2f} s)")


def _named(fault: Fault, outcome: Outcome) -> Text:
    style = "green" if outcome.kind in {fault.kind, *fault.also} else "yellow"
    named = Text("→ ").append(str(outcome.kind), style=style)
    if outcome.via:
        named.append(f" (behind it {outcome.via})")
    return named.append(f", phase {outcome.phase}, processed: {outcome.delivered}", style="dim")
