"""A monitor in memory, for tests of its pages: real values, no probes and no files."""

import asyncio
import functools
from collections import Counter, defaultdict
from dataclasses import replace

from diagnosis.values import diagnosis, reading, verdict
from monitor.store.model import expected_buckets

from ringback.diagnosis.model import Alternative
from ringback.diagnosis.record import record_of
from ringback.incident.model import CertificateSeen, Check, Incident, TimelineEntry, WatchedEndpoint
from ringback.incident.silences import Silence, Silences
from ringback.monitor.model import (
    Discovered,
    Endpoint,
    EndpointView,
    ObserverView,
    PausedBy,
    UiEvent,
)
from ringback.monitor.store.aggregate import Aggregate
from ringback.monitor.store.interface import EVERY_INCIDENT, Notified

NOW = 1_795_262_400.0  # 2026-11-21 12:00:00 UTC


def endpoint(id_, *, group="", public=False, **more):
    given = {"name": id_, "url": f"https://{id_}.example/health", "type": "http", **more}
    watched = WatchedEndpoint(id=id_, name=given["name"], host=f"{id_}.example", group=group)
    return Endpoint(id=id_, public=public, watched=watched, **given)


def view(id_, state="ok", **more):
    """An endpoint in a state; ``more`` is of its view, and ``of`` of itself."""
    return EndpointView(endpoint=endpoint(id_, **more.pop("of", {})), state=state, **more)


def check(id_, at=NOW - 10, *, up=True, **more):
    return Check(at=at, endpoint=id_, up=up, **{"seconds": 0.042 if up else 1.5, **more})


def refused(id_, at=NOW - 10, **more):
    given = {"kind": "tcp.refused", "detail": "refused (ECONNREFUSED) by 192.0.2.7:443", **more}
    return check(id_, at, up=False, **given)


def certificate(days, now=NOW):
    return CertificateSeen(not_after=now + days * 86400, issuer="CN=Example CA", key="ab" * 32)


def incident(id_="inc-1", members=("api",), **more):
    given = {
        "pattern": "service_outage",
        "state": "open",
        "kind": "tcp.refused",
        "summary": "api refuses connections",
        "opened_at": NOW - 600,
        "confidence": 0.9,
        "evidence": ("3 failures in a row", "refused (ECONNREFUSED) by 192.0.2.7:443"),
        "timeline": (TimelineEntry(at=NOW - 600, what="opened", text="api is down"),),
        **more,
    }
    return Incident(id=id_, members=tuple(members), **given)


def observer(name, state="ok", at=NOW - 10, kind="probe", **more):
    given = {"since": None, "kind_of_failure": None, **more}
    return ObserverView(id=f"{kind}:{name}", kind=kind, domain=name, state=state, at=at, **given)


class MemoryStore:
    """Checks and incidents in lists; what pages read."""

    def __init__(self):
        self.kept = defaultdict(list)
        self.past = []
        self.told = []

    def checks(self, endpoint, since, until, *, failed=False, limit=1000):
        within = [check for check in self.kept[endpoint] if since <= check.at < until]
        found = [check for check in within if check.up is False or not failed]
        return sorted(found, key=lambda check: check.at, reverse=True)[:limit]

    def buckets(self, endpoint, step, since, until):
        return expected_buckets(self.kept[endpoint], endpoint, step, since, until)

    def day_counts(self, endpoints, since, until):
        return {id_: self.buckets(id_, "1d", since, until) for id_ in endpoints}

    def phases(self, endpoint, step, since, until):
        tally = Aggregate()
        for check in self.checks(endpoint, since, until):
            tally.add(check)
        return tally.percentiles()

    def notified(self, incidents, limit=100):
        return [told for told in self.told if told.incident in incidents][:limit]

    def incidents(self, wanted=EVERY_INCIDENT, limit=100):
        found = sorted(self.past, key=lambda one: one.opened_at, reverse=True)
        return [incident for incident in found if wanted.takes(incident)][:limit]

    def incident(self, id_):
        return next((incident for incident in self.past if incident.id == id_), None)


