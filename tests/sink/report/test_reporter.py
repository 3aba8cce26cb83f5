import json
import logging
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from types import SimpleNamespace

import pytest
from sink.events import TARGET, done, given_up, retried
from until import until

import ringback
from ringback.event import Listeners
from ringback.failure import Target
from ringback.sink import report as module
from ringback.sink.report import EARLY_SEND_ENTRIES, MAX_WAITING_ENTRIES, Reporter
from ringback.testing.lab.message import responding, response


class Monitor:
    """Takes batches; ``statuses`` are given first, then 202; it may hang until it is ``free``."""

    def __init__(self, lab):
        self.statuses, self.free = [], None
        self.requests, self.batches = [], []
        self.endpoint = lab.listen(responding(self._answer))
        self.url = self.endpoint.url.rstrip("/")

    def events(self):
        return [event for batch in self.batches for event in batch["events"]]

    def _answer(self, request):
        if self.free:
            self.free.wait(30)
        batch = json.loads(request.body)
        status = self.statuses.pop(0) if self.statuses else 202
        self.requests.append((request.target, request.headers, batch))
        if status < 300:
            self.batches.append(batch)
        return response(status, b"{}")


@pytest.fixture
def monitor(lab):
    return Monitor(lab)


@pytest.fixture
def reporter(monitor):
    one = Reporter(monitor.url, "t0ken", program="shop")
    yield one
    one.close(0.0)


@pytest.fixture
def asked_only(monkeypatch):
    """Nothing is sent, nor sent again, because some time has passed: only when it is asked for."""
    monkeypatch.setattr(module, "SEND_INTERVAL", 3600.0)
    monkeypatch.setattr(module, "random", SimpleNamespace(uniform=lambda *_: 3600.0))


def test_a_batch_says_what_happened_and_who_says_it(monitor, reporter, asked_only):
    began = time.time()
    for event in (done(), done(), given_up(), retried(), done(2)):
        reporter(event)
    assert reporter.flush(30)
    ((path, headers, batch),) = monitor.requests
    assert path == "/api/v1/events"
    assert headers["authorization"] == "Bearer t0ken"
    assert (batch["version"], batch["program"], batch["dropped"]) == (1, "shop", 0)
    assert began <= batch["sent_at"] <= time.time()
    worked, failed, recovered = batch["events"]
    assert (worked["origin"], worked["calls"]) == ("https://h:443", 2)
    assert (failed["origin"], failed["kind"]) == ("https://h:443", "tcp.refused")
    assert recovered["calls"] == 1


def test_it_sends_by_itself_after_a_moment(monitor, reporter, monkeypatch):
    monkeypatch.setattr(module, "SEND_INTERVAL", 0.05)
    reporter(given_up())
    until(lambda: len(monitor.events()) == 1)


def test_many_entries_do_not_wait(monitor, reporter, monkeypatch):
    monkeypatch.setattr(module, "SEND_INTERVAL", 3600.0)
    for _ in range(EARLY_SEND_ENTRIES):
        reporter(given_up())
    until(lambda: len(monitor.events()) == EARLY_SEND_ENTRIES)


def test_one_connection_is_kept(monitor, reporter):
    for _ in range(5):
        reporter(given_up())
        assert reporter.flush(30)
    assert (len(monitor.batches), len(monitor.endpoint.seen)) == (5, 1)


def test_calls_to_the_monitor_itself_are_not_reported(monitor, reporter):
    own = Target(f"{monitor.url}/api", "http", "127.0.0.1", monitor.endpoint.port)
    reporter(done(target=own))
    reporter(given_up(target=own))
    assert reporter.flush(0)
    assert monitor.requests == []


def test_without_a_monitor_the_newest_wait_and_it_is_notified_how_many_were_dropped(unused_port):
    reporter = Reporter(f"http://127.0.0.1:{unused_port}")
    for _ in range(MAX_WAITING_ENTRIES + 7):
        reporter(given_up())
    assert not reporter.flush(30)
    assert (reporter.tally.dropped, reporter.tally.failed > 0) == (7, True)
    assert "refused" in reporter.tally.last_error
    reporter.close(30)


def test_what_was_refused_for_now_is_sent_again_as_the_same_batch(
    monitor, reporter, caplog, asked_only
):
    monitor.statuses = [503, 503]
    reporter(given_up())
    assert not reporter.flush(30)
    reporter(given_up())
    assert not reporter.flush(30)
    assert reporter.flush(30)
    ids = [body["id"] for _, _, body in monitor.requests]
    assert ids[0] == ids[1] == ids[2] != ids[3]
    assert [len(batch["events"]) for batch in monitor.batches] == [1, 1]
    said = [record for record in caplog.records if "takes no reports" in record.message]
    assert [record.levelno for record in said] == [logging.WARNING]


