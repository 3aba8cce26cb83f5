"""A log gone through again gives the same incidents."""

import json
import re

import pytest

from ringback.incident.replay import LineInvalid, replay


def log(*ups, code="503"):
    return [
        json.dumps({"at": 1_790_000_000 + i * 30, "endpoint": "shop", "up": up, "code": code})
        for i, up in enumerate(ups)
    ]


def test_an_outage_is_notified_once_and_its_end():
    changes = list(replay(log(True, False, False, False, False, True, True)))
    assert [change.what for change in changes if change.told] == ["opened", "closed"]
    assert changes[0].incident.kind == "http.error.unavailable"


def test_the_same_lines_give_the_same():
    lines = log(*[True, False, False, False, True] * 20)
    assert list(replay(lines)) == list(replay(lines))


def test_times_may_be_written_out():
    line = '{"at": "2026-11-21T10:00:00Z", "endpoint": "a", "up": true}'
    assert list(replay([line, "", line])) == []


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
        list(replay([*log(True), line]))
