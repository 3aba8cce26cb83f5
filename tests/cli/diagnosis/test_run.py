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
    for one in held:
        one.bind(("127.0.0.1", 0))
    yield [f"tcp://127.0.0.1:{one.getsockname()[1]}" for one in held]
    for one in held:
        one.close()


def test_what_is_found_is_in_the_order_of_the_targets(closed):
    done = diagnose_all(closed, DiagnoseOptions(), lambda *_: None)

    assert not done.interrupted
    assert [one.target for one in done.found] == closed
    assert {one.verdict.kind for one in done.found} == {"tcp.refused"}


def test_the_caller_hears_each_reading_and_then_the_whole(closed):
    heard, threads = [], set()

    def hear(index, found):
        heard.append((index, found))
        threads.add(threading.get_ident())

    done = diagnose_all(closed[:2], DiagnoseOptions(), hear)

    assert threads == {threading.get_ident()}
    for index, one in enumerate(done.diagnoses):
        mine = [found for number, found in heard if number == index]
        assert mine[-1] == one
        assert isinstance(one, Diagnosis)
        assert all(isinstance(found, Reading) for found in mine[:-1])
        assert sorted(map(str, mine[:-1])) == sorted(map(str, one.readings))


def test_ctrl_c_keeps_what_is_known(closed):
    def interrupt(index, found):
        if isinstance(found, Diagnosis):
            raise KeyboardInterrupt

    done = diagnose_all(closed, DiagnoseOptions(), interrupt)

    assert done.interrupted
    assert sum(one.complete for one in done.found) >= 1
    for one in done.found:
        assert one.readings
        assert one.target in closed


def test_ctrl_c_keeps_what_nobody_has_heard_yet(closed):
    def interrupt(index, found):
        for thread in threading.enumerate():
            if thread.name == "ringback-diagnose":
                thread.join(60)
        raise KeyboardInterrupt

    done = diagnose_all(closed[:1], DiagnoseOptions(), interrupt)

    assert done.interrupted
    assert [one.complete for one in done.found] == [True]


def test_a_defect_is_not_hidden():
    with pytest.raises(ValueError, match="empty"):
        diagnose_all([" "], DiagnoseOptions(), lambda *_: None)
