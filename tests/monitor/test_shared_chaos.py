"""Two hubs and PostgreSQL killed and stopped under load: nothing lost, doubled or out of order.

An agent sends results over the real HTTP, a job sends heartbeats that fail and recover, and a
webhook takes what is notified. ``RINGBACK_CHAOS_ROUNDS`` says how many rounds there are.
"""

import json
import os
import random
import signal
import socket
import threading
import time
from collections import Counter
from contextlib import suppress

import httpx
import psycopg
import pytest
from monitor.running import Monitor
from monitor.store.engines import fresh_database
from monitor.store.server import running_server
from until import until

from ringback.incident.model import Check
from ringback.monitor.agent.client import HubClient, HubProblem
from ringback.monitor.fleet.protocol import result_record

ROUNDS = int(os.environ.get("RINGBACK_CHAOS_ROUNDS", "10"))
ENDPOINTS = 5
JOBS = 200
RESULTS = 10  # In a batch


def counted(hook):
    """How often it was told what of which incident of a job, by messages of different ids.

    A store that was away for three seconds is an incident of the monitor's own.
    """
    messages = {message["id"]: message for message in hook.documents}
    return Counter(
        (incident["id"], incident["what"])
        for message in messages.values()
        for incident in message["incidents"]
        if incident["pattern"] != "prober_sick"
    )


class Hub:
    """A hub at a port of its own, started again when it was killed."""

    def __init__(self, folder, configuration):
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        folder.mkdir()
        (folder / "ringback.toml").write_text(configuration)
        self._folder, self.url = folder, f"http://127.0.0.1:{self.port}"
        self.start()

    def start(self):
        self._monitor = Monitor(self._folder, "--port", self.port)

    def lead(self):
        with suppress(OSError, ValueError):
            return self._monitor.get("/status")["lead"]
        return {"role": "gone", "epoch": 0, "url": ""}

    def send(self, number):
        os.kill(self._monitor.process.pid, number)

    def stop(self):
        self._monitor.stop()


class Load(threading.Thread):
    """Sends results and heartbeats until it is told to end, each until it is acknowledged."""

    def __init__(self, hubs, remote):
        super().__init__(daemon=True)
        self._urls = ",".join(hub.url for hub in hubs)
        self._remote = remote
        client = HubClient(self._urls)
        token = remote("POST", "/agents", {"name": "tokyo", "domain": None})["token"]
        self._identity = client.enrol(token)
        self._client = client
        self.sent, self.ended = [], threading.Event()

    def run(self):
        number = 1
        while not self.ended.is_set():
            checks = [
                Check(at=time.time() - n / 1e4, endpoint=f"e{n % ENDPOINTS}", up=True)
                for n in reversed(range(RESULTS))
            ]
            rows = [json.dumps(result_record(c, number + n)) for n, c in enumerate(checks)]
            document = {
                "agent": self._identity.id, "spool": "ab" * 16,
                "from": number, "to": number + RESULTS - 1,
            }  # fmt: skip
            while not self._is_sent(document, rows):
                time.sleep(0.05)
            self.sent += checks
            number += RESULTS

    def _is_sent(self, document, rows):
        try:
            answer = self._client.report(self._identity, {**document, "sent_at": time.time()}, rows)
        except HubProblem as problem:
            if problem.status not in {0, 502, 503}:
                raise
            return False
        return answer["ack"] == document["to"]


class Jobs(threading.Thread):
    """One after the other fails, is acknowledged and recovers; each is an incident of its own.

    An acknowledgement is told at once, and with it all that waits.
    """

    def __init__(self, remote):
        super().__init__(daemon=True)
        self._remote, self.ended, self.incidents = remote, threading.Event(), []

    def run(self):
        while not self.ended.is_set():
            self.fail()
            self._beat(up=True)

    def fail(self):
        self._beat(up=False)
        incident = self._incident()
        self._remote("POST", f"/incidents/{incident}/acknowledge", {"by": "x"})
        self.incidents.append(incident)

    def _beat(self, *, up):
        while (self._incident() is None) != up:
            self._remote("POST", f"/heartbeat/job{self._number % JOBS}", {"up": up})
            time.sleep(0.05)
        self._number += up

    _number = 0

    def _incident(self):
        job = f"job{self._number % JOBS}"
        known = self._remote("GET", f"/incidents?endpoint={job}")
        return next((found["id"] for found in known if found["state"] != "closed"), None)


