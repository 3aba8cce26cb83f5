import json
import re
from pathlib import Path

import pytest
from sink.events import REFUSED, UNAVAILABLE, event, given_up, retried

from ringback.failure import Failure
from ringback.sink.formatting import describe_event, json_line, text_line


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
