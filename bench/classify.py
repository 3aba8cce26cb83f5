"""How long `ringback.classify` takes on real exceptions of each client; prints JSON.

    python bench/classify.py [FAULT ...]

Each installed client meets the faults; the rounds over all exceptions are interleaved, so that a
busy moment of the machine does not fall on one of them alone. Microseconds, the median of rounds.
"""

import contextlib
import json
import statistics
import sys
import timeit
import warnings

from machine import machine

from ringback import classify
from ringback.failure.classify import walk_exceptions
from ringback.testing.clients import NotOfferedError, installed
from ringback.testing.lab import FAULTS, Lab

ROUNDS = 25
CALLS = 200
MET = (
    "tcp.refused",
    "tcp.reset:after_request",
    "tls.cert.date_invalid.expired",
    "http.response.timed_out:silent",
    "http.response.invalid.empty:after_request",
    "http.error.unavailable:503",
)
GOAL = 15.0
"""Microseconds for requests' refused connection, a chain four deep."""


def provoked(names):
    """Name of client and fault → the exception."""
    found = {}
    with Lab() as lab:
        for name in names:
            for client, call in installed().items():
                with contextlib.suppress(NotOfferedError):
                    try:
                        call(FAULTS[name].start(lab), 0.3, FAULTS[name].provoke)
                    except NotOfferedError:
                        raise
                    except Exception as error:  # noqa: BLE001 - whatever the client raises
                        found[f"{client} {name}"] = error
    return found


def measured(exceptions):
    """Name → median microseconds of one call."""
    times = {name: [] for name in exceptions}
    for _ in range(ROUNDS):
        for name, error in exceptions.items():
            taken = timeit.timeit(lambda error=error: classify(error), number=CALLS)
            times[name].append(taken / CALLS * 1e6)
    return {name: round(statistics.median(each), 1) for name, each in times.items()}


def main(names):
    """Print the figures."""
    warnings.simplefilter("ignore", ResourceWarning)
    exceptions = provoked(names or MET)
    micros = measured(exceptions)
    rows = {
        name: {
            "kind": classify(error).kind,
            "nodes": len(walk_exceptions(error)),
            "microseconds": micros[name],
        }
        for name, error in exceptions.items()
    }
    goal = micros.get("requests tcp.refused")
    print(
        json.dumps(
            {
                "machine": machine(),
                "rounds": ROUNDS,
                "calls": CALLS,
                "goal": {"microseconds": GOAL, "met": goal is None or goal <= GOAL},
                "classify": rows,
            },
            indent=2,
        )
    )


if __name__ == "__main__":
    main(sys.argv[1:])
