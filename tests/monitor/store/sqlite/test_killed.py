"""kill -9 at any instant: nothing that was said to be kept is lost, and nothing is half there."""

import random
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from ringback.monitor.store.sqlite import SQLiteStore
from tests.monitor.store.sqlite.writer import ENDPOINTS
from tests.monitor.store.values import AT

ROOT = Path(__file__).parents[4]
STEP = 45.0
"""Seconds between two batches: an hour is sealed every 80."""


def writer(path, most=10**6):
    command = [sys.executable, "-m", "tests.monitor.store.sqlite.writer", str(path), str(STEP)]
    return subprocess.Popen(
        [*command, str(most)], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def killed_after(path, batches):
    """Kill it after so many batches were said to be kept; return the number that it said last."""
    process = writer(path)
    last = None
    for number, line in enumerate(process.stdout):
        last = line.strip()
        if number >= batches:
            break
    process.kill()
    # By the same reader: communicate() would pass over what this one has read ahead.
    with process:
        rest, errors = process.stdout.read(), process.stderr.read()
    assert errors == ""
    said = [line for line in [last, *rest.split("\n")] if line.isdigit()]
    return int(said[-1]) if said else 0


def check_all(path, said):
    """What was said to be kept is there, and of the batch after it all or nothing."""
    with closing(sqlite3.connect(path)) as driver:
        assert driver.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    store = SQLiteStore(path)
    kept = store.state("engine")
    count = kept["batches"] if kept else 0
    until = AT + count * STEP + 1
    assert count in (said, said + 1)
    for n in range(ENDPOINTS):
        spans = store.buckets(f"e{n}", "1h", 0, until)
        assert sum(span.count for span in spans) == count
        assert sum(span.bad for span in spans) == (0 if n % 5 else count)
    since = until - 40 * 3600
    wanted = [at for k in range(count) if (at := round(AT + k * STEP + 0.007, 6)) >= since]
    assert [check.at for check in store.checks("e7", since, until, limit=10**6)] == wanted[::-1]
    told = -(-count // 3)
    assert {entry.notice.id for entry in store.due(until, 10**6)} == {
        f"n{3 * n}" for n in range(told)
    }
    assert len(store.transitions("e0", 0, until)) == told
    assert {check.at for check in store.last_checks().values()} == {
        round(AT + (count - 1) * STEP + n / 1000, 6) for n in range(ENDPOINTS if count else 0)
    }
    store.close()
    return count


@pytest.mark.nightly
def test_nothing_is_lost_when_it_is_killed(tmp_path):
    path, chance, count = tmp_path / "ringback.db", random.Random(2), 0
    for _ in range(20):
        said = killed_after(path, chance.randrange(400))
        count = check_all(path, max(said, count))
    assert count > 20
