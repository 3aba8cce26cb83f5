"""A log gone through again gives the same incidents."""

import json

import pytest

from ringback.incident.replay import LineInvalid, replay


def log(*ups, code="503"):
    return [
        json.dumps({"at": 1_790_000_000 + i * 30, "endpoint": "shop", "up": up, "code": code})
        for i, up in enumerate(ups)
    ]


def test_an_outage_is_told_once_and_its_end():
    changes = list(replay(log(True, False, False, False, False, True, True)))
    assert [one.what for one in changes if one.told] == ["opened", "closed"]
    assert changes[0].incident.kind == "http.error.unavailable"


def test_the_same_lines_give_the_same():
    lines = log(*[True, False, False, False, True] * 20)
    assert list(replay(lines)) == list(replay(lines))


def test_times_may_be_written_out():
    line = '{"at": "2026-11-21T10:00:00Z", "endpoint": "a", "up": true}'
    assert list(replay([line, "", line])) == []


@pytest.mark.parametrize(
    "line",
    [
        "no json",
        "[]",
        "{}",
        '{"at": "yesterday", "endpoint": "a", "up": true}',
        '{"at": "2026-11-21T10:00:00", "endpoint": "a", "up": true}',
    ],
)
def test_a_line_that_is_no_check_is_named(line):
    with pytest.raises(LineInvalid, match="line 2"):
        list(replay([*log(True), line]))
