import pickle
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from ringback.event import Event
from ringback.failure import Failure, Target
from ringback.retry import Done, GiveUp, Retry
from ringback.sink import Detector

pytestmark = pytest.mark.usefixtures("patient")

TARGET = Target(url="http://h:81/x", scheme="http", host="h", port=81)


class Heard:
    def __init__(self, **options):
        self.alerts, self.recoveries, self.at = [], [], 0.0
        self.detector = Detector(self.alerts.append, self.recoveries.append, **options)

    def fail(self, times=1, kind="tcp.refused", target=TARGET):
        failure = Failure(kind)
        for _ in range(times):
            self._tell(failure, GiveUp(3, failure, "attempts"), target)

    def work(self, times=1, target=TARGET):
        for _ in range(times):
            self._tell(None, Done(1), target)

    def retry(self, times=1):
        failure = Failure("tcp.refused")
        for _ in range(times):
            self._tell(failure, Retry(1, failure, 0.1), TARGET)

    def _tell(self, failure, decision, target):
        self.at += 1.0
        self.detector(Event(at=self.at, target=target, failure=failure, decision=decision))


def test_the_third_failed_call_in_a_row_raises_one_alert():
    heard = Heard()
    heard.fail(2)
    assert heard.alerts == []
    heard.fail(1, "tcp.reset")
    heard.fail(20)
    (alert,) = heard.alerts
    assert (alert.endpoint, alert.count, alert.since, alert.at) == ("http://h:81", 3, 1.0, 3.0)
    assert alert.kinds == {"tcp.refused": 2, "tcp.reset": 1}
    assert alert.failure.kind == "tcp.reset"


def test_a_success_in_between_begins_the_count_anew():
    heard = Heard()
    heard.fail(2)
    heard.work()
    heard.fail(2)
    assert heard.alerts == []


def test_two_successes_in_a_row_are_a_recovery_and_one_is_not():
    heard = Heard()
    heard.fail(3)
    heard.work()
    heard.fail()
    heard.work()
    assert heard.recoveries == []
    heard.work()
    (recovery,) = heard.recoveries
    assert (recovery.alert, recovery.at) == (heard.alerts[0], 7.0)
    heard.fail(3)
    assert len(heard.alerts) == 2


@pytest.mark.parametrize("kind", ["url.invalid", "client.pool_exhausted", "config.proxy_invalid"])
def test_our_own_faults_are_not_the_endpoints(kind):
    heard = Heard()
    heard.fail(9, kind)
    assert heard.alerts == []


def test_endpoints_are_counted_apart():
    heard = Heard()
    for port in range(2):
        heard.fail(2, target=replace(TARGET, port=port))
    assert heard.alerts == []


def test_memory_is_bounded_and_the_oldest_is_forgotten():
    heard = Heard(endpoints=2)
    heard.fail(2)
    for port in (1, 2):
        heard.fail(1, target=replace(TARGET, port=port))
    heard.fail(1)
    assert heard.alerts == []
    assert len(heard.detector._failing) == 2


def test_many_threads_raise_one_alert():
    heard = Heard(alert_after=400)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: heard.fail(), range(800)))
    assert [alert.count for alert in heard.alerts] == [400]


def test_pickles_without_its_counts():
    detector = pickle.loads(pickle.dumps(Detector(alert_after=1)))
    detector(Event(at=0.0, target=TARGET, failure=Failure("tcp.refused")))
    assert list(detector._failing) == ["http://h:81"]


@pytest.mark.parametrize("option", ["alert_after", "recover_after", "endpoints"])
def test_a_number_below_one_is_refused(option):
    with pytest.raises(ValueError, match="must be at least 1"):
        Detector(**{option: 0})


def test_it_asks_for_success_only_while_an_endpoint_fails():
    heard = Heard()
    assert not heard.detector.wants_success
    heard.fail(3)
    assert heard.detector.wants_success
    heard.work(2)
    assert not heard.detector.wants_success


def test_an_alert_keeps_no_exception_alive():
    heard = Heard(alert_after=1)
    failure = Failure("tcp.refused", cause=ConnectionRefusedError(111, "refused"))
    heard.detector(Event(at=1.0, target=TARGET, failure=failure))
    assert heard.alerts[0].failure == replace(failure, cause=None)
