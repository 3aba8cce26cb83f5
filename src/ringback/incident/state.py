"""The state of one endpoint: a table, and nothing else decides.

A failure makes an endpoint suspect; enough failures make it down (``failed_enough``: so many in a
row, or so many of the last). A success makes a suspect well at once, but one that was down must
succeed several times in a row (``recovered``), so that a service that limps is not called well.
A check that says nothing (``not_known``: the prober itself was sick) changes nothing.
"""

from ringback.incident.model import EndpointState, Input

BROKEN: frozenset[EndpointState] = frozenset({"down", "recovering"})
"""States in which an endpoint is part of an outage."""

TABLE: dict[EndpointState, dict[Input, EndpointState]] = {
    "unknown": {
        "success": "ok",
        "recovered": "ok",
        "failure": "suspect",
        "failed_enough": "down",
        "not_known": "unknown",
    },
    "ok": {
        "success": "ok",
        "recovered": "ok",
        "failure": "suspect",
        "failed_enough": "down",
        "not_known": "ok",
    },
    "suspect": {
        "success": "ok",
        "recovered": "ok",
        "failure": "suspect",
        "failed_enough": "down",
        "not_known": "suspect",
    },
    "down": {
        "success": "recovering",
        "recovered": "ok",
        "failure": "down",
        "failed_enough": "down",
        "not_known": "down",
    },
    "recovering": {
        "success": "recovering",
        "recovered": "ok",
        "failure": "down",
        "failed_enough": "down",
        "not_known": "recovering",
    },
}
"""State and input to the next state; docs/reference/incidents.md draws it."""


def next_state(state: EndpointState, given: Input) -> EndpointState:
    """Return the state that follows."""
    return TABLE[state][given]
