"""The reference page of states and incidents, from the state table and the detectors."""

from inspect import getdoc
from typing import get_args

from ringback.incident.correlation import CORRELATION_WINDOW_SECONDS as WINDOW
from ringback.incident.correlation import MAX_PARENT_WAIT_SECONDS as WAIT
from ringback.incident.correlation import MIN_OWN_NETWORK_HOSTS as HOSTS
from ringback.incident.detector import DETECTORS
from ringback.incident.lifecycle import LIFECYCLE
from ringback.incident.model import EndpointState, Input
from ringback.incident.state import TABLE

INTRODUCTION = """# States and incidents

## The state of an endpoint

Each check is one of five inputs, and the table below decides; nothing else does.

| input | it is given by |
|---|---|
| `success`, `failure` | a look of the monitor, or a call that a program reports |
| `failed_enough` | the failure with which so many in a row, or of the last, have failed |
| `recovered` | the success with which so many in a row have succeeded |
| `not_known` | a check that says nothing: the monitor itself was not well |
"""

OUTAGE = """**An outage:** `threshold` failures in a row (3; after the first the next look comes
soon), or `of_last` (6 of the last 10), seen by probes or by programs that called. It is a
`dns_failure`, `certificate`, `rejected`, `network_partition` or `service_outage` by the kind of
failure; what the diagnosis finds may make a `port_change` of it, or name another place.
"""

BESIDE = """While this host has lost its network, an endpoint that fails for it is shown as
`unknown`, and its checks count as such. That somebody has taken an incident (*acknowledged*), and
that nobody is told of what begins (a *silence*, a window of *maintenance*), belongs to the incident
and to those who are told; it changes no state.
"""

TOGETHER = f"""## What is one incident

An endpoint that is found down is part of an outage that is open already, by the first that fits:

1. one of its parents is down, or it is the parent of what went down before it;
2. this host has lost its network: at least {HOSTS} hosts fail as a missing network shows, and
   nothing has been reached since the first failure. What is on this host does not count;
3. an outage of the same kind that was joined within {WINDOW:.0f} s, of an endpoint with the same
   host, the same address, the same certificate (where that is what is wrong), the same parent
   domain (of names) or the same nameserver (where that is what fails).

Its alarm waits for a parent that is suspect, {WAIT:.0f} s at most. An outage is over when the last
of its members is well. A member that was well and goes down again is back in it within those
{WINDOW:.0f} s, and later an outage of its own.

Endpoints that show the same certificate have one `certificate` incident, and each of its days is
told once for all of them. Those that have another one by then are no longer part of it.

An endpoint that goes down for what a `certificate` incident has warned of makes an outage of that
incident: it is told anew, and whoever had taken the warning has not taken the outage.
"""


LIFE = """## What can happen to an incident

These steps and no others. *Shown as* is the word in the timeline, the API and notifications.

| step | shown as | in the states | leads to | notifies |
|---|---|---|---|---|"""

NOTIFIED = {
    "anew": "people, unless a silence covers it",
    "informed": "those who know of the incident",
    "nobody": "nobody: it stands in the timeline",
}


def incident_page() -> str:
    """Return the page."""
    parts = [
        INTRODUCTION,
        *_table(),
        "",
        "```mermaid",
        "stateDiagram-v2",
        *_diagram(),
        "```",
        "",
        BESIDE,
        "## What opens an incident",
        "",
        OUTAGE,
        *(line for one in DETECTORS for line in (f"**`{one.name}`:** {_first(one)}", "")),
        TOGETHER,
        LIFE,
        *_steps(),
    ]
    return "\n".join(parts).rstrip() + "\n"


def _first(cls: type) -> str:
    return " ".join((getdoc(cls) or "").partition("\n\nArgs:")[0].split())


def _table() -> list[str]:
    inputs = get_args(Input)
    head = ["| state | " + " | ".join(f"`{one}`" for one in inputs) + " |"]
    head.append("|---" * (len(inputs) + 1) + "|")
    return head + [
        f"| **{state}** | " + " | ".join(TABLE[state][one] for one in inputs) + " |"
        for state in get_args(EndpointState)
    ]


def _steps() -> list[str]:
    return [
        f"| **{name}** | `{step.what}` | {', '.join(sorted(map(str, step.before - {None}))) or '–'}"
        f" | {step.after or 'the same'} | {NOTIFIED[step.notifies]} |"
        for name, step in LIFECYCLE.items()
    ]


def _diagram() -> list[str]:
    arrows: dict[tuple[str, str], list[str]] = {}
    for state, answers in TABLE.items():
        for given, after in answers.items():
            if after != state:
                arrows.setdefault((state, after), []).append(given)
    lines = [f"    {one} --> {other}: {', '.join(by)}" for (one, other), by in arrows.items()]
    return ["    [*] --> unknown", *lines]
