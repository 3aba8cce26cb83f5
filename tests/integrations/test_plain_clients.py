"""What plain clients raise is named rightly; in the gate each fault is met through one of them."""

from __future__ import annotations

import functools
import re
from fnmatch import fnmatchcase

import pytest
from integrations.expected import (
    ACCEPTING,
    BYTES_ONLY,
    HIDDEN,
    LESS_IN_TEXT,
    NEVER_SENT,
    NOT_MET,
    NOT_PROCESSED,
    RACE,
    listed,
    phases,
)
from integrations.matrix import SECRET
from integrations.roster import DEFAULT, INTEGRATIONS, wanted
from nightly import pairs

from ringback.testing.lab import FAULTS
from ringback.testing.lab.fault import missing

# A client that fails may leave sockets to the garbage collector.
pytestmark = pytest.mark.filterwarnings(
    "ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
)

NAMES_TARGET = ("requests", "httpx", "httpx-async", "httpx2", "httpx2-async", "aiohttp", "urllib")


@functools.cache
def faults(client):
    return tuple(
        name
        for name, fault in FAULTS.items()
        if "netns" not in fault.needs
        and not missing(fault.needs)
        and not listed(NOT_MET, client, name)
        and not (fault.kind.startswith("proxy.") and not INTEGRATIONS[client].proxies)
        and offers(INTEGRATIONS[client], fault)
    )


def offers(client, fault):
    """Whether a client can do what the fault is met by."""
    socks = re.search(r"socks[45]", fault.name)
    return (client.http2 or fault.provoke != "http2") and (
        socks is None or socks[0].startswith(client.proxies)
    )


CLIENTS = wanted(INTEGRATIONS, DEFAULT)
ROWS = pairs(list(FAULTS), CLIENTS, lambda name, client: name in faults(client))
GATE = [row.values for row in ROWS if not row.marks]


@pytest.mark.parametrize(("name", "client"), ROWS)
def test_a_clients_exception_is_named_for_what_happened(matrix, client, name):
    beside = GATE if (name, client) in GATE else [row.values for row in ROWS]
    outcome = matrix.meet(client, name, beside)
    if not outcome.offered:
        assert (name, client) not in GATE, "a row that meets nothing"
        return
    fault, failure = FAULTS[name], outcome.failure
    if failure is None:
        assert "ok" in fault.also or listed(ACCEPTING, client, name), "it noticed nothing"
        return
    hidden = {kind for row in listed(HIDDEN, client, name) for kind in row[2]}
    race = RACE if fault.kind in RACE else set()
    assert failure.kind in {fault.kind, *fault.also} | hidden | race, failure
    check_phase(client, name, failure)
    check_delivered(name, outcome)
    check_target(client, outcome)
    check_pasted(client, name, outcome)


def check_pasted(client, name, outcome):
    """Its traceback as text is explained alike, or less, but never as something else."""
    explained, failure = outcome.explained.kind, outcome.failure
    assert SECRET not in repr(outcome.explained.target)
    less = {kind for row in listed(LESS_IN_TEXT, client, name) for kind in row[2]}
    race = RACE if failure.kind in RACE else set()
    assert explained in {failure.kind, failure.via} | less | race, (explained, failure.kind)


def check_phase(client, name, failure):
    allowed = phases(name)
    if allowed is None or listed(HIDDEN, client, name):
        return
    vague = {"unknown"} if client in BYTES_ONLY else set()
    assert failure.phase in allowed | vague, failure


def check_delivered(name, outcome):
    failure = outcome.failure
    if any(fnmatchcase(name, pattern) for pattern in NEVER_SENT):
        assert failure.delivered == "no", failure
    elif outcome.requests and not any(fnmatchcase(name, pattern) for pattern in NOT_PROCESSED):
        assert failure.delivered != "no", failure


def check_target(client, outcome):
    failure = outcome.failure
    assert SECRET not in repr(failure)
    if failure.kind.startswith("http.response.redirect"):
        return
    host = (
        {outcome.host} if client in NAMES_TARGET and before_body(failure) else {None, outcome.host}
    )
    assert failure.target.host in host, failure
    assert failure.target.port in {None, outcome.port}, failure


def before_body(failure):
    return failure.phase in {"dns", "connect", "tls", "wait"} and failure.layer != "proxy"