class MemoryService:
    """What the pages ask of a monitor, over values that a test puts in."""

    def __init__(self, *views, now=NOW):
        self.store = MemoryStore()
        self.started_at, self.now = now - 3600, now
        self.known = {view.endpoint.id: view for view in views}
        self.open, self.found, self.quiet = [], [], Silences()
        self.beats, self.checked, self.adopted, self.taken = [], [], [], []
        self.degraded = self.error = None
        self.listeners = set()

    def put(self, view):
        self.known[view.endpoint.id] = view
        self.tell(UiEvent(what="state", endpoint=view.endpoint.id))

    def tell(self, told):
        for queue in self.listeners:
            queue.put_nowait(told)

    async def kept(self, seconds=None):
        pass

    def endpoints(self):
        return [view.endpoint for view in self.known.values()]

    def state(self, id):  # noqa: A002 - as the monitor has it
        return self.known[id].state

    async def each_endpoint(self):
        for endpoint in self.endpoints():
            yield endpoint

    @property
    def names(self):
        return {id_: view.endpoint.name for id_, view in self.known.items()}

    async def views_of(self, ids):
        return [self.known[id_] for id_ in ids if id_ in self.known]

    def states(self):
        return Counter(view.state for view in self.known.values())

    def group_states(self):
        groups = defaultdict(Counter)
        for view in self.known.values():
            groups[view.endpoint.watched.group][view.state] += 1
        return dict(groups)

    def unwell(self, state):
        return [id_ for id_, view in self.known.items() if view.state == state]

    def view(self, id):  # noqa: A002 - as the monitor has it
        return self.known.get(id)

    def discovered(self):
        return self.found

    def adopt(self, discovered_id, who):
        known = [discovered for discovered in self.found if discovered.id == discovered_id]
        self.found = [discovered for discovered in self.found if discovered not in known]
        self.adopted += [(discovered.id, who) for discovered in known]
        return bool(known)

    def incidents(self):
        return self.open

    def acknowledge(self, incident_id, who):
        taken = {"state": "acknowledged", "acknowledged_by": who}
        return self._write(incident_id, f"acknowledged by {who}", **taken)

    def unacknowledge(self, incident_id, who):
        taken = any(one.id == incident_id and one.state == "acknowledged" for one in self.open)
        given = {"state": "open", "acknowledged_by": ""}
        return taken and self._write(incident_id, f"given back by {who}", **given)

    def note(self, incident_id, who, text):
        return self._write(incident_id, f"{who}: {text}")

    def _write(self, incident_id, text, **changed):
        for index, known in enumerate(self.open):
            if known.id == incident_id:
                timeline = (*known.timeline, TimelineEntry(at=self.now, what="noted", text=text))
                self.open[index] = replace(known, timeline=timeline, **changed)
                self.tell(UiEvent(what="incident", incident=incident_id))
                return True
        return False

    def silence(self, endpoints, seconds, who, reason):
        given = {"id": f"s{len(self.silences()) + 1}", "by": who, "reason": reason}
        ends = self.now + seconds
        self.quiet.add(Silence(endpoints=endpoints, begins=self.now, ends=ends, **given))
        return given["id"]

    def unsilence(self, silence_id):
        return self.quiet.remove(silence_id)

    def silences(self):
        return self.quiet.all(self.now)

    async def check(self, endpoint_id):
        self.checked.append(endpoint_id)
        seen = self.known[endpoint_id]
        self.put(replace(seen, last=check(endpoint_id, self.now)))

    def pause(self, endpoint_id, who):
        return self._pause(endpoint_id, PausedBy(by=who, at=self.now))

    def resume(self, endpoint_id):
        return self._pause(endpoint_id, None)

    def _pause(self, endpoint_id, pause):
        seen = self.known.get(endpoint_id)
        if seen is not None:
            self.put(replace(seen, state="paused" if pause else "unknown", paused=pause))
        return seen is not None

    def beat(self, endpoint_id, *, up, detail):
        self.beats.append((endpoint_id, up, detail))
        return endpoint_id in self.known

    def ingest(self, checks):
        self.taken += checks
        return sum(check.calls for check in checks)

    async def subscribe(self):
        queue = asyncio.Queue()
        self.listeners.add(queue)
        try:
            while True:
                yield await queue.get()
        finally:
            self.listeners.discard(queue)

    def status(self):
        return {
            "version": "1.2.3",
            "vantage": "here",
            "uptime": self.now - self.started_at,
            "endpoints": len(self.known),
            "lag": 0.002,
            "dropped": 0,
            "store": {"degraded": self.degraded},
            "config": {
                "files": ["ringback.toml"],
                "loaded_at": self.started_at,
                "error": self.error,
            },
        }


