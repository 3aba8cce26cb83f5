"""Values for the tests of the store."""

from ringback.incident.model import Change, Check, Incident, Notice, TimelineEntry

AT = 1_763_726_400.0
"""2025-11-21T12:00:00Z, the beginning of an hour."""


def check(at=AT, endpoint="web", up=True, **more):
    more.setdefault("kind", None if up is not False else "tcp.refused")
    return Check(at=at, endpoint=endpoint, up=up, **more)


def incident(id_="i1", at=AT, **more):
    values = {
        "pattern": "service_outage",
        "state": "open",
        "kind": "tcp.refused",
        "summary": "web is down",
        "members": ("web",),
        "evidence": ("3 failures in a row",),
        "timeline": (TimelineEntry(at=at, what="opened", text="web"),),
        "diagnosis": {"verdict": {"kind": "tcp.refused"}},
    }
    return Incident(id=id_, opened_at=at, **{**values, **more})


def notice(id_="n1", at=AT, **more):
    change = Change(at=at, what="opened", incident=incident(), endpoint="web")
    return Notice(id=id_, at=at, **{"channel": "mail", "change": change, **more})


def times(values):
    """When each was."""
    return [value.at for value in values]
