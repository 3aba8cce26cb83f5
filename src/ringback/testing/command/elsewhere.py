"""A call from inside a network namespace: a process of its own, which prints the outcome."""

import json
import sys
from dataclasses import asdict, replace

from ringback.testing.command.outcome import LONGEST, Meeting, Outcome, outcome_of
from ringback.testing.lab.fault import Endpoint

_START = 20.0
"""Seconds that starting an interpreter and a client may take."""


def outcome_from(namespace: str, client: str, meeting: Meeting) -> Outcome:
    """Return how a call with one client ends, made from inside a namespace.

    Args:
        namespace: As in ``Endpoint.namespace``.
        client: Its name in ``clients.CLIENTS``.
        meeting: Whom and how.
    """
    from ringback.testing.lab import namespace as network  # noqa: PLC0415 - Linux only

    # There the system's own resolver asks the lab's server.
    endpoint = replace(meeting.endpoint, seen=[], namespace=None, nameserver=None)
    given = {"client": client, "meeting": asdict(replace(meeting, endpoint=endpoint))}
    limit = LONGEST * meeting.timeout + _START
    command = [sys.executable, "-m", __name__]
    done = network.run(namespace, command, stdin=json.dumps(given), timeout=limit)
    return Outcome(**json.loads(done.stdout))


def main() -> None:
    """Read from standard input whom to call; print the outcome as JSON."""
    given = json.load(sys.stdin)
    meeting = given["meeting"]
    endpoint = Endpoint(**meeting.pop("endpoint"))
    print(json.dumps(asdict(outcome_of(given["client"], Meeting(endpoint, **meeting)))))


if __name__ == "__main__":
    main()
