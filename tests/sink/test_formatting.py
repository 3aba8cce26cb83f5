import json
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sink.events import REFUSED, UNAVAILABLE, event, given_up, retried

from ringback.event import Event
from ringback.failure import Failure, Target
from ringback.retry import Done, GiveUp
from ringback.sink import StreamSink
from ringback.sink.formatting import (
    OTHER_ENDPOINT,
    EndpointNames,
    describe_event,
    endpoint_of_target,
    json_line,
    text_line,
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


def test_an_endpoint_is_scheme_host_and_port():
    assert endpoint_of_target(Target(scheme="http", host="::1", port=80)) == "http://[::1]:80"
    assert endpoint_of_target(Target(host="h")) == "h"
    assert endpoint_of_target(Target(address="10.0.0.1", port=1)) == "10.0.0.1:1"


def test_many_threads_admit_no_more_than_the_limit():
    endpoints = EndpointNames(10)
    with ThreadPoolExecutor(8) as pool:
        names = set(pool.map(lambda n: endpoints.name(Target(host=f"h{n % 100}")), range(2000)))
    assert len(names - {OTHER_ENDPOINT}) == 10


BY_H = Failure("tcp.refused", delivered="no", message="refused\nby \x1b[31mh")
H = Target(url="http://h:1/", scheme="http", host="h", port=1)
FAILED = Event(at=0.0, target=H, method="GET", failure=BY_H, decision=GiveUp(1, BY_H, "attempts"))
WORKED = Event(at=0.0, target=H, method="GET", decision=Done(1))


def test_a_failure_is_one_line_on_stderr_and_a_success_none(capsys):
    sink = StreamSink()
    sink(WORKED)
    sink(FAILED)
    line = capsys.readouterr().err
    assert line.startswith("ringback: ")
    assert line.count("\n") == 1
    assert "tcp.refused" in line
    assert "\x1b" not in line


def test_a_file_is_appended_to(tmp_path):
    path = tmp_path / "events.jsonl"
    assert not path.exists()
    for _ in range(2):
        StreamSink(str(path), json=True)(FAILED)
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert [line["error.type"] for line in lines] == ["tcp.refused"] * 2