def remote_of(hubs):
    """What asks the hubs until one of them does it."""

    def ask(method, path, body=None):
        while True:
            for hub in hubs:
                with suppress(httpx.RequestError):
                    url = f"{hub.url}/api/v1{path}"
                    said = httpx.request(method, url, json=body, timeout=5, follow_redirects=True)
                    if said.is_success:
                        return said.json() if said.content else None
                    assert said.status_code == 503, (method, path, said)
            time.sleep(0.05)

    return ask


CONFIGURATION = """
vantage = "hubs"
[store]
url = "{store}"
[[notifier]]
name = "hook"
type = "webhook"
url = "{hook}"
"""


class Stage:
    """All of it, and what is done to it."""

    def __init__(self, server, folder, hook):
        self.server = server
        self.store = fresh_database(server)
        text = CONFIGURATION.format(store=self.store, hook=hook)
        names = [f"e{n}" for n in range(ENDPOINTS)] + [f"job{n}" for n in range(JOBS)]
        text += "".join(
            f'[[endpoint]]\nname = "{name}"\ntype = "heartbeat"\nevery = "1h"\n' for name in names
        )
        self.hubs = [Hub(folder / f"hub-{n}", text) for n in range(2)]

    def close(self):
        for hub in self.hubs:
            hub.stop()

    def leading(self):
        """The hub that leads, and the other one, once that stands by for it."""
        found = []

        def is_settled():
            found[:] = sorted(self.hubs, key=lambda hub: hub.lead()["role"] != "lead")
            first, second = (hub.lead() for hub in found)
            return first["role"] == "lead" and second == {**first, "role": "standby"}

        until(is_settled)
        return found

    def round(self, what):
        first, second = self.leading()
        if what == "server":
            self.server.kill()
            self.server.start()
            return
        first.send(signal.SIGKILL if what == "kill" else signal.SIGSTOP)
        until(lambda: second.lead()["role"] == "lead")
        if what == "kill":
            first.stop()
            first.start()
        else:
            first.send(signal.SIGCONT)


@pytest.fixture
def stage(tmp_path, receiver):
    with running_server(fsync="on") as server:
        stage = Stage(server, tmp_path, receiver.url)
        yield stage
        stage.close()


def kept(store):
    """The results of the agent in the order in which they were kept: endpoint and time.

    Where they lie says nothing of that after a crash; which transaction kept them does.
    """
    with psycopg.connect(store) as connection:
        names = connection.execute(
            "SELECT relname FROM pg_class WHERE relname ~ '^result_[0-9]+$' ORDER BY 1"
        ).fetchall()
        return [
            row
            for (name,) in names
            for row in connection.execute(
                f"SELECT e.text, r.at FROM {name} r JOIN word e ON e.number = r.endpoint"
                " JOIN word v ON v.number = r.vantage WHERE v.text = 'tokyo'"
                " ORDER BY r.xmin::text::bigint, r.at"
            ).fetchall()
        ]


def check_results(stage, load):
    sent = [(check.endpoint, int(check.at * 1e6 + 0.5)) for check in load.sent]
    found = kept(stage.store)
    assert len(found) == len(set(found)) == len(sent)
    assert sorted(found) == sorted(sent)
    for endpoint in {endpoint for endpoint, _ in sent}:
        times = [at for name, at in found if name == endpoint]
        assert times == sorted(times)


def check_notifications(receiver, job):
    job.fail()  # tells all that waits
    *over, last = job.incidents

    def ended():
        return {id_ for id_, what in counted(receiver) if what in {"closed", "brief"}}

    until(lambda: {id_ for id_, _ in counted(receiver)} >= {*over, last})
    until(lambda: ended() == set(over))
    assert {key: times for key, times in counted(receiver).items() if times > 1} == {}
    assert {id_ for id_, what in counted(receiver) if what != "closed"} == {*over, last}


@pytest.mark.nightly
def test_whoever_dies_nothing_is_lost_doubled_or_out_of_order(stage, receiver):
    stage.leading()
    remote, chance = remote_of(stage.hubs), random.Random(7)
    load, job = Load(stage.hubs, remote), Jobs(remote)
    load.start()
    job.start()
    for number in range(ROUNDS):
        stage.round(("kill", "stop", "kill", "kill", "server")[number % 5])
        enough = len(load.sent) + 2 * RESULTS
        until(lambda enough=enough: len(load.sent) > enough)
        time.sleep(chance.uniform(0, 0.5))  # the instant of the next round: any
    job.ended.set()
    until(lambda: not job.is_alive())
    load.ended.set()
    load.join()
    check_results(stage, load)
    check_notifications(receiver, job)