URL = "https://user:secret@api.example:8443/v1?key=hidden#part"
PHASES = {"dns": 0.004, "connect": 0.01, "tls": 0.016, "first_byte": 0.009, "transfer": 0.003}


@functools.cache
def history(now):
    """The checks of three days; made once, and the same for all monitors."""
    kept = {"web": [], "api": []}
    for minutes in range(0, 3 * 1440, 10):
        at = now - minutes * 60 - 60
        failed = minutes < 10 or 700 < minutes < 720
        kept["web"].append(check("web", at, timings=PHASES))
        kept["api"].append(refused("api", at) if failed else check("api", at))
    return kept


def sample(now=NOW):
    """A monitor with one endpoint in each state and something to see on every page."""
    at = now - 10
    web = {"group": "shop", "name": "Web shop", "public": True}
    api = {"group": "shop", "public": True, "url": URL}
    db = {"group": "shop", "type": "tcp", "url": "tcp://db.example:5432"}
    mail = {"type": "tls", "url": "tls://mail.example:993"}
    job = {"type": "heartbeat", "url": "heartbeat:job"}
    works = check("web", at, status=200, timings=PHASES, certificate=certificate(40, now))
    silent = check("db", at, up=False, kind="tcp.timed_out", detail="no answer in 10 s")
    expired = check("mail", at, certificate=certificate(-2, now))
    votes = (
        observer("here", "down", at, kind_of_failure="tcp.refused"),
        observer("web1", "unknown", now - 900, kind="call"),
    )
    down = {"kind": "tcp.refused", "last": refused("api", at), "incident": "inc-1"}
    again = {"kind": "tls.cert.date_invalid.expired", "last": expired, "silenced": True}
    service = MemoryService(
        view("web", since=now - 90_000, last=works, of=web),
        view("api", "down", since=now - 600, observers=votes, of=api, **down),
        view("db", "suspect", since=now - 12, kind="tcp.timed_out", last=silent, of=db),
        view("mail", "recovering", since=now - 30, of=mail, **again),
        view("job", "unknown", of=job),
        now=now,
    )
    service.store.kept |= {id_: list(checks) for id_, checks in history(now).items()}
    began = TimelineEntry(at=now - 600, what="opened", text="api is down")
    service.open = [incident(diagnosis=DIAGNOSIS, opened_at=now - 600, timeline=(began,))]
    told = {"incident": "inc-1", "what": "opened", "at": now - 600}
    service.store.told = [
        Notified(id="n2", channel="chat", ended=None, attempts=2, error="HTTP 503", **told),
        Notified(id="n1", channel="team", ended=now - 599, attempts=1, error="", **told),
    ]
    ended = {"state": "closed", "opened_at": now - 43_200, "closed_at": now - 42_000}
    over = incident("inc-0", summary="api refused connections", **ended)
    service.store.past = [over, *service.open]
    seen = {"first_seen": now - 7200, "last_seen": now - 4, "calls": 1204, "failures": 3}
    service.found = [Discovered(id="payments", url="https://payments.example:443", **seen)]
    return service


FIREWALL = Alternative(
    kind="tcp.refused", cause="firewall_rejects", where="path", summary="A firewall.", check="`ss`"
)
DIAGNOSIS = record_of(
    diagnosis(
        reading("url", "parse", "https://api.example:8443/v1", result="port 8443 is given"),
        reading("name", "getaddrinfo", "api.example", result="192.0.2.7"),
        reading(state="failed", kind="tcp.refused", result="refused (ECONNREFUSED)"),
        target="https://api.example:8443/v1",
        found=verdict(
            "service_down",
            "tcp.refused",
            "tcp",
            where="their service",
            confidence=0.9,
            summary="Nothing listens on api.example:8443: the connection is refused.",
            advice=("Check on the target that the service runs and listens there: `ss -ltn`.",),
            evidence=(2,),
            alternatives=(FIREWALL,),
        ),
    )
)
