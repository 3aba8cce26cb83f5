import socket
import threading

import pytest

from ringback.cli.diagnosis.options import DiagnoseOptions
from ringback.cli.diagnosis.run import MAX_PARALLEL, diagnose_all
from ringback.diagnosis.model import Diagnosis, Reading


@pytest.fixture
def closed():
    """Ports of loopback that nothing listens on."""
    held = [socket.socket() for _ in range(MAX_PARALLEL + 3)]
    for holder in held:
        holder.bind(("127.0.0.1", 0))
    yield [f"tcp://127.0.0.1:{holder.getsockname()[1]}" for holder in held]
    for holder in held:
        holder.close()


def test_the_caller_hears_each_reading_and_then_the_whole(closed):
    heard, threads = [], set()

    def hear(index, found):
        heard.append((index, found))
        threads.add(threading.get_ident())

    done = diagnose_all(closed, DiagnoseOptions(), hear)

    assert not done.interrupted
    assert [diagnosis.target for diagnosis in done.found] == closed
    assert {diagnosis.verdict.kind for diagnosis in done.found} == {"tcp.refused"}
    assert threads == {threading.get_ident()}
    for index, one in enumerate(done.diagnoses):
        mine = [found for number, found in heard if number == index]
        assert mine[-1] == one
        assert isinstance(one, Diagnosis)
        assert all(isinstance(found, Reading) for found in mine[:-1])
        assert sorted(map(str, mine[:-1])) == sorted(map(str, one.readings))
