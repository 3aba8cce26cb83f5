"""kill -9 at any instant of `ringback up`: a check of each endpoint at most, and nothing else."""

import random
import sqlite3
import time
from collections import Counter
from contextlib import closing

import pytest
from monitor.running import Monitor
from until import until

from ringback.incident.vote import Vote
from ringback.monitor.store.sqlite import SQLiteStore
from ringback.testing.lab import Lab
from ringback.testing.lab.message import response

KILLS = 6
COUNT = 10
FAILING = range(1, COUNT, 2)


@pytest.fixture
def service():
    """Counts what it is asked; every other endpoint fails."""
    asked = Counter()

    def serve(connection):
        while request := connection.read_request():
            asked[request.target] += 1
            failing = int(request.target[1:]) in FAILING
            connection.send(response(503 if failing else 200, b""))

    with Lab() as lab:
        yield lab.listen(serve).url.rstrip("/"), asked


def configured(folder, url, hook):
    lines = ["[defaults]", 'every = "2s"', ""]
    for number in range(COUNT):
        lines += ["[[endpoint]]", f'name = "e{number}"', f'url = "{url}/{number}"', ""]
    lines += ["[[notifier]]", 'name = "hook"', 'type = "webhook"', f'url = "{hook}"', ""]
    (folder / "ringback.toml").write_text("\n".join(lines))


@pytest.mark.nightly
def test_a_kill_loses_one_check_but_no_counter_or_notice(service, receiver, tmp_path):
    url, counted = service
    configured(tmp_path, url, receiver.url)
    chance = random.Random(5)
    for _ in range(KILLS):
        monitor = Monitor(tmp_path)
        time.sleep(chance.uniform(0.2, 5.0))  # the instant of the kill: any
        monitor.stop()
        with closing(sqlite3.connect(tmp_path / "ringback.db")) as driver:
            assert driver.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    last = Monitor(tmp_path)
    # Half of the host's endpoints are well: what fails is an incident of its own each.
    incidents = last.until("/incidents", lambda all_: len(all_) == len(FAILING))
    until(lambda: len(begun(receiver.documents)) == len(FAILING))
    asked = dict(counted)
    last.stop()

    store = SQLiteStore(tmp_path / "ringback.db")
    for number in range(COUNT):
        kept = store.checks(f"e{number}", 0, time.time() + 60, limit=10**6)
        assert asked[f"/{number}"] - len(kept) <= KILLS + 1
        (vote,) = map(Vote.load, store.state(f"case:e{number}")["votes"])
        if number in FAILING:
            assert vote.failures == sum(check.up is False for check in kept), "no counter was lost"
    assert {incident.id for incident in store.incidents()} == {
        incident["id"] for incident in incidents
    }
    store.close()
    assert all(len(ids) == 1 for ids in begun(receiver.documents).values()), (
        "sent again: the same id"
    )


def begun(messages):
    """Incident to the ids of the messages that say it has begun."""
    found = {}
    for told in messages:
        for incident in told["incidents"]:
            if incident["what"] == "opened":
                found.setdefault(incident["id"], set()).add(told["id"])
    return found
