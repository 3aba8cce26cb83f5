import json
import re
from pathlib import Path
from typing import get_args

import pytest
from sink.events import REFUSED, TARGET, UNAVAILABLE, done, event, given_up, retried

from ringback.event import What
from ringback.failure import Failure
from ringback.retry import Reason
from ringback.sink.formatting import REASONS, describe_event, json_line, text_line


def test_every_reason_has_words():
    assert set(REASONS) == set(get_args(Reason))


@pytest.mark.parametrize("what", [what for what in get_args(What) if what != "attempt"])
def test_every_change_has_words(what):
    assert describe_event(event(what=what)).count(" ") >= 2
    assert describe_event(event(what=what, detail="past the proxy p:3128")).endswith(
        ": past the proxy p:3128"
    )


def test_a_probe_says_how_it_ended():
    assert describe_event(event(origin="probe")) == "succeeded"
    assert describe_event(event(origin="probe", failure=REFUSED)) == "tcp.refused: refused"


def test_a_json_line_of_a_retry():
    assert json.loads(
        json_line(retried(2, UNAVAILABLE, status=503, vantage="home"), "WARNING")
    ) == {
        "timestamp": "2023-11-14T22:13:20.250+00:00",
        "level": "WARNING",
        "event": "attempt",
        "message": "http.error.unavailable: HTTP 503 (attempt 2 of 3): trying again in 0.25 s",
        "http.request.method": "GET",
        "url.full": "https://h/a",
        "url.scheme": "https",
        "server.address": "h",
        "server.port": 443,
        "network.peer.address": "192.0.2.1",
        "http.response.status_code": 503,
        "error.type": "http.error.unavailable",
        "error.message": "HTTP 503",
        "http.request.resend_count": 1,
        "ringback.attempts": 3,
        "ringback.outcome": "retry",
        "ringback.retry.delay": 0.25,
        "ringback.delivered": "yes",
        "ringback.phase": "body",
        "ringback.duration": 0.02,
        "ringback.vantage": "home",
    }


def test_a_json_line_of_a_change():
    change = event(what="circuit_opened", detail="5 failed in a row", method="", timings={})
    assert json.loads(json_line(change, "WARNING")) == {
        "timestamp": "2023-11-14T22:13:20.250+00:00",
        "level": "WARNING",
        "event": "circuit_opened",
        "message": "circuit opened, calls fail fast: 5 failed in a row",
        "url.full": "https://h/a",
        "url.scheme": "https",
        "server.address": "h",
        "server.port": 443,
        "network.peer.address": "192.0.2.1",
        "ringback.detail": "5 failed in a row",
    }


def test_the_page_lists_every_member():
    page = Path(__file__).parents[2] / "docs" / "how-to" / "listen-to-events.md"
    table = page.read_text("utf-8").partition("| member | |\n")[2].partition("\n\n")[0]
    listed = re.findall(r"^\| `([^`]+)` \|", table, re.MULTILINE)
    full = {
        **json.loads(json_line(retried(2, UNAVAILABLE, status=503, vantage="v"), "WARNING")),
        **json.loads(json_line(given_up(), "ERROR")),
        **json.loads(json_line(event(what="fallback", detail="why"), "WARNING")),
    }
    assert len(listed) == len(set(listed))
    assert set(listed) == set(full)


EVIL = 'a\r\nERROR fake\x1b[2J\u202e\u2028\x7f\x9b"b é \ud800'


@pytest.mark.parametrize("line", [text_line, lambda event: json_line(event, "ERROR")])
def test_no_event_can_forge_a_line_or_drive_a_terminal(line):
    failure = Failure("unknown", message=EVIL)
    evil = given_up(failure=failure, method=EVIL, detail=EVIL, vantage=EVIL)
    said = line(evil)
    assert said.isprintable()
    said.encode("utf-8")


def test_json_gives_back_what_it_was_given():
    assert json.loads(json_line(done(2, method=EVIL), "INFO"))["http.request.method"] == EVIL


def test_a_place_without_a_url_is_host_and_port():
    target = type(TARGET)(host="h", port=1)
    assert " GET h:1: " in text_line(retried(target=target))
