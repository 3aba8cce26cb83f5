"""Batches as programs send them."""

import json

NOW = 1_700_000_000.0
ORIGIN = "https://h.example:443"


def worked(at=NOW, calls=3, origin=ORIGIN, **more):
    return {"at": at, "origin": origin, "calls": calls, "seconds": [[0.1, calls]], **more}


def failed(at=NOW, kind="tcp.refused", origin=ORIGIN, **more):
    return {"at": at, "origin": origin, "kind": kind, "message": "refused", **more}


def body(*events, **more):
    head = {"version": 1, "sent_at": NOW, "program": "shop", "host": "web1", "dropped": 0}
    return json.dumps({**head, "events": list(events), **more}).encode()
