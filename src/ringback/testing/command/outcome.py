"""What each client makes of one fault; inside a network namespace a process of its own tells it."""

from __future__ import annotations

import json
import sys
import time
from dataclasses import asdict, dataclass, replace
from threading import Thread
from typing import TYPE_CHECKING, Literal

from ringback.failure import classify
from ringback.testing.clients import CLIENTS, NotOfferedError
from ringback.testing.lab.fault import Endpoint

if TYPE_CHECKING:
    from ringback.failure import Failure
    from ringback.testing.lab.fault import Provocation


Ending = Literal["raised", "returned", "waiting", "not_offered"]
"""``waiting``: it had not ended in time; ``not_offered``: it cannot be asked to."""

MAX_TIMEOUTS = 6.0
"""Timeouts that a client may take before it counts as waiting for ever."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a call of one client ended."""

    client: str  # Its name in `clients.CLIENTS`.
    ended: Ending  # In which way
    seconds: float = 0.0  # After how long
    exception: str | None = None  # Class of what was raised, with its module
    text: str = ""  # What the exception says, or why it was not called
    kind: str | None = None  # What ringback calls it; `ok` where nothing was raised
    via: str | None = None  # The inner kind behind a proxy
    phase: str | None = None  # How far the call had come
    delivered: str | None = None  # May the server have processed the request?
    confidence: float | None = None


@dataclass(frozen=True, slots=True)
class Meeting:
    """An endpoint to be called."""

    endpoint: Endpoint  # Whom to call
    provoke: Provocation  # What meets the fault
    timeout: float  # Seconds, for each client's connection and for each of its reads


def outcome_with(client: str, meeting: Meeting) -> Outcome:
    """Return how a call with one client ends, or that it has not ended in time."""
    found: list[Outcome] = []
    limit = MAX_TIMEOUTS * meeting.timeout
    # Some clients have no total deadline: then only another thread can tell.
    calling = Thread(target=lambda: found.append(_call(client, meeting)), daemon=True)
    calling.start()
    calling.join(limit)
    return found[0] if found else Outcome(client, "waiting", limit)


def _call(client: str, meeting: Meeting) -> Outcome:
    began = time.monotonic()
    try:
        body = CLIENTS[client](meeting.endpoint, meeting.timeout, meeting.provoke)
    except NotOfferedError as error:
        return Outcome(client, "not_offered", text=str(error))
    except Exception as error:  # noqa: BLE001 - whatever a client raises is what is asked for
        return _raised(client, time.monotonic() - began, error, classify(error))
    seconds = time.monotonic() - began
    return Outcome(client, "returned", seconds, text=f"{len(body):,} bytes", kind="ok")


def _raised(client: str, seconds: float, error: Exception, failure: Failure) -> Outcome:
    kind = type(error)
    return Outcome(
        client,
        "raised",
        seconds,
        f"{kind.__module__}.{kind.__qualname__}".removeprefix("builtins."),
        str(error),
        failure.kind,
        failure.via,
        failure.phase,
        failure.delivered,
        failure.confidence,
    )


_START_TIMEOUT = 20.0
"""Seconds that starting an interpreter and a client may take."""


def outcome_from(namespace: str, client: str, meeting: Meeting) -> Outcome:
    """Return how a call with one client ends, made from inside a namespace."""
    from ringback.testing.lab import namespace as network  # noqa: PLC0415 - Linux only

    # There the system's own resolver asks the lab's server.
    endpoint = replace(meeting.endpoint, seen=[], namespace=None, nameserver=None)
    given = {"client": client, "meeting": asdict(replace(meeting, endpoint=endpoint))}
    limit = MAX_TIMEOUTS * meeting.timeout + _START_TIMEOUT
    command = [sys.executable, "-m", __name__]
    done = network.run(namespace, command, stdin=json.dumps(given), timeout=limit)
    return Outcome(**json.loads(done.stdout))


def print_outcome() -> None:
    """Read from standard input whom to call; print the outcome as JSON."""
    given = json.load(sys.stdin)
    meeting = given["meeting"]
    endpoint = Endpoint(**meeting.pop("endpoint"))
    print(json.dumps(asdict(outcome_with(given["client"], Meeting(endpoint, **meeting)))))


if __name__ == "__main__":
    print_outcome()
