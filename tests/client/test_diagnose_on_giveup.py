"""A call that is given up has its target diagnosed, where the policy asks for it."""

import asyncio
import dataclasses
import threading
from time import monotonic

import pytest

from ringback import Policy, Session, retry
from ringback.client import diagnose_on_giveup
from ringback.errors import ConnectionRefused
from ringback.retry import Backoff

ONCE = Policy(attempts=1, diagnose_on_giveup=True)


@pytest.fixture(autouse=True)
def _nothing_diagnosed():
    diagnose_on_giveup.forget_diagnoses()


class Diagnose:
    """Stands for ``ringback.diagnose``: counts, and gives back what it was asked.

    Args:
        done: To be waited for.
    """

    def __init__(self, done=None):
        self.asked, self.made = [], []
        self.done = done

    def __call__(self, url, *, timeout):
        self.asked.append((url, timeout))
        if self.done is not None:
            self.done.wait(60)
        self.made.append(url)
        raise RuntimeError("no diagnosis can be made")


def refused(policy, port):
    with Session(policy=policy) as session, pytest.raises(ConnectionRefused) as caught:
        session.get(f"http://127.0.0.1:{port}/")
    return caught.value


def test_the_error_has_the_diagnosis(unused_port, monkeypatch):
    monkeypatch.setattr(diagnose_on_giveup, "MAX_DIAGNOSIS_SECONDS", 50.0)
    error = refused(ONCE, unused_port)
    assert error.diagnosis.verdict.kind == "tcp.refused"
    assert any(error.diagnosis.verdict.summary in note for note in error.__notes__)


def test_without_asking_there_is_none(unused_port):
    assert refused(Policy(attempts=1), unused_port).diagnosis is None


def test_an_origin_is_diagnosed_once_a_minute(unused_port):
    ask = Diagnose()
    policy = Policy(attempts=3, backoff=Backoff(base=0.001), diagnose_on_giveup=ask)
    for _ in range(3):
        refused(policy, unused_port)
    assert len(ask.asked) == 1
    diagnose_on_giveup.forget_diagnoses()
    refused(policy, unused_port)
    assert len(ask.asked) == 2


def test_a_diagnosis_that_raises_changes_no_error(unused_port):
    ask = Diagnose()
    error = refused(dataclasses.replace(ONCE, diagnose_on_giveup=ask), unused_port)
    assert error.diagnosis is None
    assert error.failure.kind == "tcp.refused"


def test_it_takes_no_longer_than_the_deadline_leaves(unused_port, monkeypatch):
    monkeypatch.setattr(diagnose_on_giveup, "MIN_DIAGNOSIS_SECONDS", 0.0)
    monkeypatch.setattr(diagnose_on_giveup, "current_deadline", lambda: monotonic() + 0.1)
    done = threading.Event()
    ask = Diagnose(done)
    # It goes on without the diagnosis, which is still to be made.
    refused(dataclasses.replace(ONCE, diagnose_on_giveup=ask), unused_port)
    assert 0 < ask.asked[0][1] <= 0.1
    assert ask.made == []
    done.set()


def test_tasks_go_on_while_it_is_made(unused_port):
    done = threading.Event()
    ask = Diagnose(done)
    policy = Policy(attempts=1, diagnose_on_giveup=ask)

    async def connect():
        await asyncio.open_connection("127.0.0.1", unused_port)

    async def both():
        ticks = 0
        call = asyncio.ensure_future(retry(connect, policy=policy)())
        while not call.done():
            ticks += len(ask.asked)
            if ticks == 5:
                done.set()
            await asyncio.sleep(0.01)
        assert isinstance(call.exception(), ConnectionRefusedError)
        return ticks

    assert asyncio.run(both()) >= 5
    assert len(ask.asked) == 1
