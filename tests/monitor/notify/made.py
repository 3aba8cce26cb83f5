"""Incidents and messages to tell of."""

import asyncio
import socket
import time
from dataclasses import replace

from ringback.incident.model import Change, Incident, TimelineEntry
from ringback.monitor.notify.collation import Collation
from ringback.monitor.notify.notification import IncidentUpdate, Notification, NotificationContext
from ringback.monitor.notify.settings import NotifierSettings

AT_ONCE = Collation(settle=0.0, diagnosis=0.0, gather=0.0, growth=0.0, end=0.0, rare_end=0.0)
"""Nothing waits for anything."""

REPORT = {
    "format": 1,
    "target": "https://shop.invalid/",
    "verdict": {
        "kind": "tcp.refused",
        "cause": "service_down",
        "where": "their service",
        "confidence": 0.9,
        "summary": "Nothing listens on 192.0.2.7:443: the connection is refused.",
        "advice": ["Check that it runs.", "Compare host and port.", "Look for a firewall."],
        "evidence": [1],
    },
    "readings": [
        {"layer": "url", "what": "parse", "subject": "", "result": "fine"},
        {"layer": "tcp", "what": "connect", "subject": "192.0.2.7:443", "result": "refused"},
    ],
    "host": {"python": "3"},
}


def incident(number=1, *, at=None, **fields):
    at = time.time() if at is None else at
    known = {
        "id": f"i{number}",
        "pattern": "service_outage",
        "state": "open",
        "kind": "tcp.refused",
        "summary": f"Shop {number} is down: connection refused",
        "members": (f"shop-{number}",),
        "opened_at": at,
        "evidence": ("3 failures in a row since 12:00:00 UTC",),
    }
    return Incident(**{**known, **fields})


def change(what, incident, *, at=None, **fields):
    """A change as the engine makes it: with what it does to the incident."""
    at = incident.opened_at if at is None else at
    if what == "closed":
        incident = replace(incident, state="closed", closed_at=at)
    if what == "acknowledged":
        incident = replace(incident, state="acknowledged", acknowledged_by="ada")
    if what == "diagnosed":
        incident = replace(incident, diagnosis=REPORT, summary=REPORT["verdict"]["summary"])
    entry = TimelineEntry(at=at, what=what, text=f"{what} now")
    incident = replace(incident, timeline=(*incident.timeline, entry))
    return Change(at=at, what=what, incident=incident, **fields)


def story(headline="opened", *, number=1, **fields):
    return IncidentUpdate(headline=headline, incident=incident(number, **fields))


def message(*updates, **fields):
    context = NotificationContext(base_url="https://mon.invalid", vantage="paris")
    known = {"id": "m1", "channel": "ops", "at": time.time(), "context": context}
    return Notification(**{**known, "updates": updates, **fields})


def webhook(receiver, name="hook", **fields):
    known = {"name": name, "type": "webhook", "url": receiver.url, "rate": 6000}
    return NotifierSettings(**{**known, "timeout": 60.0, **fields})


def waiting(store):
    return store.due(time.time() + 10**7)


def held_port():
    """A socket with a port that nobody else is given, also while the one who listens there is away.

    It refuses until somebody listens, who must ask to share it (``SO_REUSEADDR``), as servers do.
    """
    holder = socket.socket()
    holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    holder.bind(("127.0.0.1", 0))
    return holder


async def until(condition, seconds=60.0):
    ends = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < ends, "it did not happen in time"
        await asyncio.sleep(0.01)
