"""A store's file with a month of one endpoint in it."""

import contextlib

from monitor.store.maintaining import maintain

from ringback.incident.model import CertificateSeen, Check, Incident, Transition
from ringback.monitor.store import StoreBatch
from ringback.monitor.store.opening import store_at

HOUR, DAY = 3600.0, 86_400.0
NOVEMBER = 1_793_491_200.0
"""2026-11-01T00:00:00Z."""
NOW = NOVEMBER + 2 * DAY

CERTIFICATE = CertificateSeen(not_after=NOVEMBER + 90 * DAY, issuer="CN=lab", key="ab" * 32)


def check(at, *, endpoint="shop", up=True, **more):
    kind = None if up is not False else "tcp.refused"
    return Check(at=at, endpoint=endpoint, up=up, **{"kind": kind, "seconds": 0.1, **more})


def change(at, before, after, *, endpoint="shop", kind=None):
    return Transition(at=at, endpoint=endpoint, before=before, after=after, kind=kind)


def incident(at, closed_at=None, **more):
    given = {"id": "i1", "pattern": "service_outage", "state": "closed", "members": ("shop",)}
    given |= {"kind": "tcp.refused", "summary": "Shop is down", "opened_at": at, **more}
    return Incident(closed_at=closed_at, **given)


def outage(begins, ends, *, endpoint="shop"):
    """Changes as the engine makes them."""
    named = {"endpoint": endpoint}
    return [
        change(begins, "ok", "suspect", kind="tcp.refused", **named),
        change(begins + 60, "suspect", "down", kind="tcp.refused", **named),
        change(ends, "down", "recovering", **named),
        change(ends + 60, "recovering", "ok", **named),
    ]


def minutes(begins, ends, **more):
    """A check a minute."""
    return [check(begins + 60.0 * n + 1, **more) for n in range(int((ends - begins) // 60))]


def kept(path, checks=(), transitions=(), incidents=(), *, until=NOW):
    """Write a store in a file or at a URL, an hour of checks at a time, as a monitor does."""
    with contextlib.closing(store_at(path)) as store:
        hours = {}
        for seen in sorted(checks, key=lambda one: one.at):
            hours.setdefault(seen.at // HOUR, []).append(seen)
        for hour, some in hours.items():
            store.keep(StoreBatch(checks=some))
            maintain(store, hour * HOUR + HOUR)
        store.keep(StoreBatch(transitions=list(transitions), incidents=list(incidents)))
        for _ in range(3):  # each closes an hour at most
            maintain(store, until)
    return path
