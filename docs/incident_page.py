"""The reference page of states and incidents, from the tables that decide and the detectors."""

import re
from inspect import getdoc
from types import ModuleType

from ringback.incident import cause, judgement, own_network, packet_loss, vote
from ringback.incident.cause import MIN_JOIN_WINDOW, UNITED_SHARE
from ringback.incident.correlation import MAX_PARENT_WAIT_SECONDS as WAIT
from ringback.incident.detector import DETECTORS
from ringback.incident.lifecycle import LIFECYCLE, REOPEN_SECONDS

INTRODUCTION = """# States and incidents

Who sees an endpoint is an *observer*: the probe of a vantage, the calls of the programs on one
host, a job that reports in. Each has a vote of its own, and what they say together is the state.

## The vote of one observer
"""

DIAGRAM = """```mermaid
stateDiagram-v2
    [*] --> unknown
    unknown --> ok: success
    unknown --> suspect: failure
    ok --> suspect: failure
    suspect --> ok: success
    suspect --> down: score reached
    down --> recovering: success
    recovering --> down: failure
    recovering --> ok: enough successes
```
"""

STATES = """That somebody has taken an incident (*acknowledged*), and that nobody is told of what
begins (a *silence*, a window of *maintenance*), belongs to the incident and to those who are told;
it changes no state.
"""

OUTAGE = """**An outage:** a state with a pattern in the tables above. By its kind it is a
`dns_failure`, `certificate`, `rejected`, `network_partition` or `service_outage`; what the
diagnosis finds may make a `port_change` of it, or name another place. `page` means that somebody
has to act now, `warn` that it can wait.

**`prober_sick`:** the monitor itself is not well, in three seconds running: what it saw had to be
discarded, because its event loop was late, its clock jumped, or it had no descriptors or ports left
(`page`); or nothing was discarded, but the event loop was more than 250 ms late, or the store took
more than a second for a batch or failed (`warn`, which becomes `page` once results are discarded).
It has no endpoint. Its evidence has the numbers, and names the endpoint whose answers used the time
of the event loop, where one did. It ends after three seconds running without any of that, in which,
where results were discarded, a check counted. The five seconds after a suspend are expected, and
count as neither. Of an agent that is sick there is one with the name of its place, a warning.

**`vantage_silent`:** nothing was heard of an agent for 30 s. It is about the place and has no
endpoint: what the agent saw grows stale and is unknown, and no endpoint is blamed for it. Where
more than half of the agents, and two at least, fell silent within 10 s, it is one incident about
the hub instead, which is cut off from them; it pages.
"""

TOGETHER = f"""An endpoint that is found down is part of an outage that is open already, by the
first that fits:

1. one of its parents is down, or it is the parent of what went down before it; its alarm waits for
   a parent that is suspect, {WAIT:.0f} s at most;
2. an outage with which it shares a cause (a pure key) and that was joined within
   {MIN_JOIN_WINDOW:.0f} s, or two intervals and a timeout where that is more.

What is down for some observers and what is down for all are never one incident. What was down for
all and for {judgement.SPLIT_SECONDS:.0f} s has been down for some only leaves its outage, or
renames it where all its members are so, and is diagnosed anew. Who goes down for all leaves the
others. What ended within the last {REOPEN_SECONDS:.0f} s is reopened, an outage of several only by
what may have the same cause. Its members are then those that fail by now; those that are well stay
in its timeline only, and join when they fail again. So it is with one that begins to flap, or is
worse than it was taken for. When a key turns out to be pure over {UNITED_SHARE:.0%} of the
endpoints that carry it, their outages become one. An outage is over when the last of its members
is well.

Endpoints that show the same certificate have one `certificate` incident, and each of its days is
told once for all of them. Those that have another one by then are no longer part of it. Until the
certificate has ended nothing fails: the incident has no kind of failure.

An endpoint that goes down for what a `certificate` incident has warned of makes an outage of
that incident: it is told anew, and whoever had taken the warning has not taken the outage.
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
        _theory(vote),
        DIAGRAM,
        "## The state of an endpoint",
        "",
        _rest(judgement),
        STATES,
        "## The own network of an observer",
        "",
        _theory(own_network),
        _theory(packet_loss),
        "## What opens an incident",
        "",
        OUTAGE,
        *(
            line
            for detector in DETECTORS
            for line in (f"**`{detector.name}`:** {_first(detector)}", "")
        ),
        "## What is one incident",
        "",
        _rest(cause),
        TOGETHER,
        LIFE,
        *_steps(),
    ]
    return "\n".join(parts).rstrip() + "\n"


def _theory(module: ModuleType) -> str:
    """Return the theory of operation at the head of a module."""
    return _written(module, "-------------------\n")


def _rest(module: ModuleType) -> str:
    """Return what stands below the first sentence of a module."""
    return _written(module, "\n\n")


def _written(module: ModuleType, after: str) -> str:
    """Return what a module says of itself, with its constants as numbers."""
    text = (getdoc(module) or "").partition(after)[2].strip()
    text = re.sub(r"``([A-Z_]+)``", lambda found: f"{getattr(module, found[1]):g}", text)
    return text.replace("``", "`").replace("::\n", ":\n") + "\n"


def _first(cls: type) -> str:
    return " ".join((getdoc(cls) or "").partition("\n\nArgs:")[0].split())


def _steps() -> list[str]:
    return [
        f"| **{name}** | `{step.what}` | {', '.join(sorted(map(str, step.before - {None}))) or '–'}"
        f" | {step.after or 'the same'} | {NOTIFIED[step.notifies]} |"
        for name, step in LIFECYCLE.items()
    ]
