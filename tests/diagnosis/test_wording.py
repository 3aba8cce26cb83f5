import pytest
from diagnosis.values import reading, verdict

from ringback.diagnosis.model import STAGES
from ringback.diagnosis.wording import TITLES, duration, label, stage_state, standing


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0 ms"),
        (0.00004, "0 ms"),
        (0.0021, "2.1 ms"),
        (0.00994, "9.9 ms"),
        (0.012, "12 ms"),
        (0.9994, "999 ms"),
        (1.04, "1.0 s"),
        (9.96, "10 s"),
        (119, "119 s"),
        (150, "2 min"),
        (7200, "2 h"),
    ],
)
def test_times_in_words(seconds, said):
    assert duration(seconds) == said


def test_every_stage_has_a_title():
    assert tuple(TITLES) == STAGES


def test_what_was_tried_and_with_whom():
    assert label(reading("host", "route_to", "192.0.2.1")) == "route to 192.0.2.1"
    assert label(reading("host", "environment", "")) == "environment"


@pytest.mark.parametrize(
    ("states", "said"),
    [
        (("ok", "failed"), "failed"),
        (("noted", "ok"), "ok"),
        (("skipped", "noted"), "noted"),
        (("skipped",), "skipped"),
        ((), "skipped"),
    ],
)
def test_how_a_stage_came_out(states, said):
    assert stage_state(reading(state=state) for state in states) == said


def test_a_verdict_in_one_line():
    found = verdict("firewall_drops", "tcp.timed_out", "tcp", where="path", confidence=0.8)

    assert standing(found) == "tcp.timed_out (firewall_drops) · fault: network path (80% confident)"
    assert standing(verdict()) == "healthy · 100% confident"