@pytest.mark.parametrize("status", [400, 413, 422])
def test_what_is_never_taken_is_dropped_and_counted(monitor, reporter, status):
    monitor.statuses = [status]
    reporter(given_up())
    reporter.flush(30)
    reporter(given_up())
    assert reporter.flush(30)
    assert reporter.tally.dropped == 1
    assert [batch["dropped"] for batch in monitor.batches] == [1]


def test_a_monitor_that_hangs_holds_nobody_up(monitor, reporter):
    monitor.free = threading.Event()
    for _ in range(3 * MAX_WAITING_ENTRIES):
        reporter(given_up())
    assert not reporter.flush(0.01)
    monitor.free.set()
    assert reporter.close(30)
    assert reporter.tally.dropped + len(monitor.events()) == 3 * MAX_WAITING_ENTRIES


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")  # with threads, which is meant
def test_it_goes_on_in_a_forked_process(monitor, reporter):
    reporter(given_up())
    assert reporter.flush(30)
    reporter(given_up())  # the parent's, and not for the child to send
    child = os.fork()
    if not child:
        reporter(given_up(target=TARGET))
        os._exit(0 if reporter.flush(30) else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert reporter.flush(30)
    assert len(monitor.events()) == 3
    assert len({batch["id"] for batch in monitor.batches}) == 3


def test_a_signal_handler_may_make_calls(monitor, reporter):
    before = signal.signal(signal.SIGALRM, lambda *_: reporter(given_up()))
    signal.setitimer(signal.ITIMER_REAL, 0.0002, 0.0002)
    try:
        for _ in range(5000):
            reporter(done())
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert reporter.flush(30)
    assert sum(event.get("calls", 0) for event in monitor.events()) <= 5000


def test_the_end_of_a_program_sends_what_is_left(monitor):
    code = """
import ringback, requests
from ringback.sink import report as reporter
reporter.EXIT_TIMEOUT = 50.0  # a machine may be busy
session = ringback.Session(policy=ringback.Policy(attempts=1))
try:
    session.get("http://127.0.0.1:9/a?token=s3cret")
except requests.ConnectionError:
    pass
"""
    environ = {**os.environ, "RINGBACK_URL": monitor.url, "RINGBACK_TOKEN": "abc"}
    subprocess.run([sys.executable, "-c", code], env=environ, check=True, timeout=60)
    ((_, headers, batch),) = monitor.requests
    assert headers["authorization"] == "Bearer abc"
    (event,) = batch["events"]
    assert (event["origin"], event["kind"]) == ("http://127.0.0.1:9", "tcp.refused")
    assert event["url"] == "http://127.0.0.1:9/a"


def test_the_end_of_a_program_does_not_wait_for_a_monitor_that_is_not_there(unused_port):
    code = f"""
import ringback
ringback.report("http://127.0.0.1:{unused_port}")
session = ringback.Session(policy=ringback.Policy(attempts=1), errors="return")
session.get("http://127.0.0.1:9/")
"""
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_closed_it_reports_nothing_more(monitor, reporter):
    reporter(given_up())
    assert reporter.close(30)
    reporter(given_up())
    assert reporter.flush(30)
    assert len(monitor.events()) == 1


def test_it_pickles_to_the_one_of_its_process(reporter):
    assert pickle.loads(pickle.dumps(reporter)) is reporter
    assert "t0ken" not in repr(reporter)


def test_listeners_know_what_it_dropped(unused_port):
    reporter = Reporter(f"http://127.0.0.1:{unused_port}")
    listeners = Listeners([reporter])
    for _ in range(MAX_WAITING_ENTRIES + 1):
        listeners(given_up())
    assert listeners.dropped == 1
    reporter.close(30)


@pytest.mark.parametrize(
    "url", ["", "127.0.0.1:8480", "ftp://h", "http://", "http://u:p@h", "http://h:x"]
)
def test_a_url_that_is_no_monitors_is_refused(url):
    with pytest.raises(ValueError, match=r"."):
        ringback.report(url)


@pytest.mark.parametrize("token", ["", "a\nb", "schlüssel"])
def test_a_token_that_cannot_be_one_is_refused(token):
    with pytest.raises(ValueError, match="token"):
        ringback.report("http://h", token)
