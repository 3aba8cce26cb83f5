import pytest

from ringback.sink.report import SuccessSummary


def test_a_run_says_how_many_calls_and_how_long_they_took():
    run = SuccessSummary("http://h:80")
    for seconds in (0.010, 0.010, 0.5, None):
        run.add(1700000000.5, seconds)
    sent = run.entry()
    assert (sent["at"], sent["origin"], sent["calls"]) == (1700000000.5, "http://h:80", 4)
    (fast, two), (slow, one) = sent["seconds"]
    assert (two, one) == (2, 1)
    assert 0.010 <= fast < 0.0119
    assert 0.5 <= slow < 0.595


@pytest.mark.parametrize("seconds", [0.0, -1.0, 1e-9, 1e-4, 1.0, 1e9])
def test_every_duration_has_a_place(seconds):
    run = SuccessSummary("http://h:80")
    run.add(1.0, seconds)
    assert run.entry()["seconds"][0][1] == 1
