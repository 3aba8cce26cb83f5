"""A log is read line by line; where a line is a change, what is between two is made of them."""

import json
import re
from datetime import UTC, datetime

import pytest

from ringback.incident.replay import (
    INTERVALS_AT_END,
    LineInvalid,
    checks_of,
    first_of,
    held_between,
    is_log_of_changes,
)

T = 1_790_000_000


def log(*ups, code="503", every=30, endpoint="shop"):
    return [
        json.dumps({"at": T + i * every, "endpoint": endpoint, "up": up, "code": code})
        for i, up in enumerate(ups)
    ]


def checks(*ups, **more):
    return list(checks_of(log(*ups, **more)))


def every_30(_):
    return 30.0


def test_a_status_is_a_kind_and_a_success_has_none():
    assert [check.kind for check in checks(True, False)] == [None, "http.error.unavailable"]


def test_times_may_be_written_out():
    line = '{"at": "2026-11-21T10:00:00Z", "endpoint": "a", "up": true}'
    moment = datetime(2026, 11, 21, 10, tzinfo=UTC).timestamp()
    assert [check.at for check in checks_of([line, "", line])] == [moment, moment]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("no json", "it is not JSON"),
        ("[" * 100_000, "it is not JSON"),
        ("[]", "it is not a JSON object"),
        ("{}", "it has no 'at'"),
        ('{"at": 1790000000, "endpoint": "a"}', "it has no 'up'"),
        ('{"at": NaN, "endpoint": "a", "up": true}', "'at' is nan, not seconds since 1970"),
        ('{"at": 1e300, "endpoint": "a", "up": true}', "'at' is 1e+300, not seconds"),
        ('{"at": "yesterday", "endpoint": "a", "up": true}', "yesterday"),
        ('{"at": "2026-11-21T10:00:00", "endpoint": "a", "up": true}', "has no time zone"),
    ],
)
def test_a_line_that_is_no_check_is_named(line, why):
    with pytest.raises(LineInvalid, match=f"line 2 is no check: .*{re.escape(why)}"):
        list(checks_of([*log(True), line]))


def test_a_log_whose_lines_differ_and_are_far_apart_is_one_of_changes():
    assert is_log_of_changes(checks(True, False, True, every=3600), every_30)
    assert not is_log_of_changes(checks(True, False, True), every_30), "that is every check"
    assert not is_log_of_changes(checks(True, True, True, every=3600), every_30)
    assert not is_log_of_changes(checks(True), every_30)
    assert not is_log_of_changes([], every_30)


def test_a_log_is_known_by_its_first_lines():
    rest = checks_of(log(*[True] * 100))
    assert len(first_of(rest)) < 60
    assert len(list(rest)) > 40
    assert len(first_of(checks_of(log(*[True] * 3)))) == 3


def test_a_state_is_held_until_the_next_line():
    held = list(held_between(checks(True, False, True, every=100), every_30))
    assert [(check.at - T, check.up) for check in held] == [
        *((at, True) for at in (0, 30, 60, 90)),
        *((at, False) for at in (100, 130, 160, 190)),
        *((200 + 30 * number, True) for number in range(INTERVALS_AT_END)),
    ]


def test_each_endpoint_is_held_at_its_own_interval():
    both = sorted(
        [*checks(False, endpoint="a"), *checks(False, endpoint="b")], key=lambda check: check.at
    )
    held = list(held_between(both, {"a": 10.0, "b": 30.0}.__getitem__))
    assert [check.at for check in held] == sorted(check.at for check in held)
    assert sum(check.endpoint == "b" for check in held) == INTERVALS_AT_END
    assert sum(check.endpoint == "a" for check in held) == 3 * INTERVALS_AT_END
