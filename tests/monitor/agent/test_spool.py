"""The spool: bounded, whole after a kill, and no number twice."""

import json
import os
import sqlite3
import threading
from typing import ClassVar

import pytest

from ringback.incident.model import Check
from ringback.monitor.agent import spool as spools
from ringback.monitor.agent.spool import BLOCK
from ringback.monitor.fleet.protocol import MAX_SEQUENCE

T = 1_790_000_000.0


class Spool(spools.Spool):
    """One that is closed after the test: Python 3.13 warns of a database that is not."""

    open: ClassVar = []

    def _open(self):
        database = super()._open()
        self.open.append(database)
        return database


@pytest.fixture(autouse=True)
def closed():
    yield
    while Spool.open:
        Spool.open.pop().close()


def check(number, *, up=True):
    kind = None if up else "tcp.refused"
    return Check(at=T + number, endpoint=f"e{number}", up=up, kind=kind, detail="d" * 20)


def filled(path, count, failed=(), **more):
    spool = Spool(path, **more)
    for number in range(count):
        spool.add(check(number, up=number not in failed))
        spool.write()
    return spool


def ends(spool, limit=1000):
    rows = spool.batch(0, MAX_SEQUENCE, limit)
    return [int(json.loads(row.body)["endpoint"][1:]) for row in rows]


def test_what_is_found_comes_in_its_order_and_goes_when_it_is_acknowledged(tmp_path):
    spool = filled(tmp_path / "s.db", 5)
    rows = spool.batch(0, MAX_SEQUENCE, 3)
    spool.acknowledged(0, rows[-1].n, rows)

    assert [json.loads(row.body)["n"] for row in rows] == [row.n for row in rows]
    assert ends(spool) == [3, 4]
    assert spool.waiting == 2


def test_results_are_taken_while_the_disk_hangs_and_none_is_lost_or_twice(tmp_path):
    spool = filled(tmp_path / "s.db", 1)
    other = sqlite3.connect(tmp_path / "s.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    spool.add(check(1))
    writing = threading.Thread(target=spool.write)
    writing.start()
    for number in range(2, 200):
        spool.add(check(number))
    assert writing.is_alive()
    other.execute("ROLLBACK")
    other.close()
    writing.join()
    spool.write()

    assert ends(spool) == list(range(200))
    assert spool.waiting == 200
    spool.close()


def test_the_next_process_has_what_was_written_and_other_numbers(tmp_path):
    spool = filled(tmp_path / "s.db", 3)
    spool.add(check(3))  # not written: a kill loses it
    used = spool.next
    os_copy = Spool(tmp_path / "s.db")  # as after a kill: nothing was closed
    os_copy.add(check(9))

    assert ends(os_copy) == [0, 1, 2, 9]
    assert os_copy.id == spool.id
    assert os_copy.began >= used > spool.began
    assert os_copy.began % BLOCK == 0


def test_numbers_are_not_used_again_when_nothing_waits(tmp_path):
    spool = filled(tmp_path / "s.db", 3)
    rows = spool.batch(0, MAX_SEQUENCE, 10)
    spool.acknowledged(0, rows[-1].n, rows)
    spool.close()

    assert Spool(tmp_path / "s.db").next > rows[-1].n


def test_a_full_spool_lets_the_oldest_successes_go_and_counts_them(tmp_path):
    failed = {1, 2, 30, 119}
    spool = filled(tmp_path / "s.db", 120, failed, limit=50)

    left = ends(spool)
    assert spool.waiting == len(left) <= 50
    assert failed <= set(left)
    assert spool.dropped == 120 - len(left)
    successes = [number for number in left if number not in failed]
    assert successes == list(range(min(successes), 119))  # the newest
    spool.close()
    assert Spool(tmp_path / "s.db").dropped == 120 - len(left)


@pytest.mark.parametrize("content", [b"nothing that SQLite knows" * 100, os.urandom(8192)])
def test_a_damaged_file_is_set_aside_and_told(tmp_path, content, caplog):
    first = filled(tmp_path / "s.db", 3)
    first.close()
    (tmp_path / "s.db").write_bytes(content)
    spool = Spool(tmp_path / "s.db")
    spool.add(check(7))
    spool.write()

    (aside,) = tmp_path.glob("s.db.damaged-*")
    assert aside.read_bytes() == content
    assert (spool.set_aside, ends(spool)) == (1, [7])
    assert spool.id != first.id  # the hub must not take its numbers for those of before
    assert "set aside" in caplog.text


def test_a_file_that_is_damaged_meanwhile_is_set_aside(tmp_path):
    spool = filled(tmp_path / "s.db", 300)
    before = spool.id
    spool._database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with (tmp_path / "s.db").open("r+b") as opened:
        opened.seek(4096)
        opened.write(os.urandom(40960))
    spool._database.execute("PRAGMA cache_size = 0")
    for number in range(300, 310):
        spool.add(check(number))
        spool.write()

    assert spool.set_aside == 1
    assert ends(spool)[-1] == 309
    assert spool.id != before


def test_a_full_disk_is_survived_and_what_came_meanwhile_is_sent(tmp_path, caplog):
    spool = filled(tmp_path / "s.db", 3, held=100)
    (pages,) = spool._database.execute("PRAGMA page_count").fetchone()
    spool._database.execute(f"PRAGMA max_page_count = {pages}")
    for number in range(3, 2003):
        spool.add(check(number, up=number != 500))
        spool.write()

    assert spool.problem
    held = ends(spool)
    assert held[:3] == [0, 1, 2]
    assert 500 in held
    assert held[-1] == 2002
    assert spool.waiting + spool.dropped == 2003
    rows = spool.batch(0, MAX_SEQUENCE, 10)
    spool.acknowledged(0, rows[-1].n, rows)
    assert ends(spool)[0] == held[10]

    spool._database.execute(f"PRAGMA max_page_count = {pages * 1000}")
    spool.write()
    assert not spool.problem
    assert len(spool._new) == 0
    assert spool.waiting == len(ends(spool))
    assert [record.levelname for record in caplog.records] == ["ERROR", "WARNING"]
